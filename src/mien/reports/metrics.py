"""The rows of metrics.jsonl: only those that were measured in the same way make one curve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from mien.reports.charts import Point, Series, number_text
from mien.reports.explanations import METRIC_WORDS
from mien.reports.run_data import Facts, Row, is_number

MOST_DETAILS = 40  # lines


@dataclass(frozen=True)
class Measured:
    """One metric, measured in one way. how: "2,500 pictures, inception clean". rows: by kimg, one for each."""

    metric: str
    how: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        return f"{self.metric} ({self.how})" if self.how else self.metric

    @property
    def points(self) -> list[Point]:
        return [(float(row["kimg"]), float(row["value"])) for row in self.rows]

    @property
    def better(self) -> str | None:
        """ "lower", "higher", or None for rows that do not say."""
        found = self.rows[-1].get("better")
        return found if found in ("lower", "higher") else None

    @property
    def best(self) -> Point | None:
        if self.better is None:
            return None
        return (min if self.better == "lower" else max)(self.points, key=lambda point: point[1])

    @property
    def real(self) -> float | None:
        """What the same measure gives for real pictures."""
        found = self.rows[-1].get("real")
        return found if is_number(found) else None

    def series(self) -> list[Series]:
        found = [Series(self.metric, self.points, 2)]
        if self.real is not None:
            ends = [(self.points[0][0], self.real), (self.points[-1][0], self.real)]
            found.append(Series("of real pictures", ends, 3, dashed=True))
        return found

    def note(self) -> str:
        """ "2,500 pictures, inception clean. Lower is better." """
        parts = [self.how, f"{self.better.capitalize()} is better" if self.better else ""]
        return "".join(f"{part}. " for part in parts if part).strip()


def measured(rows: Iterable[Row]) -> list[Measured]:
    """In the order in which the metrics were first measured."""
    found: dict[tuple[str, str], dict[float, Row]] = {}
    for row in rows:
        if "metric" in row and is_number(row.get("value")):
            found.setdefault((str(row["metric"]), how(row)), {})[float(row["kimg"])] = row
    return [
        Measured(metric, conditions, tuple(at[kimg] for kimg in sorted(at)))
        for (metric, conditions), at in found.items()
    ]


def how(row: Row) -> str:
    """What a number must share with another to be compared with it."""
    truncation = row.get("truncation")
    parts = [
        f"{row['n_fake']:,} pictures" if is_number(row.get("n_fake")) else "",
        f"{row['extractor']} {row.get('resize')}" if row.get("extractor") else "",
        f"truncation {truncation:g}" if is_number(truncation) and truncation != 1 else "",
        f"asked by {row['captions']}" if row.get("captions") else "",
    ]
    return ", ".join(filter(None, parts))


# --- the section of the page ------------------------------------------------------------------------------------------


def newest(facts: Facts) -> str:
    """The newest number of each metric with all that has to be said with it; "" without any."""
    found = measured(facts.metrics)
    if not found:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("metric", "value", "of real", "at kimg", "best", "how"))
    body = "".join(table_row(one) for one in found)
    details = [line for one in found for line in lines(one.rows[-1].get("details"))]
    warned = dict.fromkeys(f"{one.metric}: {line}" for one in found for line in lines(one.rows[-1].get("warnings")))
    return (
        f'<p class="lead">{METRIC_WORDS}</p>'
        f'<div class="wide"><table class="metrics"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        + items("What one number cannot tell", details)
        + items("Why a number should not be compared with others", list(warned))
    )


def table_row(one: Measured) -> str:
    newest, best = one.rows[-1], one.best
    std = f" ± {number_text(newest['std'])}" if is_number(newest.get("std")) else ""
    settings = str(newest.get("settings") or "")
    cells = (
        number_text(one.points[-1][1]) + std,
        "–" if one.real is None else number_text(one.real),
        number_text(one.points[-1][0]),
        "–" if best is None else f"{number_text(best[1])} at {number_text(best[0])}",
        ", ".join(filter(None, [one.how, settings, f"{one.better} is better" if one.better else ""])),
    )
    return f"<tr><th>{escape(one.metric)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def items(title: str, said: list[str]) -> str:
    if not said:
        return ""
    listed = "".join(f"<li>{escape(line)}</li>" for line in said[:MOST_DETAILS])
    return f"<details open><summary>{title}</summary><ul>{listed}</ul></details>"


def lines(value: object) -> list[str]:
    return [str(line)[:2000] for line in value] if isinstance(value, list) else []
