"""The page of an experiment: what was asked, the film, the curves, the table; one HTML document without network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mien.config.budget import duration
from mien.reports.charts import Series, chart, decades, drawn, legend, time_axis
from mien.reports.document import document
from mien.reports.explanations import GRADIENTS
from mien.reports.gradients import gradient_chart, mean_norms
from mien.reports.run_data import points
from mien.reports.sections import section
from mien.toy.distances import CELLS, DIRECTIONS, FAIR_SHARE, GOOD_WITHIN, LOG_2, SAMPLES
from mien.toy.experiments import Experiment
from mien.toy.table import HEAD, cells, reference
from mien.toy.train_arm import Arm

ARM_COLOURS = (1, 0, 2, 3, 4, 5)  # of the style sheet


def page(experiment: Experiment, arms: Sequence[Arm], film: str, weights: str, command: str) -> str:
    """film, weights: <img> tags. command: what was typed."""
    look = "".join(f'<p class="lead">{escape(words)}</p>' for words in experiment.look)
    again = "\n".join([command, *(f"{command} {change}" for change in experiment.change)])
    parts = [
        header(experiment, arms),
        section("The film", f"<figure>{film}</figure>", f'<p class="note">{escape(key(experiment))}</p>'),
        section("What to look at", look),
        section("Numbers at the end", table(arms)),
        section("Curves", f'<div class="charts">\n{"".join(curves(experiment, arms))}</div>'),
        section("Inside D", f'<p class="lead">{GRADIENTS}</p>', gradients(arms), f"<figure>{weights}</figure>"),
        section("How it is measured", f'<div class="said">{"".join(f"<p>{words}</p>" for words in measured())}</div>'),
        section("Again, and changed", f"<pre>{escape(again)}</pre>"),
    ]
    return document(f"{experiment.name}, mien lab", "\n".join(parts))


def header(experiment: Experiment, arms: Sequence[Arm]) -> str:
    tiles = "".join(
        f"<div><dt>{escape(arm.recipe.name)}</dt><dd>{headline(arm)}</dd>"
        f"<dd class='more'>{escape(under(arm))}</dd></div>"
        for arm in arms
    )
    return (
        '<header>\n<p class="over">mien lab</p>\n'
        f"<h1>{escape(experiment.name)}</h1>\n"
        f'<p class="recipe">{escape(experiment.question)}</p>\n<dl class="tiles">{tiles}</dl>\n</header>'
    )


def headline(arm: Arm) -> str:
    if arm.mixture.thin:
        return f"theta {arm.last['place']:.2f}"
    return f"{arm.last['modes']:.0f} of {len(arm.mixture.centres)} {arm.mixture.mode}"


def under(arm: Arm) -> str:
    how_long = f"after {arm.frames[-1].kimg:.0f} kimg, {duration(arm.seconds)}"
    return how_long if arm.mixture.thin else f"{arm.last['good']:.0%} of the points good, {how_long}"


def key(experiment: Experiment) -> str:
    if experiment.mixture.dimensions == 1:
        return "Blue: real density. Orange: generated points. Green: D(x), on its own scale."
    return (
        "Blue dots: real. Orange dots: generated. The ground is D over the whole plane, on its own scale at each "
        "moment: blue where it finds points most real, orange where least; lines join places of equal score."
    )


def table(arms: Sequence[Arm]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in HEAD)
    rows = [cells(arm) for arm in arms] + [reference(arms[0].mixture)]
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


# --- curves -----------------------------------------------------------------------------------------------------------


def curves(experiment: Experiment, arms: Sequence[Arm]) -> list[str]:
    end = max(arm.frames[-1].kimg for arm in arms)
    total = float(len(experiment.mixture.centres))

    def draw(title: str, key: str, note: str = "", bounds: tuple[float, float] | None = None) -> str:
        series = [Series(arm.recipe.name, points(arm.rows, key), ARM_COLOURS[index]) for index, arm in enumerate(arms)]
        return chart(title, series, note=note, bounds=bounds, end=end)

    counted = [
        draw("Modes covered", "modes", bounds=(0.0, total)),
        draw("Share of good points", "good", bounds=(0.0, 1.0)),
    ]
    found = [
        *([] if arms[0].mixture.thin else counted),
        chart("Jensen-Shannon divergence", against(arms, "js", "js of D"), note=JS_NOTE, bounds=(0.0, 0.8), end=end),
        chart("Wasserstein distance", against(arms, "wasserstein", "W of D"), note=W_NOTE, end=end),
        pulls(arms, end),
        draw("D loss", "discriminator/loss", "Different losses have different units: only shapes compare."),
        draw("G loss", "generator/loss"),
    ]
    return [one for one in found if one]


JS_NOTE = "Line: measured on the points. Dotted: what D's own loss stands for. log 2 = 0.693 is the most there is."
W_NOTE = "Line: measured on the points. Dotted: what the critic's loss stands for; it reads high where slopes exceed 1."


def against(arms: Sequence[Arm], measured: str, claimed: str) -> list[Series]:
    """Each arm's distance as measured and, dotted, as its D's loss has it."""
    found = []
    for index, arm in enumerate(arms):
        colour, name = ARM_COLOURS[index], arm.recipe.name
        found.append(Series(name, points(arm.rows, measured), colour))
        found.append(Series(f"{name}, by D", points(arm.rows[1:], claimed), colour, dashed=True))
    return [one for one in found if one.points]


def pulls(arms: Sequence[Arm], end: float) -> str:
    """On a logarithmic axis: it may fall by many powers of ten."""
    series = [
        Series(
            arm.recipe.name,
            [(x, max(y, 1e-8)) for x, y in points(arm.rows, "generator_gradient_norm")],
            ARM_COLOURS[index],
        )
        for index, arm in enumerate(arms)
    ]
    up = decades([y for one in series for _, y in one.points])
    note = "The mean length of G's loss gradient at a generated point: how strongly it is told to move."
    return drawn("The pull on generated points", series, time_axis(end, "kimg"), up, legend(series), note)


def gradients(arms: Sequence[Arm]) -> str:
    lines = [(arm.recipe.name, mean_norms(arm.rows), ARM_COLOURS[index], False) for index, arm in enumerate(arms)]
    return gradient_chart("Mean gradient norm of each layer of D", lines)


def measured() -> list[str]:
    return [
        f"Every number is taken on {SAMPLES:,} generated points from the same latents each time, drawn by the "
        "generator itself and not by its moving average.",
        f"A point is <b>good</b> if it lies within {GOOD_WITHIN:g} standard deviations of a mode's centre. A mode is "
        f"<b>covered</b> if its good points are at least {FAIR_SHARE:.0%} of what a fair share would be.",
        f"<b>JS</b> compares the points' shares of {CELLS[2]} × {CELLS[2]} cells ({CELLS[1]} on the line) with each "
        f"cell's exact probability, in nats: 0 is equal, log 2 = {LOG_2:.3f} is no overlap at all.",
        f"<b>W</b> is the Wasserstein-1 distance to {SAMPLES:,} real points: exact on the line, in the plane the mean "
        f"over {DIRECTIONS} directions (sliced), which is smaller than the distance in the plane.",
        "For the line both distances are known without measuring: log 2 and |theta|.",
        "The row “real points” is the mixture measured against itself: no generator can do better than that.",
    ]
