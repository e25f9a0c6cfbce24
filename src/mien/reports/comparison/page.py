"""The page of a comparison: one HTML document, made by compare.html from the entries."""

from __future__ import annotations

import shlex

from mien.config.budget import duration
from mien.reports import embedding
from mien.reports.charts import Chart, Point, Series, chart
from mien.reports.comparison.alignment import Moment, at_equal_kimg, at_equal_time, seconds_at
from mien.reports.comparison.entries import Entry, differing
from mien.reports.comparison.table import rows
from mien.reports.document import MAX_BYTES, cut, render_page
from mien.reports.embedding import Figure, read_figure
from mien.reports.explanations import GRADIENTS, are_probabilities
from mien.reports.gradients import gradient_chart, mean_norms
from mien.reports.metrics import Measured, measured
from mien.reports.run_data import Grid, points, speeds

TEXT_BYTES = 1_500_000  # left for everything that is no image
HOURS_FROM = 3 * 3600.0  # seconds: shorter runs are shown in minutes

Lines = list[tuple[Entry, list[Point]]]
"""Each run with the points (kimg, value) of its curve."""


def page(entries: list[Entry], warnings: list[str]) -> str:
    head, *table = rows(entries)
    shown = [index for index, name in enumerate(head) if name not in ("run", "recipe")]  # the label has both
    differences = differing([entry.settings for entry in entries])
    unreadable: list[str] = []
    return render_page(
        "compare.html",
        f"{len(entries)} runs compared",
        entries=entries,
        warnings=warnings,
        head=[head[index] for index in shown],
        rows=[(entry, [line[index] for index in shown]) for entry, line in zip(entries, table, strict=True)],
        moments=moments(entries, unreadable),
        unreadable=unreadable,
        charts=charts(entries),
        different_losses=len({str(entry.run.recipe.get("loss")) for entry in entries}) > 1,
        gradients=gradients(entries),
        gradients_text=GRADIENTS,
        differences=differences,
        equal_settings=len({path for entry in entries for path in entry.settings}) - len(differences),
        commands=commands(entries),
    )


# --- images -----------------------------------------------------------------------------------------------------------


