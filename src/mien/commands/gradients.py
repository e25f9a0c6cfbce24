"""mien gradients: the mean gradient norm of each discriminator layer, as a picture for your report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError

FORMATS = (".png", ".svg")


@dataclass(frozen=True)
class Gradients(VerbResult):
    """norms: run -> layer -> mean norm over the training. without: runs that hold no such numbers."""

    output: str
    norms: dict[str, dict[str, float]]
    without: list[str]

    def as_dict(self) -> dict[str, Any]:
        return {"output": self.output, "norms": self.norms, "without": self.without}

    def __str__(self) -> str:
        lines = []
        for run, norms in self.norms.items():
            lines += [run, *(f"  {layer:<28} {norm:.3g}" for layer, norm in norms.items())]
        lines += [f"warning: {run} holds no gradient norms: {CURE}" for run in self.without]
        return "\n".join([*lines, f"picture: {self.output}"])


CURE = "it is too short, or an older mien trained it; train again to have them"


def gradients(
    runs: tyro.conf.Positional[tuple[str, ...]] = (), *, output: Path | None = None, outdir: Path = Path("runs")
) -> Gradients:
    """Draw the mean gradient norm of each discriminator layer on a logarithmic axis, one line a run.

    Args:
        runs: One or more: paths, numbers, names, or "last".
        output: A .png or .svg file. gradients.png in the run, or beside the first of several, if left out.
        outdir: Folder that holds the runs.
    """
    from mien.reports.comparison.canvas import PixelCanvas, SVGCanvas
    from mien.reports.comparison.entries import read_entries
    from mien.reports.comparison.figure import WIDTH, draw, height_of
    from mien.reports.gradients import layer_points, mean_norms
    from mien.runs.directory import find
    from mien.runtime.atomic_files import io_errors, write_bytes

    if not runs:
        raise UsageError("mien gradients needs RUN: a path, a number, a name, or last")
    if output is not None and output.suffix.lower() not in FORMATS:
        raise UsageError(f"--output {output} is no picture that can be drawn: name a .png or .svg file")
    entries = read_entries([find(run, outdir) for run in runs])
    found = [(entry.label, mean_norms(entry.facts.stats)) for entry in entries]
    lines = [(label, norms) for label, norms in found if layer_points(norms)]
    if not lines:
        raise UsageError(f"{', '.join(entry.facts.name for entry in entries)}: no gradient norms here: {CURE}")
    first = entries[0].facts.path
    place = output or (first if len(entries) == 1 else first.parent) / "gradients.png"
    pen = (SVGCanvas if place.suffix.lower() == ".svg" else PixelCanvas)(WIDTH, height_of(len(lines)))
    picture = draw(pen, lines)
    with io_errors(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, picture)
    return Gradients(str(place), dict(lines), [label for label, norms in found if not layer_points(norms)])
