"""`mien train --dry-run`: all that a start would check, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mien.errors import RoundTooLarge
from mien.runtime.console import say
from mien.trainer.recovery import adopt, in_parts, in_words
from mien.trainer.rounds import rounds
from mien.trainer.run import DryRun
from mien.trainer.setup import Setup
from mien.trainer.summary import print_summary


def dry_run(run: Path, setup: Setup) -> DryRun:
    """run: the folder that a start would make. Raises what a start would raise, OutOfMemory among it."""
    print_summary(run, setup)
    check_memory(setup)
    return DryRun(run)


def check_memory(setup: Setup) -> None:
    """Train one round, as a start would: in parts where it does not fit into memory. Raises OutOfMemory where the
    smallest parts do not fit."""
    say(f"memory   trying one round of {setup.recipe.batch_size} images")
    while True:
        try:
            next(rounds(setup))
        except RoundTooLarge as trouble:
            setup = replace(setup, recipe=in_parts(setup.recipe, trouble))
            adopt(setup)
            say(f"memory   {trouble}: a start would go on {in_words(setup)}")
        else:
            say("memory   it fits")
            return
