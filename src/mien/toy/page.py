"""The page of an experiment: one HTML document, made by lab.html from the arms."""

from __future__ import annotations

from collections.abc import Sequence

from mien.config.budget import duration
from mien.reports.charts import Chart, Series, chart, decades, time_axis
from mien.reports.document import render_page
from mien.reports.embedding import Embedded
from mien.reports.explanations import GRADIENTS
from mien.reports.gradients import gradient_chart, mean_norms
from mien.reports.run_data import points
from mien.toy.distances import CELLS, DIRECTIONS, FAIR_SHARE, GOOD_WITHIN, LOG_2, SAMPLES
from mien.toy.experiments import Experiment
from mien.toy.table import HEAD, cells, reference
from mien.toy.train_arm import Arm

ARM_COLOURS = (1, 0, 2, 3, 4, 5)  # classes of style.css
JS_NOTE = "Solid: measured on the points. Dotted: estimated by D's loss. The maximum is log 2 = 0.693."
W_NOTE = "Solid: measured on the points. Dotted: estimated by the critic's loss, too high if its slopes exceed 1."


def page(experiment: Experiment, arms: Sequence[Arm], film: Embedded, weights: Embedded, command: str) -> str:
    """command: as it was typed."""
    return render_page(
        "lab.html",
        f"{experiment.name}, mien lab",
        experiment=experiment,
        tiles=[(arm.recipe.name, headline(arm), details(arm)) for arm in arms],
        film=film,
        legend=film_legend(experiment),
        head=HEAD,
        rows=[*(cells(arm) for arm in arms), reference(arms[0].mixture)],
        charts=charts(experiment, arms),
        gradients=gradients(arms),
        gradients_text=GRADIENTS,
        weights=weights,
        measures=MEASURES,
        commands="\n".join([command, *(f"{command} {change}" for change in experiment.change)]),
    )


def headline(arm: Arm) -> str:
    """ "8 of 8 modes" """
    if arm.mixture.thin:
        return f"theta {arm.last['place']:.2f}"
    return f"{arm.last['modes']:.0f} of {len(arm.mixture.centres)} {arm.mixture.mode}"


def details(arm: Arm) -> str:
    trained = f"after {arm.frames[-1].kimg:.0f} kimg, {duration(arm.seconds)}"
    return trained if arm.mixture.thin else f"{arm.last['good']:.0%} of the points good, {trained}"


def film_legend(experiment: Experiment) -> str:
    if experiment.mixture.dimensions == 1:
        return "Blue: the real density. Orange: the generated points. Green: D(x), on its own scale."
    return (
        "Blue dots: real points. Orange dots: generated points. Background: the score of D, on its own scale at each "
        "moment. Blue is most real, orange is least real. Lines join places of equal score."
    )


# --- curves -----------------------------------------------------------------------------------------------------------


def charts(experiment: Experiment, arms: Sequence[Arm]) -> list[Chart]:
    end = max(arm.frames[-1].kimg for arm in arms)
    total = float(len(experiment.mixture.centres))

    def make(title: str, key: str, note: str = "", bounds: tuple[float, float] | None = None) -> Chart | None:
        series = [Series(arm.recipe.name, points(arm.rows, key), ARM_COLOURS[index]) for index, arm in enumerate(arms)]
        return chart(title, series, note=note, bounds=bounds, end=end)

    counted = [
        make("Modes covered", "modes", bounds=(0.0, total)),
        make("Share of good points", "good", bounds=(0.0, 1.0)),
    ]
    found = [
        *([] if arms[0].mixture.thin else counted),
        chart("Jensen-Shannon divergence", estimates(arms, "js", "js of D"), note=JS_NOTE, bounds=(0.0, 0.8), end=end),
        chart("Wasserstein distance", estimates(arms, "wasserstein", "W of D"), note=W_NOTE, end=end),
        pull(arms, end),
        make("D loss", "discriminator/loss", "Different losses have different units: compare only the shapes."),
        make("G loss", "generator/loss"),
    ]
    return [one for one in found if one]


def estimates(arms: Sequence[Arm], measured: str, claimed: str) -> list[Series]:
    """Each arm's distance, measured and, dotted, estimated by its D."""
    found = []
    for index, arm in enumerate(arms):
        colour, name = ARM_COLOURS[index], arm.recipe.name
        found.append(Series(name, points(arm.rows, measured), colour))
        found.append(Series(f"{name}, by D", points(arm.rows[1:], claimed), colour, dashed=True))
    return [one for one in found if one.points]


def pull(arms: Sequence[Arm], end: float) -> Chart:
    """On a logarithmic axis, because it may fall by many powers of ten."""
    series = tuple(
        Series(
            arm.recipe.name,
            [(x, max(y, 1e-8)) for x, y in points(arm.rows, "generator_gradient_norm")],
            ARM_COLOURS[index],
        )
        for index, arm in enumerate(arms)
    )
    y = decades([value for one in series for _, value in one.points])
    note = "The mean length of G's loss gradient at a generated point: how strongly the loss pushes it."
    return Chart("The pull on generated points", series, time_axis(end, "kimg"), y, note)


def gradients(arms: Sequence[Arm]) -> Chart | None:
    lines = [(arm.recipe.name, mean_norms(arm.rows), ARM_COLOURS[index], False) for index, arm in enumerate(arms)]
    return gradient_chart("Mean gradient norm of each layer of D", lines)


MEASURES = (
    (
        "Every number",
        f"is taken on {SAMPLES:,} points from the same latents each time. The generator itself makes them, not its "
        "EMA.",
    ),
    ("Good", f"A point is good if it lies within {GOOD_WITHIN:g} standard deviations of the centre of a mode."),
    ("Modes", f"A mode is covered if its good points are at least {FAIR_SHARE:.0%} of its fair share."),
    (
        "JS",
        f"compares the points' shares of {CELLS[2]} × {CELLS[2]} cells ({CELLS[1]} on the line) with the exact "
        f"probability of each cell, in nats. 0 is equal. log 2 = {LOG_2:.3f} is no overlap at all.",
    ),
    (
        "W",
        f"is the Wasserstein-1 distance to {SAMPLES:,} real points. It is exact on the line. In the plane it is the "
        f"mean over {DIRECTIONS} directions (sliced), which is smaller than the distance in the plane.",
    ),
    ("Two lines", "Here both distances are known without measuring: log 2 and |theta|."),
    ("Real points", "This row measures the mixture against itself. No generator can do better."),
)
