"""Exports every recipe's generators to ONNX (float32 and float16) and to torch, and compares them with mien's numbers.

`python tests/export_all.py` takes some minutes, so it is no part of the tests. It prints a table in Markdown and ends
with 1 if a file differs by more than its limit in a batch of 1 to 8. Names of recipes after it choose some.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import torch
from conditional_run import ATTRIBUTES

from mien import recipes
from mien.errors import MienError
from mien.exporters import graphs, onnx_file, programs
from mien.inference.generator import Generator
from mien.inference.translator import Translator
from mien.recipes.recipe import Recipe

CPU = torch.device("cpu")
SETTINGS = {
    "r3gan": ("generator.width=192",),
    "r3gan-cifar10": ("resolution=32x32", "generator.width=192"),
    "r3gan-ffhq256": ("generator.width=192",),
    "stylegan2": ("resolution=64x48", "generator.width=64"),
    "stylegan2-paper256": ("generator.width=64",),
    "celeba": ("resolution=96x80",),
    "hw6": ("resolution=64x64",),
    "hw6-two-steps": ("resolution=64x64",),
}
"""Recipe -> its settings here: a quarter of the width of the largest, some without a square. 64 px for the others."""
CONDITIONAL = ("dcgan", "r3gan-laptop", "stylegan2-laptop", "acgan")


def lively(recipe: Recipe) -> dict[str, dict[str, torch.Tensor]]:
    """Return states whose images have the spread of faces; fresh weights give plain gray with most recipes."""
    torch.manual_seed(0)
    states = {}
    for name, network in recipe.build_game().generators.items():
        network.eval()
        for _ in range(12):
            with torch.no_grad():
                spread = images_of(recipe, network).std()
                if spread > 0.2:
                    break
                for parameter in network.parameters():
                    parameter.mul_(1.3 if parameter.dim() > 1 else 1.0)
                    if "R3GAN" in type(network).__name__ and not parameter.any():
                        parameter.normal_(0, 0.05)  # the last convolution of a block starts at 0
        states[name] = dict(network.state_dict())
    return states


def images_of(recipe: Recipe, network: torch.nn.Module) -> torch.Tensor:
    if recipe.sources != "none":
        return network(torch.rand(2, recipe.channels, *recipe.resolution) * 2 - 1)
    label = [torch.eye(3)[:2]] if recipe.condition else []
    return network(torch.randn(2, network.latent_dim), *label)


def cases(names: list[str]) -> list[tuple[str, Recipe]]:
    found = []
    for name in names or recipes.known():
        recipe = recipes.find(name).override(SETTINGS.get(name, ("resolution=64x64",)))
        if not recipe.needs_condition:
            found.append((name, recipe))
        if name in CONDITIONAL:
            found.append((f"{name}, attributes", replace(recipe, condition=ATTRIBUTES)))
    return found


def graphs_of(recipe: Recipe, states: dict[str, dict[str, torch.Tensor]], half: bool) -> list[graphs.Graph]:
    if recipe.sources != "none":
        return graphs.of_translator(Translator(recipe, "run", 0, states, CPU), half)
    labels = torch.eye(3) if recipe.condition else None
    generator = Generator(recipe, "run", 0, states["G"], CPU, labels)
    made = graphs.of_generator(generator, False, half, False)
    if recipe.name == "stylegan2-laptop" and not half:
        made += graphs.of_generator(generator, True, half, True)
    return made


def main(names: list[str]) -> int:
    programs.BATCHES = range(1, 9)
    wrong, begun = 0, time.time()
    print("| recipe | graph | size | ONNX | torch | ONNX, fp16 |")
    print("|---|---|---|---|---|---|")
    for name, recipe in cases(names):
        states = lively(recipe)
        halves = {graph.name: graph for graph in graphs_of(recipe, states, True)}
        for graph in graphs_of(recipe, states, False):
            cells, bytes_ = [], 0
            for made, half in ((onnx, False), (torch_program, False), (onnx, True)):
                if half and graph.name not in halves:
                    cells.append("")
                    continue
                try:
                    size, difference = made(halves[graph.name] if half else graph, half)
                    cells.append(f"{difference:.1e}")
                    bytes_ = bytes_ or size
                except MienError as error:
                    wrong += 1
                    cells.append(f"**{error}**")
            print(f"| {name} | {graph.name} | {bytes_ / 1e6:.1f} MB | {' | '.join(cells)} |", flush=True)
    print(f"\n{time.time() - begun:.0f} s, {wrong} wrong", file=sys.stderr)
    return int(wrong > 0)


def onnx(graph: graphs.Graph, half: bool) -> tuple[int, float]:
    data, run = onnx_file.onnx_bytes(graph, {}, "")
    return len(data), programs.largest_difference(graph, run, half)


def torch_program(graph: graphs.Graph, half: bool) -> tuple[int, float]:
    data, run = programs.torch_bytes(graph, {})
    return len(data), programs.largest_difference(graph, run, half)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
