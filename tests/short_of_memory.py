"""Trainings of two ranks in which an allocation fails in one of them or in both; `two_ranks.py` runs these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch
from exact import begin

import mien
from mien.batch import Batch
from mien.errors import OutOfMemory
from mien.recipes.recipe import Recipe
from mien.runtime import distributed
from mien.trainer.run_writer import RunWriter
from mien.training.optimizer import Adam
from mien.training.player import Player

FULL = "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."


@contextmanager
def failing(owner: type, name: str, due: Callable[..., bool]) -> Iterator[None]:
    """While this lasts, a method finds no memory wherever `due` says so of its arguments."""
    method = getattr(owner, name)

    def fails(*arguments: object) -> object:
        if due(*arguments):
            raise RuntimeError(FULL)
        return method(*arguments)

    with mock.patch.object(owner, name, fails):
        yield


def large(ranks: tuple[int, ...], most: int = 2, since: int = 0, player: str = "generator") -> Callable[..., bool]:
    """For Player.learn: a pass over more than so many pictures, in these ranks, once so many images were seen."""

    def due(self: Player, batch: Batch, share: float, images: int) -> bool:
        too_many = self.name == player and len(batch.image) > most and images >= since
        return too_many and distributed.rank() in ranks

    return due


def once(rank: int, since: int) -> Callable[..., bool]:
    """For Adam.tune, which stands for the optimizer's step: after the gradients were averaged, a single time."""
    left = [1]

    def due(self: Adam, optimizer: torch.optim.Optimizer, images: int) -> bool:
        return distributed.rank() == rank and images >= since and bool(left and left.pop())

    return due


def runs(data: Path, outdir: Path, changes: tuple[str, ...]) -> dict[str, object]:
    """By what fails: the run that it came to, or the error that it ended with."""
    ended: dict[str, object] = {"told": str(begin(data, outdir / "told", "dcgan", (*changes, "parts=2"), "48img").path)}
    for name, ranks, player in (
        ("one", (1,), "generator"),
        ("first", (0,), "discriminator"),
        ("both", (0, 1), "generator"),
    ):
        with failing(Player, "learn", large(ranks, player=player)):
            ended[name] = str(begin(data, outdir / name, "dcgan", changes, "48img").path)
    for name in ("late told", "late", "after"):
        run = str(begin(data, outdir / name, "dcgan", changes, "24img").path)
        if name == "late told":
            mien.resume(run, set=("parts=2",), budget="48img")
        elif name == "late":
            with failing(Player, "learn", large((1,), since=32)):
                mien.resume(run, budget="48img")
        else:
            with failing(Adam, "tune", once(1, since=40)):  # in the last round: the other is at the end already
                mien.resume(run, budget="48img")
        ended[name] = run
    ended["never"] = refused(data, outdir / "never", changes, Player, "learn", large((1,), most=0))
    ended["grid"] = refused(data, outdir / "grid", changes, RunWriter, "faces", lambda self: self.training.images > 0)
    ended["building"] = refused(data, outdir / "building", changes, Recipe, "build", lambda *_: distributed.rank() == 1)
    return ended


def refused(
    data: Path, outdir: Path, changes: tuple[str, ...], owner: type, name: str, due: Callable[..., bool]
) -> tuple[int, str]:
    try:
        with failing(owner, name, due):
            begin(data, outdir, "dcgan", changes, "48img")
    except OutOfMemory as error:
        return error.exit_code, str(error)
    return 0, ""
