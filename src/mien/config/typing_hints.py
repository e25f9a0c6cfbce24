"""The types of settings: type hints of the fields, or of the constructor, of a class."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from functools import cache
from typing import Any

from mien.config.spec import Spec
from mien.errors import UsageError


def hints_of(kind: Any) -> dict[str, Any]:
    """Return name -> type of a class's arguments.

    It is empty for a user's class with types that its file imports for a type checker only.
    """
    return read_hints(kind)


@cache
def read_hints(kind: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind if dataclasses.is_dataclass(kind) else kind.__init__)
    except NameError:
        return {}


def expressible(hint: Any) -> bool:
    simple = any(option in (bool, int, float, str, type(None)) for option in options(hint))
    return simple or typing.get_origin(hint) is typing.Literal or is_pair(hint)


def options(hint: Any) -> tuple[Any, ...]:
    origin = typing.get_origin(hint)
    return typing.get_args(hint) if origin in (types.UnionType, typing.Union, typing.Literal) else (hint,)


def is_pair(hint: Any) -> bool:
    return typing.get_origin(hint) is tuple and set(typing.get_args(hint)) <= {int, float}


def called(hint: Any) -> str:
    """Return a type in words: "int", "float or Cosine or Linear", "2 numbers"."""
    if is_pair(hint):
        return f"{len(typing.get_args(hint))} numbers"
    if typing.get_origin(hint) is tuple:
        return "texts" if str in typing.get_args(hint) else "list"
    if typing.get_origin(hint) is dict:
        return f"dict of {called(typing.get_args(hint)[1])}"
    if typing.get_origin(hint) is Spec:
        (hint,) = typing.get_args(hint)
    return " or ".join(
        "none" if kind is type(None) else called(kind) if kind is not hint else getattr(kind, "__name__", str(kind))
        for kind in options(hint)
    )


def fits(value: Any, hint: Any) -> bool:
    """Return whether a decoded value is of this type. An int is a float as well, but neither is a bool."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return value in inner
    if options(hint) != (hint,):
        return any(fits(value, option) for option in inner)
    if hint in (int, float):
        return isinstance(value, int | float if hint is float else int) and not isinstance(value, bool)
    if origin in (tuple, list):  # both come back from a file as a tuple
        if not isinstance(value, tuple):
            return False
        each = inner[:1] * len(value) if origin is list or ... in inner else inner
        return len(each) == len(value) and all(map(fits, value, each))
    if origin is dict:
        return isinstance(value, dict) and all(fits(part, inner[1]) for part in value.values())
    if origin is Spec:
        return isinstance(value, Spec) and (inner[0] is Any or issubclass(value.of, inner[0]))
    if getattr(hint, "_is_protocol", False):
        return all(hasattr(value, name) for name in vars(hint) if not name.startswith("_"))
    return not isinstance(hint, type) or isinstance(value, tuple if hint is list else hint)


def check_numbers(value: Any, least: float, name: str) -> None:
    """Raise UsageError if a number, or one in a tuple, is not finite, or is an int below `least`."""
    for number in value if isinstance(value, tuple) else (value,):
        if type(number) is int and number < least:
            raise UsageError(f"{name} must be at least {least}")
        if type(number) is float and not math.isfinite(number):
            raise UsageError(f"{name} must be a finite number")
