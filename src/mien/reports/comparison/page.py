"""The page of a comparison: one HTML document, built from the parts of the report. Whatever a file says is escaped."""

from __future__ import annotations

import shlex
from html import escape

from mien.config.budget import duration
from mien.reports import embedding
from mien.reports.charts import Point, Series, chart
from mien.reports.comparison.alignment import Moment, at_equal_kimg, at_equal_time, seconds_at
from mien.reports.comparison.entries import Entry, differing
from mien.reports.comparison.table import HEAD, rows
from mien.reports.document import MOST_BYTES, document
from mien.reports.explanations import GRADIENTS, are_probabilities
from mien.reports.gradients import gradient_chart, mean_norms
from mien.reports.metrics import Measured, measured
from mien.reports.run_data import Grid, points, speeds
from mien.reports.sections import figure, section, text

WORDS = 1_500_000  # characters left for all that is no picture
HOURS_FROM = 3 * 3600.0  # seconds: shorter runs are shown in minutes


def page(entries: list[Entry], warnings: list[str]) -> str:
    body = [
        header(entries, warnings),
        grids(entries),
        curves(entries),
        gradients(entries),
        settings(entries),
        commands(entries),
    ]
    return document(f"{len(entries)} runs compared", "\n".join(filter(None, body)))


def header(entries: list[Entry], warnings: list[str]) -> str:
    head, *lines = rows(entries)
    shown = [index for index, name in enumerate(head) if name != "recipe"]  # the label begins with it
    titles = "".join(f"<th>{text(head[index])}</th>" for index in shown[1:])
    body = "".join(
        f"<tr><th>{swatch(entry)}{text(entry.label)}<br><span class='note'>{text(line[0])}</span></th>"
        + "".join(f"<td>{text(line[index])}</td>" for index in shown[1:])
        + "</tr>"
        for entry, line in zip(entries, lines, strict=True)
    )
    doubts = "".join(f"<li>{text(warning)}</li>" for warning in warnings)
    return (
        "<header>\n"
        '<p class="over">mien compare</p>\n'
        f"<h1>{len(entries)} runs side by side</h1>\n"
        + (f'<ul class="doubts">{doubts}</ul>\n' if doubts else "")
        + f'<div class="wide figures"><table><thead><tr><th>run</th>{titles}</tr></thead><tbody>{body}</tbody></table>'
        "</div>\n"
        f'<p class="note">Losses and scores: means over the last five rows. {HEAD[-2]}, {HEAD[-1]}: parameters of the '
        "generator and the discriminator.</p>\n"
        "</header>"
    )


def swatch(entry: Entry) -> str:
    return f'<i class="swatch c{entry.colour}"></i>'


# --- pictures ---------------------------------------------------------------------------------------------------------


