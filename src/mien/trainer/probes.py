"""What only a running training can measure for the doctor: it has the networks and the training set.

Each number needs a few passes through a network, at each sample grid. They change no weight and no random number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.batch import Batch
from mien.data.sampling import spread
from mien.games.game import Translation
from mien.media.pixels import from_pixels
from mien.reports.doctor.image_symptoms import EPSILON, distances, diversity, thumbnails
from mien.reports.doctor.set_symptoms import TrainingSet
from mien.trainer.held_out import HeldOut
from mien.trainer.setup import Setup

MOST = 2000  # images of the set whose small copies are compared
MOST_BYTES = 1 << 30  # of these images in full size
PART = 128  # of them that are read at once
EARLY = 400  # steps
PROBED = 64  # images of each kind that the discriminator judges
ERRORS = 2.0  # standard errors by which the evidence must exceed 0
EVERY = 8000  # images between two passes of PROBED images of each kind through the discriminator
NOISE = 8 / 127.5  # added to a translation, in units of [-1, 1]: eight levels, which nobody sees


class Probes:
    """The measurements of one training. labels: [N,K] of the sample grid, None without a condition."""

    def __init__(self, setup: Setup, labels: Tensor | None = None, examples: list[Batch] | None = None):
        self.setup, self.labels, self.examples = setup, labels, examples or []

    def measure(self, pixels: np.ndarray, images: int = EVERY, before: int = 0) -> dict[str, float]:
        """Return the symptoms of a sample grid, uint8 [N,H,W,C], that need networks or the training set.

        {} in the first EARLY steps: no diagnosis reads them there, and the first grids follow each other closely.
        images: of the training. before: those of the grid before. The discriminator judges them once in EVERY images.
        """
        if max(player.steps for player in self.setup.training.players) < EARLY:
            return {}
        if isinstance(self.setup.training.game, Translation):
            return self.hidden()
        due = images // EVERY > before // EVERY
        return {**self.training_set.symptoms(pixels), **(self.memorized(pixels) if due else {})}

    @cached_property
    def training_set(self) -> TrainingSet:
        pixels = self.setup.batches.pixels
        most = max(PROBED, min(MOST, MOST_BYTES // pixels[0].numel()))
        parts = torch.from_numpy(spread(len(pixels), most)).split(PART)
        small_images = [thumbnails(pixels[part.to(pixels.device)].cpu().numpy()) for part in parts]
        return TrainingSet(np.concatenate(small_images), self.setup.recipe.data.mirror)

    @cached_property
    def known(self) -> HeldOut:
        """Real images that the discriminator sees in training."""
        pixels, labels = self.setup.batches.pixels, self.setup.batches.labels
        chosen = torch.from_numpy(self.setup.batches.indices(0, min(PROBED, len(pixels))))
        return HeldOut(
            pixels[chosen.to(pixels.device)].cpu().numpy(),
            None if labels is None else labels[chosen.to(labels.device)].cpu().numpy(),
        )

    def memorized(self, pixels: np.ndarray) -> dict[str, float]:
        """Return how far D's answers to new real images lie on the way from known ones to generated ones: 0 to 1.

        It is r_v of Karras et al. 2020 (ADA), equation 1, less two standard errors. {} without held-out images.
        """
        held = self.setup.held_out
        judges = list(self.setup.training.game.discriminators.values())
        if held is None or not judges or (self.labels is not None and held.labels is None):
            return {}
        shown = HeldOut(pixels[:PROBED], None if self.labels is None else self.labels[:PROBED].cpu().numpy())
        with evaluating(judges[0]):
            known, new, fake = (self.logits(judges[0], one) for one in (self.known, held, shown))
        apart = known.mean() - fake.mean()
        error = ERRORS * np.sqrt(known.var() / len(known) + new.var() / len(new))
        forgotten = (known.mean() - new.mean()) * np.sign(apart) - error
        return {"memorized": float(np.clip(forgotten / max(abs(apart), EPSILON), 0, 1))}

    def logits(self, judge: nn.Module, images: HeldOut) -> np.ndarray:
        """Return D's mean logit [N] of each image."""
        device = self.setup.device
        labels = None if images.labels is None else torch.from_numpy(images.labels).to(device)
        found: Tensor = judge(from_pixels(torch.from_numpy(images.pixels).to(device)), labels)
        return found.flatten(1).mean(1).double().cpu().numpy() if found.ndim > 1 else found.double().cpu().numpy()

    def hidden(self) -> dict[str, float]:
        """Return what invisible noise on a translation adds to the error of the way back (Chu et al. 2017).

        The unit is the distance of two sources. The number is that of the worse direction; {} without a way back.
        """
        game, found = self.setup.training.game, []
        assert isinstance(game, Translation)
        networks = self.setup.training.ema.modules
        for target, route in game.routes.items():
            if len(route) < 2 or len(self.examples) < 2:
                continue
            there, back = (networks[name] for name in route)
            sources = torch.cat([source_for(target, one) for one in self.examples])
            result = torch.cat([there(source) for source in sources.split(1)])
            noise = torch.randn(result.shape, generator=torch.Generator().manual_seed(0)).to(result) * NOISE
            clean, noisy = (torch.cat([back(one) for one in way.split(1)]) for way in (result, result + noise))
            start = small(sources)
            errors = [float(np.diag(distances(small(way), start)).mean()) for way in (noisy, clean)]
            found.append((errors[0] - errors[1]) / (diversity(start) + EPSILON))
        return {"hidden": max(found)} if found else {}


def source_for(target: str, batch: Batch) -> Tensor:
    """Return the source of a translation to this domain: of an unpaired batch, `image` is of domain B."""
    source = batch.source if target == "B" else batch.image
    assert source is not None  # an example of a translation has both
    return source


def small(images: Tensor) -> np.ndarray:
    """Return the thumbnails of images [N,C,H,W] in [-1, 1]."""
    return thumbnails(images.permute(0, 2, 3, 1).float().cpu().numpy())


@contextmanager
def evaluating(module: nn.Module) -> Iterator[Any]:
    """Use a network without training it: no running statistics change, and no power iteration is made."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
