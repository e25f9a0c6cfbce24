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
from mien.trainer.resume import cut_back, load, newest_whole
from mien.trainer.setup import Setup, begin_again
from mien.trainer.trainer import Trainer
from mien.training.parts import batch_statistics

HALVINGS = 3  # of the rates, until someone changes the settings


def train(trainer: Trainer) -> None:
    """Until the budget is spent. A training that diverges goes back and on with rates half as high, three times at
    most; raises DivergenceError after that. One whose rounds do not fit into memory goes on in parts half as large;
    raises OutOfMemory when they cannot be smaller."""
    while True:
        try:
            return trainer.train()
        except DivergenceError as error:
            trouble: DivergenceError | RoundTooLarge = error
        except RoundTooLarge as error:
            trouble = error
        trainer = calmer(trainer, trouble) if isinstance(trouble, DivergenceError) else divided(trainer, trouble)


def calmer(trainer: Trainer, trouble: DivergenceError) -> Trainer:
    factor = trainer.recipe.rate_factor / 2
    if distributed.from_first(halvings(trainer.run)) == HALVINGS:
        give_up(trainer, trouble)
    changed = replace(trainer.recipe, rate_factor=factor)
    back = go_back(trainer, changed, "diverged", trainer.trouble, rate_factor=factor)
    say(f"warning: {trouble}: back to {where(back)}, and on with {factor:g} times the learning rates")
    return back


def divided(trainer: Trainer, trouble: RoundTooLarge) -> Trainer:
    """Each update in twice as many parts."""
    changed = in_parts(trainer.recipe, trouble)
    if trainer.setup.device.type == "cuda":
        torch.cuda.empty_cache()
    back = go_back(trainer, changed, "memory", str(trouble), parts=changed.parts)
    say(f"warning: {trouble}: back to {where(back)}, and on {in_words(back.setup)}")
    return back


def in_parts(recipe: Recipe, trouble: RoundTooLarge) -> Recipe:
    """Twice as many parts. Raises OutOfMemory where a part would have fewer than two images."""
    share, parts = recipe.batch_size // distributed.world_size(), 2 * recipe.parts
    if share // parts < 2:
        narrower = f" or narrower networks ({' '.join(found)})" if (found := widths(recipe)) else ""
        raise OutOfMemory(
            f"{-(-share // recipe.parts)} images at a time do not fit into this memory ({trouble}): choose a smaller "
            f"--resolution{narrower}"
        )
    return replace(recipe, parts=parts)


def in_words(setup: Setup) -> str:
    """ "in parts of 4 images; their gradients add up as before" """
    share, parts = setup.recipe.batch_size // distributed.world_size(), setup.recipe.parts
    sees = batch_statistics(list(setup.training.networks.values()), share // parts)
    line = f"in parts of {-(-share // parts)} images; their gradients add up as before"
    return line + (f", but {sees} sees one part at a time" if sees else "")


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


def go_back(trainer: Trainer, recipe: Recipe, why: str, what: str, **changes: Any) -> Trainer:
    """From the newest good checkpoint, or else from the beginning, by `recipe`, which differs only in what players are
    told at any time. The clock is not put back: a budget in hours ends when it would have ended."""
    run, training = trainer.run, trainer.training
    newest = newest_whole(run, training.wrong)
    distributed.barrier()  # all have read what the first will soon write beside
    if trainer.writer:
        to = newest[1]["images"] if newest else 0
        trainer.writer.event("went back", to=to, why=why, term=what, **changes)
        write_json(run.recipe, serialization.encode(recipe))
    setup = replace(trainer.setup, recipe=recipe)
    adopt(setup)
    if newest is None:
        begin_again(setup)
    state = load(run, training, newest)
    cut_back(run, state)
    return Trainer(run, setup, trainer.clock.seconds, state["images"] if state else -1)


def adopt(setup: Setup) -> None:
    """Let the players know what the recipe changes for them in the midst of a training."""
    for player in setup.training.players:
        player.rate_factor, player.parts = setup.recipe.rate_factor, setup.recipe.parts


def where(trainer: Trainer) -> str:
    return trainer.kimg() if trainer.training.images else "the beginning"


def give_up(trainer: Trainer, trouble: DivergenceError) -> None:
    if trainer.writer:
        trainer.writer.status("diverged", trainer.clock.seconds)
        trainer.writer.event("diverged", term=trainer.trouble)
    raise DivergenceError(
        f"{trouble}, with {trainer.recipe.rate_factor:g} times the learning rates still; its checkpoints are whole. Go "
        f"on with other settings: mien resume {trainer.run.path} --set discriminator.optimizer.lr=1e-5 "
        "--set generator.optimizer.lr=1e-5",
        trainer.run.path,
    )
