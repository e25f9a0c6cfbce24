"""Verbs that installed packages add to mien by an entry point.

    [project.entry-points."mien.commands"]
    sharpen = "my_package.sharpen:sharpen"

This adds `mien sharpen` and `mien.sharpen`. mien searches for these verbs only if a name is not its own.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import mien
from mien.config.keywords import parameter_hints, set_signature
from mien.errors import MienError
from mien.runtime.printable import in_one_line

GROUP = "mien.commands"
TYPES = (str, int, float, bool, Path)
NAME = re.compile("[a-z][a-z0-9]*([_-][a-z0-9]+)*")


@dataclass(frozen=True)
class InstalledVerb:
    """A verb that a package adds.

    name: as Python writes it. package: the name of the distribution. place: "module:function". about: the package in
    one line. refused: why mien does not offer the verb; "" if it does.
    """

    name: str
    package: str
    place: str
    about: str = ""
    refused: str = ""

    @property
    def word(self) -> str:
        """As the command line writes it."""
        return self.name.replace("_", "-")

    def error(self, problem: str) -> MienError:
        return MienError(f"package {self.package}: mien {self.word} {problem}")


def installed_verbs() -> list[InstalledVerb]:
    """All verbs that packages add, the refused ones too."""
    found: dict[str, InstalledVerb] = {}
    refused = []
    for verb in declared_verbs():
        if verb.refused:
            refused.append(verb)
        elif verb.name not in found:
            found[verb.name] = verb
        elif found[verb.name].package != verb.package:  # one package may be on the path twice
            refused.append(
                InstalledVerb(verb.name, verb.package, "", refused=f"comes from {found[verb.name].package} already")
            )
    return [*sorted(found.values(), key=lambda verb: verb.name), *refused]


def find_installed(name: str) -> InstalledVerb | None:
    """The verb of this name, as Python writes it. A name of mien's own costs no search."""
    if name in own_names():
        return None
    return next((verb for verb in installed_verbs() if verb.name == name), None)


def author(word: str) -> str:
    """Who wrote the verb that the command line calls `word`: "mien", or the package that adds it."""
    verb = find_installed(word.replace("-", "_"))
    return f"the package {verb.package}" if verb else "mien"


def own_names() -> set[str]:
    """The names that no package can take: mien's verbs, everything in `mien`, its modules."""
    here = Path(__file__).parent
    return {"help", *mien.__all__, *(path.stem for folder in (here, here.parent) for path in folder.iterdir())}


def declared_verbs() -> Iterator[InstalledVerb]:
    """What the packages on sys.path declare, in that order."""
    from importlib import metadata

    own = own_names()
    for distribution in metadata.distributions():
        package, about = "without a name", ""
        try:
            if GROUP not in (distribution.read_text("entry_points.txt") or ""):
                continue
            said = {key: distribution.metadata[key] for key in ("Name", "Summary") if key in distribution.metadata}
            package, about = said.get("Name", package), said.get("Summary", "")
            points = list(distribution.entry_points.select(group=GROUP))
        except Exception:  # a damaged file of one package must not hide the other verbs
            yield InstalledVerb("?", package, "", refused="is missing: entry_points.txt is damaged")
            continue
        for point in points:
            refused = ""
            if point.name.replace("-", "_") in own:
                refused = "is a name of mien's own: choose another one"
            elif not NAME.fullmatch(point.name):
                refused = "is not a name of small letters, digits and dashes"
            yield InstalledVerb(point.name.replace("-", "_"), package, point.value, about, refused)


# --- what mien --help says --------------------------------------------------------------------------------------------


def overview_lines() -> list[str]:
    """A heading and one line per verb; [] without verbs. No package is imported."""
    lines = [f"  mien {verb.word:<19} {summary(verb)}" for verb in installed_verbs()]
    return ["", "From installed packages:", *map(in_one_line, lines)] if lines else []


def summary(verb: InstalledVerb) -> str:
    """The first line of the function's docstring, or else the package in one line, or else what is wrong."""
    module, _, name = verb.place.partition(":")
    problem = verb.refused
    if not problem:
        try:
            text = docstring(source_of(module.strip()), name.strip()) or verb.about
            return f"{text.partition(chr(10))[0]} ({verb.package})"
        except (ImportError, SyntaxError, ValueError) as error:
            problem = f"cannot be loaded: {error}"
    return f"package {verb.package}: mien {verb.word} {problem}"


def source_of(module: str) -> str:
    """The source of a module, "" if it has none. Its parents are not imported. Raises ImportError if there is none."""
    path: list[str] | None = None
    spec, parts = None, module.split(".")
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        specs = (finder.find_spec(name, path) for finder in sys.meta_path)
        spec = next(filter(None, specs), None)
        if spec is None:
            raise ImportError(f"there is no module {name}")
        try:
            path = list(spec.submodule_search_locations or [])
        except KeyError:  # a namespace within a namespace: only an import would tell
            return ""
    get_source = getattr(spec.loader if spec else None, "get_source", None)
    return (get_source(module) if get_source else None) or ""


def docstring(source: str, function: str) -> str:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_docstring(node) or ""
    return ""


# --- the function -----------------------------------------------------------------------------------------------------


def load(verb: InstalledVerb) -> Callable[..., Any]:
    """The verb's function, whose signature has real types. Raises MienError, one line with the package's name."""
    from mien.commands.python_api import plain

    if verb.refused:
        raise verb.error(verb.refused)
    module, _, name = verb.place.partition(":")
    try:
        named: Any = import_module(module.strip())
        function = plain(functools.reduce(getattr, name.strip().split("."), named))
        signature = typed_signature(function)
    except (Exception, SystemExit) as error:
        raise verb.error(f"cannot be loaded: {type(error).__name__}: {error}") from error

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if not hasattr(result, "as_dict"):
            raise verb.error(f"returned a {type(result).__name__}: it must return a VerbResult with as_dict()")
        return result

    del call.__wrapped__  # whoever asks for the signature must not look behind it
    set_signature(call, signature)
    return call


def typed_signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature with real types: on the command line, a parameter before `*` is a word, one after it is a flag.

    Raises TypeError for a parameter that the command line cannot give.
    """
    import tyro

    signature, hints = inspect.signature(function), parameter_hints(function)
    word: Any = tyro.conf.Positional
    parts = []
    for name, part in signature.parameters.items():
        if name == "json":
            raise TypeError("the parameter json is mien's own flag")
        if part.kind not in (part.POSITIONAL_OR_KEYWORD, part.KEYWORD_ONLY):
            raise TypeError(f"the parameter {part} is neither a word nor a flag")
        if part.annotation is part.empty or not is_flag_type(hints[name]):
            raise TypeError(
                f"the parameter {name} needs a type: str, int, float, bool, Path, a Literal of texts, "
                "tuple[…, ...] of these, or one of these | None"
            )
        hint = hints[name] if part.kind is part.KEYWORD_ONLY else word[hints[name]]
        parts.append(part.replace(annotation=hint))
    return signature.replace(parameters=parts)


def is_flag_type(hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        kinds = [kind for kind in arguments if kind is not types.NoneType]
        return len(kinds) == 1 and is_flag_type(kinds[0])
    if origin is typing.Literal:
        return all(isinstance(value, str) for value in arguments)
    if origin is tuple:
        return len(arguments) == 2 and arguments[1] is Ellipsis and arguments[0] in TYPES
    return hint in TYPES
