"""A verb that takes the fields of dataclasses."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import pytest

from mien.commands.shared_flags import RunFlags
from mien.config.keywords import takes_groups


@dataclass(frozen=True, kw_only=True)
class Base:
    """Args:
    depth: How deep.
    """

    depth: int = 3


@dataclass(frozen=True)
class Place(Base):
    """A place.

    Args:
        name: How it is called.
    """

    name: str


@takes_groups
def dig(place: Place, *, tool: str = "spade") -> tuple[Place, str]:
    """Dig a hole.

    Args:
        tool: With what.
    """
    return place, tool


def test_fields_take_the_place_of_the_dataclass():
    assert str(inspect.signature(dig)) == "(name: str, *, tool: str = 'spade', depth: int = 3) -> 'tuple[Place, str]'"
    assert dig("here") == (Place("here", depth=3), "spade")
    assert dig(name="here", depth=5, tool="hands") == (Place("here", depth=5), "hands")
    with pytest.raises(TypeError, match="colour"):
        dig("here", colour="red")


def test_the_docstring_gains_the_fields():
    text = inspect.getdoc(dig)
    assert text.startswith("Dig a hole.") and text.count("Args:") == 1
    assert [line.split(":")[0].strip() for line in text.splitlines()[3:]] == ["tool", "name", "depth"]


def test_the_flags_of_a_run_are_the_same_for_all_verbs():
    from mien.commands import generate, interpolate, mix, project, translate, video

    verbs = (generate.generate, interpolate.interpolate, mix.mix, project.project, translate.translate, video.video)
    for verb in verbs:
        parameters = inspect.signature(verb).parameters
        assert next(iter(parameters)) == "run"
        for name, part in inspect.signature(RunFlags).parameters.items():
            assert parameters[name].default == part.default and f"{name}: " in inspect.getdoc(verb)
