"""The comparison in numbers: one row per run, for the terminal and for the page."""

from __future__ import annotations

from mien.config.budget import duration
from mien.reports.charts import number_text
from mien.reports.comparison.entries import Entry, differing

HEAD = ("run", "recipe", "state", "kimg", "time", "img/s", "D loss", "G loss", "D(real)", "D(fake)", "G size", "D size")
UNKNOWN = "–"


def rows(entries: list[Entry]) -> list[list[str]]:
    """A head and a row per run. Losses and scores are means over the last five rows of the statistics."""
    metrics = list(dict.fromkeys(name for entry in entries for name in entry.metrics))
    return [
        [*HEAD, *titles(metrics), "doctor"],
        *([*cells(entry), *(metric(entry, name) for name in metrics), entry.examination.brief] for entry in entries),
    ]


def cells(entry: Entry) -> list[str]:
    run, numbers = entry.run, entry.as_dict()
    speed = numbers["images_per_second"]
    return [
        run.name,
        run.recipe_name,
        run.state,
        f"{run.images / 1000:,.1f}",
        duration(run.seconds),
        f"{speed:,.0f}" if speed else UNKNOWN,
        *(short(numbers[key]) for key in ("discriminator_loss", "generator_loss", "D(real)", "D(fake)")),
        *(millions(numbers[key]) for key in ("generator_parameters", "discriminator_parameters")),
    ]


def titles(metrics: list[str]) -> list[str]:
    """ "fid (2,500 images, inception clean)" -> "fid", unless another fid was measured in another way."""
    short = [name.partition(" (")[0] for name in metrics]
    return [name if short.count(brief) > 1 else brief for name, brief in zip(metrics, short, strict=True)]


def difference_rows(entries: list[Entry]) -> list[list[str]]:
    """A head of run numbers and a row per setting that differs; [] if none does."""
    table = differing([entry.settings for entry in entries])
    head = ["setting", *(run_number(entry.run.name) for entry in entries)]
    return [head, *([path, *(value or UNKNOWN for value in values)] for path, values in table.items())] if table else []


def run_number(name: str) -> str:
    """ "00007-dcgan-faces" -> "00007"; the full name if it begins with no number."""
    number = name.partition("-")[0]
    return number if number.isdecimal() else name


def metric(entry: Entry, name: str) -> str:
    """ "21.3 (best 20.9)" """
    found = entry.metrics.get(name)
    if found is None:
        return UNKNOWN
    best = found.get("best", found["last"])
    return number_text(found["last"]) + (f" (best {number_text(best)})" if best != found["last"] else "")


def short(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}" if abs(value) < 1000 else number_text(value)


def millions(count: int | None) -> str:
    """Parameters: 3576704 -> "3.58 M"."""
    return UNKNOWN if count is None else f"{count / 1e6:.2f} M"


def aligned(table: list[list[str]], names: int) -> str:
    """Rows as text: the first `names` columns are aligned to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if column < names else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in table
    )
    return "\n".join(line.rstrip() for line in lines)
