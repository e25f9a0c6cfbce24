"""The sections of the page, each from the run's facts to HTML; "" where there is nothing to show."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from mien.reports.charts import Series, chart
from mien.reports.embedding import MOST_BYTES, Embedded, embed
from mien.reports.explanations import GRADIENTS, GUIDE, NEIGHBOURS, are_probabilities
from mien.reports.gradients import gradients_of_one
from mien.reports.metrics import measured, newest
from mien.reports.run_data import Facts, is_number, number, points, speeds
from mien.reports.settings import Setting, Usual, reproduce

FILM = "<!-- film -->"  # where the film goes, once the size of all else is known
MOST_SKIPPED = 50
MOST_LABELS = 100
MOST_CHARACTERS = 2000  # of one line out of a file
SCORES = ("D(real)", "D(fake)", "D(fake) after")
LOSSES = ("discriminator/loss", "generator/loss")
BOOKKEEPING = {"images", "kimg", "seconds", "images_per_second", "final", *SCORES, *LOSSES}


def section(title: str, *parts: str) -> str:
    name = title.lower().replace(" ", "-")
    body = "\n".join(filter(None, parts))
    return f'<section id="{name}">\n<h2>{escape(title)}</h2>\n{body}\n</section>' if body else ""


def text(value: object) -> str:
    """Escaped, and cut where it is very long."""
    words = str(value)
    return escape(words if len(words) <= MOST_CHARACTERS else words[:MOST_CHARACTERS] + " …")


# --- pictures ---------------------------------------------------------------------------------------------------------


def pictures(facts: Facts) -> str:
    """The newest grid beside the real pictures; the first and the middle one beside the film."""
    unread: list[str] = []
    *before, last = [figure(path, at(kimg), unread) for kimg, path in facts.first_middle_last()] or [""]
    reals = figure(facts.reals, "Real pictures, as training sees them", unread) if facts.reals else ""
    row = "pair with-film" if facts.film else "pair"
    rows = [
        f'<div class="pair">{last}{reals}</div>' if last or reals else "",
        f'<h3>How it got there</h3>\n<div class="{row}">{"".join(before)}{FILM if facts.film else ""}</div>'
        if before or facts.film
        else "",
        f'<p class="note">{"; ".join(unread)}.</p>' if unread else "",
    ]
    about = "Each drawn grid shows the same latents or sources, so a place in it can be followed from one to the next."
    return section("Pictures", f'<p class="lead">{about}</p>' if last else "", *rows)


def at(kimg: float) -> str:
    return f"Drawn after {kimg:,g} kimg" if kimg else "Drawn before training"


def figure(path: Path, caption: str, unread: list[str], most_bytes: int = MOST_BYTES) -> str:
    made: Embedded | None = embed(path, most_bytes)
    if made is None:
        unread.append(f"{text(path.name)} cannot be read as a picture")
        return ""
    how = f' <span class="note">({made.how})</span>' if made.how else ""
    return f"<figure>{made.tag(escape(caption))}<figcaption>{escape(caption)}{how}</figcaption></figure>"


# --- curves -----------------------------------------------------------------------------------------------------------


def charts(facts: Facts) -> list[str]:
    """Every chart that has points, all on the same kimg axis."""
    stats = facts.stats
    end = max((float(row["kimg"]) for row in [*stats, *facts.metrics]), default=0.0)
    marks = [number(row, "images") / 1000 for row in facts.events if row.get("event") == "resumed"]
    keys = dict.fromkeys(key for row in stats for key in row)
    terms = [key for key in keys if key not in BOOKKEEPING and "/gradient/" not in key]
    probable = are_probabilities(facts)
    bounds = (0.0, 1.0) if probable and all(0 <= y <= 1 for key in SCORES for _, y in points(stats, key)) else None

    def draw(title: str, series: list[Series], note: str = "", bounds: tuple[float, float] | None = None) -> str:
        return chart(title, series, note=note, bounds=bounds, marks=marks, end=end)

    found = [
        draw(
            "How real D finds them",
            [
                Series("D(real)", points(stats, SCORES[0]), 0),
                Series("D(fake)", points(stats, SCORES[1]), 1),
                Series("D(fake) after", points(stats, SCORES[2]), 1, dashed=True),
            ],
            "0 is surely drawn, 1 surely real." if probable else "Scores without bounds: higher means more real.",
            bounds,
        ),
        draw("Losses", [Series("D loss", points(stats, LOSSES[0]), 0), Series("G loss", points(stats, LOSSES[1]), 1)]),
        *(draw(key, [Series(key, points(stats, key), 2 + index % 4)]) for index, key in enumerate(terms)),
        # What was measured once is no curve: the table of metrics has it.
        *(draw(f"Metric: {one.metric}", one.series(), one.note()) for one in measured(facts.metrics) if one.rows[1:]),
        draw(
            "Images per second",
            [
                Series("between rows", list(speeds(stats)), 4),
                Series("since the session began", points(stats, "images_per_second"), 3, dashed=True),
            ],
        ),
    ]
    return [one for one in found if one]


def curves(facts: Facts, drawn: Sequence[str]) -> str:
    guide = "".join(f"<dt>{escape(sign)}</dt><dd>{escape(meaning)}</dd>" for sign, meaning in GUIDE)
    resumed = any(row.get("event") == "resumed" for row in facts.events)
    about = "All charts share one axis: thousands of real pictures that D has seen (kimg)."
    about += " Dashed upright lines: the run was resumed." if resumed else ""
    about += " Where there are many rows, the faint line is what was measured and the strong one its running mean."
    if not drawn:
        return section("Curves", '<p class="lead">There are no statistics yet: the first come with the first tick.</p>')
    return section(
        "Curves",
        f'<p class="lead">{about}</p>',
        f'<div class="charts">\n{"".join(drawn)}</div>',
        f'<details open><summary>How to read them</summary><dl class="guide">{guide}</dl></details>',
    )


def metrics(facts: Facts) -> str:
    return section("Metrics", newest(facts))


def neighbours(facts: Facts) -> str:
    if facts.sheet is None:
        return ""
    unread: list[str] = []
    said = facts.neighbours.get("words")
    words = "".join(f"<li>{text(line)}</li>" for line in said) if isinstance(said, list) else ""
    sheet = figure(facts.sheet, f"Drawn after {number(facts.neighbours, 'kimg'):g} kimg", unread)
    note = f'<p class="note">{"; ".join(unread)}.</p>' if unread else ""
    return section(
        "Nearest real pictures", f'<p class="lead">{NEIGHBOURS}</p>', f"<ul>{words}</ul>" if words else "", sheet, note
    )


def gradients(facts: Facts) -> str:
    """Nothing for a run from before these numbers were written down."""
    drawn = gradients_of_one(facts.stats)
    return section("Gradients", f'<p class="lead">{GRADIENTS}</p>{drawn}' if drawn else "")


# --- data -------------------------------------------------------------------------------------------------------------


def data_card(facts: Facts) -> str:
    info, lines = facts.info, facts.data.get("lines")
    said = "".join(f"<p>{text(line)}</p>" for line in lines) if isinstance(lines, list) else ""
    sizes = [info.get("height"), info.get("width")]
    rows: list[tuple[str, object]] = [
        ("Source", facts.data.get("data")),
        ("Pictures", f"{info['count']:,}" if is_number(info.get("count")) else None),
        ("Size", f"{sizes[0]} × {sizes[1]} (height × width)" if all(map(is_number, sizes)) else None),
        ("Layout", info.get("layout")),
        ("Crop, filter", ", ".join(str(info[key]) for key in ("crop", "filter") if info.get(key))),
        ("Notes", "; ".join(map(str, info["notes"])) if isinstance(info.get("notes"), list) else None),
        ("Left out", skipped_text(facts)),
        ("sha256", info.get("sha256")),
    ]
    return section(
        "Data", f'<div class="said">{said}</div>' if said else "", facts_list(rows), skipped(facts), labels(facts)
    )


def facts_list(rows: Iterable[tuple[str, object]]) -> str:
    there = "".join(f"<div><dt>{escape(name)}</dt><dd>{text(value)}</dd></div>" for name, value in rows if value)
    return f'<dl class="facts">{there}</dl>' if there else ""


def skipped_text(facts: Facts) -> str:
    if "skipped_count" not in facts.info:
        return ""
    count = int(number(facts.info, "skipped_count"))
    return f"{count:,} files" if count else "none: every file could be used"


def skipped(facts: Facts) -> str:
    files = facts.info.get("skipped")
    files = [row for row in files if isinstance(row, dict)] if isinstance(files, list) else []
    if not files:
        return ""
    rows = [(text(row.get("file", "")), text(row.get("reason", ""))) for row in files[:MOST_SKIPPED]]
    total = max(len(files), int(number(facts.info, "skipped_count")))
    more = f'<p class="note">and {total - len(rows):,} more: see data.json</p>' if total > len(rows) else ""
    table = "".join(f"<tr><td>{file}</td><td>{reason}</td></tr>" for file, reason in rows)
    return (
        f"<details><summary>{total:,} files left out, and why</summary>"
        f'<div class="wide"><table><thead><tr><th>file</th><th>reason</th></tr></thead><tbody>{table}</tbody></table>'
        f"</div>{more}</details>"
    )


def labels(facts: Facts) -> str:
    names, counts = facts.info.get("label_names"), facts.info.get("label_counts")
    if not isinstance(names, list) or not names:
        return ""
    counts = counts if isinstance(counts, list) and len(counts) == len(names) else [None] * len(names)
    pairs = list(zip(names, counts))
    items = "".join(
        f"<li>{text(name)}{f' <b>{count:,}</b>' if is_number(count) else ''}</li>"
        for name, count in pairs[:MOST_LABELS]
    )
    more = f'<p class="note">and {len(pairs) - MOST_LABELS:,} more</p>' if len(pairs) > MOST_LABELS else ""
    return f'<details><summary>{len(pairs):,} labels</summary><ul class="labels">{items}</ul>{more}</details>'


# --- settings and commands --------------------------------------------------------------------------------------------


def configuration(facts: Facts, usual: Usual | None, chosen: list[Setting]) -> str:
    changed = sum(setting.differs for setting in chosen)
    name = escape(facts.recipe_name)
    if usual is None:
        lead = f"This version of mien has no recipe {name}, so nothing says which values were changed."
    elif changed:
        lead = f"{changed} of {len(chosen)} settings differ from the recipe {name}; they are marked."
    else:
        lead = f"Every setting is that of the recipe {name}."
    rows = "".join(setting_row(setting) for setting in chosen)
    head = "<tr><th>setting</th><th>value</th><th>recipe</th></tr>"
    table = f'<div class="wide"><table class="settings"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    surroundings = facts_list((key, value) for key, value in facts.environment.items())
    return section(
        "Configuration",
        f'<p class="lead">{lead}</p>{table}' if chosen else "",
        f"<h3>Environment</h3>{surroundings}" if surroundings else "",
    )


def setting_row(setting: Setting) -> str:
    look = ' class="differs"' if setting.differs else ""
    usual = "" if not setting.differs else text(setting.usual) or "not set"
    path = text(setting.path).replace(".", ".<wbr>").replace("_", "_<wbr>")
    return f"<tr{look}><th>{path}</th><td>{text(setting.text)}</td><td>{usual}</td></tr>"


def commands(facts: Facts, place: Path, chosen: list[Setting] | None) -> str:
    """chosen: None where the recipe is unknown, so that no command can be derived."""
    run = shlex.quote(str(place))
    again = reproduce(facts, [setting for setting in chosen if setting.differs]) if chosen is not None else ""
    blocks = [
        ("As it was typed", "\n".join(facts.commands)),
        ("The same training again, with everything spelled out", again),
        ("Go on", f"mien resume {run} --budget +20m"),
        ("Draw", f"mien generate {run} --seeds 0-99"),
        ("Score it, and look for copies of real pictures", f"mien evaluate {run}\nmien neighbours {run}"),
        ("Make the film", f"mien video {run}" if importlib.util.find_spec("mien.commands.video") else ""),
        ("Write this page again", f"mien report {run}"),
    ]
    return section("Commands", "".join(f"<h3>{what}</h3><pre>{text(line)}</pre>" for what, line in blocks if line))


def missing(facts: Facts) -> str:
    lines = "".join(f"<li>{text(line)}</li>" for line in facts.missing)
    return section("Not in this page", f"<ul>{lines}</ul>" if lines else "")
