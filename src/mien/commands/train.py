"""mien train: train a GAN on a folder of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.config.keywords import takes_fields_of
from mien.trainer.config import TrainConfig

if TYPE_CHECKING:
    from mien.trainer.multi_run import Runs
    from mien.trainer.run import Run


@takes_fields_of(TrainConfig)
def train(config: TrainConfig) -> Run | Runs:
    """Train a GAN on a folder of images, a zip, or the built-in faces."""
    from mien.trainer import launch, multi_run

    return multi_run.train_each(config) if config.is_series else launch.train(config)
