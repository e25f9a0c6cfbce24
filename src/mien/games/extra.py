"""Additions of a recipe to its game: options of the game, terms of a side, a head of the discriminator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import nn

if TYPE_CHECKING:
    from mien.conditioning.condition import Condition
    from mien.losses.term import Term

SideName = Literal["discriminator", "generator"]


class Extra:
    """Base class of additions: frozen dataclasses that override these methods. A method that is left out adds nothing.

    needs_condition: in a recipe without a condition it adds nothing.
    """

    needs_condition: ClassVar[bool] = False

    @property
    def is_on(self) -> bool:
        """Return False if the settings turn it off: a weight of 0."""
        return True

    def options(self) -> dict[str, Any]:
        """Return options of the game's `build`. A game that does not accept one of them refuses the recipe."""
        return {}

    def terms(self, side: SideName) -> dict[str, Term]:
        """Return the terms of this side. The key is the name in the log."""
        return {}

    def discriminator(self, inner: nn.Module, condition: Condition) -> nn.Module | None:
        """Return the discriminator of a conditional recipe, built around `inner`, or None for the condition's own."""
        return None
