"""Dataclasses and `Spec`s to JSON and back.

A class is written as "module:Class". Reading accepts only mien's own modules and files that the user named
(`add_user_file`), so a recipe from a stranger runs no code of theirs. A value must be of the kind that its class takes.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import json
import math
import sys
import types
from importlib.abc import Loader
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from mien.config.spec import Spec
from mien.config.typing_hints import called, check_numbers, fits, hints_of, options
from mien.errors import FileError, UsageError
from mien.runtime.console import say

USER_PREFIX = "mien_user_"
ROOMS = (
    *("mien.networks", "mien.games", "mien.losses", "mien.training", "mien.augmentation"),
    *("mien.recipes", "mien.conditioning.condition", "mien.config.schedules"),
)
"""The rooms that define the classes of recipes. A file can make mien import no other module."""


MOVED = {
    "mien.recipe": "mien.recipes.recipe",
    "mien.condition": "mien.conditioning.condition",
    "mien.schedule": "mien.config.schedules",
    "mien.training.ada": "mien.augmentation.ada",
    "mien.training.augment": "mien.augmentation.diffaugment",
    "mien.training.geometry": "mien.augmentation.affine",
    "mien.spec": "mien.config.spec",
    "mien.turn": "mien.batch",
    "mien.groups": "mien.data.attributes",
}
"""Modules of version 0.1.0 in recipe.json and users' files -> their new names."""


def encode(value: Any) -> Any:
    """Return a value as dict, list, number, string, bool or None."""
    if isinstance(value, Spec):
        return {"class": class_name(value.of), **{key: encode(part) for key, part in value.complete().items()}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"class": class_name(type(value)), **fields}
    if isinstance(value, dict):
        return {key: encode(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode(part) for part in value]
    return value


def decode(data: Any, path: str = "") -> Any:
    """Return the value of `encode`d data; lists become tuples. path: the position of `data`, "generator.width".

    Raises UsageError for a class that may not be loaded, and for a value of the wrong type.
    """
    if isinstance(data, list):
        return tuple(decode(part, f"{path}.{place}") for place, part in enumerate(data))
    if not isinstance(data, dict):
        return data
    parts = {key: decode(part, f"{path}.{key}".lstrip(".")) for key, part in data.items() if key != "class"}
    if "class" not in data:
        return parts
    found: Any = find_class(data["class"])
    # A file of version 0.1.0 leaves out the defaults of that version; a class whose defaults have changed knows them.
    earlier = getattr(found, "EARLIER_NAMES", {})
    parts = {**getattr(found, "EARLIER_DEFAULTS", {}), **{earlier.get(key, key): part for key, part in parts.items()}}
    is_settings = dataclasses.is_dataclass(found)
    least = 1 if is_settings else 0  # steps and images must be at least 1; a network may have no layers of a kind
    try:
        hints, defaults = hints_of(found), inspect.signature(found).parameters
        for key, part in parts.items():
            if key in hints and part != defaults[key].default:
                where = f"{path}.{key}".lstrip(".") + f" is {written(data.get(key, part))}"
                if not fits(part, hints[key]):
                    raise UsageError(f"{where}, not {called(hints[key])}")
                check_numbers(part, -math.inf if float in options(hints[key]) else least, f"{where}: it")
        return found(**parts) if is_settings else Spec(found, **parts)
    except (TypeError, ValueError) as error:  # ValueError: a class without a readable signature
        raise UsageError(f"the recipe does not fit this version of mien: {data['class']}: {error}") from None


def written(data: Any) -> str:
    """Return the value as in the file, shortened."""
    text = json.dumps(data)
    return text if len(text) <= 60 else f"{text[:60]}…"


def class_name(value: Any) -> str:
    """Return "module:Class". Raises UsageError for a class that `find_class` could not find."""
    module, name = value.__module__, value.__qualname__
    if not isinstance(value, type) or "." in name:
        raise UsageError(f"{name} cannot be written into recipe.json: use a class at the top level of its file")
    if module.startswith(USER_PREFIX):
        return f"{user_file_of(module).name}:{name}"
    if not is_ours(module):
        raise UsageError(
            f"{module}:{name} cannot be written into recipe.json: put the class into your recipe's own file"
        )
    return f"{module}:{name}"


def is_ours(module: str) -> bool:
    return module == "mien" or module.startswith("mien.")


def find_class(name: Any) -> Any:
    module_name, _, qualified = str(name).partition(":")
    module_name = MOVED.get(module_name, module_name)
    name = written(name).strip('"')
    if module_name.endswith(".py"):
        module = sys.modules.get(USER_PREFIX + Path(module_name).stem)
        if module is None:
            raise UsageError(f"the recipe uses {module_name}: name that file with --code PATH if you trust it")
    elif module_name in ROOMS or module_name.startswith(tuple(f"{room}." for room in ROOMS)):
        try:
            module = importlib.import_module(module_name)
        except (ImportError, ValueError):  # ValueError: a name with a NUL inside
            raise UsageError(f"the recipe uses {name}, which this version of mien does not have") from None
    else:
        raise UsageError(f"the recipe names {name}: only classes of mien or of a file given with --code are loaded")
    found = getattr(module, qualified, None)
    # The name must be that of the class's own module, not of one that merely imports it, and nothing but a class.
    if not isinstance(found, type) or found.__module__ != module.__name__:
        raise UsageError(f"the recipe uses {name}, which does not exist")
    return found


class UserFileLoader(SourceFileLoader):
    """Compiles the file at each import. Python's cache compares seconds and sizes: it misses a quick change."""

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)


def add_user_file(path: str | Path) -> types.ModuleType:
    """Import a user's file once and return its module. Its classes can then be saved as "my_gan.py:Class"."""
    path = Path(path)
    name = USER_PREFIX + path.stem
    loaded = sys.modules.get(name)
    if loaded is not None and user_file_of(name) == path.resolve():
        return loaded
    if not path.is_file():
        raise FileError(f"{path} is not a file: name the Python file that holds your recipe or classes")
    place = path.resolve()
    found = importlib.util.spec_from_file_location(name, place, loader=UserFileLoader(name, str(place)))
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        execute(found.loader, module, path)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def execute(loader: Loader, module: types.ModuleType, path: Path) -> None:
    """Run a user's file. Imports of a module of version 0.1.0 get its new module, with a warning."""
    while True:
        try:
            return loader.exec_module(module)
        except ModuleNotFoundError as error:
            old = str(error.name)
            if old not in MOVED or old in sys.modules:
                raise
            sys.modules[old] = importlib.import_module(MOVED[old])
            say(f"warning: {path}: {old} is {MOVED[old]} now: change that import, the next version will not find it")


def user_file(name: str) -> Path | None:
    """Return the user's file of this name, if it was given by --code, or None."""
    module = USER_PREFIX + Path(name).stem
    found = user_file_of(module) if module in sys.modules else None
    return found if found is not None and found.name == name else None


def user_file_of(module_name: str) -> Path:
    return Path(str(sys.modules[module_name].__file__)).resolve()


def user_files(value: Any) -> set[Path]:
    """Return the user's files that an encoded value refers to."""
    if isinstance(value, dict):
        own = {value["class"].partition(":")[0]} if "class" in value else set()
        names = {user_file_of(USER_PREFIX + Path(name).stem) for name in own if name.endswith(".py")}
        return names.union(*(user_files(part) for part in value.values()))
    return set().union(*(user_files(part) for part in value)) if isinstance(value, list) else set()
