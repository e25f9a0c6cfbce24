"""ADA, adaptive discriminator augmentation (Karras et al. 2020, "Training Generative Adversarial Networks with Limited
Data"): each transform has probability p, and p rises while the discriminator overfits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from mien.augmentation.affine import warp
from mien.augmentation.diffaugment import Augmentation
from mien.batch import Batch, Memory, Transform, Turn
from mien.config import schedules
from mien.config.schedules import Number
from mien.errors import UsageError
from mien.games.extra import SideName
from mien.losses.term import Term
from mien.runtime import distributed, draws


@dataclass(frozen=True)
class ADA(Augmentation):
    """The paper's pipeline "bgc": blits, geometry, color.

    p: how likely each transform is; None: adapted so that the mean of sign(D(real)) stays at `target`, by one step up
    or down after `every` minibatches, which would take it from 0 to 1 in `length` images (section 3.1).
    geometry, color, cutout: each multiplies p for its transforms, from 0 (never) to 1. R3GAN has color 0.5, cutout 1.
    """

    p: Number | None = None
    target: float = 0.6
    every: int = 4
    length: int = 500_000
    geometry: float | bool = 1.0  # bool: as mien 0.1.0 wrote it
    color: float | bool = 1.0
    cutout: float = 0.0

    def __post_init__(self) -> None:
        if self.p is not None and not 0 <= schedules.at(self.p, 0) <= 1:
            raise UsageError(f"ADA: p {schedules.at(self.p, 0):g} is not in [0, 1]")
        for name in ("geometry", "color", "cutout"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"ADA: {name} {getattr(self, name):g} is not in [0, 1]: it multiplies p")
        if not -1 < self.target < 1 or self.every < 1 or self.length < 1:
            raise UsageError(
                f"ADA: target {self.target:g}, every {self.every}, length {self.length}: "
                "target must be between -1 and 1, the others at least 1"
            )

    def at(self, batch: Batch, memory: Memory) -> Transform:
        if self.p is None:
            self.adapt(batch, memory)
        else:
            memory["ada/p"] = torch.full((), schedules.at(self.p, batch.images), device=batch.image.device)
        return partial(self.changed, p=memory["ada/p"])

    def terms(self, side: SideName) -> dict[str, Term]:
        """Return a term of weight 0 that measures the discriminator's logits."""
        return {"ada": Overfitting(weight=0.0)} if side == "discriminator" else {}

    def adapt(self, batch: Batch, memory: Memory) -> None:
        """Change p before a step, from sums that were averaged over the processes after the last step.

        Everything stays on the device: whether p is due to change is itself a number there.
        """
        zero = torch.zeros((), device=batch.image.device)
        p, signs, steps = (memory.get(f"ada/{name}", zero) for name in ("p", "signs", "steps"))
        due = steps >= self.every
        change = self.every * len(batch.image) * batch.parts * distributed.world_size() / self.length
        moved = p + change * torch.sign(signs / steps.clamp(min=1) - self.target)
        memory["ada/p"] = torch.where(due, moved.clamp(0, 1), p)
        memory["ada/signs"] = torch.where(due, zero, signs)
        memory["ada/steps"] = torch.where(due, zero, steps)

    def changed(self, image: Tensor, p: Tensor) -> Tensor:
        """Return the transformed images. Images without a transform are unchanged, to the bit."""
        if self.geometry:
            placed = draw_placement(image, p * self.geometry)
            image = torch.where(placed.any_of(), warp(image, placed.inverse()), image)
        if self.color:
            tint = draw_tint(image, p * self.color)
            image = torch.where(tint.any_of(), tint.on(image), image)
        if self.cutout:
            image = image * ~draw_cut(image, p * self.cutout)
        return image


