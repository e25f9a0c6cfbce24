"""Several recipes one after the other, each with the same budget: `mien train --recipes`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mien import recipes
from mien.errors import DivergenceError, MienError, UsageError
from mien.runtime import console
from mien.trainer import augmentation_policy
from mien.trainer.config import TrainConfig
from mien.trainer.launch import train
from mien.trainer.run import Run
from mien.trainer.stopping import Stopped


@dataclass(frozen=True)
class Runs:
    """The trainings of several recipes with the same budget.

    runs: those that ended, diverged ones too. failed: recipe -> why it has no run, or did not reach its end.
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


def train_each(config: TrainConfig) -> Runs:
    """Train the recipes one after the other, with the same options: `mien train --recipes`.

    If a recipe fails, mien prints the error and continues with the next one. A signal ends the series.
    """
    names = str(config.recipes)
    wanted = [part.strip() for part in names.split(",") if part.strip()]
    if not wanted or len(set(wanted)) < len(wanted):
        raise UsageError(f"--recipes {names!r} must name recipes, each once, with commas between: dcgan,dcgan-laptop")
    # Check every recipe before the first training starts.
    labels = [
        augmentation_policy.with_augmentation(recipes.find(part), config.augment, config.set).name for part in wanted
    ]
    runs, failed, latest = [], {}, None
    for number, (part, label) in enumerate(zip(wanted, labels, strict=True), 1):
        console.say(f"recipe {number} of {len(wanted)}: {part}")
        name = f"{config.name}-{label}" if config.name else None
        try:
            runs.append(train(replace(config, recipe=part, recipes=None, name=name)))
        except Stopped:
            console.say(f"not started: {', '.join(wanted[number:]) or 'none'}")
            raise
        except MienError as error:
            latest, failed[part] = error, str(error)
            console.say(f"{part} failed: {error}")
            if isinstance(error, DivergenceError) and error.run is not None:
                runs.append(Run(error.run))
    if latest is not None and len(failed) == len(wanted):
        raise latest
    return Runs(runs, failed)
