"""The case: everything that a diagnosis may look at, from a run's logs and its sample grids."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from mien.errors import MienError
from mien.losses.adversarial import AdversarialLoss
from mien.recipes.recipe import Recipe, from_json
from mien.reports.doctor.grid_symptoms import complete
from mien.reports.doctor.read_grids import symptoms_of_grids, symptoms_of_translations
from mien.reports.doctor.series import latest, smoothed
from mien.reports.doctor.translation_symptoms import complete as complete_translations
from mien.reports.run_data import Row, RunData, points
from mien.runtime.typed_json import is_number, number

GRADIENT = "/gradient/"
SIDES = ("generator", "discriminator")
GROWN = 4.0  # the norm of the weights, as a multiple of that of the first row; usual is 0.9 to 2
CLIPPED, GROWN_FAST = 0.5, 1.5  # share of values at the limits, above that of real images; growth that brings G there
HUGE_STEP = 0.2  # norm of a step as a share of that of the weights; usual is 0.001 to 0.01, also at the start


@dataclass(frozen=True)
class Case:
    """A training at one moment.

    run: its path, for the commands. recipe: None if mien cannot read it, such as one of a user's file without --code.
    stats, metrics, events: rows of the logs with "kimg" or "images". grids: the symptoms of each sample grid, oldest
    first. translations: those of a translator's grids. budget_images: the end of the training, 0 if a time ends it.
    data, hold_out: the values of --data and --hold-out; "" and 0 if unknown.
    """

    run: str
    recipe: Recipe | None
    stats: list[Row]
    grids: list[dict[str, float]]
    translations: list[dict[str, float]] = field(default_factory=list)
    metrics: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    images: int = 0
    budget_images: float = 0.0
    state: str = "running"
    data: str = ""
    hold_out: int = 0

    def steps(self, kimg: float) -> float:
        """Return the steps of the generator by this kimg."""
        return self.rounds(kimg) * (self.recipe.generator.updates if self.recipe else 1)

    def steps_of_d(self, kimg: float) -> float:
        side = self.recipe.discriminator if self.recipe else None
        return self.rounds(kimg) * (side.updates if side else 1)

    def rounds(self, kimg: float) -> float:
        """Return the rounds by this kimg. A recipe that cannot be read counts as batch 64 with one step a side."""
        images = self.recipe.batch_size * self.recipe.updates_per_round if self.recipe else 64
        return kimg * 1000 / images

    def grid(self, name: str) -> list[tuple[float, float]]:
        """Return (kimg, value) of a symptom, without the grid before training."""
        return [(row["kimg"], row[name]) for row in self.grids if name in row and row["kimg"] > 0]

    @cached_property
    def surprise(self) -> list[tuple[float, float]]:
        """(kimg, D's loss as a multiple of its loss by chance), smoothed over three rows.

        0: D knows each image for certain. 1: D cannot separate real from generated ones. More: D is wrong. Empty for a
        loss without a scale, such as Wasserstein's.
        """
        scale = chance(self.recipe.loss) if self.recipe else None
        found = points(self.stats, "discriminator/loss") if scale else []
        values = smoothed([value / scale for _, value in found]) if scale else []
        return [(kimg, value) for (kimg, _), value in zip(found, values, strict=True)]

    @cached_property
    def separation(self) -> list[tuple[float, float]]:
        """(kimg, distance of the mean logits of real and generated images in spreads): d' (Green & Swets 1966).

        0: D cannot tell them apart. 6: almost no logit is on the wrong side. It has a meaning for every loss. Runs of
        an older mien lack it.
        """
        names = [f"discriminator/logits/{name}" for name in ("real", "real_spread", "fake", "fake_spread")]
        found = []
        for row in self.stats:
            if all(is_number(row.get(name)) for name in names):
                real, real_spread, fake, fake_spread = (float(row[name]) for name in names)
                spread = ((real_spread**2 + fake_spread**2) / 2) ** 0.5
                found.append((float(row["kimg"]), (real - fake) / max(spread, 1e-9)))
        return found

    @cached_property
    def distance(self) -> list[tuple[float, float]]:
        """(kimg, distance to the data) of each grid."""
        return self.grid("distance")

    def stuck(self, kimg: float) -> float | None:
        """Return the distance to the data as a share of that at 60 % of this kimg, None without grids.

        Near 1: G does not come nearer. It learns as long as the number is clearly smaller.
        """
        now, before = latest(self.distance, kimg), latest(self.distance, 0.6 * kimg)
        return None if now is None or before is None else now / max(before, 1e-6)

    @cached_property
    def weights(self) -> dict[str, list[tuple[float, float]]]:
        """(kimg, norm of all weights) of each side. Older runs lack it."""
        return {side: points(self.stats, f"{side}/norms/weight") for side in SIDES}

    @cached_property
    def relative_updates(self) -> dict[str, list[tuple[float, float]]]:
        """(kimg, norm of a step as a share of the norm of all weights) of each side. Older runs lack it."""
        return {
            side: [
                (kimg, float(row[f"{side}/norms/update"]) / max(float(row[f"{side}/norms/weight"]), 1e-12))
                for kimg, row in ((float(row["kimg"]), row) for row in self.stats)
                if is_number(row.get(f"{side}/norms/weight")) and is_number(row.get(f"{side}/norms/update"))
            ]
            for side in SIDES
        }

    @cached_property
    def growth(self) -> dict[str, list[tuple[float, float]]]:
        """(kimg, norm of all weights as a multiple of that of the first row) of each side."""
        return {
            side: [(kimg, norm / max(rows[0][1], 1e-12)) for kimg, norm in rows] for side, rows in self.weights.items()
        }

    def saturation(self, grid: dict[str, float]) -> float:
        """Return 1 or more if large steps have brought most values of the images to their limits, where G cannot learn.

        tanh has no gradient there.
        """
        grown = latest(self.growth["generator"], grid["kimg"]) or 0.0
        return float(min(grid.get("clipped", 0.0) / CLIPPED, grown / GROWN_FAST))

    @property
    def is_blown_up(self) -> bool:
        """Return whether large steps have changed the weights so much that usual steps cannot bring them back."""
        grown = any(rows[-1][1] >= GROWN for rows in self.growth.values() if rows)
        saturated = bool(self.grids) and self.saturation(self.grids[-1]) >= 1
        return (
            grown or saturated or any(step >= HUGE_STEP for rows in self.relative_updates.values() for _, step in rows)
        )

    def gradient_norms(self, side: str) -> list[tuple[float, float]]:
        """Return (kimg, norm of the gradient of all weights of a side)."""
        prefix = side + GRADIENT
        found = []
        for row in self.stats:
            norms = [float(value) for name, value in row.items() if name.startswith(prefix)]
            if norms:
                found.append((float(row["kimg"]), sum(norm**2 for norm in norms) ** 0.5))
        return found


def chance(loss: AdversarialLoss) -> float | None:
    """Return D's smallest loss if it gives all images one score; None if that is no scale, as for Wasserstein's.

    Cross-entropy 2 log 2, hinge 2, least squares 1/4, relativistic log 2.
    """
    score = torch.linspace(-2, 2, 161)
    least = float(loss.discriminator(score, score).min())
    return least if least > 1e-3 else None


def case_of(run: RunData) -> Case:
    """Return the case of a run on disk. It reads every sample grid if one has no row of symptoms yet."""
    recipe = read_recipe(run.recipe)
    grids, translations = grids_of(run, recipe)
    return Case(
        run=str(run.path),
        recipe=recipe,
        stats=run.stats,
        grids=grids,
        translations=translations,
        metrics=run.metrics,
        events=run.events,
        images=run.images,
        budget_images=number(run.status, "budget_images"),
        state=run.state,
        data=str(run.config.get("data") or ""),
        hold_out=int(number(run.config, "hold_out")),
    )


def grids_of(run: RunData, recipe: Recipe | None) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Return the symptoms of sample grids, and those of a translator's grids: written ones, else from the files."""
    translates = recipe is not None and recipe.sources != "none"
    written = complete_translations(run.symptoms) if translates else complete(run.symptoms)
    if {kimg for kimg, _ in run.grids} <= {row["kimg"] for row in written}:
        return ([], written) if translates else (written, [])
    if translates:
        assert recipe is not None
        return [], completed(symptoms_of_translations(run.grids, routes(recipe)), run.symptoms)
    return completed(symptoms_of_grids(run.grids, run.reals, bool(run.recipe.get("condition"))), run.symptoms), []


def routes(recipe: Recipe) -> int:
    """Return the directions that a translator's grids show."""
    return 2 if recipe.sources == "unpaired" else 1


def completed(rows: list[dict[str, float]], written: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the rows with what only the training could measure. An older mien may have written fewer symptoms."""
    known = {row["kimg"]: row for row in written}
    return [{**known.get(row["kimg"], {}), **row} for row in rows]


def read_recipe(found: dict[str, Any]) -> Recipe | None:
    try:
        return from_json(found, Path("recipe.json"))
    except MienError:
        return None
