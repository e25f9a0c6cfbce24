"""The runs of a comparison: what each is called, what differs between them, what makes comparing them doubtful."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mien.errors import MienError, UsageError
from mien.media.pixels import resolution_text
from mien.recipes.recipe import Recipe, from_json
from mien.reports.metrics import Measured, measured
from mien.reports.run_data import Facts, mean_of_last, read_facts
from mien.reports.settings import flat, spelled_out, value_text
from mien.runs.directory import RunDirectory

MOST_IN_A_LABEL = 2  # settings; beyond that a run's number says it shorter
MACHINE = ("gpu", "processor", "cores", "threads", "processes", "torch")  # what the speed of a run depends on
NOT_SAID = ""  # where a run's recipe has no such setting


@dataclass(frozen=True)
class Entry:
    """One run. label: its recipe, and what tells it from others of the same recipe. colour: of the style sheet."""

    facts: Facts
    settings: dict[str, str]
    recipe: Recipe | None
    label: str
    colour: int

    @cached_property
    def parameters(self) -> tuple[int, int] | None:
        """(of the generator, of the discriminator): the networks are built to count them. None where the recipe comes
        from a user's file."""
        if self.recipe is None:
            return None
        game = self.recipe.build_game()
        sides = (game.generators, game.discriminators)
        generator, discriminator = (
            sum(part.numel() for module in side.values() for part in module.parameters()) for side in sides
        )
        return generator, discriminator

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Metric, and how it was measured -> {"last", "last_kimg"}, and {"best", "best_kimg"} where its rows say which
        way is better."""
        return {one.name: last_and_best(one) for one in measured(self.facts.metrics)}

    def as_dict(self) -> dict[str, Any]:
        facts = self.facts
        generator, discriminator = self.parameters or (None, None)
        return {
            "run": str(facts.path),
            "label": self.label,
            "recipe": facts.recipe_name,
            "state": facts.state,
            "kimg": facts.images / 1000,
            "seconds": facts.seconds,
            "images_per_second": facts.images / facts.seconds if facts.seconds else None,
            "discriminator_loss": mean_of_last(facts.stats, "discriminator/loss"),
            "generator_loss": mean_of_last(facts.stats, "generator/loss"),
            "D(real)": mean_of_last(facts.stats, "D(real)"),
            "D(fake)": mean_of_last(facts.stats, "D(fake)"),
            "generator_parameters": generator,
            "discriminator_parameters": discriminator,
            "metrics": self.metrics,
        }


def last_and_best(one: Measured) -> dict[str, float]:
    kimg, value = one.points[-1]
    said = {"last": value, "last_kimg": kimg}
    return said if one.best is None else {**said, "best": one.best[1], "best_kimg": one.best[0]}


def read_entries(runs: list[RunDirectory]) -> list[Entry]:
    """In the order given. Raises UsageError where a run is named twice."""
    for path, times in Counter(run.path.resolve() for run in runs).items():
        if times > 1:
            raise UsageError(f"{path.name} is named {times} times: a run is compared with others")
    facts = [read_facts(run) for run in runs]
    recipes = [decoded(one.recipe) for one in facts]
    settings = [all_settings(one, recipe) for one, recipe in zip(facts, recipes, strict=True)]
    labels = labelled(facts, settings)
    return [Entry(*parts, colour=index % 10) for index, parts in enumerate(zip(facts, settings, recipes, labels))]


def decoded(written: dict[str, Any]) -> Recipe | None:
    """None where the recipe names classes that this version of mien does not have, or a user's file."""
    try:
        return from_json(written)
    except MienError:
        return None


def all_settings(facts: Facts, recipe: Recipe | None) -> dict[str, str]:
    """As --set takes them, and the two flags besides that decide the bits."""
    found = spelled_out(recipe) if recipe is not None else flat(facts.recipe)
    flags = {f"--{key}": facts.config[key] for key in ("data", "seed") if facts.config.get(key) is not None}
    return {path: value_text(value) for path, value in {**flags, **found}.items() if path != "name"}


def differing(settings: list[dict[str, str]]) -> dict[str, list[str]]:
    """Path -> each run's value, of the settings that are not the same in all: a part, then what it is made of."""
    parts = list(dict.fromkeys(path.partition(".")[0] for one in settings for path in one))
    paths = sorted(
        {path for one in settings for path in one}, key=lambda path: (parts.index(path.partition(".")[0]), path)
    )
    values = {path: [one.get(path, NOT_SAID) for one in settings] for path in paths}
    return {path: found for path, found in values.items() if len(set(found)) > 1}


def labelled(facts: list[Facts], settings: list[dict[str, str]]) -> list[str]:
    """The recipe's name; among runs of one recipe also the settings that tell them apart, or the run's own name."""
    names = [one.recipe_name for one in facts]
    labels = []
    for name, own, said in zip(names, facts, settings, strict=True):
        alike = [other for other, theirs in zip(settings, names, strict=True) if theirs == name]
        bits = [f"{short(path)}={said.get(path) or 'none'}" for path in differing(alike)]
        several = len(alike) > 1
        few = 0 < len(bits) <= MOST_IN_A_LABEL
        labels.append(name if not several else f"{name} {' '.join(bits)}" if few else f"{name} ({own.name})")
    return [
        label if labels.count(label) == 1 else f"{label} ({own.name})" for label, own in zip(labels, facts, strict=True)
    ]


def short(path: str) -> str:
    """ "discriminator_terms.r1.weight" -> "r1.weight"; the table of settings has the whole path."""
    return ".".join(path.split(".")[-2:])


def warnings(entries: list[Entry]) -> list[str]:
    """One line for each reason why a difference may come from something else than the recipes."""
    facts = [entry.facts for entry in entries]
    found = []
    if len({one.info.get("sha256") or one.data.get("data") for one in facts}) > 1:
        names = "; ".join(f"{entry.label}: {entry.facts.data.get('data', 'unknown')}" for entry in entries)
        found.append(f"the runs did not learn from the same pictures ({names})")
    sizes = [one.recipe.get("resolution") for one in facts]
    if any(size != sizes[0] for size in sizes):
        shown = "; ".join(f"{entry.label}: {size_text(entry.facts)}" for entry in entries)
        found.append(f"the runs draw pictures of different sizes ({shown})")
    if unlike := [part for part in MACHINE if len({str(one.environment.get(part)) for one in facts}) > 1]:
        found.append(f"the runs were not made under the same conditions ({', '.join(unlike)}): trust kimg, not time")
    lost = [entry.label for entry in entries if entry.facts.state == "diverged"]
    if lost:
        found.append(f"left the finite numbers: {', '.join(lost)}")
    unbegun = [entry.label for entry in entries if not entry.facts.images]
    if unbegun:
        found.append(f"nothing was trained yet: {', '.join(unbegun)}")
    return found


def size_text(facts: Facts) -> str:
    size = facts.recipe.get("resolution")
    if not isinstance(size, list) or len(size) != 2 or not all(isinstance(side, int) for side in size):
        return "unknown"
    return resolution_text(size[0], size[1])
