"""Counts the arithmetic, the memory traffic and the kernels of a training, and computes times and prices from them.

    python benchmarks/cost.py                                   # every recipe at its own size
    python benchmarks/cost.py r3gan stylegan2@256 dcgan@64      # these
    python benchmarks/cost.py r3gan --price 2.5 --tflops 400    # your GPU
    python benchmarks/cost.py dcgan@128 --measure 30            # and 30 seconds of rounds on this machine

The counts come from rounds of mien's own players with PyTorch's fake tensors, which have shapes and no numbers
(`--real` computes the numbers, too, and finds the same counts). A round is counted at two batch sizes: the slope
is the cost of an image, the rest is the cost of a round. Lazy terms count with the share of the rounds that have them.
Everything after the first table is computed from the counts and from the flags. `--measure` adds a table of this
machine: complete rounds, their arithmetic a second, and that of large matrix products beside it.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from mien import recipes
from mien.augmentation import affine
from mien.batch import Batch
from mien.networks import resample
from mien.recipes.recipe import Recipe
from mien.runtime.device import pick_device
from mien.training.loop import train
from mien.training.player import GRADIENTS_EVERY, Player

SMALL, LARGE = 8, 16  # images; StyleGAN2 compares images in groups of up to 8
GPUS = (1, 8, 64, 1000)
EVALUATED = 2500  # generated images, --metrics-num
INCEPTION = 11.4e9  # FLOP of the FID network for one image: 5.7 billion multiplications with additions
FREE = ("view", "expand", "permute", "transpose", "detach", "alias", "slice", "select", "unsqueeze", "squeeze", "split",
        "unbind", "as_strided", "t.default", "empty", "_to_copy", "is_same_size", "_unsafe_view")  # fmt: skip


@dataclass(frozen=True)
class Count:
    """flop, traffic (bytes, each operation alone), kernels."""

    flop: float = 0.0
    traffic: float = 0.0
    kernels: float = 0.0

    def __add__(self, other: Count) -> Count:
        return Count(self.flop + other.flop, self.traffic + other.traffic, self.kernels + other.kernels)

    def __mul__(self, factor: float) -> Count:
        return Count(self.flop * factor, self.traffic * factor, self.kernels * factor)


@dataclass(frozen=True)
class Cost:
    """image: of a real image that D sees. round: what a round costs whatever its batch is.

    batch: images of an update. images: real images of a round. reduced: bytes that all processes add up in a round.
    updates: optimizer steps.
    """

    name: str
    resolution: tuple[int, int]
    image: Count
    round: Count
    batch: int
    images: int
    reduced: int
    updates: int
    parameters: tuple[int, ...]


class Counter(TorchDispatchMode):
    """Adds up the arithmetic of matrix products and convolutions, and what each operation reads and writes.

    PyTorch's own FlopCounterMode refuses the second gradients of the penalties, so its formulas are called here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flop = self.bytes = self.kernels = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if formula := flop_registry.get(function._overloadpacket):
            self.flop += formula(*args, **(kwargs or {}), out_val=result)
        if not any(str(function).startswith(f"aten.{name}") for name in FREE):
            found = [part for part in tree_leaves((args, kwargs, result)) if isinstance(part, Tensor)]
            self.bytes += sum(part.numel() * part.element_size() for part in found)
            self.kernels += 1
        return result


def counted(player: Player, batch: Batch) -> Count:
    """Returns the cost of one update, averaged over the updates with and without lazy terms."""
    period = math.lcm(*(term.every for term in player.terms.values()))
    steps: dict[frozenset[str], list[int]] = {}
    for step in range(period):
        due = frozenset(name for name, term in player.terms.items() if step % term.every == 0)
        steps.setdefault(due, []).append(step)
    total = Count()
    for same in steps.values():
        # Without the measurement of gradients, which mien makes in one of eight updates.
        player.steps = next(
            step
            for step in range(same[0], 99 * period, period)
            if player_is_plain(step) or not period % GRADIENTS_EVERY
        )
        with Counter() as count:
            player.update(iter([batch] * player.updates), batch.images)
        share = len(same) / period / player.updates
        total += Count(count.flop, count.bytes, count.kernels) * share
    return total


def player_is_plain(step: int) -> bool:
    return step % GRADIENTS_EVERY != 0


def batch_of(recipe: Recipe, count: int) -> Batch:
    image = torch.zeros(count, recipe.channels, *recipe.resolution)
    return Batch(image, source=None if recipe.sources == "none" else image.clone(), seed=1, images=1_000_000)


