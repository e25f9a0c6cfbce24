"""A function of one dataclass, called with the fields of that dataclass."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import ParamSpec, TypeVar

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


def set_signature(function: Callable[..., object], signature: inspect.Signature) -> None:
    """Make `inspect.signature(function)` return this signature."""
    vars(function)["__signature__"] = signature
