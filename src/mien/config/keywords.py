"""Decorators for functions of dataclasses, which are then called with the fields of those dataclasses."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
Config = TypeVar("Config")
Result = TypeVar("Result")


def takes_fields_of(config: Callable[P, Config]) -> Callable[[Callable[[Config], Result]], Callable[P, Result]]:
    """A decorator: `verb(TrainConfig(data="faces"))` becomes `verb(data="faces")`.

    Names, types, defaults and help texts of the arguments are those of the dataclass, for the command line, for Python
    and for a type checker: each option is written in one place. config: a dataclass whose docstring has "Args:".
    """

    def wrap(verb: Callable[[Config], Result]) -> Callable[P, Result]:
        @functools.wraps(verb)
        def call(*args: P.args, **kwargs: P.kwargs) -> Result:
            return verb(config(*args, **kwargs))

        del call.__wrapped__  # whoever asks for the signature must not look behind it
        hints, signature = typing.get_type_hints(config, include_extras=True), inspect.signature(config)
        parameters = [part.replace(annotation=hints[name]) for name, part in signature.parameters.items()]
        returned = inspect.signature(verb).return_annotation
        set_signature(call, inspect.Signature(parameters, return_annotation=returned))
        call.__annotations__ = {**{part.name: part.annotation for part in parameters}, "return": returned}
        _, head, arguments = str(inspect.getdoc(config)).partition("Args:\n")
        call.__doc__ = f"{inspect.getdoc(verb)}\n\n{head}{arguments}"
        return call

    return wrap


def takes_groups(verb: Callable[..., Result]) -> Callable[..., Result]:
    """A decorator: in place of each parameter whose type is a dataclass, the verb takes the fields of that dataclass.

    Positional fields come first, then the verb's own parameters, then the other fields. The docstring gains the "Args:"
    of the dataclasses.
    """
    own = inspect.signature(verb)
    hints = parameter_hints(verb)
    groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and dataclasses.is_dataclass(hint)}
    fields = {name: inspect.signature(group).parameters for name, group in groups.items()}
    types_of = {name: typing.get_type_hints(group, include_extras=True) for name, group in groups.items()}
    inherited = [part.replace(annotation=types_of[name][key]) for name in groups for key, part in fields[name].items()]
    rest = [part.replace(annotation=hints[name]) for name, part in own.parameters.items() if name not in groups]
    positional = [part for part in inherited if part.kind is not part.KEYWORD_ONLY]
    named = [part for part in inherited if part.kind is part.KEYWORD_ONLY]
    signature = own.replace(parameters=[*positional, *rest, *named])

    @functools.wraps(verb)
    def call(*args: object, **kwargs: object) -> Result:
        given = signature.bind(*args, **kwargs).arguments
        made = {
            name: group(**{key: given.pop(key) for key in fields[name] if key in given})
            for name, group in groups.items()
        }
        return verb(**given, **made)

    del call.__wrapped__  # whoever asks for the signature must not look behind it
    set_signature(call, signature)
    call.__annotations__ = {part.name: part.annotation for part in signature.parameters.values()}
    arguments = [arguments_of(base) for group in groups.values() for base in group.__mro__]
    call.__doc__ = "\n".join([str(inspect.getdoc(verb)), *filter(None, arguments)])
    return call


def parameter_hints(function: Callable[..., object]) -> dict[str, Any]:
    """Return the types of the parameters. The result's type is not resolved: it may exist for type checkers alone."""
    written = {name: part.annotation for name, part in inspect.signature(function).parameters.items()}
    return typing.get_type_hints(
        types.SimpleNamespace(__annotations__=written), getattr(function, "__globals__", {}), None, True
    )


def arguments_of(dataclass: type) -> str:
    """Return the lines of a docstring below "Args:"."""
    return inspect.cleandoc(vars(dataclass).get("__doc__") or "").partition("Args:\n")[2]


def set_signature(function: Callable[..., object], signature: inspect.Signature) -> None:
    """Make `inspect.signature(function)` return this signature."""
    vars(function)["__signature__"] = signature
