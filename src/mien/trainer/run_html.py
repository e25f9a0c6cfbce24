"""The HTML of a run in a notebook: state, newest sample grid, curves. It is small, because the notebook saves it."""

from __future__ import annotations

from PIL import Image

from mien.config.budget import duration
from mien.errors import MienError
from mien.media.html_images import data_uri
from mien.reports.charts import Chart, Series, chart
from mien.reports.document import render
from mien.reports.run_data import Row, points, rows
from mien.runs.directory import RunDirectory

LOSSES = (("D loss", "discriminator/loss"), ("G loss", "generator/loss"))


def run_html(run: RunDirectory, state: str | None = None) -> str:
    """Return the HTML of a run from its files. Parts without a file are left out. state: replaces the run's own."""
    name = run.path.resolve().name
    return render("notebook_run.html", name=name, facts=facts(run, state), grid=newest_grid(run), charts=charts(run))


def facts(run: RunDirectory, state: str | None = None) -> list[str]:
    """ "finished at 4.5 kimg", "1m 30s of training", "best fid 30" """
    try:
        status, best = run.read_status(), run.read_best()
    except MienError:  # the training has not written these files yet
        return [state] if state else []
    found = [
        f"{state or status['state']} at {status['images'] / 1000:.1f} kimg",
        f"{duration(status['seconds'])} of training",
    ]
    return found if best is None else [*found, f"best {best.get('metric')} {best['value']:.4g}"]


def newest_grid(run: RunDirectory) -> str:
    """Return the newest sample grid as a data URI, or "" without one."""
    grids = run.sample_grids()
    if not grids:
        return ""
    try:
        with Image.open(grids[-1][1]) as image:
            return data_uri(image, longest=400)
    except OSError:  # the training is writing this file
        return ""


def charts(run: RunDirectory) -> list[Chart]:
    """Return charts of the losses, and of the metric that decides which generator is the best."""
    stats, metrics = rows(run.stats), rows(run.metrics)
    found = [curves([(name, stats, key) for name, key in LOSSES])]
    if metrics and (first := metrics[0].get("metric")):
        found.append(curves([(str(first), [row for row in metrics if row.get("metric") == first], "value")]))
    return [one for one in found if one]


def curves(lines: list[tuple[str, list[Row], str]]) -> Chart | None:
    """Return a chart of (name, rows, key), or None if every line has fewer than two points."""
    series = [Series(name, points(found, key), index) for index, (name, found, key) in enumerate(lines)]
    return chart("", [one for one in series if len(one.points) > 1], smooth=False)
