"""Recovery from divergence and from lack of memory: return to the last good checkpoint and change one setting.

The change is in recipe.json before the training returns to the checkpoint. So a resume after a kill finds the same
checkpoint and the same recipe, and computes the same bits.
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
from mien.trainer.rollback import treated
from mien.trainer.setup import Setup, begin_again
from mien.trainer.stopping import Alarm
from mien.trainer.trainer import Trainer
from mien.training.parts import batch_statistics

HALVINGS = 3  # of the rates, until someone changes the settings


def train(trainer: Trainer) -> None:
    """Train until the budget is spent.

    A training that diverges returns to the last good checkpoint and halves its learning rates, at most three times;
    then it raises DivergenceError. If a round does not fit into memory, the training continues in parts half as large.
    Raises OutOfMemory if the parts cannot be smaller. For an alarm of the doctor, see `rollback`.
    """
    while True:
        try:
            return trainer.train()
        except (DivergenceError, RoundTooLarge, Alarm) as error:
            trouble = error
        match trouble:
            case DivergenceError():
                trainer = with_half_rates(trainer, trouble)
            case RoundTooLarge():
                trainer = with_smaller_parts(trainer, trouble)
            case Alarm():
                trainer = treated(trainer, trouble.finding)


def with_half_rates(trainer: Trainer, trouble: DivergenceError) -> Trainer:
    factor = trainer.recipe.rate_factor / 2
    if distributed.from_first(halvings(trainer.run)) == HALVINGS:
        raise_divergence(trainer, trouble)
    changed = replace(trainer.recipe, rate_factor=factor)
    back = go_back(trainer, changed, "diverged", trainer.trouble, rate_factor=factor)
    say(f"warning: {trouble}: back to {position(back)}, and on with {factor:g} times the learning rates")
    return back


def with_smaller_parts(trainer: Trainer, trouble: RoundTooLarge) -> Trainer:
    """Return a trainer that makes each update in twice as many parts."""
    changed = in_parts(trainer.recipe, trouble)
    if trainer.setup.device.type == "cuda":
        torch.cuda.empty_cache()
    back = go_back(trainer, changed, "memory", str(trouble), parts=changed.parts)
    say(f"warning: {trouble}: back to {position(back)}, and on {describe_parts(back.setup)}")
    return back


def in_parts(recipe: Recipe, trouble: RoundTooLarge) -> Recipe:
    """Return the recipe with twice as many parts. Raises OutOfMemory if a part would have fewer than two images."""
    share, parts = recipe.batch_size // distributed.world_size(), 2 * recipe.parts
    if share // parts < 2:
        narrower = f" or narrower networks ({' '.join(found)})" if (found := widths(recipe)) else ""
        raise OutOfMemory(
            f"{-(-share // recipe.parts)} images at a time do not fit into this memory ({trouble}): choose a smaller "
            f"--resolution{narrower}"
        )
    return replace(recipe, parts=parts)


def describe_parts(setup: Setup) -> str:
    """ "in parts of 4 images; their gradients add up as before" """
    share, parts = setup.recipe.batch_size // distributed.world_size(), setup.recipe.parts
    sees = batch_statistics(list(setup.training.networks.values()), share // parts)
    line = f"in parts of {-(-share // parts)} images; their gradients add up as before"
    return line + (f", but {sees} uses one part at a time" if sees else "")


def widths(recipe: Recipe) -> list[str]:
    """Return flags that make this recipe's networks narrower: ["--set generator.width=32", …]."""
    found = [(path, value) for path, value, _ in overrides.paths(recipe) if path.endswith(".width")]
    return [f"--set {path}={value // 2}" for path, value in found if isinstance(value, int) and value > 1]


def halvings(run: RunDirectory) -> int:
    """Return how often the rates were halved since the run began, or since a user changed its settings.

    After a kill the log may hold the same change twice, so different factors are counted.
    """
    factors: set[float] = set()
    for row in run.events.read():
        if row.get("event") in ("started", "changed"):
            factors.clear()
        factor = row.get("rate_factor")
        if row.get("event") == "went back" and isinstance(factor, float):
            factors.add(factor)
    return len(factors)


def go_back(trainer: Trainer, recipe: Recipe, why: str, what: str, **changes: Any) -> Trainer:
    """Return a trainer at the newest good checkpoint, or at the beginning if there is none.

    recipe: differs only in rate_factor and parts. The clock is not reset, so a budget in hours ends at the same time.
    """
    run, training = trainer.run, trainer.training
    newest = newest_whole(run, training.wrong)
    distributed.barrier()  # every process has read the files before rank 0 changes them
    if trainer.writer:
        to = newest[1]["images"] if newest else 0
        trainer.writer.event("went back", to=to, why=why, term=what, **changes)
        write_json(run.recipe, serialization.encode(recipe))
    setup = replace(trainer.setup, recipe=recipe)
    update_players(setup)
    if newest is None:
        begin_again(setup)
    state = load(run, training, newest)
    cut_back(run, state)
    return Trainer(run, setup, trainer.clock.seconds, state["images"] if state else -1)


def update_players(setup: Setup) -> None:
    """Set rate_factor and parts of the players to those of the recipe."""
    for player in setup.training.players:
        player.rate_factor, player.parts = setup.recipe.rate_factor, setup.recipe.parts


def position(trainer: Trainer) -> str:
    return trainer.kimg() if trainer.training.images else "the beginning"


def raise_divergence(trainer: Trainer, trouble: DivergenceError) -> None:
    if trainer.writer:
        trainer.writer.status("diverged", trainer.clock.seconds)
        trainer.writer.event("diverged", term=trainer.trouble)
    raise DivergenceError(
        f"{trouble}, with {trainer.recipe.rate_factor:g} times the learning rates still; its checkpoints are "
        f"good. Continue with other settings: mien resume {trainer.run.path} --set discriminator.optimizer.lr=1e-5 "
        "--set generator.optimizer.lr=1e-5",
        trainer.run.path,
    )
