"""Schedules that end with the budget. For a budget in time, a few real rounds give the number of images first.

From then on the training is one of that many images, and its bits are those of `--budget` with that number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile

import torch

from mien.config.budget import Budget, duration, exact_kimg
from mien.errors import RoundTooLarge, UsageError
from mien.recipes.recipe import Recipe
from mien.recipes.schedules import restarted, schedules_end, stretched
from mien.runtime import distributed
from mien.runtime.console import say
from mien.trainer.intervals import ticks
from mien.trainer.recovery import describe_parts, in_parts
from mien.trainer.rounds import rounds
from mien.trainer.setup import Setup, rebuilt
from mien.trainer.trainer import VALIDATION_GROWTH
from mien.training.loop import Progress

LONGEST, LARGEST_SHARE = 10.0, 0.1  # seconds, and share of the remaining time, of the measured rounds
WARM_UP = 2  # rounds before them: the first ones allocate memory
SAFETY = 0.95  # the rest is for samples, checkpoints, and a machine that slows down when it is warm


def begin(setup: Setup) -> tuple[Setup, float]:
    """Return a new training whose schedules end with its budget, and the seconds that this took."""
    if not setup.recipe.schedules_follow_budget or not schedules_end(setup.recipe):
        return setup, 0.0
    if setup.config.dry_run and math.isinf(setup.budget.images):
        line = f"a start would measure the speed for {seconds_of(setup, 0.0):.2g} s: all schedules end with the budget"
        return replace(setup, schedule=line), 0.0
    return fixed(setup, 0.0, stretched, "all schedules end")


def warm_restart(setup: Setup, seconds: float) -> tuple[Setup, float]:
    """Return a resumed training whose schedules start again and end with its budget, and the seconds trained so far.

    Raises UsageError for a recipe without schedules, and for a budget that is spent.
    """
    images, budget, name = setup.training.images, setup.budget, setup.recipe.name
    if not schedules_end(setup.recipe):
        raise UsageError(f"--warm-restart: all numbers of {name} are constant: leave it out")
    if images >= budget.images or seconds >= budget.seconds:
        done = f"{exact_kimg(images)} in {duration(seconds)} are done"
        raise UsageError(f"--warm-restart: {done}: give more with --budget, for example +1h")

    def change(recipe: Recipe, end: int) -> Recipe:
        return restarted(recipe, images, end)

    return fixed(setup, seconds, change, "the learning rates start again, and all schedules end")


def continued(setup: Setup) -> Setup:
    """Return a resumed training with the line that says where its schedules end. They stay as they are."""
    if not setup.recipe.schedules_follow_budget:
        return setup
    end = schedules_end(setup.recipe)
    if setup.training.images >= end:
        line = (
            f"all schedules ended at {exact_kimg(end)} and stay at their last values (--warm-restart starts them again)"
        )
    else:
        more = ", then stay at their last values" if setup.budget.images > end else ""
        line = f"all schedules end at {exact_kimg(end)}{more}"
    return replace(setup, schedule=line)


def fixed(setup: Setup, seconds: float, change: Callable[[Recipe, int], Recipe], effect: str) -> tuple[Setup, float]:
    """Return the training with the changed schedules and a budget in images, and the seconds trained so far.

    change: (recipe, images at the end) -> recipe. effect: the start of the line that says it.
    """
    line = f"{effect} at {exact_kimg(setup.budget.images)}"
    if math.isinf(setup.budget.images):
        setup, seconds, speed = calibrated(setup, seconds)
        end = f"{exact_kimg(setup.budget.images)} in {duration(setup.budget.seconds)}"
        line = f"calibrated: {speed:,.1f} images a second, so {end}; {effect} there"
    done = rebuilt(setup, change(setup.recipe, int(setup.budget.images)))
    return replace(done, schedule=line), seconds


def calibrated(setup: Setup, seconds: float) -> tuple[Setup, float, float]:
    """Return the setup with a budget in images and in time, the seconds so far, and the images a second.

    A setup whose rounds do not fit into memory trains in parts. Rank 0 decides for all processes.
    """
    begun, measured = time.monotonic(), seconds_of(setup, seconds)
    say(f"schedule measuring the speed for {measured:.2g} s")
    while True:
        try:
            speed = measure(rebuilt(setup, setup.recipe), measured)
            break
        except RoundTooLarge as error:
            trouble = error
        setup = replace(setup, recipe=in_parts(setup.recipe, trouble))
        if setup.device.type == "cuda":
            torch.cuda.empty_cache()
        say(f"warning: {trouble}: the training continues {describe_parts(setup)}")
    left = setup.budget.seconds - seconds
    spent = min(time.monotonic() - begun, left / 2)  # one round may take longer than a tiny budget
    more = images_in(setup, speed, left - spent)
    speed, spent, more = distributed.from_first((speed, spent, more))
    budget = Budget(setup.training.images + more, setup.budget.seconds)
    config = replace(setup.config, budget=budget.as_text())
    return replace(setup, config=config, budget=budget), seconds + spent, speed


def seconds_of(setup: Setup, seconds: float) -> float:
    """Return the length of the measurement. seconds: trained so far."""
    return min(LONGEST, LARGEST_SHARE * (setup.budget.seconds - seconds))


def measure(setup: Setup, seconds: float) -> float:
    """Return the images a second of about this many seconds of rounds, after two more. They change the training.

    All processes make the same number of rounds, which rank 0 decides.
    """
    trial = rounds(setup)
    advance(trial, WARM_UP, setup.device)
    begun, done, more, spent = time.perf_counter(), 0, 1, 0.0
    while more:
        advance(trial, more, setup.device)
        done, spent = done + more, time.perf_counter() - begun
        more = distributed.from_first(max(0, min(done, round(done * (seconds / spent - 1)))))
    return done * images_a_round(setup) / spent


def advance(trial: Iterator[Progress], count: int, device: torch.device) -> None:
    """Make this many rounds, and wait until the device has finished them."""
    for _ in range(count):
        next(trial)
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def images_a_round(setup: Setup) -> int:
    return setup.recipe.batch_size * setup.training.images_per_round


def images_in(setup: Setup, speed: float, seconds: float) -> int:
    """Return the images of all rounds that fit into the time, with their evaluations; at least one round."""
    images = speed * seconds
    if setup.validator:
        plan, now = setup.validator.plan, setup.training.images
        due = takewhile(lambda tick: tick <= now + images, ticks(plan.every, VALIDATION_GROWTH))
        evaluations = setup.validator.cost * sum(tick > now for tick in due)
        images *= 1 - min(plan.share, evaluations / (evaluations + seconds))
    return max(1, int(SAFETY * images) // images_a_round(setup)) * images_a_round(setup)
