"""A function of a dataclass shows the fields of the dataclass as its own arguments."""

import inspect
from dataclasses import KW_ONLY, dataclass

import pytest

from mien.config.keywords import takes_fields_of


@dataclass(frozen=True)
class Options:
    """Options of a walk.

    Args:
        to: Where it ends.
        steps: How many.
    """

    to: str
    _: KW_ONLY
    steps: int = 3


@takes_fields_of(Options)
def walk(options: Options) -> str:
    """Walk there."""
    return options.to * options.steps


def test_fields_become_arguments_with_their_types_defaults_and_help():
    assert walk("a") == "aaa" and walk(to="b", steps=2) == "bb"
    parts = inspect.signature(walk).parameters
    assert [(part.name, part.annotation, part.kind.name) for part in parts.values()] == [
        ("to", str, "POSITIONAL_OR_KEYWORD"),
        ("steps", int, "KEYWORD_ONLY"),
    ]
    assert parts["steps"].default == 3 and parts["to"].default is inspect.Parameter.empty
    assert walk.__doc__ == "Walk there.\n\nArgs:\n    to: Where it ends.\n    steps: How many."


def test_what_is_no_field_is_no_argument():
    with pytest.raises(TypeError, match="speed"):
        walk("a", speed=1)
