"""How a training starts and goes on: device, recipe, pictures, run directory, then the session."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from mien.config import serialization
from mien.config.budget import Budget, parse_budget
from mien.data.layouts import detect
from mien.data.prepared import PreparedSet
from mien.errors import DataError, FileError, UsageError, is_out_of_memory
from mien.recipes.recipe import Recipe, from_json
from mien.runs.directory import RunDirectory, create, find
from mien.runs.records import DataCard, Environment, Object
from mien.runtime import console, distributed, typed_json
from mien.runtime.device import join
from mien.trainer import augmentation_policy, condition_policy, options, recovery, setting_changes, warm_start
from mien.trainer.config import TrainConfig
from mien.trainer.config_file import read_config, write_config
from mien.trainer.resume import restore
from mien.trainer.run import DryRun, Run
from mien.trainer.run_metadata import environment, note_command, write_papers, write_recipe
from mien.trainer.summary import first_lines
from mien.trainer.trainer import Plan, Trainer
from mien.trainer.validation import Exams

SMALLER = "choose a smaller --batch (of a run: mien resume RUN --set batch_size=N) or --resolution, or --metrics none"
BASE = 64  # pixels a side where neither recipe nor pictures say another size


# --- the roads --------------------------------------------------------------------------------------------------------


@distributed.telling(SMALLER)
def train(config: TrainConfig) -> Run:
    """`mien train` with one recipe."""
    place = join(config.device)
    origin = warm_start.source(config.init, config.outdir) if config.init else None
    chosen, why = options.recipe(config, place, origin)
    chosen = condition_policy.asked(chosen, config.cond, detect(config.data, chosen.sources), config.encoder)
    chosen = augmentation_policy.asked(chosen, config.augment, config.set)
    chosen = options.batched(options.frozen(chosen, config.freeze_d, origin), config.batch)
    if chosen.auxiliary and chosen.condition is None:
        raise UsageError("auxiliary is the weight of naming labels: add --cond class, attributes or text")
    label = options.label(config.name, chosen, config.data)
    chosen = replace(chosen, resolution=options.size(config.resolution, chosen, config.data))
    # Refuse what recipe.json could not hold, or resume could not read.
    from_json(serialization.encode(chosen), config.recipe)
    chosen.build_game()  # a size that its networks cannot have is told before the pictures are prepared, too
    pictures = options.prepared(config.data, chosen)
    chosen = replace(chosen, channels=pictures.images.shape[-1])
    chosen = augmentation_policy.settled(chosen, config.augment, config.set, len(pictures.images), place)
    session = Trainer(
        RunDirectory(config.outdir / f"NNNNN-{label}"), chosen, pictures, plan_of(config, pictures), place
    )
    begun = []
    if origin:
        begun = warm_start.begin_from(session.training, chosen, origin)
        session.training.synchronize()
    enrol(session, config, chosen, place)
    if config.dry_run:
        first_lines(session, chosen, pictures, why, begun)
        return DryRun(session.run.path)

    # Made last: a mistake in a flag leaves no directory behind.
    if session.exams:
        session.exams.rehearse()
    path = create(config.outdir, label).path if distributed.rank() == 0 else Path()
    run = RunDirectory(distributed.from_first(path))
    session.move_to(run)
    if session.record:
        run.lock()
        write_papers(run, chosen, pictures, config.data)
        write_config(run, replace(config, data=options.lasting(config.data)))
        session.record.status("starting", 0.0, started=time.time(), **end_of(session.plan.budget))
        session.record.event("started", init=begun)
        if origin:
            if not session.sound():
                what = f"{session.trouble} is no finite number there: start from another run"
                raise DataError(f"--init {config.init}: {what}")
            session.checkpoint()  # what is resumed after a kill must not depend on the other run any more
        write_recipe(run, chosen)
    return carry_out(session, chosen, pictures, why, begun)


def resume(
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
    config = options.resumed(read_config(directory), data, metrics)
    card = typed_json.read(directory.data, DataCard)
    before, recipe = recipe, setting_changes.changed(recipe, changes)
    pictures = options.prepared(config.data, recipe)
    if pictures.images.shape[-1] != recipe.channels:
        raise UsageError(
            f"--data: the run was trained on {recipe.channels}-channel pictures; these have {pictures.images.shape[-1]}"
        )
    plan = plan_of(config, pictures)
    if status.get("budget_images") or status.get("budget_seconds"):
        end = Budget(status.get("budget_images") or float("inf"), status.get("budget_seconds") or float("inf"))
        plan = replace(plan, budget=end)
    session = Trainer(directory, recipe, pictures, plan, place)
    enrol(session, config, recipe, place)
    if session.exams:
        session.exams.rehearse()
    restore(session)
    end = options.new_budget(budget, plan.budget, session.training.images, session.seconds, len(pictures.images))
    session.plan = replace(plan, budget=end)
    if session.record:
        session.record.event("resumed", data=config.data)
        setting_changes.write(session, before)
        write_config(directory, config if budget is None else replace(config, budget=end.as_text()))
        session.record.status("starting", session.seconds, **end_of(end))
    if pictures.info.get("sha256") != card["info"].get("sha256"):
        console.say("warning: the pictures are not those that this run began with; it goes on with the new ones")
    then, now = typed_json.read(directory.environment, Environment), environment()
    for name in ("torch", "threads", "gpu"):  # what the last bit of a sum depends on
        if then.get(name) != now[name]:
            console.say(f"warning: {name} was {then.get(name)}, now {now[name]}: the bits will not be the same")
    return carry_out(session, recipe, pictures, ["as the run began"])


def plan_of(config: TrainConfig, pictures: PreparedSet) -> Plan:
    budget = parse_budget(config.budget, len(pictures.images))
    return Plan(budget, config.seed, config.first_tick, config.checkpoint_seconds)


def end_of(budget: Budget) -> dict[str, float | None]:
    """As status.json says it: JSON has no infinity."""
    return {"budget_images": options.finite(budget.images), "budget_seconds": options.finite(budget.seconds)}


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


def enrol(session: Trainer, config: TrainConfig, recipe: Recipe, device: torch.device) -> None:
    """Let a session hold exams. Whatever they lack is told now."""
    plan = config.validation
    if plan is not None and session.record:
        session.exams = Exams(plan, recipe, config.data, device, session.training.ema.modules, session.labels)
