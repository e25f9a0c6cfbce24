"""The page about one run: one HTML document, made by report.html from the run's files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.config.budget import duration
from mien.reports import explanations, sections
from mien.reports.charts import number_text
from mien.reports.doctor.case import case_of
from mien.reports.doctor.examination import examine
from mien.reports.document import MAX_BYTES, date_text, render_page
from mien.reports.embedding import Figure, embed_film
from mien.reports.gradients import gradients_of_one
from mien.reports.metrics import metrics_table
from mien.reports.run_data import RunData
from mien.reports.settings import compare_with_recipe
from mien.runtime.typed_json import is_number, number

STATES = {
    "running": "is training now",
    "starting": "has just begun",
    "paused": "is paused: its process sleeps and keeps its place",
    "interrupted": "was cut off before its end and can be resumed",
    "stopped": "was stopped before its end and can be resumed",
    "finished": "reached its budget",
    "diverged": "left the finite numbers",
}


@dataclass(frozen=True)
class Page:
    """html, and the numbers of images and charts in it."""

    html: str
    pictures: int
    charts: int


def page(run: RunData, path: Path) -> Page:
    """path: of the run, for the commands."""
    defaults, settings = compare_with_recipe(run)
    images = sections.images(run)
    charts, gradients = sections.charts(run), gradients_of_one(run.stats)
    values = {
        "run": run,
        "state": run.state if run.state in STATES else "unknown",
        "state_text": STATES.get(run.state, ""),
        "summary": defaults.summary if defaults else "This version of mien lacks this recipe. It may be your own.",
        "tiles": tiles(run),
        "verdict": explanations.verdict(run),
        "findings": examine(case_of(run)).active,
        "newest": images.newest,
        "reals": images.reals,
        "earlier": images.earlier,
        "unreadable": images.unreadable,
        "charts": charts,
        "resumed": any(row.get("event") == "resumed" for row in run.events),
        "guide": explanations.GUIDE,
        "metrics": metrics_table(run.metrics),
        "metrics_text": explanations.METRICS,
        "neighbours": sections.neighbours(run),
        "neighbours_text": explanations.NEIGHBOURS,
        "gradients": gradients,
        "gradients_text": explanations.GRADIENTS,
        "data": sections.data_card(run),
        "settings": settings,
        "settings_text": sections.settings_text(run.recipe_name, defaults is not None, settings),
        "environment": sections.fact_rows(run.environment),
        "commands": sections.commands(run, path, settings if defaults else None),
    }
    html = render_page("report.html", run.name, **values, film=None)
    if run.film:  # The video may fill what the rest of the page leaves.
        image = embed_film(run.film, MAX_BYTES - len(html.encode("utf-8", "replace")))
        film = Figure(image, "The video of the training") if image else None
        html = render_page("report.html", run.name, **values, film=film)
    return Page(html, html.count("<img"), len(charts) + (gradients is not None))


# --- header -----------------------------------------------------------------------------------------------------------


def tiles(run: RunData) -> list[tuple[str, str, str]]:
    """(name, value, more about it) of the numbers at the top."""
    images, seconds, count = run.images, run.seconds, number(run.info, "count")
    found = [
        ("Real images shown", f"{images / 1000:,.1f} kimg", budget_text(run)),
        ("Training time", duration(seconds), began(run)),
    ]
    if images and seconds:
        found.append(("Speed", f"{images / seconds:,.1f} images/s", "mean over the entire run"))
    if images and count:
        found.append(("Epochs", f"{images / count:,.2f}", f"of {count:,.0f} images"))
    best = run.best
    if is_number(best.get("value")):
        kimg = number(best, "images") / 1000
        found.append((f"Best {best.get('metric')}", number_text(best["value"]), f"at {kimg:g} kimg: --snapshot best"))
    return found


def budget_text(run: RunData) -> str:
    images, seconds = number(run.status, "budget_images"), number(run.status, "budget_seconds")
    if images:
        return f"budget {images / 1000:,g} kimg"
    if seconds:
        return f"budget {duration(seconds)}"
    return f"budget {run.config['budget']}" if run.config.get("budget") else ""


def began(run: RunData) -> str:
    """ "began 2026-11-21 03:12 UTC" """
    started = run.status.get("started")
    return f"began {date_text(float(started))}" if started and is_number(started) else ""
