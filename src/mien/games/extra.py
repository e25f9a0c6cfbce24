"""What a recipe may add to its game: options of the game, terms of a side, another head around the discriminator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import nn

if TYPE_CHECKING:
    from mien.conditioning.condition import Condition
    from mien.losses.term import Term

SideName = Literal["discriminator", "generator"]


class Extra:
    """A frozen dataclass derives from it and says in these methods what it adds. What it leaves out adds nothing.

    needs_condition: in a recipe without a condition it adds nothing.
    """

    needs_condition: ClassVar[bool] = False

    @property
    def is_on(self) -> bool:
        """False where its own settings take it away: a weight of 0."""
        return True

    def options(self) -> dict[str, Any]:
        """Options of the game's `build`. The game accepts each of them, or the recipe is refused."""
        return {}

    def terms(self, side: SideName) -> dict[str, Term]:
        """Terms of this side; the key is the name in the log."""
        return {}

    def discriminator(self, inner: nn.Module, condition: Condition) -> nn.Module | None:
        """A conditional recipe's discriminator around `inner`. None: as the condition has it, which tells the label."""
        return None
