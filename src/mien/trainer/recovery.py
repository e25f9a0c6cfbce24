"""Training through what goes wrong on the way: back to the last good checkpoint, and on with one setting changed.

The change stands in recipe.json before the training goes back, so a kill at any moment is followed by the same bits: a
resume finds the checkpoint and the recipe that the training itself went on with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from mien.config import overrides, serialization
from mien.errors import DivergenceError, OutOfMemory, RoundTooLarge
from mien.recipes.recipe import Recipe
from mien.runs.directory import RunDirectory
from mien.runtime import distributed
from mien.runtime.atomic_files import write_json
from mien.runtime.console import say
from mien.trainer.resume import newest_whole, put
from mien.trainer.trainer import Trainer
from mien.training.parts import batch_statistics

HALVINGS = 3  # of the rates, until someone changes the settings


def train(session: Trainer) -> None:
    """Until the budget is spent. A training that diverges goes back and on with rates half as high, three times at
    most; raises DivergenceError after that. One whose rounds do not fit into memory goes on in parts half as large;
    raises OutOfMemory when they cannot be smaller."""
    while True:
        try:
            return session.train()
        except DivergenceError as error:
            trouble: DivergenceError | RoundTooLarge = error
        except RoundTooLarge as error:
            trouble = error
        if isinstance(trouble, DivergenceError):
            calm(session, trouble)
        else:
            divide(session, trouble)


def calm(session: Trainer, trouble: DivergenceError) -> None:
    factor = session.recipe.rate_factor / 2
    if distributed.from_first(halvings(session.run)) == HALVINGS:
        give_up(session, trouble)
    to = go_back(session, "diverged", session.trouble, rate_factor=factor)
    say(f"warning: {trouble}: back to {to}, and on with {factor:g} times the learning rates")


def divide(session: Trainer, trouble: RoundTooLarge) -> None:
    """Each update in twice as many parts, as long as each part has the pictures that its recipe needs at least."""
    recipe = session.recipe
    share, parts = recipe.batch_size // distributed.world_size(), 2 * recipe.parts
    if share // parts < 2:
        narrower = f" or narrower networks ({' '.join(found)})" if (found := widths(recipe)) else ""
        raise OutOfMemory(
            f"{-(-share // recipe.parts)} pictures at a time do not fit into this memory ({trouble}): choose a smaller "
            f"--resolution{narrower}"
        )
    if session.device.type == "cuda":
        torch.cuda.empty_cache()
    to = go_back(session, "memory", str(trouble), parts=parts)
    line = (
        f"{trouble}: back to {to}, and on in parts of {-(-share // parts)} pictures; their gradients add up as before"
    )
    sees = batch_statistics(list(session.training.networks.values()), share // parts)
    say(f"warning: {line}" + (f", but {sees} sees one part at a time" if sees else ""))


def widths(recipe: Recipe) -> list[str]:
    """What makes this recipe's networks narrower, as flags: ["--set generator.width=32", …]."""
    found = [(path, value) for path, value, _ in overrides.paths(recipe) if path.endswith(".width")]
    return [f"--set {path}={value // 2}" for path, value in found if isinstance(value, int) and value > 1]


def halvings(run: RunDirectory) -> int:
    """How often the rates were halved since the run began, or since someone changed its settings. A kill may have left
    one of them in the journal twice."""
    factors: set[float] = set()
    for row in run.events.read():
        if row.get("event") in ("started", "changed"):
            factors.clear()
        factor = row.get("rate_factor")
        if row.get("event") == "went back" and isinstance(factor, float):
            factors.add(factor)
    return len(factors)


def go_back(session: Trainer, why: str, what: str, **changes: Any) -> str:
    """To the newest good checkpoint, or else to the beginning; -> where that is, in words. The clock is not put back: a
    budget in hours ends when it would have ended."""
    newest, seconds = newest_whole(session.run, session.training.wrong), session.seconds
    recipe = replace(session.recipe, **changes)
    distributed.barrier()  # all have read what the first will soon write beside
    if session.record:
        to = newest[1]["images"] if newest else 0
        session.record.event("went back", to=to, why=why, term=what, **changes)
        write_json(session.run.recipe, serialization.encode(recipe))
    session.adopt(recipe)
    if newest is None:
        session.begin_again()
    put(session, newest)
    session.seconds = seconds
    return session.kimg() if newest else "the beginning"


def give_up(session: Trainer, trouble: DivergenceError) -> None:
    if session.record:
        session.record.status("diverged", session.seconds)
        session.record.event("diverged", term=session.trouble)
    raise DivergenceError(
        f"{trouble}, with {session.recipe.rate_factor:g} times the learning rates still; its checkpoints are whole. Go "
        f"on with other settings: mien resume {session.run.path} --set discriminator_optimizer.lr=1e-5 "
        "--set generator_optimizer.lr=1e-5",
        session.run.path,
    )
