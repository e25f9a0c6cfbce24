"""What is asked of a conditional generator, in words, as labels: a class, attributes or a text.

"hair=silver,eyes=green,smile": values of attributes; a word alone is a switch, or a value that only one attribute has.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from mien.conditioning.condition import Condition
from mien.data.attributes import SWITCH, Group, groups
from mien.errors import UsageError

Wanted = Mapping[str, str | bool]
"""{"hair": "silver", "smile": True}"""

YES = {
    **dict.fromkeys(("with", "yes", "true", "1"), SWITCH[1]),
    **dict.fromkeys(("without", "no", "false", "0"), SWITCH[0]),
}


def of_class(condition: Condition, name: str | int) -> Tensor:
    """[1,K], one-hot: a class by its name, or by its number where none has that name. Raises UsageError."""
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


def with_attributes(condition: Condition, labels: Tensor, wanted: Wanted) -> Tensor:
    """labels [M,K] of the training -> [<=M,K]: those that are known, with the wanted values in place of their own."""
    found = groups(condition.names, labels.numpy())
    asked = labels[labels.any(1)].numpy().copy()
    for name, value in wanted.items():
        group, place = resolved(found, name, value)
        group.write(asked, torch.full((len(asked),), place).numpy())
    return torch.from_numpy(asked)


def resolved(found: Sequence[Group], name: str, value: str | bool = True) -> tuple[Group, int]:
    """An attribute and the number of its value. Raises UsageError with what there is."""
    by_name = {plain(group.name): group for group in found}
    group = by_name.get(plain(name))
    if group is None and value is True:  # "smile" for mouth=smile
        group, value = holder(found, name), name
    if group is None:
        raise UsageError(f"--attributes {name}: {nearest(name, [one.name for one in found], 'attribute')}")
    text = SWITCH[value] if isinstance(value, bool) else value
    if group.values == SWITCH:
        text = YES.get(text.lower(), text)
    elif isinstance(value, bool):
        raise UsageError(f"--attributes {name}: say which: {name}={group.values[0]}, or {several(group.values[1:])}")
    values = {plain(one): place for place, one in enumerate(group.values)}
    if plain(text) not in values:
        raise UsageError(f"--attributes {name}={text}: {nearest(text, group.values, f'value of {group.name}')}")
    return group, values[plain(text)]


def holder(found: Sequence[Group], value: str) -> Group | None:
    """The one attribute that has this value."""
    having = [group for group in found if plain(value) in map(plain, group.values)]
    if len(having) > 1:
        which = " or ".join(f"{group.name}={value}" for group in having)
        raise UsageError(f"--attributes {value}: it is a value of several attributes: write {which}")
    return having[0] if having else None


def parse(text: str) -> dict[str, str | bool]:
    """ "hair=silver,smile" -> {"hair": "silver", "smile": True}. Raises UsageError."""
    wanted: dict[str, str | bool] = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not name or (equals and not value):
            raise UsageError(f'--attributes {text!r} is no list of attributes: write "hair=black,eyes=green,glasses"')
        wanted[name] = value if equals else True
    return wanted


def plain(name: str) -> str:
    """How a name is compared: case, spaces, "_" and "-" make no difference."""
    return name.lower().replace("_", " ").replace("-", " ").strip()


def nearest(name: str, names: Sequence[str], what: str) -> str:
    near = difflib.get_close_matches(plain(name), [plain(one) for one in names], 1)
    meant = next((one for one in names if near and plain(one) == near[0]), None)
    return f"there is no such {what}: " + (f"did you mean {meant}? " if meant else "") + f"there are {several(names)}"


def several(names: Iterable[str], most: int = 24) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
