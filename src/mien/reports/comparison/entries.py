"""The runs of a comparison: their labels, the settings that differ, and reasons to doubt the comparison."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mien.errors import MienError, UsageError
from mien.media.pixels import resolution_text
from mien.recipes.recipe import Recipe, from_json
from mien.reports.doctor.case import case_of
from mien.reports.doctor.examination import Examination, examine
from mien.reports.metrics import Measured, measured
from mien.reports.run_data import RunData, mean_of_last, read_run
from mien.reports.settings import flat, part_of, spelled_out, value_text
from mien.runs.directory import RunDirectory

MAX_IN_LABEL = 2  # settings; with more of them the run's name is shorter
MACHINE = ("gpu", "processor", "cores", "threads", "processes", "torch")  # what the speed of a run depends on
ABSENT = ""  # the value of a setting that a run's recipe does not have


@dataclass(frozen=True)
class Entry:
    """One run. label: its recipe, and what tells it from others of that recipe. colour: 0 to 9, for style.css."""

    run: RunData
    settings: dict[str, str]
    recipe: Recipe | None
    label: str
    colour: int

    @cached_property
    def parameters(self) -> tuple[int, int] | None:
        """(of the generator, of the discriminator), counted in networks that are built for it. None if the recipe needs
        a user's file."""
        if self.recipe is None:
            return None
        game = self.recipe.build_game()
        sides = (game.generators, game.discriminators)
        generator, discriminator = (
            sum(part.numel() for module in side.values() for part in module.parameters()) for side in sides
        )
        return generator, discriminator

    @cached_property
    def examination(self) -> Examination:
        """What the doctor says of the run."""
        return examine(case_of(self.run))

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Metric and way of measuring -> {"last", "last_kimg"}, and {"best", "best_kimg"} if the rows say whether lower
        or higher is better."""
        return {one.name: last_and_best(one) for one in measured(self.run.metrics)}

    def as_dict(self) -> dict[str, Any]:
        run = self.run
        generator, discriminator = self.parameters or (None, None)
        return {
            "run": str(run.path),
            "label": self.label,
            "recipe": run.recipe_name,
            "state": run.state,
            "kimg": run.images / 1000,
            "seconds": run.seconds,
            "images_per_second": run.images / run.seconds if run.seconds else None,
            "discriminator_loss": mean_of_last(run.stats, "discriminator/loss"),
            "generator_loss": mean_of_last(run.stats, "generator/loss"),
            "D(real)": mean_of_last(run.stats, "D(real)"),
            "D(fake)": mean_of_last(run.stats, "D(fake)"),
            "generator_parameters": generator,
            "discriminator_parameters": discriminator,
            "metrics": self.metrics,
            "doctor": {"severity": self.examination.severity, "answer": self.examination.answer},
        }


def last_and_best(one: Measured) -> dict[str, float]:
    kimg, value = one.points[-1]
    said = {"last": value, "last_kimg": kimg}
    return said if one.best is None else {**said, "best": one.best[1], "best_kimg": one.best[0]}


def read_entries(runs: list[RunDirectory], with_statistics: bool = True) -> list[Entry]:
    """The runs in the given order, each with its label. Raises UsageError if a run is named twice.

    with_statistics: see `read_run`.
    """
    for path, times in Counter(run.path.resolve() for run in runs).items():
        if times > 1:
            raise UsageError(f"{path.name} is named {times} times: a run is compared with others")
    found = [read_run(run, with_statistics) for run in runs]
    recipes = [decode_recipe(run.recipe) for run in found]
    settings = [all_settings(run, recipe) for run, recipe in zip(found, recipes, strict=True)]
    labels = make_labels(found, settings)
    return [Entry(*parts, colour=index % 10) for index, parts in enumerate(zip(found, settings, recipes, labels))]


def decode_recipe(written: dict[str, Any]) -> Recipe | None:
    """None if the recipe names classes that this version of mien does not have, or a user's file."""
    try:
        return from_json(written)
    except MienError:
        return None