@dataclass(frozen=True, kw_only=True)
class Overfitting(Term):
    """sign(D(real)), whose mean is the paper's r_t (eq. 1): 0 if D cannot tell real from fake, 1 if it always can.

    It has no gradient, and weight 0.
    """

    def __call__(self, turn: Turn) -> Tensor:
        signs = torch.stack([match.real_logits.detach().sign() for match in turn.matches]).mean(0)
        for name, more in (("ada/signs", signs.mean()), ("ada/steps", 1.0)):
            if name in turn.memory:  # p adapts
                turn.memory[name] = turn.memory[name] + more
        return signs

    def statistics(self, turn: Turn) -> dict[str, Tensor]:
        return {"ada/p": turn.memory["ada/p"]}


# --- random numbers: one an image for each transform ([N] each), in the order of the transforms ----------------------


class Placement(NamedTuple):
    """mirror: 1 or 0. turns: quarters, 0 to 3. step: pixels, integers. before, after: radians. stretch: s across, 1/s
    down. shift: pixels. y counts downwards."""

    mirror: Tensor
    turns: Tensor
    step_x: Tensor
    step_y: Tensor
    scale: Tensor
    before: Tensor
    stretch: Tensor
    after: Tensor
    shift_x: Tensor
    shift_y: Tensor

    def inverse(self) -> Tensor:
        """Return [N,3,3] for `warp`: from positions in the new image to the old one. Last one first."""
        return (
            scaling(1 - 2 * self.mirror, torch.ones_like(self.mirror))
            @ rotation(-math.pi / 2 * self.turns)
            @ translation(-self.step_x, -self.step_y)
            @ scaling(1 / self.scale, 1 / self.scale)
            @ rotation(-self.before)
            @ scaling(1 / self.stretch, self.stretch)
            @ rotation(-self.after)
            @ translation(-self.shift_x, -self.shift_y)
        )

    def any_of(self) -> Tensor:
        return differs(self, (0, 0, 0, 0, 1, 0, 1, 0, 0, 0))


class Tint(NamedTuple):
    """brightness is added, in images of [-1, 1]. contrast and saturation are factors. flip: 1 or 0, of the luma
    alone. hue: radians."""

    brightness: Tensor
    contrast: Tensor
    flip: Tensor
    hue: Tensor
    saturation: Tensor

    def on(self, image: Tensor) -> Tensor:
        """Of 3 channels or 1. The paper multiplies 4x4 matrices; but for the brightness, which comes first, each acts
        on a color's part along grey and on the rest of it alone, so two factors and a turn around grey are all."""
        brightness, contrast, flip, hue, saturation = (part.view(-1, 1, 1, 1) for part in self)
        grey = image.mean(1, keepdim=True)
        new_grey = contrast * (1 - 2 * flip) * (grey + brightness)
        if image.shape[1] == 1:
            return new_grey
        rest = image - grey
        across = (rest.roll(1, 1) - rest.roll(-1, 1)) / 3**0.5  # the cross product with (1, 1, 1) / sqrt(3)
        return new_grey + contrast * saturation * (hue.cos() * rest + hue.sin() * across)

    def any_of(self) -> Tensor:
        return differs(self, (0, 1, 0, 0, 1))


def draw_placement(image: Tensor, p: Tensor) -> Placement:
    """Return random geometric transforms for each image of [N,C,H,W] (appendix B, geometric transformations)."""
    height, width = image.shape[2:]
    none = image.new_zeros(len(image))
    mirror = draws.integers(0, 2, len(none), dtype=none.dtype, device=none.device)
    turns = draws.integers(0, 4, len(none), dtype=none.dtype, device=none.device)
    step = draws.uniform(2, len(image), axis=1, dtype=none.dtype, device=none.device) / 4 - 0.125
    rotated = 1 - (1 - p).sqrt()  # twice: with probability p at least once
    placed, moved = coin(none, p), coin(none, p)
    shift = 0.125 * draws.normal(2, len(image), axis=1, dtype=none.dtype, device=none.device)
    return Placement(
        mirror=torch.where(coin(none, p), mirror, 0),
        turns=torch.where(coin(none, p), turns, 0),
        step_x=torch.where(placed, (step[0] * width).round(), 0),
        step_y=torch.where(placed, (step[1] * height).round(), 0),
        scale=torch.where(coin(none, p), factor(none, 0.2), 1),
        before=torch.where(coin(none, rotated), angle(none), 0),
        stretch=torch.where(coin(none, p), factor(none, 0.2), 1),
        after=torch.where(coin(none, rotated), angle(none), 0),
        shift_x=torch.where(moved, shift[0] * width, 0),
        shift_y=torch.where(moved, shift[1] * height, 0),
    )


