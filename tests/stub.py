"""Writes src/mien/__init__.pyi, the types of mien's Python API: `python tests/stub.py`.

Each verb has the signature that its function has at run time. A test compares the file with what this prints.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import mien
from mien.commands.python_api import hints_of, plain, widened

STUB = Path(mien.__file__).with_suffix(".pyi")
HEAD = '''"""{about}"""

# Written by tests/stub.py from the verbs' own signatures. Do not edit.

from collections.abc import Iterable
from typing import Literal, overload

from mien import losses as losses, metrics as metrics, recipes as recipes
'''
SEVERAL = ("recipes", "seeds", "sweep")
ALIASES = "ClassName, Data, Device, Names, Numbers, PathLike, Resolution, RunLike, Settings, Snapshot"


def stub() -> str:
    """The file's text before it is formatted."""
    functions, imported = [], {f"from mien.commands.python_api import {ALIASES}"}
    for name, (module, attribute) in mien._OTHERS.items():
        imported.add(f"from {module} import {attribute} as {name}")
    for name, (module, _) in sorted(mien.VERBS.items()):
        verb = plain(getattr(mien, name))
        returned = str(inspect.signature(verb).return_annotation)
        exported = mien._OTHERS.keys()
        imported |= {origin(part, module) for part in re.findall(r"\w+", returned) if part not in exported}
        functions += overloads(name, verb, returned)
    head = HEAD.format(about=str(mien.__doc__).partition("\n\n`__init__.pyi`")[0])
    head += "\n".join(sorted(imported)) + f"\n\n__version__: str\n__all__ = {mien.__all__!r}\n"
    return head + "\n\n" + "\n\n".join(functions) + "\n"


def origin(name: str, module: str) -> str:
    """The line that imports a result's class, which the verb's file may import for the type checker alone."""
    file = Path(inspect.getsourcefile(__import__(module, fromlist=[""])) or "")
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return f"from {node.module} import {name}"
    return f"from {module} import {name}"


def overloads(name: str, verb: object, returned: str) -> list[str]:
    """One text; several for train, which gives a Run, or Runs with one of SEVERAL."""
    if name != "train":
        return [function(name, verb, returned)]
    one = function(name, verb, "Run", without=SEVERAL)
    several = [function(name, verb, "Runs", required=flag) for flag in SEVERAL]
    return [f"@overload\n{text}" for text in (one, *several)]


def function(name: str, verb: object, returned: str, without: tuple[str, ...] = (), required: str = "") -> str:
    hints, parts = hints_of(verb), []
    for part in inspect.signature(verb).parameters.values():
        if part.name in without:
            continue
        if part.kind is part.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        hint, default = widened(part.name, hints[part.name])[0], part.default
        if part.name == required:
            hint, default = hint.removesuffix(" | None"), part.empty
        parts.append(f"{part.name}: {hint}{'' if default is part.empty else f' = {shown(default)}'}")
    doc = textwrap.indent(f'"""{inspect.getdoc(verb)}\n"""', "    ").replace("\n    \n", "\n\n")
    return f"def {name}(\n" + "".join(f"    {part},\n" for part in parts) + f") -> {returned}:\n{doc}"


def shown(default: object) -> str:
    return "..." if isinstance(default, Path) else repr(default)


def formatted(text: str) -> str:
    """As `ruff` leaves it, so that the file passes the checks of style."""
    for command in (("check", "--fix-only", "--quiet"), ("format", "--quiet")):
        words = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(STUB), "-"]
        text = subprocess.run(words, input=text, capture_output=True, text=True, check=True).stdout
    return text


if __name__ == "__main__":
    STUB.write_text(formatted(stub()))
