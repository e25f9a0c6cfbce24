"""What users request of a training that runs: a sample, a checkpoint, a pause, the end (see `runs.requests`).

No request changes the bits of the training. A pause does not count as training time.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from mien.runs import requests
from mien.runtime import distributed
from mien.runtime.console import say

if TYPE_CHECKING:
    from mien.trainer.trainer import Trainer

LOOK_EVERY = 1.0  # seconds between two looks into the folder
SLEEP = 0.2  # seconds between two looks while paused


def follow(trainer: Trainer) -> bool:
    """Do what is requested now, and return whether a pause is. Only rank 0 calls it; all processes agree on a pause."""
    assert trainer.writer
    images = trainer.training.images
    actions = requests.pending(trainer.run)
    for action in actions:
        if action == "pause":
            continue
        if action == "stop":
            say("stop     requested by a file in requests/")
            trainer.ask_to_stop(signal.SIGTERM)
        elif trainer.sound():
            trainer.writer.sample(images)
            if action == "save":
                trainer.writer.snapshot(images)
                save(trainer)
            trainer.writer.event("requested", action=action)
        requests.withdraw(trainer.run, action)
    return "pause" in actions


def rest(trainer: Trainer) -> None:
    """Sleep until nobody requests a pause any more, or until a signal comes. All processes sleep and wake together.

    The networks stay in memory. A checkpoint is written first, so a machine that is switched off loses nothing.
    """
    began = time.monotonic()
    if trainer.writer:
        if trainer.sound():
            save(trainer)
        trainer.writer.status("paused", trainer.clock.seconds)
        trainer.writer.event("paused")
        say(f"paused   at {trainer.kimg()}; delete {trainer.run.requests / 'pause'} to go on")
    paused = True
    while distributed.from_first(paused) and not distributed.largest(trainer.signal or 0):
        time.sleep(SLEEP)
        if trainer.writer:
            paused = follow(trainer)
    trainer.clock.skip(time.monotonic() - began)
    if trainer.writer:
        trainer.writer.status("running", trainer.clock.seconds)
        trainer.writer.event("went on", paused=round(time.monotonic() - began, 3))


def save(trainer: Trainer) -> None:
    """Write a checkpoint, unless the newest one is of this moment."""
    if trainer.writer and trainer.writer.saved_at != trainer.training.images:
        trainer.checkpoint()
