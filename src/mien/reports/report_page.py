"""The page: one HTML document from a run's facts. Whatever comes from a file is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from mien.config.budget import duration
from mien.reports import sections
from mien.reports.charts import number_text
from mien.reports.document import MOST_BYTES, document, moment
from mien.reports.embedding import embed_film
from mien.reports.explanations import state_of
from mien.reports.run_data import Facts, is_number, number
from mien.reports.settings import Usual, compared

STATES = {
    "running": "goes on",
    "starting": "has just begun",
    "interrupted": "was cut off before its end and can be resumed",
    "stopped": "was stopped before its end and can be resumed",
    "finished": "reached its budget",
    "diverged": "left the finite numbers",
}


@dataclass(frozen=True)
class Page:
    """html, and how many pictures and charts are in it."""

    html: str
    pictures: int
    charts: int


def page(facts: Facts, place: Path) -> Page:
    """place: where the run is, for the commands."""
    usual, chosen = compared(facts)
    charts = sections.charts(facts)
    parts = [
        header(facts, usual),
        sections.pictures(facts),
        sections.curves(facts, charts),
        sections.metrics(facts),
        sections.neighbours(facts),
        sections.gradients(facts),
        sections.data_card(facts),
        sections.configuration(facts, usual, chosen),
        sections.commands(facts, place, chosen if usual else None),
    ]
    body = "\n".join(filter(None, [*parts, sections.missing(facts)]))
    if facts.film:
        body = body.replace(sections.FILM, film(facts, MOST_BYTES - len(body.encode("utf-8", "replace"))))
    html = document(facts.name, body)
    return Page(html, html.count("<img"), html.count('<figure class="chart">'))


def film(facts: Facts, room: int) -> str:
    assert facts.film is not None
    made = embed_film(facts.film, room)
    if made is None:
        return f'<p class="note">{escape(facts.film.name)} is too large for this page: open it in the run’s folder.</p>'
    picture = made.tag("the same latents or sources, from the first grid to the last")
    return f"<figure>{picture}<figcaption>The film of the training</figcaption></figure>"


# --- header -----------------------------------------------------------------------------------------------------------


def header(facts: Facts, usual: Usual | None) -> str:
    state = facts.state if facts.state in STATES else "unknown"
    summary = usual.summary if usual else "a recipe that this version of mien does not have: perhaps your own"
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd><dd class='more'>{escape(more)}</dd></div>"
        for name, value, more in figures(facts)
    )
    return (
        "<header>\n"
        f'<p class="over">mien report <span class="state {state}" title="{escape(STATES.get(state, ""))}">'
        f"{escape(facts.state)}</span></p>\n"
        f"<h1>{escape(facts.name)}</h1>\n"
        f'<p class="recipe"><b>{escape(facts.recipe_name)}</b> {escape(summary)}</p>\n'
        f'<dl class="tiles">{tiles}</dl>\n'
        f'<p class="verdict">{escape(state_of(facts))}</p>\n'
        "</header>"
    )


def figures(facts: Facts) -> list[tuple[str, str, str]]:
    """(what, how much, more about it) of the numbers at the top."""
    images, seconds, count = facts.images, facts.seconds, number(facts.info, "count")
    found = [
        ("Pictures seen", f"{images / 1000:,.1f} kimg", budget_text(facts)),
        ("Training time", duration(seconds), when(facts)),
    ]
    if images and seconds:
        found.append(("Speed", f"{images / seconds:,.1f} images/s", "mean over the whole run"))
    if images and count:
        found.append(("Epochs", f"{images / count:,.2f}", f"of {count:,.0f} pictures"))
    best = facts.best
    if is_number(best.get("value")):
        kimg = number(best, "images") / 1000
        found.append((f"Best {best.get('metric')}", number_text(best["value"]), f"at {kimg:g} kimg: --snapshot best"))
    return found


def budget_text(facts: Facts) -> str:
    images, seconds = number(facts.status, "budget_images"), number(facts.status, "budget_seconds")
    if images:
        return f"budget {images / 1000:,g} kimg"
    if seconds:
        return f"budget {duration(seconds)}"
    return f"budget {facts.config['budget']}" if facts.config.get("budget") else ""


def when(facts: Facts) -> str:
    """ "began 2026-11-21 03:12 UTC" """
    started = facts.status.get("started")
    return f"began {moment(float(started))}" if started and is_number(started) else ""
