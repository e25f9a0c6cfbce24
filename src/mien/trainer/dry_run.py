"""`mien train --dry-run`: make every check of a start, but write nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mien.errors import RoundTooLarge
from mien.runtime.console import say
from mien.trainer.recovery import describe_parts, in_parts, update_players
from mien.trainer.rounds import rounds
from mien.trainer.run import DryRun
from mien.trainer.setup import Setup
from mien.trainer.summary import print_summary


def dry_run(run: Path, setup: Setup) -> DryRun:
    """Return what a start would do. run: its folder. Raises the errors of a start, OutOfMemory among them."""
    print_summary(run, setup)
    check_memory(setup)
    return DryRun(run)


def check_memory(setup: Setup) -> None:
    """Train one round as a start would, in parts if it does not fit into memory.

    Raises OutOfMemory if the smallest parts do not fit.
    """
    say(f"memory   trying one round of {setup.recipe.batch_size} images")
    while True:
        try:
            next(rounds(setup))
        except RoundTooLarge as trouble:
            setup = replace(setup, recipe=in_parts(setup.recipe, trouble))
            update_players(setup)
            say(f"memory   {trouble}: a start would continue {describe_parts(setup)}")
        else:
            say("memory   it fits")
            return
