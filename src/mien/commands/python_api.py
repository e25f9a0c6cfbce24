"""Calls from Python: a verb's arguments are converted and checked as on the command line, with one-line errors.

The aliases are the types of arguments in Python. `widened` gives the alias of each argument.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import operator
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mien.config.keywords import set_signature
from mien.config.renamed import current_name
from mien.errors import MienError, UsageError


class HasPath(Protocol):
    """A run, a prepared set, or the result of a verb."""

    @property
    def path(self) -> str | Path: ...


class HasType(Protocol):
    """A torch.device."""

    @property
    def type(self) -> str: ...


PathLike = str | Path
RunLike = str | int | Path | HasPath
Data = str | Path | HasPath
Snapshot = str | int | Path
Resolution = str | int | tuple[int, int]
Device = str | HasType
Numbers = str | int | Iterable[int]
Names = str | Iterable[str]
Settings = str | Iterable[str] | Mapping[str, Any]
ClassName = str | int

TEXTS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("run", "init", "target"), ("RunLike", RunLike)),
    **dict.fromkeys(("data", "path"), ("Data", Data)),
    **dict.fromkeys(("seeds", "layers", "rows", "columns"), ("Numbers", Numbers)),
    **dict.fromkeys(("metrics", "recipes", "attribute_grid", "log"), ("Names", Names)),
    **dict.fromkeys(("attributes", "condition"), ("Settings", Settings)),
    "class_": ("ClassName", ClassName),
    "device": ("Device", Device),
    "resolution": ("Resolution", Resolution),
    "snapshot": ("Snapshot", Snapshot),
}
"""Argument that is text on the command line -> its type in Python, as text and as an object."""

LISTED: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("set", "direction", "name"), ("Settings", Settings)),
    "sweep": ("Names", Names),
    "runs": ("Iterable[RunLike]", Iterable[RunLike]),
}
"""The same for arguments that may be given several times on the command line."""

LISTS = frozenset(("seeds", "metrics", "recipe", "recipes", "sweep", "attribute_grid", "attributes", "layers", "rows"))
LISTS |= {"columns", "condition", "log"}
"""Arguments with commas on the command line. From Python they may be lists."""
_SHOWN = 60  # characters of a wrong value in a message

Verb = TypeVar("Verb", bound=Callable[..., Any])


def checked(name: str) -> Callable[[Verb], Verb]:
    """A decorator that makes the Python version of a verb. name: the name in messages, "mien.train".

    `convert` converts every argument. A MienError of the verb names arguments instead of flags.
    """

    def wrap(verb: Verb) -> Verb:
        signature = inspect.signature(verb)

        @functools.wraps(verb)
        def call(*positional: Any, **named: Any) -> Any:
            from mien.runtime.random_state import same_random_state_after
            from mien.trainer.notebook import live_display

            verb_name = name.split(".")[-1]
            named = {current_name(verb_name, key, dashes=False): value for key, value in named.items()}
            bound = _bound(signature, name, positional, named)
            hints = hints_of(verb)
            arguments = {key: convert(key, value, hints[key]) for key, value in bound.items()}
            try:
                with same_random_state_after(), live_display():
                    return verb(**arguments)
            except MienError as error:
                error.args = (_as_arguments(str(error), signature), *error.args[1:])
                raise

        vars(call)["verb"] = verb  # `plain` reads it
        set_signature(call, wide_signature(verb))
        return typing.cast(Verb, call)

    return wrap


def wide_signature(verb: Callable[..., Any]) -> inspect.Signature:
    """The signature of a verb in Python: wider types for arguments that are text on the command line."""
    signature, hints = inspect.signature(verb), hints_of(verb)
    parts = [part.replace(annotation=widened(part.name, hints[part.name])[1]) for part in signature.parameters.values()]
    return signature.replace(parameters=parts)


def widened(name: str, hint: Any) -> tuple[str, Any]:
    """The type of an argument in Python, as text and as an object."""
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    kind = next(option for option in options if option is not type(None))
    if kind is str:
        text, kind = TEXTS.get(name, ("str", str))
    elif typing.get_origin(kind) is tuple:
        text, kind = LISTED.get(name, ("PathLike | Iterable[PathLike]", PathLike | Iterable[PathLike]))
    elif kind is Path:
        text, kind = "PathLike", PathLike
    else:
        text = kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")
    return (f"{text} | None", kind | None) if type(None) in options else (text, kind)


def plain(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The verb that the command line calls: its errors name flags."""
    return getattr(verb, "verb", verb)


