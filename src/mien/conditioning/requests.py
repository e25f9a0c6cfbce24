"""Labels for a requested class or for requested attributes.

"hair=silver,eyes=green,smile" requests values of attributes. A word alone is a binary attribute, or a value that only
one attribute has. "smile=0.5,hair=silver:0.7+black:0.3" requests degrees from 0 to 1.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from mien.conditioning.condition import Condition
from mien.data.attributes import BINARY, Attribute, attributes_of
from mien.errors import UsageError

AttributeRequest = Mapping[str, str | bool | float]
"""{"hair": "silver", "smile": True}, or with degrees {"hair": "silver:0.7+black:0.3", "smile": 0.5}"""

DEGREE = r"-?\d+(?:\.\d*)?|-?\.\d+"
YES = {
    **dict.fromkeys(("with", "yes", "true", "1"), BINARY[1]),
    **dict.fromkeys(("without", "no", "false", "0"), BINARY[0]),
}


def of_class(condition: Condition, name: str | int) -> Tensor:
    """The one-hot label [1,K] of a class, by its name or else by its number. Raises UsageError."""
    names = condition.names
    if str(name) in names:
        place = names.index(str(name))
    elif str(name).isdecimal() and int(name) < len(names):
        place = int(name)
    else:
        raise UsageError(
            f"--class {name}: {nearest(str(name), names, 'class')}, or a number from 0 to {len(names) - 1}"
        )
    return torch.eye(len(names))[[place]]


def with_attributes(condition: Condition, labels: Tensor, request: AttributeRequest) -> Tensor:
    """The known training labels [<=M,K], with the requested values instead of their own. Raises UsageError."""
    found = attributes_of(condition.names, labels.numpy())
    result = labels[labels.any(1)].numpy().copy()
    for name, value in request.items():
        if shares := degrees(found, name, value):
            attribute = named(found, name)
            result[:, list(attribute.columns)] = 0
            for place, share in shares.items():
                result[:, attribute.columns[place]] = share
            continue
        attribute, place = resolved(found, name, value)
        attribute.encode(result, torch.full((len(result),), place).numpy())
    return torch.from_numpy(result)


def degrees(found: Sequence[Attribute], name: str, value: str | bool | float) -> dict[int, float]:
    """Index of a column -> degree, for "0.5" of a binary attribute or "silver:0.7+black:0.3". {} for a plain value.

    Raises UsageError for a degree outside of 0 to 1.
    """
    if isinstance(value, bool) or plain(str(value)) in YES:
        return {}
    binary = re.fullmatch(DEGREE, str(value))
    parts = {0: str(value)} if binary and named(found, name).values == BINARY else {}
    if ":" in str(value):
        for part in str(value).split("+"):
            one, _, share = part.rpartition(":")
            place = resolved(found, name, one)[1]
            parts[place] = share
    for share in parts.values():
        if not re.fullmatch(DEGREE, share) or not 0 <= float(share) <= 1:
            raise UsageError(
                f"--attributes {name}={value}: a degree is a number from 0 to 1: {name}={example(found, name)}"
            )
    return {place: float(share) for place, share in parts.items()}


def example(found: Sequence[Attribute], name: str) -> str:
    values = named(found, name).values
    return "0.5" if values == BINARY else f"{values[0]}:0.7+{values[1]}:0.3"


def named(found: Sequence[Attribute], name: str) -> Attribute:
    """The attribute of this name. Raises UsageError that lists the known names."""
    attribute = next((one for one in found if plain(one.name) == plain(name)), None)
    if attribute is None:
        raise UsageError(f"--attributes {name}: {nearest(name, [one.name for one in found], 'attribute')}")
    return attribute


def resolved(found: Sequence[Attribute], name: str, value: str | bool | float = True) -> tuple[Attribute, int]:
    """(the attribute, the index of its value). Raises UsageError that lists the known names."""
    known = any(plain(one.name) == plain(name) for one in found)
    holding = None if known or value is not True else holder(found, name)  # "smile" for mouth=smile
    attribute, value = (holding, name) if holding else (named(found, name), value)
    text = BINARY[value] if isinstance(value, bool) else str(value)
    if attribute.values == BINARY:
        text = YES.get(text.lower(), text)
    elif isinstance(value, bool):
        raise UsageError(
            f"--attributes {name} needs a value: {name}={attribute.values[0]}, or {several(attribute.values[1:])}"
        )
    values = {plain(one): place for place, one in enumerate(attribute.values)}
    if plain(text) not in values:
        raise UsageError(f"--attributes {name}={text}: {nearest(text, attribute.values, f'value of {attribute.name}')}")
    return attribute, values[plain(text)]


def holder(found: Sequence[Attribute], value: str) -> Attribute | None:
    """The one attribute that has this value; None if no attribute has it. Raises UsageError if several have it."""
    having = [one for one in found if plain(value) in map(plain, one.values)]
    if len(having) > 1:
        which = " or ".join(f"{one.name}={value}" for one in having)
        raise UsageError(f"--attributes {value} is a value of several attributes: write {which}")
    return having[0] if having else None


def parse(text: str) -> dict[str, str | bool]:
    """ "hair=silver,smile" -> {"hair": "silver", "smile": True}. Raises UsageError."""
    request: dict[str, str | bool] = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not name or (equals and not value):
            raise UsageError(
                f'--attributes {text!r} is not a list of attributes: write "hair=black,eyes=green,glasses"'
            )
        request[name] = value if equals else True
    return request


def plain(name: str) -> str:
    """The name in lower case, with spaces for "_" and "-". Names are compared in this form."""
    return name.lower().replace("_", " ").replace("-", " ").strip()


def nearest(name: str, names: Sequence[str], what: str) -> str:
    """The end of a message about an unknown name: the nearest known name, and all known ones."""
    near = difflib.get_close_matches(plain(name), [plain(one) for one in names], 1)
    meant = next((one for one in names if near and plain(one) == near[0]), None)
    return f"unknown {what}: " + (f"did you mean {meant}? " if meant else "") + f"there are {several(names)}"


def several(names: Iterable[str], most: int = 24) -> str:
    """ "a, b and 3 more" """
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
