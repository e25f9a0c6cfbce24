"""Training through what goes wrong on the way: back to the last good checkpoint, and on with one setting changed.

The change stands in recipe.json before the training goes back, so a kill at any moment is followed by the same bits: a
resume finds the checkpoint and the recipe that the training itself went on with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mien import distributed, encoding
from mien.console import say
from mien.errors import Diverged
from mien.restore import newest_whole, put
from mien.run.directory import RunDirectory
from mien.run.files import write_json
from mien.session import Session

HALVINGS = 3  # of the rates, until someone changes the settings


def train(session: Session) -> None:
    """Until the budget is spent. A training that diverges goes back and on with rates half as high, three times at
    most; raises Diverged after that."""
    while True:
        try:
            return session.train()
        except Diverged as error:
            trouble = error
        factor = session.recipe.rate_factor / 2
        if distributed.from_first(halvings(session.run)) == HALVINGS:
            give_up(session, trouble)
        to = go_back(session, "diverged", session.trouble, rate_factor=factor)
        say(f"warning: {trouble}: back to {to}, and on with {factor:g} times the learning rates")


def halvings(run: RunDirectory) -> int:
    """How often the rates were halved since the run began, or since someone changed its settings. A kill may have left
    one of them in the journal twice."""
    factors: set[float] = set()
    for row in run.events.read():
        if row.get("event") in ("started", "changed"):
            factors.clear()
        factor = row.get("rate_factor")
        if row.get("event") == "went back" and isinstance(factor, float):
            factors.add(factor)
    return len(factors)


def go_back(session: Session, why: str, what: str, **changes: Any) -> str:
    """To the newest good checkpoint, or else to the beginning; -> where that is, in words. The clock is not put back: a
    budget in hours ends when it would have ended."""
    newest, seconds = newest_whole(session.run, session.training.wrong), session.seconds
    recipe = replace(session.recipe, **changes)
    distributed.barrier()  # all have read what the first will soon write beside
    if session.record:
        to = newest[1]["images"] if newest else 0
        session.record.event("went back", to=to, why=why, term=what, **changes)
        write_json(session.run.recipe, encoding.encode(recipe))
    session.adopt(recipe)
    if newest is None:
        session.begin_again()
    put(session, newest)
    session.seconds = seconds
    return session.kimg() if newest else "the beginning"


def give_up(session: Session, trouble: Diverged) -> None:
    if session.record:
        session.record.status("diverged", session.seconds)
        session.record.event("diverged", term=session.trouble)
    raise Diverged(
        f"{trouble}, with {session.recipe.rate_factor:g} times the learning rates still; its checkpoints are whole. Go "
        f"on with other settings: mien resume {session.run.path} --set discriminator_optimizer.lr=1e-5 "
        "--set generator_optimizer.lr=1e-5",
        session.run.path,
    )
