"""What the sections of the page show: images, charts, data and commands, as values for report.html."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.reports.charts import Chart, Series, chart
from mien.reports.document import cut
from mien.reports.embedding import Figure, read_figure
from mien.reports.explanations import are_probabilities
from mien.reports.metrics import measured
from mien.reports.run_data import RunData, points, speeds
from mien.reports.settings import Setting, reproduce
from mien.runtime.printable import count_text
from mien.runtime.typed_json import is_number, number

MAX_SKIPPED = 50
MAX_LABELS = 100
SCORES = ("D(real)", "D(fake)", "D(fake) after")
LOSSES = ("discriminator/loss", "generator/loss")
MEASURED = ("/gradient/", "/logits/", "/norms/")  # many numbers, which have no chart of their own
BOOKKEEPING = {"images", "kimg", "seconds", "images_per_second", "final", *SCORES, *LOSSES}


# --- images -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Images:
    """newest: the last grid. earlier: the first grid and one from the middle. unreadable: a line for each file."""

    newest: Figure | None
    reals: Figure | None
    earlier: list[Figure]
    unreadable: list[str]


def images(run: RunData) -> Images:
    unreadable: list[str] = []
    grids = [read_figure(path, grid_caption(kimg), unreadable) for kimg, path in run.first_middle_last()]
    reals = read_figure(run.reals, "Real images, as training sees them", unreadable) if run.reals else None
    newest = grids.pop() if grids else None
    return Images(newest, reals, [one for one in grids if one], unreadable)


def grid_caption(kimg: float) -> str:
    return f"Generated after {kimg:,g} kimg" if kimg else "Generated before training"


@dataclass(frozen=True)
class Neighbours:
    lines: list[str]
    sheet: Figure | None
    unreadable: list[str]


def neighbours(run: RunData) -> Neighbours | None:
    """The results of `mien neighbours`; None without its sheet."""
    if run.sheet is None:
        return None
    unreadable: list[str] = []
    said = run.neighbours.get("words")
    caption = f"Generated after {number(run.neighbours, 'kimg'):g} kimg"
    sheet = read_figure(run.sheet, caption, unreadable)
    return Neighbours([cut(line) for line in said] if isinstance(said, list) else [], sheet, unreadable)


# --- curves -----------------------------------------------------------------------------------------------------------


def charts(run: RunData) -> list[Chart]:
    """Every chart that has points, all on the same kimg axis."""
    stats = run.stats
    end = max((float(row["kimg"]) for row in [*stats, *run.metrics]), default=0.0)
    marks = [number(row, "images") / 1000 for row in run.events if row.get("event") == "resumed"]
    keys = dict.fromkeys(key for row in stats for key in row)
    terms = [key for key in keys if key not in BOOKKEEPING and not any(part in key for part in MEASURED)]
    probable = are_probabilities(run)
    bounds = (0.0, 1.0) if probable and all(0 <= y <= 1 for key in SCORES for _, y in points(stats, key)) else None

    def make(
        title: str, series: list[Series], note: str = "", bounds: tuple[float, float] | None = None
    ) -> Chart | None:
        return chart(title, series, note=note, bounds=bounds, marks=marks, end=end)

    found = [
        make(
            "Scores of D",
            [
                Series("D(real)", points(stats, SCORES[0]), 0),
                Series("D(fake)", points(stats, SCORES[1]), 1),
                Series("D(fake) after", points(stats, SCORES[2]), 1, dashed=True),
            ],
            "0: surely generated. 1: surely real." if probable else "Scores without bounds: higher means more real.",
            bounds,
        ),
        make("Losses", [Series("D loss", points(stats, LOSSES[0]), 0), Series("G loss", points(stats, LOSSES[1]), 1)]),
        *(make(key, [Series(key, points(stats, key), 2 + index % 4)]) for index, key in enumerate(terms)),
        # A metric with one value is no curve: it is in the table of metrics.
        *(make(f"Metric: {one.metric}", one.series(), one.note()) for one in measured(run.metrics) if one.rows[1:]),
        make(
            "Images per second",
            [
                Series("since the row before", list(speeds(stats)), 4),
                Series("since the session began", points(stats, "images_per_second"), 3, dashed=True),
            ],
        ),
    ]
    return [one for one in found if one]


# --- data -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DataCard:
    """lines: the description in words. skipped: (file, reason), the first of skipped_count. labels: (name, how often,
    "" if unknown), the first of label_count."""

    lines: list[str]
    facts: list[tuple[str, str]]
    skipped: list[tuple[str, str]]
    skipped_count: int
    labels: list[tuple[str, str]]
    label_count: int


def data_card(run: RunData) -> DataCard:
    info, lines = run.info, run.data.get("lines")
    sizes = [info.get("height"), info.get("width")]
    notes = info.get("notes")
    facts: dict[str, Any] = {
        "Source": run.data.get("data"),
        "Images": f"{info['count']:,}" if is_number(info.get("count")) else None,
        "Size": f"{sizes[0]} × {sizes[1]} (height × width)" if all(map(is_number, sizes)) else None,
        "Layout": info.get("layout"),
        "Crop, filter": ", ".join(str(info[key]) for key in ("crop", "filter") if info.get(key)),
        "Notes": "; ".join(map(str, notes)) if isinstance(notes, list) else None,
        "Skipped": skipped_text(run),
        "sha256": info.get("sha256"),
    }
    files = info.get("skipped")
    skipped = [row for row in files if isinstance(row, dict)] if isinstance(files, list) else []
    labels = label_counts(info)
    return DataCard(
        lines=[cut(line) for line in lines] if isinstance(lines, list) else [],
        facts=fact_rows(facts),
        skipped=[(cut(row.get("file", "")), cut(row.get("reason", ""))) for row in skipped[:MAX_SKIPPED]],
        skipped_count=max(len(skipped), int(number(info, "skipped_count"))),
        labels=labels[:MAX_LABELS],
        label_count=len(labels),
    )


def fact_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, text) of the values that are there."""
    return [(cut(name), cut(value)) for name, value in facts.items() if value]


