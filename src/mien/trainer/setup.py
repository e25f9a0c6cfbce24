"""The parts of a training before it writes its first file: networks, batches, validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mien.conditioning.labels import labels_of, sample_of
from mien.config.budget import Budget
from mien.data.batches import Batches, derive_seed
from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet
from mien.errors import UsageError
from mien.recipes.recipe import Recipe
from mien.runtime import distributed
from mien.trainer import warm_start
from mien.trainer.config import TrainConfig
from mien.trainer.held_out import HeldOut, more_faces, split
from mien.trainer.init_source import Source
from mien.trainer.validation import Validator
from mien.training.state import Training


@dataclass(frozen=True)
class Setup:
    """A training that is ready to start or to continue.

    labels: [M,K], of a conditional training, saved in its snapshots. why: the reasons for this recipe. taken_over: the
    weights that came from another run. validator: only with --metrics. schedule: the line of the
    summary that says where the schedules end. held_out: real images that are not trained on, for the doctor.
    """

    config: TrainConfig
    recipe: Recipe
    data: PreparedSet
    device: torch.device
    budget: Budget
    training: Training
    batches: Batches
    labels: Tensor | None
    validator: Validator | None
    why: Sequence[str] = ("as the run began",)
    taken_over: Sequence[str] = ()
    schedule: str = ""
    held_out: HeldOut | None = None


def set_up(
    config: TrainConfig,
    recipe: Recipe,
    data: PreparedSet,
    device: torch.device,
    budget: Budget,
    layout: Layout | None = None,
    origin: Source | None = None,
    why: Sequence[str] = ("as the run began",),
) -> Setup:
    """Build the networks and everything else that a training needs, without writing a file.

    layout: of the data, if it was detected already. origin: another run, whose networks are the start. Raises
    UsageError or FileError, in one line, for options that cannot work.
    """
    world = distributed.world_size()
    if recipe.batch_size % world:
        raise UsageError(f"--batch {recipe.batch_size} cannot be shared by {world} processes: make it a multiple")
    make_deterministic()
    training = recipe.build(device, derive_seed(config.seed, "networks"))
    training.synchronize()
    labels = labels_of(recipe.condition, data)
    rows, held_out = split(data.images, labels, config.hold_out, recipe)
    batches = Batches(
        data.images,
        labels,
        batch_size=recipe.batch_size,
        seed=config.seed,
        rank=distributed.rank(),
        world_size=world,
        device=device,
        mirror=recipe.data.mirror,
        jitter=recipe.data.jitter,
        sources=None if recipe.sources == "none" else data.sources,
        paired=recipe.sources == "paired",
        channels_last=recipe.channels_last,
        rows=rows,
    )
    taken_over: list[str] = []
    if origin is not None:
        taken_over = warm_start.copy_weights(training, recipe, origin)
        training.synchronize()
    validator = None
    if config.validation is not None:
        validator = Validator(
            config.validation, recipe, config.data, device, training.ema.modules, sample_of(labels), layout
        )  # fmt: skip
    return Setup(
        config, recipe, data, device, budget, training, batches, sample_of(labels), validator, why, taken_over,
        held_out=held_out or more_faces(config.data, len(data.images), recipe),
    )  # fmt: skip


def rebuilt(setup: Setup, recipe: Recipe) -> Setup:
    """Return the setup with a new training of this recipe, at the same state. recipe: makes tensors of the same shapes.

    The old training is not changed.
    """
    training = recipe.build(setup.device, derive_seed(setup.config.seed, "networks"))
    training.load(setup.training.tensors(), setup.training.numbers())
    return replace(setup, recipe=recipe, training=training)


def begin_again(setup: Setup) -> None:
    """Reset the training to its state before the first round."""
    fresh = setup.recipe.build(setup.device, derive_seed(setup.config.seed, "networks"))
    setup.training.load(fresh.tensors(), fresh.numbers())
    setup.training.synchronize()


def make_deterministic() -> None:
    """Make a training repeatable to the bit: on CUDA, cuDNN chooses its kernels without timing them."""
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
