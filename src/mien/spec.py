"""Objects as data: dataclasses and `Spec`s to JSON and back, and typed changes by dotted path.

A class is written as "module:Class". Reading accepts only mien's own modules and files that the user named
(`add_user_file`), so a recipe from a stranger runs no code of theirs. What a value may be is what its class says: the
type hints of the fields or of the constructor, for a file as for `--set`.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import importlib.util
import inspect
import json
import math
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from mien.errors import FileTrouble, UsageError

T = TypeVar("T")
USER_PREFIX = "mien_user_"


class Spec(Generic[T]):
    """A class and the arguments to build it with: `Spec(DCGANGenerator, width=64).build(resolution=(64, 64))`."""

    def __init__(self, build: Callable[..., T], **arguments: Any):
        unknown = set(arguments) - set(inspect.signature(build).parameters)
        if unknown:
            raise UsageError(f"{build.__name__} has no argument {', '.join(sorted(unknown))}")
        self.of, self.arguments = build, arguments

    def build(self, *positional: Any, **more: Any) -> T:
        return self.of(*positional, **{**self.arguments, **more})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and (self.of, self.arguments) == (other.of, other.arguments)

    def __hash__(self) -> int:
        return hash((self.of, tuple(sorted(self.arguments))))

    def __repr__(self) -> str:
        return f"Spec({self.of.__name__}{''.join(f', {key}={value!r}' for key, value in self.arguments.items())})"


# --- to and from JSON -----------------------------------------------------------------------------------------------


def encode(value: Any) -> Any:
    """-> dict, list, number, string, bool or None."""
    if isinstance(value, Spec):
        return {"class": class_name(value.of), **{key: encode(part) for key, part in value.arguments.items()}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"class": class_name(type(value)), **fields}
    if isinstance(value, dict):
        return {key: encode(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode(part) for part in value]
    return value


def decode(data: Any, path: str = "") -> Any:
    """Inverse of `encode`; lists come back as tuples. path: where `data` stands, "generator.width". Raises UsageError
    for a class that may not be loaded, and for a value that its class does not take."""
    if isinstance(data, list):
        return tuple(decode(part, f"{path}.{place}") for place, part in enumerate(data))
    if not isinstance(data, dict):
        return data
    parts = {key: decode(part, f"{path}.{key}".lstrip(".")) for key, part in data.items() if key != "class"}
    if "class" not in data:
        return parts
    found: Any = find_class(data["class"])
    is_settings = dataclasses.is_dataclass(found)
    least = 1 if is_settings else 0  # of steps and pictures there is one; a network may do without some layers
    try:
        hints, defaults = hints_of(found), inspect.signature(found).parameters
        for key, part in parts.items():
            if key in hints and part != defaults[key].default:
                where = f"{path}.{key}".lstrip(".") + f" is {written(data[key])}"
                if not fits(part, hints[key]):
                    raise UsageError(f"{where}, not {called(hints[key])}")
                check_numbers(part, -math.inf if float in options(hints[key]) else least, f"{where}: it")
        return found(**parts) if is_settings else Spec(found, **parts)
    except (TypeError, ValueError) as error:  # ValueError: it takes nothing that could be written down
        raise UsageError(f"the recipe does not fit this version of mien: {data['class']}: {error}") from None


def written(data: Any) -> str:
    """As it stands in the file, in short."""
    text = json.dumps(data)
    return text if len(text) <= 60 else f"{text[:60]}…"


def class_name(value: Any) -> str:
    """ "module:Class". Raises UsageError for what `find_class` could not find again."""
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
    if module_name.endswith(".py"):
        module = sys.modules.get(USER_PREFIX + Path(module_name).stem)
        if module is None:
            raise UsageError(f"the recipe uses {module_name}: name that file with --code PATH if you trust it")
    elif is_ours(module_name):
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            raise UsageError(f"the recipe uses {name}, which this version of mien does not have") from None
    else:
        raise UsageError(f"the recipe names {name}: only classes of mien or of a file given with --code are loaded")
    found = getattr(module, qualified, None)
    # Not what a module merely imports, and nothing but classes: the name must say where the class is at home.
    if not isinstance(found, type) or found.__module__ != module.__name__:
        raise UsageError(f"the recipe uses {name}, which does not exist")
    return found


def add_user_file(path: str | Path) -> types.ModuleType:
    """Import a user's file, once; its classes may then be written and read as "my_gan.py:Class"."""
    path = Path(path)
    name = USER_PREFIX + path.stem
    loaded = sys.modules.get(name)
    if loaded is not None and user_file_of(name) == path.resolve():
        return loaded
    if not path.is_file():
        raise FileTrouble(f"{path} is not a file: name the Python file that holds your recipe or classes")
    found = importlib.util.spec_from_file_location(name, path.resolve())
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def user_file_of(module_name: str) -> Path:
    return Path(str(sys.modules[module_name].__file__)).resolve()


