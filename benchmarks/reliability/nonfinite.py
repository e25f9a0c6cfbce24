"""A NaN or an infinite number anywhere in a training, at a random round, must reach no file. The run must recover, or
end with code 3 in one line.

    python benchmarks/reliability/nonfinite.py [--count N] [--seed S] [--first I] [--quick]

The kinds take turns: five recipes, and in each the losses, gradients, weights, both moments, buffers, the moving
average and the game's memory, of both sides, as NaN, inf and -inf.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import harness
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from mien.trainer import run_writer, trainer
from mien.trainer.trainer import Trainer
from mien.training.player import Player
from mien.training.state import Training

DCGAN = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
RECIPES: dict[str, tuple[str, ...]] = {
    "dcgan": DCGAN,
    "wgan-gp": DCGAN,
    "stylegan2-laptop": (
        *("generator.width=1", "generator.most=8", "generator.latent_dim=8", "generator.w_dim=8"),
        *("discriminator.width=1", "discriminator.most=8"),
    ),
    "r3gan-laptop": DCGAN,
    "cyclegan": ("generator.width=1", "generator.blocks=1", "discriminator.width=1", "game.pool=8"),
}
PLACES = ("loss", "gradient", "weight", "exp_avg", "exp_avg_sq", "buffer", "average", "memory", "statistic")
VALUES = (math.nan, math.inf, -math.inf)
KINDS = [
    (recipe, place, side, value)
    for value, recipe, place, side in itertools.product(VALUES, RECIPES, PLACES, ("discriminator", "generator"))
    if not (side == "generator" and place in ("memory", "statistic"))
    if not (side == "discriminator" and place == "average")
    if not (recipe in ("dcgan", "wgan-gp") and place == "memory")
]
"""With the prime step below, few attempts already meet every recipe, place and value."""
STEP, BATCH, ROUNDS = 37, 4, 24


def case(index: int, chance: random.Random, folder: Path) -> str | None:
    recipe, place, side, value = KINDS[index * STEP % len(KINDS)]
    at, times = chance.randrange(1, ROUNDS), chance.choice((1, 1, 2, 3, 5))
    told = f"{recipe}, {value} in a {place} of the {side}, {times} times at round {at}"
    data = pictures(folder.parent, recipe)
    words = ["train", recipe, "--data", str(data), "--outdir", str(folder), "--name", "run", "--resolution", "16"]
    words += ["--batch", str(BATCH), "--tick", "0.032", "--checkpoint-every", chance.choice(("0.001s", "0.2s", "1h"))]
    words += ["--augment", "ada" if recipe in ("r3gan-laptop", "stylegan2-laptop") else "none"]
    words += ["--set", "augment.p=0.3"] if recipe == "r3gan-laptop" else []
    words += [word for change in RECIPES[recipe] for word in ("--set", change)]
    with injected(place, side, value, at, times, chance) as seen:
        code, _, err = harness.in_process(*words, "--budget", f"{ROUNDS * BATCH * seen.updates(recipe)}img")
    run = folder / "00000-run"
    wrong = seen.written or files_wrong(run)
    if wrong:
        return f"{told}: not finite in {wrong}"
    if code not in (0, 3) or (code == 3 and not harness.is_one_line(err)) or "Traceback" in err:
        return f"{told}: exit {code}: {err.strip().splitlines()[-1:]}"
    if not seen.done:
        return f"{told}: nothing was injected"
    if code == 3 and times <= 3:
        return f"{told}: gave up after {seen.done}"
    return None


class Seen:
    """What was injected, and what reached a writer."""

    def __init__(self) -> None:
        self.done, self.written = 0, ""

    def updates(self, recipe: str) -> int:
        from mien import recipes

        return recipes.find(recipe).updates_per_round

    def look(self, name: str, tensors: dict[str, dict[str, Tensor]]) -> None:
        if any(not bool(part.isfinite().all()) for group in tensors.values() for part in group.values()):
            self.written = self.written or name


@contextlib.contextmanager
def injected(place: str, side: str, value: float, at: int, times: int, chance: random.Random) -> Iterator[Seen]:
    seen = Seen()
    after_round, learn, step = Trainer.after_round, Player.learn, Player.step
    writers = {"save_checkpoint": run_writer.save_checkpoint, "save_snapshot": run_writer.save_snapshot}

    def due(training_round: int) -> bool:
        return training_round >= at and seen.done < times

    def broken_round(self: Trainer, line: Any) -> None:
        number = self.training.images // (BATCH * self.training.images_per_round)
        if place not in ("loss", "gradient") and due(number):
            seen.done += put(tensors_of(self.training, place, side), value, chance)
        after_round(self, line)

    def broken_learn(self: Player, batch: Any, share: float, images: int) -> Any:
        turn, values = learn(self, batch, share, images)
        if place == "loss" and self.name == side and due(images // BATCH):
            seen.done += 1
            name = f"{side}/loss"
            values[name] = values[name] * 0 + value
            for parameter in self.parameters:  # as its backward pass would leave them
                if parameter.grad is not None:
                    parameter.grad += parameter.grad * math.nan
        return turn, values

    def broken_step(self: Player, batch: Any, images: int) -> Any:
        if place == "gradient" and self.name == side and due(images // BATCH):
            tune = self.settings

            class Tuning:
                def tune(_, optimizer: Any, seen_images: int) -> None:
                    tune.tune(optimizer, seen_images)
                    seen.done += put([part.grad for part in self.parameters if part.grad is not None], value, chance)

            self.settings = Tuning()  # type: ignore[assignment]
            try:
                return step(self, batch, images)
            finally:
                self.settings = tune
        return step(self, batch, images)

    def watched(name: str, write: Callable[..., None]) -> Callable[..., None]:
        def writes(path: Path, tensors: dict[str, dict[str, Tensor]], *more: Any) -> None:
            seen.look(name, tensors)
            write(path, tensors, *more)

        return writes

    sample = run_writer.RunWriter.sample

    def watched_sample(self: run_writer.RunWriter, images: int, final: bool = False) -> None:
        seen.look("a grid", self.training.averages())
        sample(self, images, final)

    with contextlib.ExitStack() as stack:
        patch = lambda target, name, new: stack.enter_context(mock.patch.object(target, name, new))  # noqa: E731
        patch(trainer, "CHECKPOINT_COST", 0)
        patch(Trainer, "after_round", broken_round)
        patch(Player, "learn", broken_learn)
        patch(Player, "step", broken_step)
        patch(run_writer.RunWriter, "sample", watched_sample)
        for name, write in writers.items():
            patch(run_writer, name, watched(name, write))
        yield seen


def tensors_of(training: Training, place: str, side: str) -> list[Tensor]:
    player = next(player for player in training.players if player.name == side)
    buffers = [buffer for module in player.modules.values() for buffer in module.buffers()]
    weights = [parameter.detach() for parameter in player.parameters]
    states = [state[place] for state in player.optimizer.state.values() if place in state]
    averages = [part for module in training.ema.modules.values() for part in module.state_dict().values()]
    places = {
        "weight": weights,
        "exp_avg": states,
        "exp_avg_sq": states or weights,
        "buffer": buffers,
        "average": averages,
        "memory": list(training.game.memory.values()),
        "statistic": list(training.statistics.sums.values()),
    }
    floats = [part for part in places[place] if part.is_floating_point() and part.numel()]
    return floats or weights  # a network without buffers has weights


@torch.no_grad()
def put(tensors: list[Tensor], value: float, chance: random.Random) -> int:
    """Writes into one number of one of them. Returns 1."""
    part = chance.choice(tensors)
    part[tuple(chance.randrange(size) for size in part.shape)] = value
    return 1


def files_wrong(run: Path) -> str:
    for file in [*run.glob("checkpoints/kimg-*/*.safetensors"), *run.glob("snapshots/*.safetensors")]:
        if any(not bool(part.isfinite().all()) for part in load_file(file).values()):
            return str(file.relative_to(run))
    for name in ("stats.jsonl", "status.json", "recipe.json"):
        for line in (run / name).read_text().splitlines() if (run / name).exists() else ():
            if name == "stats.jsonl" and not all(math.isfinite(number) for number in json.loads(line).values()):
                return name
            if "NaN" in line or "Infinity" in line:
                return name
    return ""


def pictures(root: Path, recipe: str) -> Path:
    """Returns 16 images of 16 px; two sets of them for a translation."""
    data = root / ("two-sets" if recipe == "cyclegan" else "faces")
    for folder in (data / "trainA", data / "trainB") if recipe == "cyclegan" else (data,):
        if not folder.exists():
            folder.mkdir(parents=True)
            draws = np.random.default_rng(len(folder.name))
            for number in range(16):
                Image.fromarray(draws.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / f"{number}.png")
    return data


if __name__ == "__main__":
    harness.main("nonfinite", case, default_count=len(KINDS), quick_count=12)
