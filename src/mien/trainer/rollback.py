"""The return of a training for a diagnosis: to a checkpoint before its onset, with the first remedy applied."""

from __future__ import annotations

import shutil

from mien.config import serialization
from mien.reports.doctor.diagnosis import Finding
from mien.reports.doctor.remedies import Remedy
from mien.runs.checkpoint import checkpoints, images_of
from mien.runs.directory import RunDirectory
from mien.runtime import distributed
from mien.runtime.atomic_files import io_errors, write_json
from mien.runtime.console import say
from mien.trainer.resume import cut_back, load, newest_whole
from mien.trainer.setting_changes import changed, differences
from mien.trainer.setup import begin_again, rebuilt
from mien.trainer.trainer import Trainer

MOST = 3  # returns, until someone changes the settings


def treated(trainer: Trainer, alarm: Finding) -> Trainer:
    """Return a trainer at the newest checkpoint before the onset, with the first remedy of the diagnosis applied.

    Raises StoppedByDoctor after three returns, and for a diagnosis whose remedies need a new run. The training is saved
    then.
    """
    remedy = next((one for one in alarm.remedies if one.resumes), None)
    if remedy is None or distributed.from_first(returns(trainer.run)) == MOST:
        why = f"after {MOST} return{'s' if MOST > 1 else ''}" if remedy else "and no remedy of it continues a run"
        say(f"doctor   {alarm.title}, {why}: the training ends here")
        trainer.finish()
    assert remedy is not None  # `finish` has raised the error of the alarm
    return gone_back(trainer, alarm, remedy)


def gone_back(trainer: Trainer, alarm: Finding, remedy: Remedy) -> Trainer:
    """Return the trainer that goes on from before the onset.

    recipe.json is written before the files are cut back, so a resume after a kill finds checkpoint and recipe.
    """
    run, recipe = trainer.run, changed(trainer.recipe, remedy.settings)
    newest = newest_whole(run, trainer.training.wrong, before=round(alarm.onset * 1000))
    distributed.barrier()  # every process has read the files before rank 0 changes them
    to = newest[1]["images"] if newest else 0
    if trainer.writer:
        trainer.writer.event(
            "went back",
            to=to,
            why="diagnosis",
            diagnosis=alarm.name,
            onset=alarm.onset,
            remedy=remedy.what,
            settings=differences(trainer.recipe, recipe),
        )
        write_json(run.recipe, serialization.encode(recipe))
        remove_newer(run, to)
    say(f"doctor   {alarm.title}: back to {to / 1000:.1f} kimg. {remedy.what} ({', '.join(remedy.settings)})")
    setup = rebuilt(trainer.setup, recipe)
    if newest is None:
        begin_again(setup)
    state = load(run, setup.training, newest)
    cut_back(run, state)
    return Trainer(run, setup, trainer.clock.seconds, state["images"] if state else -1)


def remove_newer(run: RunDirectory, images: int) -> None:
    """Remove the checkpoints after `images`, the newest first: a resume must not find the trouble again."""
    for folder in reversed(checkpoints(run.checkpoints)):
        if images_of(folder) > images:
            with io_errors(folder):
                shutil.rmtree(folder)


def returns(run: RunDirectory) -> int:
    """Return how often the run went back for a diagnosis since it began, or since a user changed its settings.

    After a kill the log may hold the same return twice, so different settings are counted.
    """
    found: set[str] = set()
    for row in run.events.read():
        if row.get("event") in ("started", "changed"):
            found.clear()
        if row.get("event") == "went back" and row.get("why") == "diagnosis":
            found.add(str(row.get("settings")))
    return len(found)
