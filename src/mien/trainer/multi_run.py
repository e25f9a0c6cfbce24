"""Several trainings one after the other: `mien train --recipes`, `--seeds` and `--sweep`, and every combination."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mien import recipes
from mien.config.budget import divided
from mien.errors import DivergenceError, MienError, UsageError
from mien.inference.seeds import parse_seeds
from mien.runtime import console
from mien.trainer import augmentation_policy
from mien.trainer.config import TrainConfig
from mien.trainer.launch import train
from mien.trainer.run import Run
from mien.trainer.stopping import Stopped

MOST = 1000  # trainings


@dataclass(frozen=True)
class Runs:
    """Several trainings, each with the same budget.

    runs: those that ended, diverged ones too. failed: label of a training -> why it has no run, or did not reach its
    end.
    """

    runs: list[Run]
    failed: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"runs": [run.as_dict() for run in self.runs], "failed": self.failed, "compare": self.compare()}

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def _repr_html_(self) -> str:
        return "".join(run._repr_html_() for run in self.runs)

    def compare(self) -> str | None:
        """Return the command that compares the runs, or None for fewer than two runs."""
        paths = [str(run.path) for run in self.runs if run.images]
        return shlex.join(["mien", "compare", *paths]) if len(paths) > 1 else None

    def __str__(self) -> str:
        lines = [f"{run.state} at {run.images / 1000:.1f} kimg: {run.path}" for run in self.runs]
        lines += [f"{name} failed: {why}" for name, why in self.failed.items()]
        return "\n".join([*lines, *([f"  compare    {self.compare()}"] if self.compare() else [])])


@dataclass(frozen=True)
class Member:
    """One training of several. label: what tells it from the others: "dcgan generator.width=16 seed=1"."""

    label: str
    config: TrainConfig


def members(config: TrainConfig) -> list[Member]:
    """Return every combination of --recipes, --sweep and --seeds, the seeds last. Raises UsageError.

    Each name begins with --name and ends with the label, so `--auto-resume` finds each of them again.
    """
    named = recipe_names(config) if config.recipes is not None else []
    settings = list(itertools.product(*(sweep_choices(text) for text in config.sweep)))
    seeds = parse_seeds(config.seeds) if config.seeds is not None else []
    found = []
    for recipe, own in itertools.product(named or [config.recipe], settings):
        # Check every recipe and setting before the first training starts.
        known = recipe
        if recipe != "auto":
            known = augmentation_policy.with_augmentation(
                recipes.find(recipe), config.augment, (*config.set, *own)
            ).name
        for seed in seeds or [config.seed]:
            parts = [*own, *([f"seed={seed}"] if seeds else [])]
            label = " ".join([*([recipe] if named else []), *parts])
            name = "-".join([config.name, *([known] if named else []), *map(in_name, parts)]) if config.name else None
            own_config = replace(
                config,
                recipe=recipe,
                set=(*config.set, *own),
                seed=seed,
                name=name,
                recipes=None,
                sweep=(),
                seeds=None,
                total_budget=None,
            )
            found.append(Member(label, own_config))
    if len(found) > MOST:
        raise UsageError(f"--recipes, --sweep and --seeds make {len(found):,} trainings: at most {MOST:,}")
    if config.total_budget is not None:
        share = divided(config.total_budget, len(found))
        found = [replace(one, config=replace(one.config, budget=share)) for one in found]
    return found


def recipe_names(config: TrainConfig) -> list[str]:
    names = str(config.recipes)
    found = [part.strip() for part in names.split(",") if part.strip()]
    if not found or len(set(found)) < len(found):
        raise UsageError(f"--recipes {names!r} must name recipes, each once, with commas between: dcgan,dcgan-laptop")
    return found


def sweep_choices(text: str) -> list[str]:
    """ "generator.width=16,32" -> ["generator.width=16", "generator.width=32"]. Raises UsageError."""
    path, equals, values = text.partition("=")
    found = [value.strip() for value in values.split(",")]
    if not path or not equals or not all(found) or len(set(found)) < len(found):
        raise UsageError(f"--sweep {text!r} is no setting with values, each once: write generator.width=16,32")
    return [f"{path}={value}" for value in found]


def in_name(part: str) -> str:
    """ "discriminator.terms.r1.weight=5" -> "r1.weight-5": the end of a path is enough; a name has no "="."""
    path, equals, value = part.rpartition("=")
    return re.sub(r"[^\w.+-]+", "-", f"{'.'.join(path.split('.')[-2:])}-{value}" if equals else part)


def train_each(config: TrainConfig) -> Runs:
    """Train one after the other, with the same other options.

    If a training fails, mien prints the error and continues with the next one. A signal ends the series.
    """
    planned = members(config)
    what = "recipe" if config.seeds is None and not config.sweep else "training"
    runs, failed, latest = [], {}, None
    for number, member in enumerate(planned, 1):
        console.say(f"{what} {number} of {len(planned)}: {member.label}")
        try:
            runs.append(train(member.config))
        except Stopped:
            console.say(f"not started: {', '.join(other.label for other in planned[number:]) or 'none'}")
            raise
        except MienError as error:
            latest, failed[member.label] = error, str(error)
            console.say(f"{member.label} failed: {error}")
            if isinstance(error, DivergenceError) and error.run is not None:
                runs.append(Run(error.run))
    if latest is not None and len(failed) == len(planned):
        raise latest
    return Runs(runs, failed)
