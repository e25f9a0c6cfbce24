"""From names and flags to an experiment, and from an experiment to its files: page.html, film.gif, film.webp,
numbers.json."""

from __future__ import annotations

import difflib
import io
import itertools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from mien.config.budget import Budget, parse_budget
from mien.config.overrides import paths
from mien.errors import UsageError
from mien.media.animation import gif, webp
from mien.recipes.recipe import Recipe
from mien.reports.embedding import uri
from mien.runtime.atomic_files import io_errors, write_bytes, write_json, write_text
from mien.runtime.console import progress_line
from mien.toy import recipes
from mien.toy.distributions import DISTRIBUTIONS
from mien.toy.experiments import EXPERIMENTS, Experiment, free
from mien.toy.frames import SHOWN, film, weights
from mien.toy.page import page
from mien.toy.table import cells, plain, reference
from mien.toy.train_arm import Arm, run_arm

MOST_ARMS = 4


@dataclass(frozen=True)
class Studied:
    """numbers: each arm's at the end. rows: the same as text, with the real points' own."""

    page: Path
    films: tuple[Path, ...]
    numbers: dict[str, dict[str, float]]
    rows: list[list[str]]

    def as_dict(self) -> dict[str, Any]:
        return {"page": str(self.page), "films": [str(path) for path in self.films], "arms": self.numbers}

    def __str__(self) -> str:
        films = "\n".join(f"film  {path}" for path in self.films)
        return f"{plain(self.rows)}\n\npage  {self.page}\n{films}"


def choose(name: str, recipe: str | None, changes: tuple[str, ...]) -> Experiment:
    """Raises UsageError with the nearest name, and for a change that no arm can take."""
    if name in EXPERIMENTS:
        if recipe:
            raise UsageError(
                f"--recipe {recipe}: {name} has arms of its own; a distribution takes --recipe: ring, grid …"
            )
        chosen = EXPERIMENTS[name]()
    elif name in DISTRIBUTIONS:
        wanted = tuple(recipes.find(one) for one in (recipe or "gan").split(","))
        if len(wanted) > MOST_ARMS or len({one.name for one in wanted}) < len(wanted):
            raise UsageError(f"--recipe {recipe}: up to {MOST_ARMS} different recipes fit side by side")
        chosen = free(DISTRIBUTIONS[name](), wanted)
    else:
        known = [*EXPERIMENTS, *DISTRIBUTIONS]
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        raise UsageError(f"mien lab {name}: no such experiment or distribution: {hint}")
    return replace(chosen, arms=changed(chosen.arms, changes))


def changed(arms: tuple[Recipe, ...], changes: tuple[str, ...]) -> tuple[Recipe, ...]:
    """Each change goes to the arms that have such a setting; at least one must."""
    for change in changes:
        path = change.partition("=")[0]
        having = [arm for arm in arms if path in {key for key, _, _ in paths(arm)}] or list(arms)
        arms = tuple(arm.override((change,)) if arm in having else arm for arm in arms)
    for arm in arms:
        if arm.resolution != (1, 1):
            raise UsageError("--set resolution: a point is a picture of one pixel")
    return arms


def study(experiment: Experiment, budget: str | None, seed: int, outdir: Path, words: Sequence[str]) -> Studied:
    """Train every arm, each with the whole budget, then write. words: the command line, for the page."""
    limit = Budget(images=float(experiment.images)) if budget is None else parse_points(budget)
    with progress_line() as line:
        arms = [run_arm(recipe, experiment.mixture, limit, seed, line) for recipe in experiment.arms]
        line.show(1.0, "drawing the film")
        real = experiment.mixture.sample(SHOWN, torch.Generator().manual_seed(0)).numpy()
        shown, durations = film(arms, real)
    moving = webp(shown, durations)
    films = {"film.gif": gif(shown, durations), "film.webp": moving}
    made = page(experiment, arms, tag(moving, shown[0], "the film"), histogram(arms), shlex.join(["mien", *words]))
    folder = new_folder(outdir, experiment.folder)
    for name, data in films.items():
        write_bytes(folder / name, data)
    write_text(folder / "page.html", made)
    write_json(folder / "numbers.json", {arm.recipe.name: arm.rows for arm in arms})
    numbers = {arm.recipe.name: {"seconds": arm.seconds, **arm.rows[-1]} for arm in arms}
    rows = [*(cells(arm) for arm in arms), reference(experiment.mixture)]
    return Studied(folder / "page.html", tuple(folder / name for name in films), numbers, rows)


def parse_points(text: str) -> Budget:
    """Raises UsageError, for epochs too: fresh points never end."""
    if "ep" in text.lower():
        raise UsageError(f"--budget {text!r}: fresh points have no epochs: write 300kimg or 20s")
    return parse_budget(text, 1)


def new_folder(outdir: Path, name: str) -> Path:
    """00007-name: nothing is ever overwritten."""
    with io_errors(outdir):
        outdir.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(sum(path.is_dir() for path in outdir.iterdir())):
            folder = outdir / f"{number:05d}-{name}"
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                continue
    raise AssertionError("counting ended")


def histogram(arms: Sequence[Arm]) -> str:
    picture = weights(arms)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True)
    return tag(buffer.getvalue(), picture, "histogram of D's weights for each arm")


def tag(data: bytes, picture: Image.Image, alt: str) -> str:
    """data: a WebP file of the picture's size."""
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img style="max-width:100%;height:auto;border-radius:8px" {size} alt="{alt}" src="{uri(data, "webp")}">'