def grids(entries: list[Entry]) -> str:
    """Every run's grid at the kimg and at the time that all have reached, then the earlier ones."""
    facts = [entry.facts for entry in entries]
    *earlier, last = at_equal_kimg(facts)
    timed = at_equal_time(facts)
    moments = [(f"At equal kimg: {last.at:,.3g}", last)]
    if timed.grids != last.grids:
        moments.append((f"At equal time: {duration(timed.at)} of training", timed))
    moments += [(f"Earlier: {moment.at:,.3g} kimg", moment) for moment in reversed(earlier)]
    count = sum(grid is not None for _, moment in moments for grid in moment.grids)
    most = min(embedding.MOST_BYTES, (MOST_BYTES - WORDS) * 3 // 4 // max(count, 1))
    unread: list[str] = []
    shown = "".join(
        f'<h3>{text(title)}</h3>\n<div class="pair side-by-side">{row(entries, moment, unread, most)}</div>'
        for title, moment in moments
    )
    about = (
        "The newest grid of each run at or before that moment. Within a run a place shows the same latent throughout; "
        "across runs it does not, unless network and seed are the same."
    )
    note = f'<p class="note">{"; ".join(unread)}.</p>' if unread else ""
    return section("Pictures", f'<p class="lead">{about}</p>{shown}{note}' if count else "")


def row(entries: list[Entry], moment: Moment, unread: list[str], most_bytes: int) -> str:
    return "".join(
        figure(grid[1], caption(entry, grid), unread, most_bytes)
        if grid
        else f"<figure><figcaption>{text(entry.label)}: nothing was drawn by then</figcaption></figure>"
        for entry, grid in zip(entries, moment.grids, strict=True)
    )


def caption(entry: Entry, grid: Grid) -> str:
    kimg = grid[0]
    return f"{entry.label}: {kimg:,g} kimg, {duration(seconds_at(entry.facts, kimg))}"


# --- curves -----------------------------------------------------------------------------------------------------------


def curves(entries: list[Entry]) -> str:
    """Each quantity twice: over kimg on the left, over time on the right."""
    drawn = [
        *both(entries, "D loss", [(entry, points(entry.facts.stats, "discriminator/loss")) for entry in entries]),
        *both(entries, "G loss", [(entry, points(entry.facts.stats, "generator/loss")) for entry in entries]),
        *scores(entries, [entry for entry in entries if are_probabilities(entry.facts)], True),
        *scores(entries, [entry for entry in entries if not are_probabilities(entry.facts)], False),
        *metrics(entries),
        *both(entries, "Images per second", [(entry, list(speeds(entry.facts.stats))) for entry in entries]),
    ]
    about = "On the left over thousands of real pictures that D has seen (kimg), on the right over time of training."
    if len({str(entry.facts.recipe.get("loss")) for entry in entries}) > 1:
        about += " The runs have different losses: their values share an axis but no unit, so only shapes compare."
    return section(
        "Curves", f'<p class="lead">{about}</p><div class="charts">\n{"".join(drawn)}</div>' if drawn else ""
    )


def metrics(entries: list[Entry]) -> list[str]:
    """Only numbers that were measured in the same way share an axis."""
    found = [{one.name: one for one in measured(entry.facts.metrics)} for entry in entries]
    every: dict[str, Measured] = {name: one for own in found for name, one in own.items()}
    charts = []
    for name, any_run in every.items():
        lines = [(entry, own[name].points if name in own else []) for entry, own in zip(entries, found, strict=True)]
        charts += both(entries, f"Metric: {any_run.metric}", lines, note=any_run.note())
    return charts


def scores(entries: list[Entry], some: list[Entry], probable: bool) -> list[str]:
    """D(real) and, dashed, D(fake): probabilities apart from scores without bounds, which would flatten them."""
    lines = [(entry, points(entry.facts.stats, "D(real)")) for entry in some]
    dashed = [(entry, points(entry.facts.stats, "D(fake)")) for entry in some]
    values = [y for _, found in [*lines, *dashed] for _, y in found]
    bounds = (0.0, 1.0) if probable and all(0 <= y <= 1 for y in values) else None
    note = "Dashed: D(fake). " + ("0 is surely drawn, 1 surely real." if probable else "Scores without bounds.")
    return both(entries, "D(real) and D(fake)", lines, dashed, note=note, bounds=bounds)


def both(
    entries: list[Entry],
    title: str,
    lines: list[tuple[Entry, list[Point]]],
    dashed: list[tuple[Entry, list[Point]]] | None = None,
    *,
    note: str = "",
    bounds: tuple[float, float] | None = None,
) -> list[str]:
    """The chart of `lines` (kimg, value) over kimg, and the same over time; [] without points."""
    seconds = max(entry.facts.seconds for entry in entries)
    unit, length = ("hours", 3600.0) if seconds > HOURS_FROM else ("minutes", 60.0)
    end = max(entry.facts.images for entry in entries) / 1000

    def series(timed: bool) -> list[Series]:
        both = [(entry, found, False) for entry, found in lines] + [
            (entry, found, True) for entry, found in dashed or []
        ]
        return [
            Series(
                f"{entry.label} D(fake)" if faint else entry.label,
                [(seconds_at(entry.facts, kimg) / length, y) for kimg, y in found] if timed else found,
                entry.colour,
                faint,
            )
            for entry, found, faint in both
        ]

    charts = [
        chart(title, series(False), note=note, bounds=bounds, end=end),
        chart(title, series(True), note=note, bounds=bounds, end=seconds / length, unit=unit),
    ]
    return [one for one in charts if one]


# --- gradients --------------------------------------------------------------------------------------------------------


def gradients(entries: list[Entry]) -> str:
    """One line a run; runs from before these numbers were written down are named."""
    norms = [(entry, mean_norms(entry.facts.stats)) for entry in entries]
    lines = [(entry.label, found, entry.colour, False) for entry, found in norms if found]
    without = ", ".join(entry.label for entry, found in norms if not found)
    note = f"Without such numbers, from an older mien or too short: {without}." if without else ""
    drawn = gradient_chart("Mean gradient norm of each discriminator layer, over the whole training", lines, note)
    return section("Gradients", f'<p class="lead">{GRADIENTS}</p>{drawn}' if drawn else "")


# --- settings and commands --------------------------------------------------------------------------------------------


def settings(entries: list[Entry]) -> str:
    table = differing([entry.settings for entry in entries])
    if not table:
        return section("What differs", '<p class="lead">Nothing: recipe, data and seed are the same.</p>')
    head = "".join(f"<th>{swatch(entry)}{text(entry.label)}</th>" for entry in entries)
    body = "".join(
        f"<tr><th>{text(path).replace('.', '.<wbr>').replace('_', '_<wbr>')}</th>"
        + "".join(f"<td>{text(value) or '–'}</td>" for value in values)
        + "</tr>"
        for path, values in table.items()
    )
    same = len({path for entry in entries for path in entry.settings}) - len(table)
    return section(
        "What differs",
        f'<p class="lead">The settings that are not the same in all; {same} others are. –: no such setting.</p>',
        f'<div class="wide"><table class="settings"><thead><tr><th>setting</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>",
    )


def commands(entries: list[Entry]) -> str:
    runs = [str(entry.facts.path) for entry in entries]
    blocks = [
        ("Write this page again", shlex.join(["mien", "compare", *runs])),
        ("One page about each", "\n".join(shlex.join(["mien", "report", run]) for run in runs)),
        ("The gradients as a picture", shlex.join(["mien", "gradients", *runs])),
    ]
    return section("Commands", "".join(f"<h3>{what}</h3><pre>{escape(line)}</pre>" for what, line in blocks))
