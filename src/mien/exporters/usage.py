"""The lines of Python that use an exported file, and the facts about it: both travel inside the file."""

from __future__ import annotations

from typing import Any

from mien import __version__
from mien.exporters.graphs import Graph
from mien.inference.generator import Generator
from mien.inference.translator import Translator

PIXELS = """\
pixels = (image * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
Image.fromarray(pixels[0].squeeze()).save("first.png")
"""
OPEN = {
    "onnx": (
        "import numpy as np, onnxruntime\nfrom PIL import Image\n\n",
        '{stem} = onnxruntime.InferenceSession("{file}")\n',
        "{output} = {stem}.run(None, {{{feed}}})[0]\n",
        '"{name}": {name}',
    ),
    "torch": (
        "import numpy as np, torch\nfrom PIL import Image\n\n",
        '{stem} = torch.export.load("{file}").module()\n',
        "{output} = {stem}({feed}).numpy()\n",
        "torch.from_numpy({name})",
    ),
}
"""Format -> the imports, and how a file is opened, run and fed."""


def usage(graphs: list[Graph], files: list[str], format: str) -> str:
    """Return a script that writes first.png with these files. Of several translators it runs the first."""
    imports, opening, running, feeding = OPEN[format]
    if graphs[0].name.startswith("translate"):
        graphs = graphs[:1]
    lines, known = [imports], set[str]()
    for graph, file in zip(graphs, files):
        stem = graph.name.partition("-")[0]
        lines.append(opening.format(stem=stem, file=file))
        lines += [
            f"{one.name} = {random(graph, place)}\n" for place, one in enumerate(graph.inputs) if one.name not in known
        ]
        feed = ", ".join(feeding.format(name=one.name) for one in graph.inputs)
        lines.append(running.format(output=graph.output.name, stem=stem, feed=feed))
        known |= {one.name for one in (*graph.inputs, graph.output)}
    return "".join(lines) + PIXELS


def random(graph: Graph, place: int) -> str:
    """Return an expression for one input of four images."""
    value, example = graph.inputs[place], graph.example(1)[place]
    shape = ", ".join(map(str, (4, *example.shape[1:])))
    if value.name == "truncation":
        return "np.array(0.7, np.float32)"
    if value.name == "label":
        return f"np.eye({example.shape[1]}, dtype=np.float32)[[0] * 4]"
    if value.name == "source":
        height, width = example.shape[2:]
        mode = "RGB" if example.shape[1] == 3 else "L"
        read = f'Image.open("source.png").convert("{mode}").resize(({width}, {height}))'
        turn = "[None].transpose(0, 3, 1, 2)" if example.shape[1] == 3 else "[None, None]"
        return f"np.asarray({read}, np.float32){turn} / 127.5 - 1"
    return f"np.random.default_rng({place}).standard_normal(({shape}), np.float32)"


def facts_of(model: Generator | Translator, precision: str) -> dict[str, Any]:
    """Return what an exported file says of its origin."""
    recipe, condition = model.recipe, model.recipe.condition
    facts: dict[str, Any] = {
        "mien": __version__,
        "run": model.run,
        "recipe": recipe.name,
        "kimg": model.images / 1000,
        "resolution": list(model.resolution),
        "channels": model.channels,
        "precision": precision,
    }
    if condition:
        parts = ("kind", "dim", "names", "encoder")
        facts["condition"] = {part: getattr(condition, part) for part in parts if getattr(condition, part)}
    return facts
