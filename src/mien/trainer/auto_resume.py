"""One command that starts a run, continues it, or says that it is finished: `mien train --name N --auto-resume`.

An engine repeats its command after a preemption. command.json holds the options of the command, so only an option that
the user has changed since then changes the run.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import filelock

from mien.errors import RunLockedError, UsageError
from mien.recipes.earlier import renamed
from mien.runs.directory import RunDirectory, create
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors
from mien.trainer.config import TrainConfig
from mien.trainer.config_file import read_config, write_options
from mien.trainer.options import lasting
from mien.trainer.resume_config import ResumeConfig

BY_RESUME = ("budget", "data", "metrics", "set", "batch")  # what a resume can change
FREE = ("checkpoint_every", "checkpoint_keep", "on_trouble", "stop_at_plateau", "log")  # what may change at any time
ELSEWHERE = ("recipes", "seeds", "sweep", "total_budget", "outdir", "name", "device", "code", "auto_resume", "dry_run")
"""Options that say nothing of the run."""


def runs_named(outdir: Path, name: str) -> list[Path]:
    """Return the folders of this name after their numbers, oldest first. A start that was killed leaves one, too."""
    return sorted(path for path in outdir.glob("*") if re.fullmatch(r"\d{5,}-" + re.escape(name), path.name))


def to_resume(config: TrainConfig) -> ResumeConfig | None:
    """Return the resume that the command stands for, or None if there is no run of this name yet.

    Raises UsageError for an option that a resume cannot change, and RunLockedError if another process starts the run.
    """
    found = [RunDirectory(path) for path in runs_named(config.outdir, str(config.name))]
    begun = [run for run in found if run.recipe.exists()]
    if not begun:
        if any(run.is_held() for run in found):
            raise RunLockedError(f"{found[-1].path} is being started by another process: wait for it")
        return None
    run = begun[-1]
    if config.dry_run:
        raise UsageError(f"--dry-run plans a start, but --auto-resume would continue {run.path}: leave one of them out")
    return changes(run, config)


def changes(run: RunDirectory, config: TrainConfig) -> ResumeConfig:
    """Return the resume with the options that differ from those of the last command."""
    before, now = read_command(run), replace(config, data=lasting(config.data))
    differing = [one.name for one in fields(now) if getattr(now, one.name) != getattr(before, one.name)]
    if not run.command_options.exists() and "init" in differing:
        differing.remove("init")  # an older mien wrote there what it chose by itself
    for name in differing:
        if name not in (*BY_RESUME, *FREE, *ELSEWHERE):
            then, flag = getattr(before, name), "RECIPE" if name == "recipe" else f"--{name.replace('_', '-')}"
            what = f"{flag} is {getattr(now, name)}, but {run.path} was started with {then}"
            raise UsageError(f"{what}, which a resume cannot change: put it back, or choose another --name")
    settings = changed_settings(run, before.set, now.set)
    if "batch" in differing and now.batch is not None:
        settings.append(f"batch_size={now.batch}")
    return ResumeConfig(
        str(run.path),
        budget=now.budget if "budget" in differing else None,
        data=config.data if "data" in differing else None,
        metrics=(now.metrics or "none") if "metrics" in differing else None,
        set=tuple(settings),
        code=tuple(now.files),
        device=now.device,
        outdir=now.outdir,
    )


def changed_settings(run: RunDirectory, before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return the values of --set that are new. Raises UsageError if one is missing that was there before."""
    then, new = (dict(renamed(one).partition("=")[::2] for one in changes) for changes in (before, now))
    if missing := [key for key in then if key not in new]:
        what = f"--set {missing[0]}={then[missing[0]]} is missing, but {run.path} was started with it"
        raise UsageError(f"{what}: put it back, or name its new value")
    return [f"{key}={value}" for key, value in new.items() if then.get(key) != value]


def with_free_options(config: TrainConfig, command: TrainConfig) -> TrainConfig:
    """Return the options of the run with those of the command that change no bit of the training."""
    return replace(config, **{name: getattr(command, name) for name in FREE})


def write_command(run: RunDirectory, config: TrainConfig) -> None:
    """Write command.json: the options as the command gave them."""
    write_options(run.command_options, replace(config, data=lasting(config.data)))


def read_command(run: RunDirectory) -> TrainConfig:
    """Return the options of the last command, or those of the run if an older mien started it."""
    if run.command_options.exists():
        return typed_json.read(run.command_options, TrainConfig)
    return read_config(run)


@contextlib.contextmanager
def alone(outdir: Path) -> Iterator[None]:
    """Let one process at a time make a run in `outdir`, of all that do so with --auto-resume. It takes milliseconds."""
    with io_errors(outdir):
        outdir.mkdir(parents=True, exist_ok=True)
        guard = os.fdopen(typed_json.open_regular(outdir / ".lock", os.O_RDWR | os.O_CREAT), "r+")
    with guard:
        with io_errors(outdir):
            filelock.lock_descriptor(guard.fileno(), blocking=True)
        yield


def place(outdir: Path, name: str) -> Path:
    """Return the folder of a new run, made now, or that of a start that was killed, empty again. Call it `alone`.

    Raises RunLockedError if another process has started the run meanwhile.
    """
    found = [RunDirectory(path) for path in runs_named(outdir, name)]
    if not found:
        return create(outdir, name).path
    left = found[-1]
    left.lock()
    try:
        if any(run.recipe.exists() for run in found):
            raise RunLockedError(f"{left.path} was started by another process meanwhile: give the command again")
        with io_errors(left.path):
            for path in left.path.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path != left.lock_file:
                    path.unlink()
            for folder in (left.samples, left.snapshots, left.checkpoints):
                folder.mkdir()
    finally:
        left.unlock()
    return left.path
