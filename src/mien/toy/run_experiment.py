"""Choose an experiment by names and flags, train its arms, and write page.html, film.gif, film.webp, numbers.json."""

from __future__ import annotations

import difflib
import itertools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mien.config.budget import Budget, parse_budget
from mien.config.overrides import paths
from mien.errors import UsageError
from mien.media.animation import gif, webp
from mien.recipes.recipe import Recipe
from mien.reports.embedding import Embedded, compress, uri
from mien.runtime.atomic_files import io_errors, write_bytes, write_json, write_text
from mien.runtime.console import progress_line
from mien.toy import recipes
from mien.toy.distributions import DISTRIBUTIONS
from mien.toy.experiments import EXPERIMENTS, Experiment, free
from mien.toy.frames import SHOWN, draw_film, draw_weights
from mien.toy.page import page
from mien.toy.table import cells, plain, reference
from mien.toy.train_arm import train_arm

MAX_ARMS = 4


@dataclass(frozen=True)
class ExperimentResult:
    """numbers: of each arm at the end. rows: the same as text, and a row of the real points."""

    page: Path
    films: tuple[Path, ...]
    numbers: dict[str, dict[str, float]]
    rows: list[list[str]]

    def as_dict(self) -> dict[str, Any]:
        return {"page": str(self.page), "films": [str(path) for path in self.films], "arms": self.numbers}

    def __str__(self) -> str:
        films = "\n".join(f"film  {path}" for path in self.films)
        return f"{plain(self.rows)}\n\npage  {self.page}\n{films}"


def choose_experiment(name: str, recipe: str | None, changes: tuple[str, ...]) -> Experiment:
    """The experiment of that name, or a distribution with recipes. Raises UsageError with the nearest name, and for a
    change that fits no arm."""
    if name in EXPERIMENTS:
        if recipe:
            raise UsageError(
                f"--recipe {recipe}: {name} has arms of its own; only a distribution takes --recipe: ring, grid …"
            )
        chosen = EXPERIMENTS[name]()
    elif name in DISTRIBUTIONS:
        requested = tuple(recipes.find(one) for one in (recipe or "gan").split(","))
        if len(requested) > MAX_ARMS or len({one.name for one in requested}) < len(requested):
            raise UsageError(f"--recipe {recipe}: up to {MAX_ARMS} different recipes fit side by side")
        chosen = free(DISTRIBUTIONS[name](), requested)
    else:
        known = [*EXPERIMENTS, *DISTRIBUTIONS]
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        raise UsageError(f"mien lab {name}: no such experiment or distribution: {hint}")
    return replace(chosen, arms=changed(chosen.arms, changes))


def changed(arms: tuple[Recipe, ...], changes: tuple[str, ...]) -> tuple[Recipe, ...]:
    """The arms with each change in every arm that has the setting; at least one arm must have it."""
    for change in changes:
        path = change.partition("=")[0]
        having = [arm for arm in arms if path in {key for key, _, _ in paths(arm)}] or list(arms)
        arms = tuple(arm.override((change,)) if arm in having else arm for arm in arms)
    for arm in arms:
        if arm.resolution != (1, 1):
            raise UsageError("--set resolution: a point is an image of one pixel")
    return arms


def run_experiment(
    experiment: Experiment, budget: str | None, seed: int, outdir: Path, words: Sequence[str]
) -> ExperimentResult:
    """Train every arm with the full budget, then write the files. words: the command line, for the page."""
    limit = Budget(images=float(experiment.images)) if budget is None else parse_points(budget)
    with progress_line() as line:
        arms = [train_arm(recipe, experiment.mixture, limit, seed, line) for recipe in experiment.arms]
        line.show(1.0, "making the video")
        real = experiment.mixture.sample(SHOWN, torch.Generator().manual_seed(0)).numpy()
        frames, durations = draw_film(arms, real)
    film = webp(frames, durations)
    films = {"film.gif": gif(frames, durations), "film.webp": film}
    html = page(
        experiment,
        arms,
        Embedded(uri(film, "webp"), *frames[0].size),
        compress(draw_weights(arms)),
        shlex.join(["mien", *words]),
    )
    folder = new_folder(outdir, experiment.folder)
    for name, data in films.items():
        write_bytes(folder / name, data)
    write_text(folder / "page.html", html)
    write_json(folder / "numbers.json", {arm.recipe.name: arm.rows for arm in arms})
    numbers = {arm.recipe.name: {"seconds": arm.seconds, **arm.rows[-1]} for arm in arms}
    rows = [*(cells(arm) for arm in arms), reference(experiment.mixture)]
    return ExperimentResult(folder / "page.html", tuple(folder / name for name in films), numbers, rows)


def parse_points(text: str) -> Budget:
    """A budget of points or time. Raises UsageError, also for epochs, because fresh points never end."""
    if "ep" in text.lower():
        raise UsageError(f"--budget {text!r}: fresh points have no epochs: write 300kimg or 20s")
    return parse_budget(text, 1)


def new_folder(outdir: Path, name: str) -> Path:
    """outdir/00007-name, the next free number: nothing is overwritten."""
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
