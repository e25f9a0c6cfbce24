"""Runs that differ only in their seed as one row: mean and standard deviation of each metric, for papers and tables."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mien.reports.charts import number_text
from mien.reports.comparison.entries import MAX_IN_LABEL, Entry, differing, short
from mien.reports.comparison.table import UNKNOWN, titles

SEED = "--seed"


@dataclass(frozen=True)
class Group:
    """Runs of the same settings, each with its own seed.

    label: the recipe, and the settings that tell it from other groups. values: metric -> its last value in each run
    that has it.
    """

    label: str
    entries: tuple[Entry, ...]
    values: dict[str, list[float]]

    @property
    def kimg(self) -> float:
        return statistics.mean(entry.run.images for entry in self.entries) / 1000

    def as_dict(self) -> dict[str, Any]:
        metrics = {
            name: {"mean": statistics.mean(found), "std": spread(found), "seeds": len(found)}
            for name, found in self.values.items()
        }
        runs = [str(one.run.path) for one in self.entries]
        return {"label": self.label, "runs": runs, "kimg": self.kimg, "metrics": metrics}


def spread(values: list[float]) -> float | None:
    """Return the standard deviation of a sample (divided by n - 1); None for a single value."""
    return statistics.stdev(values) if len(values) > 1 else None


def groups(entries: list[Entry]) -> list[Group]:
    """Return the groups in the order of their first run."""
    alike: dict[tuple[tuple[str, str], ...], list[Entry]] = {}
    for entry in entries:
        settings = tuple((name, value) for name, value in entry.settings.items() if name != SEED)
        alike.setdefault(settings, []).append(entry)
    unlike = differing([dict(settings) for settings in alike])
    recipes = [members[0].run.recipe_name for members in alike.values()]
    found = []
    for place, members in enumerate(alike.values()):
        recipe, own = recipes[place], [f"{short(path)}={given[place] or 'none'}" for path, given in unlike.items()]
        label = recipe
        if recipes.count(recipe) > 1:
            label = " ".join([recipe, *own]) if len(own) <= MAX_IN_LABEL else f"{recipe} ({members[0].run.name})"
        names = dict.fromkeys(name for entry in members for name in entry.metrics)
        values = {name: [one.metrics[name]["last"] for one in members if name in one.metrics] for name in names}
        found.append(Group(label, tuple(members), values))
    return found


def rows(found: list[Group]) -> list[list[str]]:
    """A head and a row per group: "21.3 ± 0.4". A metric that some runs lack shows how many have it."""
    names = list(dict.fromkeys(name for group in found for name in group.values))
    head = ["setting", "seeds", "kimg", *titles(names)]
    body = ([group.label, str(len(group.entries)), f"{group.kimg:,.1f}", *(cell(group, name) for name in names)]
            for group in found)  # fmt: skip
    return [head, *body]


def cell(group: Group, name: str) -> str:
    values = group.values.get(name, [])
    if not values:
        return UNKNOWN
    deviation = spread(values)
    text = number_text(statistics.mean(values)) + ("" if deviation is None else f" ± {number_text(deviation)}")
    return text if len(values) == len(group.entries) else f"{text} (of {len(values)})"


# --- files ------------------------------------------------------------------------------------------------------------


def as_csv(found: list[Group]) -> str:
    """One line for each group and metric, with all digits."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("setting", "kimg", "metric", "mean", "std", "seeds"))
    for group in found:
        for name, values in group.values.items():
            deviation = spread(values)
            numbers = (repr(statistics.mean(values)), "" if deviation is None else repr(deviation), len(values))
            writer.writerow((group.label, repr(group.kimg), name, *numbers))
    return file.getvalue()


def as_markdown(found: list[Group]) -> str:
    head, *body = ([one.replace("|", "\\|") for one in row] for row in rows(found))
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def as_latex(found: list[Group]) -> str:
    """A tabular with the rules of booktabs."""
    head, *body = ([escaped(one) for one in row] for row in rows(found))
    lines = [f"\\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}", "\\toprule", f"{' & '.join(head)} \\\\", "\\midrule"]
    return "\n".join([*lines, *(f"{' & '.join(row)} \\\\" for row in body), "\\bottomrule", "\\end{tabular}", ""])


def escaped(text: str) -> str:
    for special in "\\&%$#_{}":
        text = text.replace(special, "\\textbackslash " if special == "\\" else f"\\{special}")
    return text.replace("±", "$\\pm$").replace(UNKNOWN, "--").replace("…", "\\ldots{}")


FORMATS: dict[str, Callable[[list[Group]], str]] = {".csv": as_csv, ".md": as_markdown, ".tex": as_latex}
"""Ending of --table -> the writer."""