def cost(recipe: Recipe) -> Cost:
    """Counts one round at two batch sizes."""
    found = []
    for count in (SMALL, LARGE):
        game = recipe.build_game()
        players = recipe.players(game)
        batch = batch_of(recipe, count)
        for player in players:  # the first update of an optimizer makes its state
            player.update(iter([batch] * player.updates), batch.images)
        found.append(sum((counted(player, batch) * player.updates for player in players), Count()))
        found[-1] += Count(0, 3 * 4 * sum(part.numel() for part in players[-1].parameters), 1)  # the moving average
    slope = (found[1] + found[0] * -1) * (1 / (LARGE - SMALL))
    images = recipe.batch_size * recipe.updates_per_round
    sizes = tuple(sum(part.numel() for part in player.parameters) for player in players)
    reduced = sum(
        4 * player.updates * (size + sum(tensor.numel() for tensor in buffers(player)))
        for player, size in zip(players, sizes, strict=True)
    )
    return Cost(
        recipe.name, recipe.resolution, slope * (1 / recipe.updates_per_round), found[0] + slope * -SMALL,
        recipe.batch_size, images, reduced, sum(player.updates for player in players), sizes,
    )  # fmt: skip


def buffers(player: Player) -> list[Tensor]:
    modules = player.modules.values()
    return [buffer for module in modules for buffer in module.buffers() if buffer.is_floating_point()]


# --- measured on this machine -----------------------------------------------------------------------------------------


def per_second(work: Callable[[], object], seconds: float, device: torch.device, times: int) -> float:
    """Returns how often a second the work is done, in blocks of `times`. One block comes before the clock starts."""

    def block() -> None:
        for _ in range(times):
            work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    block()
    begin, blocks = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        block()
        blocks += 1
    return blocks * times / (time.perf_counter() - begin)


def measured_rounds(recipe: Recipe, seconds: float, device: torch.device) -> float:
    """Returns the images a second of complete rounds, on the same random images again and again."""
    training = recipe.build(device)
    image = torch.rand(recipe.batch_size, recipe.channels, *recipe.resolution, device=device) * 2 - 1
    source = None if recipe.sources == "none" else image.clone()
    batch = Batch(image, source=source, seed=1, images=1_000_000)
    rounds = train(training.players, lambda *_: repeat(batch), recipe.batch_size, training.ema, math.inf)
    period = math.lcm(*(term.every for player in training.players for term in player.terms.values()))
    return per_second(lambda: next(rounds), seconds, device, period) * recipe.batch_size * recipe.updates_per_round


def products(dtype: torch.dtype, device: torch.device, side: int) -> float:
    """Returns the TFLOP/s of square matrix products."""
    one = torch.rand(side, side, device=device).to(dtype)
    return per_second(lambda: one @ one, 1.0, device, 4) * 2 * side**3 / 1e12


def print_measured(costs: Sequence[Cost], found: Sequence[Recipe], seconds: float, device: torch.device) -> None:
    side = 8192 if device.type == "cuda" else 2048
    peak = products(torch.float32, device, side)
    print(
        f"\nMeasured on {device}, {torch.get_num_threads()} threads. Matrix products of side {side}: "
        f"{peak:.3g} TFLOP/s in float32, {products(torch.bfloat16, device, side):.3g} in bfloat16.\n"
    )
    print("| recipe | px | batch | images a second | seconds a kimg | TFLOP/s | share of float32 products | GB/s |")
    print("|---|---|---|---|---|---|---|---|")
    for one, recipe in zip(costs, found, strict=True):
        rate = measured_rounds(recipe, seconds, device)
        share = one.image + one.round * (1 / one.images)
        tflops = rate * share.flop / 1e12
        print(
            f"| `{one.name}` | {size(one.resolution)} | {one.batch} | {rate:.3g} | {1000 / rate:.3g} | "
            f"{tflops:.3g} | {tflops / peak:.0%} | {rate * share.traffic / 1e9:.3g} |",
            flush=True,
        )


# --- computed from the counts -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Machine:
    """tflops, bandwidth (TB/s): of one GPU. launch: seconds a kernel. fast, slow: bytes/s of a link within a node of 8
    and between nodes. wait: seconds of one message. price: dollars an hour of one GPU.
    """

    tflops: float
    bandwidth: float
    launch: float
    fast: float
    slow: float
    wait: float
    price: float


def round_seconds(found: Cost, machine: Machine, gpus: int) -> tuple[float, float]:
    """Returns (seconds of computing, seconds of adding up gradients) of a round. The batch is shared by all GPUs."""
    share = found.image * (found.images / gpus) + found.round
    computing = max(
        share.flop / machine.tflops / 1e12,
        share.traffic / machine.bandwidth / 1e12,
        found.round.kernels * machine.launch,
    )
    if gpus == 1:
        return computing, 0.0
    link = machine.fast if gpus <= 8 else machine.slow
    sent = 2 * (gpus - 1) / gpus * found.reduced / link
    return computing, sent + found.updates * 2 * math.ceil(math.log2(gpus)) * machine.wait


def size(resolution: Sequence[int]) -> str:
    return "x".join(map(str, resolution)) if resolution[0] != resolution[1] else str(resolution[0])


