"""Objects as data: a class and the arguments to build it with."""

from __future__ import annotations

import inspect
from typing import Any, Generic, TypeVar

from mien.errors import UsageError

T = TypeVar("T")


class Spec(Generic[T]):
    """A class and the arguments to build it with: `Spec(DCGANGenerator, width=64).build(resolution=(64, 64))`."""

    def __init__(self, build: type[T], **arguments: Any):
        unknown = set(arguments) - set(inspect.signature(build).parameters)
        if unknown:
            raise UsageError(f"{build.__name__} has no argument {', '.join(sorted(unknown))}")
        self.of, self.arguments = build, arguments

    def complete(self) -> dict[str, Any]:
        """Return the arguments with the class's plain defaults: a file with them stays valid if a default changes."""
        parameters = inspect.signature(self.of).parameters.items()
        plain = (bool, int, float, str)
        return {name: one.default for name, one in parameters if type(one.default) in plain} | self.arguments

    def build(self, *positional: Any, **more: Any) -> T:
        return self.of(*positional, **{**self.arguments, **more})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and (self.of, self.complete()) == (other.of, other.complete())

    def __hash__(self) -> int:
        return hash(self.of)

    def __repr__(self) -> str:
        return f"Spec({self.of.__name__}{''.join(f', {key}={value!r}' for key, value in self.arguments.items())})"
