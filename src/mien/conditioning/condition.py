"""The condition of a recipe's networks: a class, attributes or a text. Labels are float32 [N,dim]."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from torch import nn

from mien.config.spec import Spec
from mien.data.attributes import attributes_of
from mien.errors import UsageError
from mien.networks.conditional import AuxiliaryDiscriminator, ConditionalGenerator, ProjectionDiscriminator

if TYPE_CHECKING:
    from mien.data.layouts import Layout
    from mien.data.prepared import PreparedSet

Kind = Literal["class", "attributes", "text", "own"]
"""own: what a class of the user's own makes of the images, and of a request."""


@dataclass(frozen=True)
class Condition:
    """The kind and the size of a condition, and the networks for it.

    dim: numbers of a label. names: one for each number; none for text. encoder: turns a text into numbers.
    embedding_dim: size of the embedded label, the generator's input beside z. noise: added to a label during training,
    as a share of the label's length.
    """

    kind: Kind
    dim: int
    names: tuple[str, ...] = ()
    encoder: str = ""
    embedding_dim: int = 64
    noise: float = 0.0

    # --- what a condition of your own overrides: `--cond my_pose.py:Pose` --------------------------------------------

    @classmethod
    def of(cls, layout: Layout) -> Condition:
        """`cls("own", dim=…)` for the images of a data set. Raises UsageError for images that do not suit it."""
        raise UsageError(f"{cls.__name__} has no of(layout): it returns the condition that suits a data set")

    def labels(self, prepared: PreparedSet) -> np.ndarray:
        """Numbers [N,dim] of the prepared images, from their labels or captions. A row of zeros: nothing is known."""
        raise UsageError(f"{type(self).__name__} has no labels(prepared): it returns numbers [N,dim] of the images")

    def request(self, text: str) -> np.ndarray:
        """Numbers [M,dim] of what `--condition` requests; each seed chooses a row. Raises UsageError."""
        raise UsageError(f"{type(self).__name__} has no request(text): it returns what --condition requests, [M,dim]")

    # --- networks ----------------------------------------------------------------------------------------------------

    def generator(self, spec: Spec[nn.Module], **shape: Any) -> nn.Module:
        """The generator of `spec` with the condition. Raises UsageError if its latent_dim cannot be set."""
        known = inspect.signature(spec.of).parameters
        if "latent_dim" not in known:
            raise UsageError(f"{spec.of.__name__} takes no condition: its latent_dim cannot be set")
        latent_dim = spec.arguments.get("latent_dim", known["latent_dim"].default)
        inner = spec.build(**shape, latent_dim=latent_dim + self.embedding_dim)
        return ConditionalGenerator(inner, self.dim, self.embedding_dim, self.noise)

    def discriminator(self, inner: nn.Module) -> nn.Module:
        """`inner` as a projection discriminator. Raises UsageError if it has no features."""
        return ProjectionDiscriminator(inner, self.dim)

    def classifier(self, inner: nn.Module) -> nn.Module:
        """`inner` with a second head that classifies the label. Raises UsageError if it has no features."""
        return AuxiliaryDiscriminator(inner, self.dim, self.columns)

    @property
    def columns(self) -> list[list[int]] | None:
        """Groups of label columns, one for each attribute; None for numbers without a meaning alone, as a text's."""
        if self.kind in ("text", "own"):
            return None
        if self.kind == "class":
            return [list(range(self.dim))]
        return [list(group.columns) for group in attributes_of(self.names)]
