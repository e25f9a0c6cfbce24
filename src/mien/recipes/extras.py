"""Extras besides augmentation: a classification head (AC-GAN), and mode seeking.

`--set classifier.weight=1` and `--set mode_seeking.weight=0.1` add one to any recipe. `--set mode_seeking=none` removes
it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from mien.conditioning.condition import Condition
from mien.games.extra import Extra, SideName
from mien.losses import auxiliary, mode_seeking
from mien.losses.term import Term


@dataclass(frozen=True)
class AuxiliaryClassifier(Extra):
    """The discriminator does not get the label. Its second head predicts the label (AC-GAN: Odena et al. 2017).

    weight: of the classification loss, on both sides. 0: projection discriminator. fakes: the discriminator learns to
    classify generated images, too.
    """

    needs_condition: ClassVar[bool] = True

    weight: float = 1.0
    fakes: bool = False

    @property
    def is_on(self) -> bool:
        return self.weight > 0

    def terms(self, side: SideName) -> dict[str, Term]:
        return {"label": auxiliary.Auxiliary(side=side, weight=self.weight, fakes=self.fakes)}

    def discriminator(self, inner: nn.Module, condition: Condition) -> nn.Module:
        return condition.classifier(inner)


@dataclass(frozen=True)
class ModeSeeking(Extra):
    """Images of one label should differ as their z differs (Mao et al. 2019). weight: of the generator's term."""

    weight: float = 0.1

    @property
    def is_on(self) -> bool:
        return self.weight > 0

    def options(self) -> dict[str, Any]:
        return {"paired_labels": True}

    def terms(self, side: SideName) -> dict[str, Term]:
        return {"mode_seeking": mode_seeking.ModeSeeking(weight=self.weight)} if side == "generator" else {}


BY_NAME: dict[str, Extra] = {"classifier": AuxiliaryClassifier(), "mode_seeking": ModeSeeking()}
"""The extras that `--set NAME.weight=…` adds to a recipe without them."""
