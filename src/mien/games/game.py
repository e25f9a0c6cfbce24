"""What the loop and the generation of images ask of any game."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from mien.batch import Batch, Memory, Turn
from mien.errors import UsageError

Sources = Literal["none", "paired", "unpaired"]
"""What a game reads besides images: nothing; for each its source; a set of sources of their own."""


def trained(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
    """The parameters that their networks want trained: those that ask for gradients as long as nobody froze them."""
    return [parameter for module in modules for parameter in module.parameters() if parameter.requires_grad]


@contextmanager
def with_graph(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Generators are frozen in the discriminators' turn; in here they keep their graph all the same, for their own."""
    for parameter in parameters:
        parameter.requires_grad_(True)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(False)


@dataclass(frozen=True)
class Networks:
    """What a game builds its networks with. A call initializes one more network, from the recipe's settings; keywords
    change arguments of its constructor: `networks.discriminator(width=32)`.

    build_discriminator: None where the recipe has none.
    """

    build_generator: Callable[..., nn.Module]
    build_discriminator: Callable[..., nn.Module] | None

    @property
    def have_discriminator(self) -> bool:
        return self.build_discriminator is not None

    def generator(self, **changes: Any) -> nn.Module:
        return self.build_generator(**changes)

    def discriminator(self, **changes: Any) -> nn.Module:
        """Raises UsageError where the recipe has none."""
        if self.build_discriminator is None:
            raise UsageError("discriminator=none: this recipe's game needs a discriminator")
        return self.build_discriminator(**changes)


class Game(ABC):
    """Turns batches into turns, for networks that it has built itself: as many on a side as it likes.

    generators, discriminators: by name. `mien generate` draws with "G"; translations name theirs in `routes`. memory:
    what lasts from one update to the next. sources: what it reads besides images. accepts: what a recipe may add:
    "condition" (labels in the batches), and the options "augment" and "paired_labels" of `build`.
    """

    sources: ClassVar[Sources] = "none"
    accepts: ClassVar[frozenset[str]] = frozenset()

    generators: dict[str, nn.Module]
    discriminators: dict[str, nn.Module]
    memory: Memory

    @classmethod
    @abstractmethod
    def build(cls, networks: Networks, **options: Any) -> Game:
        """The game with new networks: generators first, then discriminators. options: of its constructor."""

    @abstractmethod
    def discriminator_turn(self, batch: Batch) -> Turn:
        """Fakes that carry no generator graph."""

    @abstractmethod
    def generator_turn(self, batch: Batch) -> Turn: ...


class Translation(Game):
    """A game from images to images. routes: the domain that is wanted -> the generator that leads there, and, where
    there is one, the generator that leads back."""

    routes: ClassVar[dict[str, tuple[str, ...]]]

    @abstractmethod
    def show(self, generators: dict[str, nn.Module], batch: Batch) -> Tensor:
        """What a grid shows of a batch, by these generators: rows side by side, [M,C,H,k*W] in [-1, 1]."""