def hints_of(verb: Callable[..., Any]) -> dict[str, Any]:
    """Parameter -> type, without the annotations for the command line. The result's type stays unresolved."""
    named = {name: part.annotation for name, part in inspect.signature(verb).parameters.items()}
    return typing.get_type_hints(types.SimpleNamespace(__annotations__=named), verb.__globals__)


def convert(name: str, value: Any, hint: Any) -> Any:
    """`value` converted to the type `hint`. Raises UsageError, one line that names the argument.

    Numbers and paths become texts, and texts become paths. A list of seeds or metrics becomes text with commas.
    (96, 80) becomes the resolution "96x80", a dict becomes KEY=VALUE pairs, and a run becomes its path.
    """
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    if value is None:
        if type(None) in options:
            return None
        raise UsageError(f"{name} must be {_described(hint)}, not None")
    kind = next(option for option in options if option is not type(None))
    if hasattr(value, "tolist"):  # numpy and torch: a scalar, or an array of them
        value = value.tolist()
    if not isinstance(value, type) and isinstance(getattr(value, "path", None), str | Path):  # HasPath
        value = Path(value.path)
    made = _converted(name, value, kind)
    if made is None:
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        raise UsageError(f"{name} must be {_described(hint)}, not {shown} ({type(value).__name__})")
    return made


def _bound(
    signature: inspect.Signature, name: str, positional: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Any]:
    for word in named:
        if word not in signature.parameters:
            near = difflib.get_close_matches(word, signature.parameters, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(signature.parameters) or 'none'}"
            raise UsageError(f"{name} has no argument {word}: {hint}")
    try:
        return signature.bind(*positional, **named).arguments
    except TypeError as error:
        raise UsageError(f"{name}: {error} (see help({name}))") from None


def _converted(name: str, value: Any, kind: Any) -> Any:
    """The converted value; None if `value` does not fit `kind`."""
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return value if isinstance(value, str) and value in typing.get_args(kind) else None
    if origin is tuple:
        return _tuple(name, value, typing.get_args(kind)[0])
    if kind is bool:
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if kind is int:
        return operator.index(value) if hasattr(value, "__index__") else None
    if kind is float:
        return float(value) if isinstance(value, int | float) else None
    if kind is Path:
        return Path(value) if isinstance(value, str | Path) else None
    return _text(name, value)


def _text(name: str, value: Any) -> str | None:
    if isinstance(value, str | int | float | Path) or name == "device":  # torch.device("cpu")
        return str(value)
    if name == "resolution" and isinstance(value, tuple | list) and all(isinstance(side, int) for side in value):
        return "x".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{key}={part}" for key, part in value.items()) if name in LISTS else None
    if name not in LISTS or not isinstance(value, Iterable):
        return None
    parts = list(value)
    if not parts or not all(isinstance(part, str | int | Path) and not isinstance(part, bool) for part in parts):
        return None
    numbers = [part for part in parts if isinstance(part, int) and part >= 0]
    if len(numbers) > 2 and parts == list(range(parts[0], parts[0] + len(parts))):
        return f"{parts[0]}-{parts[-1]}"
    return ",".join(map(str, parts))


def _tuple(name: str, value: Any, each: Any) -> tuple[Any, ...] | None:
    if isinstance(value, dict):
        value = [f"{key}={_setting(part)}" for key, part in value.items()]
    if isinstance(value, str | Path):
        value = [value]
    if not isinstance(value, Iterable):
        return None
    return tuple(convert(f"{name}[{index}]", part, each) for index, part in enumerate(value))


def _setting(value: Any) -> str:
    """A value as `--set` reads it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _described(hint: Any) -> str:
    """The type as text: "a whole number or None"."""
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    words: list[str] = []
    for option in options:
        if typing.get_origin(option) is typing.Literal:
            words += map(repr, typing.get_args(option))
        elif typing.get_origin(option) is tuple:
            words.append("a list of texts" if typing.get_args(option)[0] is str else "a list of paths")
        else:
            known = {str: "text", int: "a whole number", float: "a number", bool: "True or False", Path: "a path"}
            words.append(known.get(option, "None"))
    return " or ".join(words)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _as_arguments(message: str, signature: inspect.Signature) -> str:
    """ "--checkpoint-every 5x is …" -> "checkpoint_every 5x is …"; quoted commands stay unchanged."""
    flags = {name.rstrip("_").replace("_", "-"): name for name in signature.parameters}
    pieces = re.split(r"(\bmien [a-z]+[^:;,)\n]*)", message)  # pieces with an odd index are commands

    def named(piece: str) -> str:
        return re.sub(r"--([a-z][a-z-]*)", lambda match: flags.get(match[1], match[0]), piece)

    return "".join(piece if index % 2 else named(piece) for index, piece in enumerate(pieces))
