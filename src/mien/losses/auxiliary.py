"""The classification loss: the second half of AC-GAN's objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from mien.batch import Match, Turn
from mien.losses.term import Term
from mien.protocols import classifying_discriminator


@dataclass(frozen=True, kw_only=True)
class Auxiliary(Term):
    """-log p(label | image) by the discriminator's second head (Odena, Olah & Shlens 2017, eq. 3).

    The generator learns to generate images whose label the discriminator recognizes. The discriminator learns to
    classify real images and, with `fakes`, as in the paper, generated ones too. With many attributes the two may then
    agree on features that real images lack: fakes are soon classified correctly, and real images are not.
    """

    side: Literal["discriminator", "generator"]
    fakes: bool = False

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([self.label_loss(match) for match in turn.matches]).mean(0)

    def label_loss(self, match: Match) -> Tensor:
        """-> [N]"""
        log_prob = classifying_discriminator(match.discriminator).label_log_prob
        assert match.condition is not None and match.requested is not None  # only a conditional recipe has this term
        log_probs = []
        if self.side == "discriminator":
            log_probs.append(log_prob(match.real_features, match.condition))
        if self.side == "generator" or self.fakes:
            log_probs.append(log_prob(match.fake_features, match.requested))
        return -torch.stack(log_probs).sum(0)
