"""What the loop and the generation of pictures ask of any game."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Literal, Protocol

from torch import Tensor, nn

from mien.batch import Batch, Memory, Turn

Sources = Literal["none", "paired", "unpaired"]
"""What a game reads besides pictures: nothing; for each its source; a set of sources of their own."""


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


class Game(Protocol):
    """Networks come as generators, then discriminators, `copies` of each.

    sources, copies: "none" and 1 where a class does not say.
    """

    generators: dict[str, nn.Module]  # {"G"}, or {"G_AB", "G_BA"}
    discriminators: dict[str, nn.Module]
    memory: Memory

    def discriminator_turn(self, batch: Batch) -> Turn:
        """Fakes that carry no generator graph."""
        ...

    def generator_turn(self, batch: Batch) -> Turn: ...


class Translation(Game, Protocol):
    """A game from pictures to pictures. routes: the domain that is wanted -> the generator that leads there, and, where
    there is one, the generator that leads back."""

    sources: ClassVar[Sources]
    routes: ClassVar[dict[str, tuple[str, ...]]]

    def show(self, generators: dict[str, nn.Module], batch: Batch) -> Tensor:
        """What a grid shows of a batch, by these generators: rows side by side, [M,C,H,k*W] in [-1, 1]."""
        ...
