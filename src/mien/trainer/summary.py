"""The first lines of a training: what is about to happen, and the commands to watch it and to go on."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from mien.config.budget import duration
from mien.data.folders import HALVES, TWO_FOLDERS
from mien.data.prepared import PreparedSet
from mien.media.pixels import resolution_text
from mien.recipes.recipe import Recipe
from mien.runtime import console, distributed
from mien.trainer import augmentation_policy, condition_policy
from mien.trainer.trainer import Trainer

ALONE = {HALVES: "right halves", TWO_FOLDERS: "pictures of folder B"}  # of a set of pairs, to a recipe of noise
LONGEST = 1e9  # seconds that a calendar can be asked for: 31 years


def first_lines(
    session: Trainer, recipe: Recipe, pictures: PreparedSet, why: Sequence[str], origin: Sequence[str] = ()
) -> None:
    """What is about to happen, before it does.

    why: it is this recipe, a line or more. origin: what the networks start from, if not from chance.
    """
    run, budget, world = session.run.path, session.plan.budget, distributed.world_size()
    share = f" ({recipe.batch_size // world} on each of {world} processes)" if world > 1 else ""
    epochs, end = "", ""
    if budget.images < float("inf"):
        epochs = f" ({budget.images / len(pictures.images):.1f} epochs)"
    else:
        left = datetime.timedelta(seconds=min(max(0.0, budget.seconds - session.seconds), LONGEST))
        end = f", expected end {datetime.datetime.now() + left:%H:%M}"
    begun = f", {session.kimg()} in {duration(session.seconds)} are done" if session.training.images else ""
    first, *rest = pictures.describe()
    rest += pictures.info.get("notes", [])
    if recipe.sources == "none" and pictures.info["layout"] in ALONE:
        rest.append(f"prepared as pairs: {ALONE[pictures.info['layout']]} alone are learned; else name the pictures")
    for line in [
        f"data     {first}",
        *(f"         {line}" for line in rest),
        f"recipe   {recipe.name} at {resolution_text(*recipe.resolution)} px, {why[0]}",
        *(f"         {line}" for line in why[1:]),
        *(f"{'init' if number == 0 else '':8} {line}" for number, line in enumerate(origin)),
        *(f"cond     {line}" for line in condition_policy.words(recipe.condition, pictures)),
        *(f"augment  {line}" for line in augmentation_policy.words(recipe, len(pictures.images))),
        f"batch    {recipe.batch_size}{share} on {session.batches.device}",
        f"budget   {budget}{epochs}{begun}{end}",
        *exam_lines(session),
        f"run      {run}",
        f"watch    tail -f {run}/log.txt    mien report {run}",
        f"resume   mien resume {run}",
    ]:
        console.say(line)


def exam_lines(session: Trainer) -> list[str]:
    if session.exams is None:
        return []
    plan, cost = session.exams.plan, session.exams.cost
    once = f", about {duration(cost)} each" if cost else ""
    within = f"at most {plan.share:.0%} of the time" if plan.share < 1 else "whenever due"
    lines = [f"metrics  {plan.metrics} of {plan.num:,} pictures from {plan.every / 1000:g} kimg on{once}, {within}"]
    if plan.share < 1 and cost > plan.share * (session.plan.budget.seconds - session.seconds):
        lines.append("         none fits into this budget: ask for fewer pictures (--metrics-num) or --metrics-share 1")
    return lines
