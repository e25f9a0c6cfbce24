"""Settings by dotted path, "discriminator.terms.r1.weight": the list of them, and changes written as text."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import typing
from typing import Any

from mien.config.spec import Spec
from mien.config.typing_hints import called, check_numbers, expressible, hints_of, is_pair, options
from mien.errors import UsageError

MAY_BE_ZERO = (".bf16_stages",)  # counts that may be set to 0 from another number


def override(value: Any, assignment: str) -> Any:
    """Return a copy changed by "discriminator.terms.r1.weight=5". Raises UsageError with the valid paths."""
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UsageError(f"--set {assignment!r} is not KEY=VALUE")
    valid = {key: (part, hint) for key, part, hint in paths(value)}
    if path not in valid:
        near = [key for key in valid if key.endswith(f".{path}")] or difflib.get_close_matches(path, valid, 1)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"--set {path}: no such setting; {hint}valid are: {', '.join(sorted(valid))}")
    part, hint = valid[path]
    new = parse(text, hint, assignment)
    may_be_zero = part == 0 or path.endswith(MAY_BE_ZERO)
    check_numbers(new, 0 if may_be_zero else 1, f"--set {assignment}: {path}")
    return replace_at(value, path.split("."), new)


def paths(value: Any, prefix: str = "") -> list[tuple[str, Any, Any]]:
    """Return every setting below `value` that text can express: (dotted path, current value, type)."""
    found: list[tuple[str, Any, Any]] = []
    for name, part, hint in children(value):
        if children(part):
            found += paths(part, f"{prefix}{name}.")
        # A number may replace a schedule, so the field of a schedule is both a leaf and a node.
        if expressible(hint):
            found.append((prefix + name, part, hint))
    return found


def children(value: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(value, Spec):
        hints = hints_of(value.of)
        signature = inspect.signature(value.of).parameters
        return [
            (name, value.arguments.get(name, parameter.default), hints.get(name, type(parameter.default)))
            for name, parameter in signature.items()
            if name in value.arguments or parameter.default is not inspect.Parameter.empty
        ]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints, found = hints_of(type(value)), []
        for field in dataclasses.fields(value):
            part = getattr(value, field.name)
            found.append((field.name, part, hints.get(field.name)))
            if is_flat(field):  # its settings join those of its parent, unless the name exists there
                found[-1:] = [(beside(value, field, name), *rest) for name, *rest in children(part)]
        return found
    if isinstance(value, dict):
        return [(name, part, type(part)) for name, part in value.items()]
    return []


def is_flat(field: dataclasses.Field[Any]) -> bool:
    """Return whether a field's settings are named without the field's own name."""
    return bool(field.metadata.get("flat"))


def beside(value: Any, field: dataclasses.Field[Any], name: str) -> str:
    taken = {one.name for one in dataclasses.fields(value)}
    return f"{field.name}.{name}" if name in taken else name


def parse(text: str, hint: Any, assignment: str) -> Any:
    if is_pair(hint):
        kinds = typing.get_args(hint)
        numbers = text.lower().replace("x", ",").split(",")
        if len(numbers) != len(kinds):
            raise UsageError(f"--set {assignment}: {text!r} is not {len(kinds)} numbers with an x between them")
        return tuple(parse(number, kind, assignment) for number, kind in zip(numbers, kinds))
    if typing.get_origin(hint) is typing.Literal and text in typing.get_args(hint):
        return text
    kinds = options(hint)
    if type(None) in kinds and text.lower() == "none":
        return None
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                continue
    if str in kinds:
        return text
    raise UsageError(f"--set {assignment}: {text!r} is not {called(hint)}")


def replace_at(value: Any, path: list[str], new: Any) -> Any:
    name, *rest = path
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = {field.name for field in dataclasses.fields(value)}
        for field in dataclasses.fields(value):
            inside = getattr(value, field.name)
            if is_flat(field) and name not in own and name in {key for key, *_ in children(inside)}:
                return dataclasses.replace(value, **{field.name: replace_at(inside, path, new)})
        part = getattr(value, name)
    else:
        part = {key: old for key, old, _ in children(value)}[name]
    new = replace_at(part, rest, new) if rest else new
    if isinstance(value, Spec):
        return Spec(value.of, **{**value.arguments, name: new})
    if isinstance(value, dict):
        return {**value, name: new}
    return dataclasses.replace(value, **{name: new})
