"""The numbers at the end as rows of text."""

from __future__ import annotations

import torch

from mien.toy.distances import SAMPLES, Distances, DistributionMetrics
from mien.toy.distributions import Mixture
from mien.toy.train_arm import Arm

HEAD = ("arm", "modes", "good", "JS", "W", "D says", "D loss", "G loss", "seconds")


def cells(arm: Arm) -> list[str]:
    """One row, in the order of HEAD."""
    row = arm.last
    says = ", ".join(f"{key.removesuffix(' of D').upper()} {row[key]:.3f}" for key in row if key.endswith(" of D"))
    losses = [f"{row[key]:.3f}" for key in ("discriminator/loss", "generator/loss")]
    measured = Distances(int(row["modes"]), row["good"], row["js"], row["wasserstein"])
    return [arm.recipe.name, *figures(arm.mixture, measured), says or "–", *losses, f"{arm.seconds:.1f}"]


def reference(mixture: Mixture) -> list[str]:
    """The row of the mixture's own points, measured like generated points."""
    own = DistributionMetrics(mixture)(mixture.sample(SAMPLES, torch.Generator().manual_seed(1)))
    return ["real points", *figures(mixture, own), "–", "–", "–", "–"]


def figures(mixture: Mixture, measured: Distances) -> list[str]:
    counted = ["–", "–"] if mixture.thin else [f"{measured.modes}/{len(mixture.centres)}", f"{measured.good:.1%}"]
    return [*counted, f"{measured.js:.3f}", f"{measured.wasserstein:.3f}"]


def plain(rows: list[list[str]]) -> str:
    """Rows under HEAD, columns aligned."""
    rows = [list(HEAD), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows)