def moments(entries: list[Entry], unreadable: list[str]) -> list[tuple[str, list[tuple[Entry, Figure | None]]]]:
    """(title, each run's grid): the kimg and the time that all runs have reached, then earlier kimg."""
    runs = [entry.run for entry in entries]
    *earlier, last = at_equal_kimg(runs)
    timed = at_equal_time(runs)
    found = [(f"At equal kimg: {last.at:,.3g}", last)]
    if timed.grids != last.grids:
        found.append((f"At equal time: {duration(timed.at)} of training", timed))
    found += [(f"Earlier: {moment.at:,.3g} kimg", moment) for moment in reversed(earlier)]
    count = sum(grid is not None for _, moment in found for grid in moment.grids)
    max_bytes = min(embedding.MAX_BYTES, (MAX_BYTES - TEXT_BYTES) * 3 // 4 // max(count, 1))
    return [(title, figures(entries, moment, unreadable, max_bytes)) for title, moment in found] if count else []


def figures(
    entries: list[Entry], moment: Moment, unreadable: list[str], max_bytes: int
) -> list[tuple[Entry, Figure | None]]:
    return [
        (entry, read_figure(grid[1], caption(entry, grid), unreadable, max_bytes) if grid else None)
        for entry, grid in zip(entries, moment.grids, strict=True)
    ]


def caption(entry: Entry, grid: Grid) -> str:
    kimg = grid[0]
    return f"{cut(entry.label)}: {kimg:,g} kimg, {duration(seconds_at(entry.run, kimg))}"


# --- curves -----------------------------------------------------------------------------------------------------------


def charts(entries: list[Entry]) -> list[Chart]:
    """Each quantity twice: over kimg on the left, over time on the right."""
    return [
        *both(entries, "D loss", lines_of(entries, "discriminator/loss")),
        *both(entries, "G loss", lines_of(entries, "generator/loss")),
        *scores(entries, [entry for entry in entries if are_probabilities(entry.run)], True),
        *scores(entries, [entry for entry in entries if not are_probabilities(entry.run)], False),
        *metrics(entries),
        *both(entries, "Images per second", [(entry, list(speeds(entry.run.stats))) for entry in entries]),
    ]


def lines_of(entries: list[Entry], key: str) -> Lines:
    return [(entry, points(entry.run.stats, key)) for entry in entries]


def metrics(entries: list[Entry]) -> list[Chart]:
    """Only numbers that were measured in the same way share an axis."""
    found = [{one.name: one for one in measured(entry.run.metrics)} for entry in entries]
    every: dict[str, Measured] = {name: one for own in found for name, one in own.items()}
    charts = []
    for name, any_run in every.items():
        lines = [(entry, own[name].points if name in own else []) for entry, own in zip(entries, found, strict=True)]
        charts += both(entries, f"Metric: {any_run.metric}", lines, note=any_run.note())
    return charts


def scores(entries: list[Entry], some: list[Entry], probable: bool) -> list[Chart]:
    """D(real) and, dashed, D(fake). Probabilities and scores without bounds have separate charts."""
    lines, dashed = lines_of(some, "D(real)"), lines_of(some, "D(fake)")
    values = [y for _, found in [*lines, *dashed] for _, y in found]
    bounds = (0.0, 1.0) if probable and all(0 <= y <= 1 for y in values) else None
    note = "Dashed: D(fake). " + ("0: surely generated. 1: surely real." if probable else "Scores without bounds.")
    return both(entries, "D(real) and D(fake)", lines, dashed, note=note, bounds=bounds)


def both(
    entries: list[Entry],
    title: str,
    lines: Lines,
    dashed: Lines | None = None,
    *,
    note: str = "",
    bounds: tuple[float, float] | None = None,
) -> list[Chart]:
    """The chart of `lines` over kimg, and the same over time; [] without points."""
    seconds = max(entry.run.seconds for entry in entries)
    unit, length = ("hours", 3600.0) if seconds > HOURS_FROM else ("minutes", 60.0)
    end = max(entry.run.images for entry in entries) / 1000

    def series(timed: bool) -> list[Series]:
        return [
            Series(
                f"{entry.label} D(fake)" if faint else entry.label,
                [(seconds_at(entry.run, kimg) / length, y) for kimg, y in found] if timed else found,
                entry.colour,
                faint,
            )
            for faint, part in ((False, lines), (True, dashed or []))
            for entry, found in part
        ]

    charts = [
        chart(title, series(False), note=note, bounds=bounds, end=end),
        chart(title, series(True), note=note, bounds=bounds, end=seconds / length, unit=unit),
    ]
    return [one for one in charts if one]


# --- gradients and commands -------------------------------------------------------------------------------------------


def gradients(entries: list[Entry]) -> Chart | None:
    """One line per run. The note names runs without gradient norms."""
    norms = [(entry, mean_norms(entry.run.stats)) for entry in entries]
    lines = [(entry.label, found, entry.colour, False) for entry, found in norms if found]
    without = [entry.label for entry, found in norms if not found]
    note = f"No gradient norms (too short, or of an older mien): {', '.join(without)}." if without else ""
    return gradient_chart("Mean gradient norm of each discriminator layer, over the entire training", lines, note)


def commands(entries: list[Entry]) -> list[tuple[str, str]]:
    """(title, command lines)."""
    runs = [str(entry.run.path) for entry in entries]
    return [
        ("Write this page again", shlex.join(["mien", "compare", *runs])),
        ("One page about each", "\n".join(shlex.join(["mien", "report", run]) for run in runs)),
        ("The gradients as a figure", shlex.join(["mien", "gradients", *runs])),
    ]
