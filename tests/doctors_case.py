"""Cases made by hand: rows of statistics and of symptoms, as a training writes them."""

from __future__ import annotations

from typing import Any

from mien import recipes
from mien.recipes.recipe import Recipe
from mien.reports.doctor.case import Case

FINE = {
    **{"contrast": 1.0, "brightness": 0.5, "clipped": 0.0, "roughness": 1.0, "checkerboard": 1.0},
    **{"checkerboard_ratio": 1.0, "diversity": 0.9, "individuality": 1.0, "twins": 0.0, "distance": 0.3, "motion": 0.3},
}
"""The symptoms of a grid of a good run."""


def case(
    recipe: str | Recipe = "dcgan-laptop",
    loss: list[float] | float = 0.9,
    grids: list[dict[str, float]] | dict[str, float] | None = None,
    ticks: int = 20,
    kimg: float = 10.0,
    **more: Any,
) -> Case:
    """A run of `ticks` looks, `kimg` apart. loss: D's, of each row. grids: what differs from FINE in each grid."""
    losses = loss if isinstance(loss, list) else [loss] * ticks
    symptoms = grids if isinstance(grids, list) else [grids or {}] * ticks
    stats = [
        {"images": round(kimg * 1000 * n), "kimg": kimg * n, "discriminator/loss": one}
        for n, one in enumerate(losses, 1)
    ]
    shown = [{"kimg": kimg * n, **FINE, **one} for n, one in enumerate(symptoms, 1)]
    images = round(1000 * kimg * max(len(losses), len(symptoms)))
    base = {
        "run": "runs/00001-x",
        "recipe": recipes.find(recipe) if isinstance(recipe, str) else recipe,
        "stats": stats,
        "grids": shown,
        "images": images,
    }
    return Case(**{**base, "data": "faces.zip", **more})
