"""mien lab: train GANs on points in one or two dimensions within half a minute, and film the training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.toy.run_experiment import ExperimentResult


@dataclass(frozen=True)
class Shelf(VerbResult):
    """All experiments, distributions and recipes: name -> one sentence."""

    experiments: dict[str, str]
    distributions: dict[str, str]
    recipes: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"experiments": self.experiments, "distributions": self.distributions, "recipes": self.recipes}

    def __str__(self) -> str:
        heads = {
            "experiments": "mien lab NAME",
            "distributions": "mien lab NAME --recipe …",
            "recipes": "--recipe NAME",
        }
        blocks = [
            "\n".join([f"{kind} ({heads[kind]})", *(f"  {name:<14} {about}" for name, about in rows.items())])
            for kind, rows in self.as_dict().items()
        ]
        return "\n\n".join([*blocks, "Start with: mien lab mode-collapse"])


def lab(
    name: tyro.conf.Positional[str | None] = None,
    *,
    recipe: str | None = None,
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    budget: str | None = None,
    seed: int = 0,
    outdir: Path = Path("lab"),
) -> Shelf | ExperimentResult:
    """Train GANs on points on a line or a plane, and film it. Without a name, list all experiments.

    Args:
        name: An experiment (mode-collapse, js-fails, …) or a distribution (ring, grid, spiral, …).
        recipe: Recipe for a distribution: gan, wgan-gp, …, or several with commas to compare them. If left out: gan.
        set: Change a setting in every arm that has it: discriminator.optimizer.lr=1e-3. May be given several times.
        budget: Number of real points for each D (300kimg: a point counts as an image), or a time (20s).
        seed: The same seed gives the same numbers on the same machine (for a budget in kimg).
        outdir: Folder for the results. Each result gets a new folder inside.
    """
    from mien.toy.distributions import DISTRIBUTIONS
    from mien.toy.experiments import EXPERIMENTS
    from mien.toy.recipes import POINT_RECIPES

    if name is None:
        if recipe or set or budget:
            raise UsageError("mien lab needs NAME with these flags: mien lab without flags lists the names")
        shelves = (EXPERIMENTS, DISTRIBUTIONS, POINT_RECIPES)
        return Shelf(*({key: first_line(made) for key, made in shelf.items()} for shelf in shelves))

    from mien.toy.run_experiment import choose_experiment, run_experiment

    words = [
        "lab",
        name,
        *(["--recipe", recipe] if recipe else []),
        *(part for change in set for part in ("--set", change)),
    ]
    words += [*(["--budget", budget] if budget else []), *(["--seed", str(seed)] if seed else [])]
    return run_experiment(choose_experiment(name, recipe, set), budget, seed, outdir, words)


def first_line(function: Any) -> str:
    return (function.__doc__ or "").splitlines()[0]
