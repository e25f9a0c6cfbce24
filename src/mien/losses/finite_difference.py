"""The difference of two passes of the discriminator: R1 and R2 without a second gradient.

The second pass must differ from the first by the noise alone, because the difference is divided by a small number. So
it draws its augmentation and its dropout from the same random state.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from mien.batch import Match, Transform
from mien.errors import UsageError
from mien.losses.functional import finite_difference_penalty
from mien.runtime import draws


class Repeatable:
    """An augmentation that keeps the random state before it changed an image, so that a pass can be repeated."""

    def __init__(self, augment: Transform):
        self.augment = augment
        self.states: dict[int, list[Tensor]] = {}  # by the id of an image that the match holds

    def __call__(self, image: Tensor) -> Tensor:
        self.states[id(image)] = draws.states(image.device)
        return self.augment(image)


def prepare(match: Match, share: float) -> None:
    """Keep the random states of this match's passes. Raises UsageError if its discriminator cannot repeat a pass."""
    refuse(cast(nn.Module, match.discriminator), share)
    if not isinstance(match.augment, Repeatable):
        match.augment = Repeatable(match.augment)


def difference_penalty(
    match: Match, image: Tensor, condition: Tensor | None, logits: Tensor, count: int, epsilon: float
) -> Tensor:
    """Return the penalty of the last `count` images: [N,C,H,W], their condition, logits [N] or [N,P] -> [count].

    The noise is added before the augmentation, because R1 is the gradient by the un-augmented image. All images are
    augmented, because all took part in one draw. Only the last ones pass through the discriminator.
    """
    repeatable = match.augment
    assert isinstance(repeatable, Repeatable)  # `prepare` made it one
    first = len(image) - count

    def again(near: Tensor) -> Tensor:
        with draws.repeated(repeatable.states[id(image)], image.device):
            seen = repeatable.augment(near)[first:]
            return match.discriminator(seen, None if condition is None else condition[first:])

    return finite_difference_penalty(again, image, logits[first:], epsilon)


def refuse(discriminator: nn.Module, share: float) -> None:
    """Raise UsageError if two passes of this discriminator differ by more than their images."""
    for layer in discriminator.modules():
        name = type(layer).__name__
        if is_parametrized(layer):
            raise UsageError(f"epsilon: the {name} of D changes its weights with each pass: set epsilon=none")
        joins = isinstance(layer, nn.modules.batchnorm._BatchNorm) or getattr(layer, "group", 1) > 1  # StyleGAN2's
        if share < 1 and (joins or isinstance(layer, nn.modules.dropout._DropoutNd)):
            raise UsageError(f"share={share:g}: the {name} of D judges the complete batch at once: set share=1")
