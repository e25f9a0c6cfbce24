"""The start and the resume of a training: device, recipe, images, networks, run directory, then the trainer."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import torch

from mien.config import serialization
from mien.config.budget import parse_budget
from mien.data.layouts import check_layout_known, detect
from mien.errors import DataError, FileError, MienError, UsageError, is_out_of_memory
from mien.recipes.recipe import from_json
from mien.reports.trackers import mirror
from mien.reports.trackers.tracker import parse_trackers
from mien.runs.directory import RunDirectory, create, find
from mien.runs.records import DataCard, Environment, Object, State, Status
from mien.runtime import console, distributed, typed_json
from mien.runtime.atomic_files import write_json
from mien.runtime.device import has_fast_bfloat16, join
from mien.trainer import augmentation_policy, auto_resume, calibration, init_source, options, recovery, setting_changes
from mien.trainer.config import TrainConfig
from mien.trainer.config_file import read_config, write_config
from mien.trainer.dry_run import dry_run
from mien.trainer.resume import cut_back, restore
from mien.trainer.resume_config import ResumeConfig
from mien.trainer.run import Run
from mien.trainer.run_metadata import append_command, environment, write_metadata, write_recipe
from mien.trainer.setup import set_up
from mien.trainer.summary import print_summary
from mien.trainer.trainer import Trainer, few, kimg

SMALLER = "choose a smaller --batch (of a run: mien resume RUN --set batch_size=N) or --resolution, or --metrics none"


def train(config: TrainConfig) -> Run:
    """`mien train` with one recipe."""
    device = join(config.device)
    if config.log is not None:
        parse_trackers(config.log, "--log")
    if config.auto_resume and (found := distributed.agreed(lambda: auto_resume.to_resume(config))):
        return resume(found, config)
    return start(config, device)


@distributed.telling(SMALLER)
def start(config: TrainConfig, device: torch.device) -> Run:
    """Start a new run."""
    if not has_fast_bfloat16(device) and any(".bf16_stages=" in one and one[-2:] != "=0" for one in config.set):
        console.say("bf16_stages: this processor is slow in bfloat16, so all stages compute in float32")
    for path in config.files:
        serialization.add_user_file(path)
    origin = init_source.source(config.init, config.outdir)
    recipe, layout, why = options.recipe(config, device, origin)
    origin = origin or init_source.own_source(config, recipe)
    recipe = options.frozen(recipe, config.freeze_d, origin)
    label = options.label(config.name, recipe, config.data, layout)
    # Refuse a recipe that recipe.json cannot hold, or that a resume cannot read.
    from_json(serialization.encode(recipe), config.recipe)
    recipe.build_game()  # a size that its networks cannot have is an error before the images are prepared, too
    data = options.prepared(config.data, recipe, layout)
    recipe = recipe.replace(channels=data.images.shape[-1])
    recipe = augmentation_policy.with_default_augmentation(recipe, config.augment, config.set, len(data.images), device)
    budget = parse_budget(config.budget, len(data.images))
    setup = set_up(config, recipe, data, device, budget, layout, origin, why)
    if origin and (wrong := setup.training.wrong()):
        what = f"{few(wrong)} is not finite there: start from another run"
        raise DataError(f"--init {config.init or init_source.FACES}: {what}")
    if setup.validator:
        setup.validator.dry_run()
    if config.dry_run:
        return dry_run(config.outdir / f"NNNNN-{label}", calibration.begin(setup)[0])
    setup, seconds = calibration.begin(setup)

    # The directory is made last, so a mistake in a flag leaves none behind.
    run = new_run(config, label)
    if origin and distributed.rank() == 0:
        write_json(run.init, origin.record())  # the trainer reads it, as after a resume
    trainer = Trainer(run, setup, seconds)
    if trainer.writer:
        write_metadata(run, setup.recipe, data, config.data, config.files)
        init = init_source.FACES if origin and origin.shipped else config.init
        write_config(run, replace(setup.config, data=options.lasting(config.data), init=init))
        auto_resume.write_command(run, config)
        trainer.writer.status("starting", seconds)
        trainer.writer.event("started", init=setup.taken_over)
        if origin:
            trainer.checkpoint()  # what is resumed after a kill must not depend on the other run any more
        write_recipe(run, setup.recipe)
    return run_training(trainer)


def new_run(config: TrainConfig, label: str) -> RunDirectory:
    """Make the directory of a run, and lock it."""
    first = distributed.rank() == 0
    with auto_resume.alone(config.outdir) if config.auto_resume and first else nullcontext():
        make = auto_resume.place if config.auto_resume else lambda outdir, name: create(outdir, name).path
        run = RunDirectory(distributed.agreed(lambda: make(config.outdir, label)))
        distributed.agreed(run.lock)
    return run


def resume(requested: ResumeConfig, command: TrainConfig | None = None) -> Run:
    """`mien resume`. command: the options of `mien train --auto-resume`, if that is the command."""
    run = find(requested.run, requested.outdir)
    device = join(requested.device)
    distributed.agreed(run.lock)
    try:
        return continued(requested, run, device, command)
    finally:  # a mistake leaves the run free, whoever keeps the error
        run.unlock()


@distributed.telling(SMALLER)
def continued(
    requested: ResumeConfig, run: RunDirectory, device: torch.device, command: TrainConfig | None = None
) -> Run:
    """Continue a run of which this process holds the lock."""
    for path in requested.code:
        serialization.add_user_file(path)
    before, status = from_json(typed_json.read(run.recipe, Object), run.recipe), run.read_status()
    config = options.resumed(read_config(run), requested.data, requested.metrics)
    config = options.watched(config, requested.on_trouble, requested.stop_at_plateau)
    if command:
        config = auto_resume.with_free_options(config, command)
    recipe = setting_changes.changed(before, requested.set)
    card = typed_json.read(run.data, DataCard)
    then = typed_json.read(run.environment, Environment)
    if requested.data is None:
        check_layout_known(config.data, card["info"].get("layout"), f"the images of {run.path}")
    layout = detect(config.data, recipe.sources) if config.validation else None
    pictures = options.prepared(config.data, recipe, layout)
    if pictures.images.shape[-1] != recipe.channels:
        raise UsageError(
            f"--data: the run was trained on {recipe.channels}-channel images; these have {pictures.images.shape[-1]}"
        )
    end = options.end_of(status) or parse_budget(config.budget, len(pictures.images))
    setup = set_up(config, recipe, pictures, device, end, layout)
    state = restore(run, setup.training)
    if requested.changes_nothing and state and is_finished(status, state):
        distributed.stop()
        done = f"{run.path} is finished at {kimg(state['images'])}: there is nothing left to train"
        console.say(f"{done}; continue with: mien resume {run.path} --budget +20m")
        return Run(run.path)
    if setup.validator:
        setup.validator.dry_run()
    images, seconds = (state["images"], state["seconds"]) if state else (0, 0.0)
    if requested.budget is not None:
        end = options.new_budget(requested.budget, images, seconds, len(pictures.images))
        config = replace(config, budget=end.as_text())
    setup = replace(setup, config=config, budget=end)
    if requested.warm_restart:
        setup, seconds = calibration.warm_restart(setup, seconds)
    else:
        setup = calibration.continued(setup)
    cut_back(run, state)
    trainer = Trainer(run, setup, seconds, images if state else -1)
    if trainer.writer:
        trainer.writer.event("resumed", data=config.data)
        setting_changes.write(trainer.writer, before, recipe)
        write_config(run, setup.config)
        if command:
            auto_resume.write_command(run, command)
        trainer.writer.status("starting", seconds)
    if pictures.info.get("sha256") != card["info"].get("sha256"):
        console.say("warning: the images are not those of the run's start; it continues with the new ones")
    now = environment()
    for name in ("torch", "threads", "gpu"):  # the last bit of a sum depends on these
        if then.get(name) != now[name]:
            console.say(
                f"warning: {name} was {then.get(name)}, now {now[name]}: the results will differ in the last bits"
            )
    return run_training(trainer)


def start_trackers(run: RunDirectory, log: str | None) -> None:
    """Start the process of --log. A tracker that this machine lacks, after a move say, stops no training."""
    if log is None:
        return
    try:
        mirror.start(run, parse_trackers(log, "--log"))
    except MienError as error:
        console.say(f"warning: {error}; the training goes on without it")


def is_finished(status: Status, state: State) -> bool:
    """Return whether the run reached its end, and its newest checkpoint is of that moment."""
    return status["state"] == "finished" and status["images"] == state["images"]


def run_training(trainer: Trainer) -> Run:
    """Print the summary, train, and release the run's lock in every case."""
    run = trainer.run
    if trainer.writer:
        console.log_to(run.log)
        append_command(run)
        start_trackers(run, trainer.setup.config.log)
    print_summary(run.path, trainer.setup, trainer.clock.seconds)
    try:
        with distributed.telling(SMALLER):
            recovery.train(trainer)
    except OSError as error:  # what no writer has expected: it ends like any other trouble with a file
        if is_out_of_memory(error):
            raise
        raise FileError(f"{error.filename or run.path}: {error.strerror or error}") from error
    finally:
        console.log_to(None)
        run.unlock()
        distributed.stop()
    return Run(run.path)