def draw_tint(image: Tensor, p: Tensor) -> Tint:
    """Return random color transforms for each image of [N,C,H,W] (appendix B, color transformations)."""
    none = image.new_zeros(len(image))
    return Tint(
        brightness=torch.where(coin(none, p), 0.2 * draws.normal_like(none), 0),
        contrast=torch.where(coin(none, p), factor(none, 0.5), 1),
        flip=torch.where(coin(none, p), draws.integers(0, 2, len(none), dtype=none.dtype, device=none.device), 0),
        hue=torch.where(coin(none, p), angle(none), 0),
        saturation=torch.where(coin(none, p), factor(none, 1.0), 1),
    )


def draw_cut(image: Tensor, p: Tensor) -> Tensor:
    """Return bool [N,1,H,W]: a rectangle of half the height and half the width, with its centre anywhere in the image.

    Source: appendix B, image-space corruptions.
    """
    chosen = coin(image.new_zeros(len(image)), p)
    centre = draws.uniform(2, len(image), 1, axis=1, dtype=image.dtype, device=image.device)
    rows, columns = (
        ((torch.arange(side, dtype=image.dtype, device=image.device) + 0.5) / side - middle).abs() < 0.25
        for side, middle in zip(image.shape[2:], centre.unbind())
    )
    return chosen.view(-1, 1, 1, 1) & rows[:, None, :, None] & columns[:, None, None, :]


def coin(like: Tensor, p: Tensor) -> Tensor:
    """Return bool [N], true with probability p."""
    return draws.uniform(len(like), dtype=like.dtype, device=like.device) < p


def angle(like: Tensor) -> Tensor:
    """Return angles [N], uniform over a full turn, in radians."""
    return (2 * draws.uniform(len(like), dtype=like.dtype, device=like.device) - 1) * math.pi


def factor(like: Tensor, spread: float) -> Tensor:
    """Return factors [N]: 2 to the power of normal numbers of standard deviation `spread`."""
    return (spread * draws.normal_like(like)).exp2()


def differs(drawn: tuple[Tensor, ...], neutral: tuple[int, ...]) -> Tensor:
    """bool [N,1,1,1]: whether any of a image's numbers is not the neutral one."""
    return torch.stack([part != rest for part, rest in zip(drawn, neutral, strict=True)]).any(0).view(-1, 1, 1, 1)


# --- maps as matrices [N,3,3] over (x, y, 1) --------------------------------------------------------------------------


def translation(x: Tensor, y: Tensor) -> Tensor:
    one, none = torch.ones_like(x), torch.zeros_like(x)
    return torch.stack([one, none, x, none, one, y, none, none, one], -1).view(-1, 3, 3)


def scaling(x: Tensor, y: Tensor) -> Tensor:
    one, none = torch.ones_like(x), torch.zeros_like(x)
    return torch.stack([x, none, none, none, y, none, none, none, one], -1).view(-1, 3, 3)


def rotation(radians: Tensor) -> Tensor:
    one, none, cos, sin = torch.ones_like(radians), torch.zeros_like(radians), radians.cos(), radians.sin()
    return torch.stack([cos, -sin, none, sin, cos, none, none, none, one], -1).view(-1, 3, 3)
