"""The rows of metrics.jsonl. Only rows that were measured in the same way make one curve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mien.reports.charts import Point, Series, number_text
from mien.reports.document import cut
from mien.reports.run_data import Row
from mien.runtime.typed_json import is_number

MAX_DETAILS = 40  # lines


@dataclass(frozen=True)
class Measured:
    """One metric, measured in one way. how: "2,500 images, inception clean". rows: sorted by kimg, one for each."""

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
        """ "lower", "higher", or None if the rows do not say."""
        found = self.rows[-1].get("better")
        return found if found in ("lower", "higher") else None

    @property
    def best(self) -> Point | None:
        if self.better is None:
            return None
        return (min if self.better == "lower" else max)(self.points, key=lambda point: point[1])

    @property
    def real(self) -> float | None:
        """The same measure on real images; None if the rows do not have it."""
        found = self.rows[-1].get("real")
        return found if is_number(found) else None

    def series(self) -> list[Series]:
        found = [Series(self.metric, self.points, 2)]
        if self.real is not None:
            ends = [(self.points[0][0], self.real), (self.points[-1][0], self.real)]
            found.append(Series("of real images", ends, 3, dashed=True))
        return found

    def note(self) -> str:
        """ "2,500 images, inception clean. Lower is better." """
        parts = [self.how, f"{self.better.capitalize()} is better" if self.better else ""]
        return "".join(f"{part}. " for part in parts if part).strip()


def measured(rows: Iterable[Row]) -> list[Measured]:
    """The rows grouped by metric and way of measuring, in the order of their first rows."""
    found: dict[tuple[str, str], dict[float, Row]] = {}
    for row in rows:
        if "metric" in row and is_number(row.get("value")):
            found.setdefault((str(row["metric"]), how(row)), {})[float(row["kimg"])] = row
    return [
        Measured(metric, conditions, tuple(at[kimg] for kimg in sorted(at)))
        for (metric, conditions), at in found.items()
    ]


def how(row: Row) -> str:
    """The conditions of a measurement. Numbers with different conditions cannot be compared."""
    truncation = row.get("truncation")
    parts = [
        f"{row['n_fake']:,} images" if is_number(row.get("n_fake")) else "",
        f"{row['extractor']} {row.get('resize')}" if row.get("extractor") else "",
        f"truncation {truncation:g}" if is_number(truncation) and truncation != 1 else "",
        f"captions {row['captions']}" if row.get("captions") else "",
    ]
    return ", ".join(filter(None, parts))


# --- the table of the page --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MetricsTable:
    """The newest row of each metric. details, warnings: lines that belong to these rows."""

    rows: list[tuple[str, ...]]
    details: list[str]
    warnings: list[str]
    head: tuple[str, ...] = ("metric", "value", "of real", "at kimg", "best", "how")


def metrics_table(rows: Iterable[Row]) -> MetricsTable:
    found = measured(rows)
    details = [line for one in found for line in lines(one.rows[-1].get("details"))]
    warned = dict.fromkeys(f"{one.metric}: {line}" for one in found for line in lines(one.rows[-1].get("warnings")))
    return MetricsTable([table_row(one) for one in found], details[:MAX_DETAILS], list(warned)[:MAX_DETAILS])


def table_row(one: Measured) -> tuple[str, ...]:
    newest, best = one.rows[-1], one.best
    std = f" ± {number_text(newest['std'])}" if is_number(newest.get("std")) else ""
    settings = cut(newest.get("settings") or "")
    return (
        cut(one.metric),
        number_text(one.points[-1][1]) + std,
        "–" if one.real is None else number_text(one.real),
        number_text(one.points[-1][0]),
        "–" if best is None else f"{number_text(best[1])} at {number_text(best[0])}",
        ", ".join(filter(None, [one.how, settings, f"{one.better} is better" if one.better else ""])),
    )


def lines(value: object) -> list[str]:
    return [cut(line) for line in value] if isinstance(value, list) else []