def print_counts(recipes_to_count: Sequence[Recipe]) -> list[Cost]:
    """Counts one recipe after the other, and prints each at once: the large ones take a minute."""
    print("Counted:\n")
    print("| recipe | px | GFLOP an image | GB an image | kernels a round | million parameters | MB to add up |")
    print("|---|---|---|---|---|---|---|")
    costs = []
    for recipe in recipes_to_count:
        one = cost(recipe)
        parameters = " + ".join(f"{count / 1e6:.1f}" for count in one.parameters)
        print(
            f"| `{one.name}` | {size(one.resolution)} | {one.image.flop / 1e9:,.2f} | {one.image.traffic / 1e9:.3f} | "
            f"{one.round.kernels:,.0f} | {parameters} | {one.reduced / 1e6:,.0f} |",
            flush=True,
        )
        costs.append(one)
    return costs


def print_times(costs: Sequence[Cost], machine: Machine) -> None:
    print(
        f"\nComputed, for GPUs of {machine.tflops:g} TFLOP/s and {machine.bandwidth:g} TB/s, {machine.launch * 1e6:g} "
        f"µs a kernel, {machine.price:g} dollars an hour. Images a second; share of adding; dollars for 1,000 kimg:\n"
    )
    print(
        "| recipe | px | batch | "
        + " | ".join(f"{gpus:,} GPU{'s' if gpus > 1 else ''}" for gpus in GPUS)
        + " | bound on 1 GPU |"
    )
    print("|---|---|---|" + "---|" * len(GPUS) + "---|")
    for one in costs:
        cells = []
        for gpus in GPUS:
            if one.batch < gpus:
                cells.append("batch too small")
                continue
            computing, adding = round_seconds(one, machine, gpus)
            rate = one.images / (computing + adding)
            dollars = gpus * machine.price / 3600 * 1e6 / rate
            cells.append(f"{rate:,.0f}; {adding / (computing + adding):.0%}; {dollars:,.2f}")
        print(
            f"| `{one.name}` | {size(one.resolution)} | {one.batch} | "
            + " | ".join(cells)
            + f" | {bound(one, machine)} |"
        )


def print_evaluations(costs: Sequence[Cost], machine: Machine) -> None:
    seconds = EVALUATED * INCEPTION / machine.tflops / 1e12
    print(
        f"\nComputed: {EVALUATED:,} images through the FID network take {seconds:.2f} s of one GPU; several share them."
    )
    print("Meanwhile the training would have had (images on 1, 8, 64 GPUs):\n")
    for one in costs:
        possible = [gpus for gpus in GPUS[:3] if gpus <= one.batch]
        waited = [f"{one.images * seconds / gpus / sum(round_seconds(one, machine, gpus)):,.0f}" for gpus in possible]
        print(f"- `{one.name}`: {', '.join(waited)}")


def bound(one: Cost, machine: Machine) -> str:
    share = one.image * one.images + one.round
    times = {
        "arithmetic": share.flop / machine.tflops / 1e12,
        "memory": share.traffic / machine.bandwidth / 1e12,
        "launches": one.round.kernels * machine.launch,
    }
    return max(times, key=times.__getitem__)


def recipe_of(text: str) -> Recipe:
    name, _, side = text.partition("@")
    found = recipes.find(name)
    return found.replace(resolution=(int(side), int(side))) if side else found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", help="names, as r3gan or stylegan2@256; default: all")
    parser.add_argument("--real", action="store_true", help="compute the numbers, too")
    parser.add_argument("--measure", type=float, default=0.0, metavar="SECONDS", help="train each so long, here")
    parser.add_argument("--device", default="auto", help="of --measure")
    parser.add_argument("--tflops", type=float, default=150.0, help="of one GPU, as reached in large convolutions")
    parser.add_argument("--bandwidth", type=float, default=3.35, help="TB/s of one GPU's memory")
    parser.add_argument("--launch", type=float, default=5.0, help="microseconds of one kernel, at least")
    parser.add_argument("--fast", type=float, default=300.0, help="GB/s between the GPUs of a node, one direction")
    parser.add_argument("--slow", type=float, default=50.0, help="GB/s between nodes, for one GPU")
    parser.add_argument("--wait", type=float, default=10.0, help="microseconds of one message")
    parser.add_argument("--price", type=float, default=3.0, help="dollars an hour of one GPU")
    options = parser.parse_args()
    machine = Machine(
        options.tflops, options.bandwidth, options.launch * 1e-6, options.fast * 1e9, options.slow * 1e9,
        options.wait * 1e-6, options.price,
    )  # fmt: skip
    names = options.recipes or [name for name in recipes.known() if name not in ("acgan", "acgan-laptop")]
    found = [recipe_of(name) for name in names]
    with nullcontext() if options.real else FakeTensorMode():
        costs = print_counts(found)
    if options.measure:
        for cached in (resample.square, affine.doubling, affine.halving):
            cached.cache_clear()  # of fake filters
        print_measured(costs, found, options.measure, pick_device(options.device))
    print_times(costs, machine)
    print_evaluations(costs, machine)


if __name__ == "__main__":
    main()
