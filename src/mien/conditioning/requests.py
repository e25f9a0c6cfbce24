"""Labels for a requested class or for requested attributes.

"hair=silver,eyes=green,smile" requests values of attributes. A word alone is a binary attribute, or a value that only
one attribute has.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from mien.conditioning.condition import Condition
from mien.data.attributes import BINARY, Attribute, attributes_of
from mien.errors import UsageError

AttributeRequest = Mapping[str, str | bool]
"""{"hair": "silver", "smile": True}"""

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
        attribute, place = resolved(found, name, value)
        attribute.encode(result, torch.full((len(result),), place).numpy())
    return torch.from_numpy(result)


def resolved(found: Sequence[Attribute], name: str, value: str | bool = True) -> tuple[Attribute, int]:
    """(the attribute, the index of its value). Raises UsageError that lists the known names."""
    by_name = {plain(one.name): one for one in found}
    attribute = by_name.get(plain(name))
    if attribute is None and value is True:  # "smile" for mouth=smile
        attribute, value = holder(found, name), name
    if attribute is None:
        raise UsageError(f"--attributes {name}: {nearest(name, [one.name for one in found], 'attribute')}")
    text = BINARY[value] if isinstance(value, bool) else value
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
