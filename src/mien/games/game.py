"""The interface of every game, for the training loop and for the generation of images."""

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
"""Data that a game reads besides images: nothing, the source of each image, or a separate set of sources."""


def trained(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
    """Return the parameters with requires_grad=True. Call it before a player freezes them."""
    return [parameter for module in modules for parameter in module.parameters() if parameter.requires_grad]


@contextmanager
def with_graph(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Build the autograd graph of these parameters even while they are frozen, as in the discriminators' turn."""
    for parameter in parameters:
        parameter.requires_grad_(True)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(False)


@dataclass(frozen=True)
class Networks:
    """The factory of a game's networks. Each call makes a new network from the recipe's settings.

    Keywords change arguments of its constructor: `networks.discriminator(width=32)`. build_discriminator: None if the
    recipe has no discriminator.
    """

    build_generator: Callable[..., nn.Module]
    build_discriminator: Callable[..., nn.Module] | None

    @property
    def have_discriminator(self) -> bool:
        return self.build_discriminator is not None

    def generator(self, **changes: Any) -> nn.Module:
        return self.build_generator(**changes)

    def discriminator(self, **changes: Any) -> nn.Module:
        """Return a new discriminator. Raises UsageError if the recipe has none."""
        if self.build_discriminator is None:
            raise UsageError("discriminator=none: this recipe's game needs a discriminator")
        return self.build_discriminator(**changes)


class Game(ABC):
    """Turns batches into turns for its networks. A game may have any number of networks on each side.

    generators, discriminators: by name. `mien generate` uses "G"; translations name theirs in `routes`. memory: tensors
    that last from one update to the next. sources: the data that it reads besides images. accepts: what a recipe may
    add: "condition" (labels in the batches), and the options "augment" and "paired_labels" of `build`.
    """

    sources: ClassVar[Sources] = "none"
    accepts: ClassVar[frozenset[str]] = frozenset()

    generators: dict[str, nn.Module]
    discriminators: dict[str, nn.Module]
    memory: Memory

    @classmethod
    @abstractmethod
    def build(cls, networks: Networks, **options: Any) -> Game:
        """Return the game with new networks, first the generators. options: of its constructor."""

    @abstractmethod
    def discriminator_turn(self, batch: Batch) -> Turn:
        """Return the turn of the discriminators. Its fakes have no graph of the generator."""

    @abstractmethod
    def generator_turn(self, batch: Batch) -> Turn: ...


class Translation(Game):
    """A game from images to images.

    routes: target domain -> the generator that leads there and, if there is one, the generator that leads back.
    """

    routes: ClassVar[dict[str, tuple[str, ...]]]

    @abstractmethod
    def show(self, generators: dict[str, nn.Module], batch: Batch) -> Tensor:
        """Return the rows of a sample grid: images of a batch and their translations, [M,C,H,k*W] in [-1, 1]."""