def user_files(value: Any) -> set[Path]:
    """The user's files that an encoded value refers to."""
    if isinstance(value, dict):
        own = {value["class"].partition(":")[0]} if "class" in value else set()
        names = {user_file_of(USER_PREFIX + Path(name).stem) for name in own if name.endswith(".py")}
        return names.union(*(user_files(part) for part in value.values()))
    return set().union(*(user_files(part) for part in value)) if isinstance(value, list) else set()


# --- typed changes by dotted path -----------------------------------------------------------------------------------


def override(value: Any, assignment: str) -> Any:
    """A copy of `value` changed by "discriminator_terms.r1.weight=5". Raises UsageError naming the valid paths."""
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UsageError(f"--set {assignment!r} is not KEY=VALUE")
    valid = {key: (part, hint) for key, part, hint in paths(value)}
    if path not in valid:
        near = difflib.get_close_matches(path, valid, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"--set {path}: no such setting; {hint}valid are: {', '.join(sorted(valid))}")
    part, hint = valid[path]
    new = parse(text, hint, assignment)
    check_numbers(new, 0 if part == 0 else 1, f"--set {assignment}: {path}")
    return replace_at(value, path.split("."), new)


def paths(value: Any, prefix: str = "") -> list[tuple[str, Any, Any]]:
    """Every setting below `value` that text can express: (dotted path, current value, type)."""
    found: list[tuple[str, Any, Any]] = []
    for name, part, hint in children(value):
        if children(part):
            found += paths(part, f"{prefix}{name}.")
        # A number may stand where a schedule is, so such a field is a leaf as well as a node.
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
        hints = hints_of(type(value))
        return [(field.name, getattr(value, field.name), hints.get(field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        return [(name, part, type(part)) for name, part in value.items()]
    return []


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
    part = {key: old for key, old, _ in children(value)}[name]
    new = replace_at(part, rest, new) if rest else new
    if isinstance(value, Spec):
        return Spec(value.of, **{**value.arguments, name: new})
    if isinstance(value, dict):
        return {**value, name: new}
    return dataclasses.replace(value, **{name: new})


# --- types ------------------------------------------------------------------------------------------------------------


def hints_of(kind: Any) -> dict[str, Any]:
    """Name -> type of what a class is built with. None are known of a user's class that names types which its file
    imports for a type checker only."""
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
    """A type in words: "int", "float or Cosine or Linear", "2 numbers"."""
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
    """Whether a decoded value is of this type. A whole number is a float as well, but neither is a bool."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return value in inner
    if options(hint) != (hint,):
        return any(fits(value, option) for option in inner)
    if hint in (int, float):
        return isinstance(value, int | float if hint is float else int) and not isinstance(value, bool)
    if origin in (tuple, list):  # either comes back from a file as a tuple
        if not isinstance(value, tuple):
            return False
        each = inner[:1] * len(value) if origin is list or ... in inner else inner
        return len(each) == len(value) and all(map(fits, value, each))
    if origin is dict:
        return isinstance(value, dict) and all(fits(part, inner[1]) for part in value.values())
    if origin is Spec:
        return isinstance(value, Spec) and (inner[0] is Any or issubclass(typing.cast(type, value.of), inner[0]))
    if getattr(hint, "_is_protocol", False):
        return all(hasattr(value, name) for name in vars(hint) if not name.startswith("_"))
    return not isinstance(hint, type) or isinstance(value, tuple if hint is list else hint)


def check_numbers(value: Any, least: float, name: str) -> None:
    """Of a number, or of each in a tuple. Whole numbers count something (widths, steps, images). Raises UsageError."""
    for number in value if isinstance(value, tuple) else (value,):
        if type(number) is int and number < least:
            raise UsageError(f"{name} must be at least {least}")
        if type(number) is float and not math.isfinite(number):
            raise UsageError(f"{name} must be a finite number")
