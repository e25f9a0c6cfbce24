"""How a training starts and goes on: device, recipe, pictures, run directory, then the session."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from mien.config import serialization
from mien.config.budget import Budget, parse_budget, parse_duration
from mien.data.layouts import detect
from mien.data.prepared import PreparedSet
from mien.errors import DataError, FileError, UsageError, is_out_of_memory
from mien.recipes.recipe import Recipe, from_json
from mien.runs.directory import RunDirectory, create, find
from mien.runs.records import DataCard, Environment, Object
from mien.runtime import console, distributed, typed_json
from mien.runtime.device import join
from mien.trainer import augmentation_policy, condition_policy, options, recovery, setting_changes, warm_start
from mien.trainer.resume import restore
from mien.trainer.run import DryRun, Run
from mien.trainer.run_metadata import environment, note_command, write_papers, write_recipe
from mien.trainer.summary import first_lines
from mien.trainer.trainer import Plan, Trainer
from mien.trainer.validation import Exams, ValidationConfig

SMALLER = "choose a smaller --batch (of a run: mien resume RUN --set batch_size=N) or --resolution, or --metrics none"
BASE = 64  # pixels a side where neither recipe nor pictures say another size


# --- the roads --------------------------------------------------------------------------------------------------------


@distributed.telling(SMALLER)
def start(
    recipe: str,
    *,
    data: str,
    resolution: str | None,
    batch: int | None,
    init: str | None,
    freeze_d: int | None,
    augment: str,
    cond: str,
    encoder: str | None,
    budget: str,
    seed: int,
    changes: tuple[str, ...],
    outdir: Path,
    name: str | None,
    device: str,
    tick: float,
    checkpoint_every: str,
    metrics: str | None,
    metrics_every: float | None,
    metrics_num: int,
    metrics_share: float,
    detector: str | None,
    dry_run: bool,
) -> Run:
    """`mien train`; its arguments are explained there."""
    place = join(device)
    origin = warm_start.source(init, outdir) if init else None
    parse_budget(budget, 1)  # a slip in a flag is told before the pictures are prepared
    chosen, why = options.recipe(recipe, data, resolution, place, budget, origin)
    chosen = condition_policy.asked(chosen, cond, detect(data, chosen.sources), encoder)
    chosen = augmentation_policy.asked(chosen, augment, changes)
    chosen = options.batched(options.frozen(chosen, freeze_d, origin), batch)
    if chosen.auxiliary and chosen.condition is None:
        raise UsageError("auxiliary is the weight of naming labels: add --cond class, attributes or text")
    if not 1 <= tick * 1000 < float("inf"):
        raise UsageError(f"--tick {tick} is no number of kimg: it must be at least 0.001")
    every = parse_duration(checkpoint_every, "--checkpoint-every")
    exams = options.exams(metrics, metrics_every, metrics_num, metrics_share, detector, tick)
    label = options.label(name, chosen, data)
    chosen = replace(chosen, resolution=options.size(resolution, chosen, data))
    from_json(serialization.encode(chosen), recipe)  # refuses what recipe.json could not hold, or resume could not read
    chosen.build_game()  # a size that its networks cannot have is told before the pictures are prepared, too
    pictures = options.prepared(data, chosen)
    chosen = replace(chosen, channels=pictures.images.shape[-1])
    chosen = augmentation_policy.settled(chosen, augment, changes, len(pictures.images), place)
    plan = Plan(parse_budget(budget, len(pictures.images)), seed, round(tick * 1000), every)
    session = Trainer(RunDirectory(outdir / f"NNNNN-{label}"), chosen, pictures, plan, place)
    begun = []
    if origin:
        begun = warm_start.begin_from(session.training, chosen, origin)
        session.training.synchronize()
    enrol(session, exams, chosen, data, place)
    if dry_run:
        first_lines(session, chosen, pictures, why, begun)
        return DryRun(session.run.path)

    # Made last: a mistake in a flag leaves no directory behind.
    if session.exams:
        session.exams.rehearse()
    run = RunDirectory(distributed.from_first(create(outdir, label).path if distributed.rank() == 0 else Path()))
    session.move_to(run)
    if session.record:
        run.lock()
        write_papers(run, chosen, pictures, data)
        facts = {"budget": budget, "seed": seed, "data": options.lasting(data), "recipe": chosen.name, "init": init}
        facts |= {"tick": plan.tick, "checkpoint_every": checkpoint_every, "exams": exams and vars(exams)}
        facts |= {"started": time.time()}
        session.record.status(
            "starting",
            0.0,
            **facts,
            budget_images=options.finite(plan.budget.images),
            budget_seconds=options.finite(plan.budget.seconds),
        )
        session.record.event("started", init=begun)
        if origin:
            if not session.sound():
                raise DataError(f"--init {init}: {session.trouble} is no finite number there: start from another run")
            session.checkpoint()  # what is resumed after a kill must not depend on the other run any more
        write_recipe(run, chosen)
    return carry_out(session, chosen, pictures, why, begun)


def go_on(
    run: str,
    *,
    budget: str | None,
    data: str | None,
    metrics: str | None,
    changes: Sequence[str],
    code: Sequence[Path],
    device: str,
    outdir: Path,
) -> Run:
    """`mien resume`; its arguments are explained there."""
    directory = find(run, outdir)
    place = join(device)
    if distributed.rank() == 0:
        directory.lock()
    try:
        return continued(directory, place, budget, data, metrics, changes, code)
    finally:  # a mistake leaves the run free, whoever keeps the error
        directory.unlock()


@distributed.telling(SMALLER)
def continued(
    directory: RunDirectory,
    place: torch.device,
    budget: str | None,
    data: str | None,
    metrics: str | None,
    changes: Sequence[str],
    code: Sequence[Path],
) -> Run:
    for path in [code] if isinstance(code, str | Path) else code:
        serialization.add_user_file(path)
    recipe, status = from_json(typed_json.read(directory.recipe, Object), directory.recipe), directory.read_status()
    exams = options.exams_of(status, metrics)
    card = typed_json.read(directory.data, DataCard)
    then = typed_json.read(directory.environment, Environment)
    before, recipe = recipe, setting_changes.changed(recipe, changes)
    pictures = options.prepared(data or status["data"], recipe)
    if pictures.images.shape[-1] != recipe.channels:
        raise UsageError(
            f"--data: the run was trained on {recipe.channels}-channel pictures; these have {pictures.images.shape[-1]}"
        )
    done = Budget(status.get("budget_images") or float("inf"), status.get("budget_seconds") or float("inf"))
    plan = Plan(done, status["seed"], status["tick"], parse_duration(status["checkpoint_every"], "checkpoint_every"))
    session = Trainer(directory, recipe, pictures, plan, place)
    enrol(session, exams, recipe, data or status["data"], place)
    if session.exams:
        session.exams.rehearse()
    restore(session)
    session.plan = replace(
        plan, budget=options.new_budget(budget, done, session.training.images, session.seconds, len(pictures.images))
    )
    if session.record:
        session.record.event("resumed", data=data or status["data"])
        setting_changes.write(session, before)
        session.record.status(
            "starting",
            session.seconds,
            data=data or status["data"],
            exams=exams and vars(exams),
            budget_images=options.finite(session.plan.budget.images),
            budget_seconds=options.finite(session.plan.budget.seconds),
        )
    if pictures.info.get("sha256") != card["info"].get("sha256"):
        console.say("warning: the pictures are not those that this run began with; it goes on with the new ones")
    then, now = typed_json.read(directory.environment, Environment), environment()
    for name in ("torch", "threads", "gpu"):  # what the last bit of a sum depends on
        if then.get(name) != now[name]:
            console.say(f"warning: {name} was {then.get(name)}, now {now[name]}: the bits will not be the same")
    return carry_out(session, recipe, pictures, ["as the run began"])


def carry_out(
    session: Trainer, recipe: Recipe, pictures: PreparedSet, why: Sequence[str], begun: Sequence[str] = ()
) -> Run:
    run = session.run
    if session.record:
        console.log_to(run.log)
        note_command(run)
    first_lines(session, recipe, pictures, why, begun)
    try:
        with distributed.telling(SMALLER):
            recovery.train(session)
    except OSError as error:  # what no writer has expected: it ends like any other trouble with a file
        if is_out_of_memory(error):
            raise
        raise FileError(f"{error.filename or run.path}: {error.strerror or error}") from error
    finally:
        console.log_to(None)
        run.unlock()
        distributed.stop()
    return Run(run.path)


def enrol(session: Trainer, plan: ValidationConfig | None, recipe: Recipe, data: str, device: torch.device) -> None:
    """Let a session hold exams. Whatever they lack is told now."""
    if plan is not None and session.record:
        session.exams = Exams(plan, recipe, data, device, session.training.ema.modules, session.labels)
