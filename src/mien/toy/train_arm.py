"""Train one arm of an experiment, and record its numbers and frames at fixed numbers of images."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from mien.batch import Batch
from mien.config.budget import Budget
from mien.data.batches import derive_seed
from mien.errors import DivergenceError
from mien.protocols import noise_generator
from mien.recipes.recipe import Recipe
from mien.runtime.console import Line
from mien.toy.distances import SAMPLES, DistributionMetrics, claimed, generator_gradient_norm
from mien.toy.distributions import Mixture
from mien.training.loop import Progress, train
from mien.training.state import Training

FRAMES = 50  # of the film, besides the one before training
EARLY = 1.5  # frame k stands at (k / FRAMES) ** EARLY of the budget: most happens early
FIELD_CELLS = {1: 241, 2: 61}  # places along an axis at which D is evaluated
VIEW = 1.7  # the frames show [-VIEW, VIEW] on each axis, or as far as the points of the beginning lie


@dataclass(frozen=True)
class Frame:
    """points: generated, [SAMPLES, dimensions]. field: D's realness at each place of the view, [n] or [n,n] (row: y,
    downwards; column: x)."""

    kimg: float
    points: Tensor
    field: Tensor
    row: dict[str, float]


@dataclass
class Arm:
    """The recorded training of one recipe. weights: of D's matrices at the end, [n]. seconds: without the recording."""

    recipe: Recipe
    mixture: Mixture
    view: float
    frames: list[Frame] = field(default_factory=list)
    weights: Tensor = field(default_factory=lambda: torch.empty(0))
    seconds: float = 0.0

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows as in stats.jsonl: "kimg", and a number under each name."""
        return [{"kimg": frame.kimg, **frame.row} for frame in self.frames]

    @property
    def last(self) -> dict[str, float]:
        return self.frames[-1].row


@dataclass(frozen=True)
class PointBatches:
    """Endless fresh points [N,D,1,1]; each batch is a function of (seed, images shown, player)."""

    mixture: Mixture
    batch_size: int
    seed: int

    def __call__(self, images: int, purpose: str) -> Iterator[Batch]:
        while True:
            random = torch.Generator().manual_seed(derive_seed(self.seed, 0, images, purpose, "points"))
            points = self.mixture.sample(self.batch_size, random)[:, :, None, None]
            yield Batch(image=points, seed=derive_seed(self.seed, 0, images, purpose))
            images += self.batch_size


def train_arm(recipe: Recipe, mixture: Mixture, budget: Budget, seed: int, line: Line) -> Arm:
    """Train `recipe` on `mixture`. Exact for a budget of images: same seed, same machine, same numbers."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # networks this small are slower on several
    try:
        return train_and_record(recipe.replace(channels=mixture.dimensions), mixture, budget, seed, line)
    finally:
        torch.set_num_threads(threads)


def train_and_record(recipe: Recipe, mixture: Mixture, budget: Budget, seed: int, line: Line) -> Arm:
    training = recipe.build(torch.device("cpu"), seed)
    recorder = FrameRecorder(training, recipe, mixture, seed)
    arm = Arm(recipe, mixture, recorder.view)
    arm.frames.append(recorder.frame(Progress(0, {})))
    batches = PointBatches(mixture, recipe.batch_size, seed)
    begun, looked = time.monotonic(), 0.0
    for progress in train(training.players, batches, recipe.batch_size, training.ema, float("inf")):
        training.statistics.add(progress.statistics)
        share = budget.share(progress.images, time.monotonic() - begun - looked)
        if share >= (len(arm.frames) / FRAMES) ** EARLY:
            pause = time.monotonic()
            arm.frames.append(recorder.frame(progress))
            looked += time.monotonic() - pause
        if line.due():
            line.show(share, f"{recipe.name} on {mixture.name}: {recorder.words(arm.last)}")
        if share >= 1:
            break
    arm.seconds = time.monotonic() - begun - looked
    discriminator = training.game.discriminators["D"]
    arm.weights = torch.cat([part.detach().flatten() for part in discriminator.parameters() if part.ndim > 1])
    return arm


class FrameRecorder:
    """Records a training without changing it: always the same latents, and the generator itself, because its moving
    average would hide that it hops."""

    def __init__(self, training: Training, recipe: Recipe, mixture: Mixture, seed: int):
        self.training, self.loss, self.mixture = training, recipe.loss, mixture
        self.generator, self.discriminator = training.game.generators["G"], training.game.discriminators["D"]
        self.metrics = DistributionMetrics(mixture)
        random = torch.Generator().manual_seed(derive_seed(seed, "look"))
        self.z = torch.randn(SAMPLES, noise_generator(self.generator).latent_dim, generator=random)
        with torch.no_grad():
            reach = float(self.generator(self.z).abs().max())
        self.view = max(VIEW, 1.15 * reach)
        self.places = places(mixture.dimensions, self.view)

    def frame(self, progress: Progress) -> Frame:
        """The points, the field and the numbers now. Raises DivergenceError if a number is not finite."""
        with torch.no_grad():
            fake = self.generator(self.z)
            field = self.loss.realness(self.discriminator(self.places))
        fake.requires_grad_()
        real_logits = self.discriminator(self.metrics.real[:, :, None, None])
        fake_logits = self.discriminator(fake)
        points = fake.detach().flatten(1)
        if not (points.isfinite().all() and fake_logits.isfinite().all()):
            raise DivergenceError(
                f"--set: a point stopped being finite at {progress.images / 1000:g} kimg; take lower rates: "
                "--set discriminator.optimizer.lr=1e-4 --set generator.optimizer.lr=1e-4"
            )
        row = {
            **asdict(self.metrics(points)),
            **claimed(self.loss, real_logits.detach(), fake_logits.detach()),
            "generator_gradient_norm": generator_gradient_norm(self.loss, real_logits.detach(), fake_logits, fake),
            "place": float(points[:, 0].mean()),
            **self.training.statistics.read(),
        }
        self.training.statistics.reset()
        side = FIELD_CELLS[self.mixture.dimensions]
        return Frame(progress.images / 1000, points, field.reshape([side] * self.mixture.dimensions), row)

    def words(self, row: dict[str, float]) -> str:
        of = len(self.mixture.centres)
        return f"{row['modes']:.0f} of {of} {self.mixture.mode}, {row['good']:.0%} good, W {row['wasserstein']:.2f}"


def places(dimensions: int, view: float) -> Tensor:
    """The places at which D is evaluated: [n,1,1,1], or [n*n,2,1,1] row by row from the top."""
    axis = torch.linspace(-view, view, FIELD_CELLS[dimensions])
    if dimensions == 1:
        return axis[:, None, None, None]
    y, x = torch.meshgrid(axis.flip(0), axis, indexing="ij")
    return torch.stack([x, y], dim=2).flatten(0, 1)[:, :, None, None]