def skipped_text(run: RunData) -> str:
    if "skipped_count" not in run.info:
        return ""
    count = int(number(run.info, "skipped_count"))
    return count_text(count, "file") if count else "no file"


def label_counts(info: dict[str, Any]) -> list[tuple[str, str]]:
    names, counts = info.get("label_names"), info.get("label_counts")
    if not isinstance(names, list):
        return []
    counts = counts if isinstance(counts, list) and len(counts) == len(names) else [None] * len(names)
    return [(cut(name), f"{count:,}" if is_number(count) else "") for name, count in zip(names, counts)]


# --- settings and commands --------------------------------------------------------------------------------------------


def settings_text(recipe: str, known: bool, settings: list[Setting]) -> str:
    changed = sum(setting.differs for setting in settings)
    if not known:
        return f"This version of mien has no recipe {recipe}, so changed values cannot be marked."
    if changed:
        differ = (
            f"{changed} of {len(settings)} settings differ" if changed > 1 else f"1 of {len(settings)} settings differs"
        )
        return f"{differ} from the recipe {recipe} and {'are' if changed > 1 else 'is'} marked."
    return f"Every setting is that of the recipe {recipe}."


def commands(run: RunData, path: Path, settings: list[Setting] | None) -> list[tuple[str, str]]:
    """(title, command lines). settings: None if the recipe is unknown, so that no command can be derived."""
    name = shlex.quote(str(path))
    again = reproduce(run, [setting for setting in settings if setting.differs]) if settings is not None else ""
    blocks = [
        ("As it was typed", "\n".join(run.commands)),
        ("The same training again, with every setting", again),
        ("Continue", f"mien resume {name} --budget +20m"),
        ("Generate images", f"mien generate {name} --seeds 0-99"),
        ("Evaluate it, and look for copies of real images", f"mien evaluate {name}\nmien neighbours {name}"),
        ("Make a video of the training", f"mien video {name}"),
        ("Write this page again", f"mien report {name}"),
    ]
    return [(title, cut(lines)) for title, lines in blocks if lines]
