"""mien gradients: plot the mean gradient norm of each discriminator layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError


@dataclass(frozen=True)
class Gradients(VerbResult):
    """output: the SVG file. norms: run -> layer -> mean norm over the training. without: runs without norms."""

    output: str
    norms: dict[str, dict[str, float]]
    without: list[str]

    def as_dict(self) -> dict[str, Any]:
        return {"output": self.output, "norms": self.norms, "without": self.without}

    def __str__(self) -> str:
        lines = []
        for run, norms in self.norms.items():
            lines += [run, *(f"  {layer:<28} {norm:.3g}" for layer, norm in norms.items())]
        lines += [f"warning: {run} has no gradient norms: {CURE}" for run in self.without]
        return "\n".join([*lines, f"figure: {self.output}"])


CURE = "it is too short, or an older version of mien trained it: train again to get them"


def gradients(
    runs: tyro.conf.Positional[tuple[str, ...]] = (), *, output: Path | None = None, outdir: Path = Path("runs")
) -> Gradients:
    """Plot the mean gradient norm of each discriminator layer on a logarithmic axis, one line per run.

    Args:
        runs: One or more runs: paths, numbers, names, or "last".
        output: An .svg file. If left out: gradients.svg in the run's folder, or beside the first of several runs.
        outdir: Folder that holds the runs.
    """
    from mien.reports.comparison.entries import read_entries
    from mien.reports.document import render
    from mien.reports.gradients import gradient_chart, mean_norms
    from mien.runs.directory import find
    from mien.runtime.atomic_files import io_errors, write_bytes

    if not runs:
        raise UsageError("mien gradients needs RUN: a path, a number, a name, or last")
    if output is not None and output.suffix.lower() != ".svg":
        raise UsageError(f"--output {output}: the figure is SVG: name an .svg file, or plot the numbers of --json")
    entries = read_entries([find(run, outdir) for run in runs])
    found = [(entry, mean_norms(entry.run.stats)) for entry in entries]
    lines = [(entry.label, norms, entry.colour, False) for entry, norms in found]
    chart = gradient_chart("Mean gradient norm of each discriminator layer", lines)
    if chart is None:
        raise UsageError(f"{', '.join(entry.run.name for entry in entries)}: no gradient norms: {CURE}")
    first = entries[0].run.path
    path = output or (first if len(entries) == 1 else first.parent) / "gradients.svg"
    with io_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, render("gradients.svg", chart=chart).encode("utf-8", "replace"))
    shown = {series.name for series in chart.series}
    return Gradients(
        str(path),
        {entry.label: norms for entry, norms in found if entry.label in shown},
        [entry.label for entry, _ in found if entry.label not in shown],
    )