def all_settings(run: RunData, recipe: Recipe | None) -> dict[str, str]:
    """Every setting as --set takes it, and the flags --data and --seed."""
    found = spelled_out(recipe) if recipe is not None else flat(run.recipe)
    flags = {f"--{key}": run.config[key] for key in ("data", "seed") if run.config.get(key) is not None}
    return {path: value_text(value) for path, value in {**flags, **found}.items() if path != "name"}


def differing(settings: list[dict[str, str]]) -> dict[str, list[str]]:
    """Path -> the value of each run, for the settings that differ. A part of a recipe comes before its own settings."""
    parts = list(dict.fromkeys(path.partition(".")[0] for one in settings for path in one))
    paths = sorted(
        {path for one in settings for path in one}, key=lambda path: (parts.index(path.partition(".")[0]), path)
    )
    values = {path: [one.get(path, ABSENT) for one in settings] for path in paths}
    return {path: found for path, found in values.items() if len(set(found)) > 1}


def make_labels(runs: list[RunData], settings: list[dict[str, str]]) -> list[str]:
    """The recipe's name. Runs of one recipe also get the settings that differ between them, or the run's name."""
    labels = []
    for run, own in zip(runs, settings, strict=True):
        alike = [theirs for other, theirs in zip(runs, settings, strict=True) if other.recipe_name == run.recipe_name]
        bits = [f"{short(path)}={own.get(path) or 'none'}" for path in differing(alike)]
        if len(alike) == 1:
            labels.append(run.recipe_name)
        elif 0 < len(bits) <= MAX_IN_LABEL:
            labels.append(f"{run.recipe_name} {' '.join(bits)}")
        else:
            labels.append(f"{run.recipe_name} ({run.name})")
    return [
        label if labels.count(label) == 1 else f"{label} ({run.name})" for label, run in zip(labels, runs, strict=True)
    ]


def short(path: str) -> str:
    """ "discriminator.terms.r1.weight" -> "r1.weight". The table of settings has the full path."""
    return ".".join(path.split(".")[-2:])


def warnings(entries: list[Entry]) -> list[str]:
    """One line for each reason why a difference may not come from the recipes."""
    runs = [entry.run for entry in entries]
    found = []
    if len({run.info.get("sha256") or run.data.get("data") for run in runs}) > 1:
        names = "; ".join(f"{entry.label}: {entry.run.data.get('data', 'unknown')}" for entry in entries)
        found.append(f"the runs learned from different images ({names})")
    if len({(run.start, run.init.get("sha256")) for run in runs}) > 1:
        starts = "; ".join(f"{entry.label}: {entry.run.start or 'random weights'}" for entry in entries)
        found.append(f"the runs started from different networks ({starts})")
    sizes = [part_of(run.recipe, "data").get("resolution") for run in runs]
    if any(size != sizes[0] for size in sizes):
        shown = "; ".join(f"{entry.label}: {size_text(entry.run)}" for entry in entries)
        found.append(f"the runs generate images of different sizes ({shown})")
    if unlike := [part for part in MACHINE if len({str(run.environment.get(part)) for run in runs}) > 1]:
        found.append(f"the runs had different machines or settings ({', '.join(unlike)}): compare kimg, not time")
    if diverged := [entry.label for entry in entries if entry.run.state == "diverged"]:
        found.append(f"diverged: {', '.join(diverged)}")
    if untrained := [entry.label for entry in entries if not entry.run.images]:
        found.append(f"not trained yet: {', '.join(untrained)}")
    return found


def size_text(run: RunData) -> str:
    size = part_of(run.recipe, "data").get("resolution")
    if not isinstance(size, list) or len(size) != 2 or not all(isinstance(side, int) for side in size):
        return "unknown"
    return resolution_text(size[0], size[1])
