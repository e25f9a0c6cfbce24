"""The one reader of JSON: every file, line and header that mien reads passes through here, with a declared type.

What is read may come from a stranger, or from a disk that failed. So a file is bounded in size and depth, a number is
finite, a text is UTF-8, and whatever does not fit its type is told in one line: file, field, what stands there, what
belongs there. Nothing but a regular file is opened: a pipe in its place would wait for ever.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from mien.errors import FileError, MienError

T = TypeVar("T")

MOST_BYTES = 1 << 26  # of a file or a header, unless its reader says otherwise
MOST_DEPTH = 48  # lists and objects within each other; mien writes fewer than 10
SHOWN = 60  # characters of what stands in a file

Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
"""How many images, steps, images."""
Positive = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Fact = int | float | str | bool | list[str] | None
"""What a row of a journal says under one name."""
Row = dict[str, Fact]

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def read(path: Path, kind: type[T], most: int = MOST_BYTES) -> T:
    """The JSON of a whole file as `kind`: a msgspec Struct, a TypedDict, or a type hint like dict[str, int].

    Raises FileError, in one line, for a file that cannot be opened or does not hold what belongs there.
    """
    return decode(read_bytes(path, most), kind, str(path))


def decode(data: bytes | str, kind: type[T], name: str, trouble: type[MienError] = FileError) -> T:
    """name: the file, or what else the words of an error begin with. Raises `trouble`, in one line."""
    try:
        found: T = _parsed(data, kind)
        if too_deep(found):
            raise RecursionError
        return found
    except msgspec.ValidationError as error:
        problem = explained(str(error), data)
    except RecursionError:
        problem = f"its lists and objects lie more than {MOST_DEPTH} deep"
    except (msgspec.DecodeError, UnicodeError) as error:
        problem = f"it is not JSON in UTF-8: {error}" if data.strip() else "it is empty"
    raise trouble(f"{name} is damaged: {problem}")


def _parsed(data: bytes | str, kind: Any) -> Any:
    """A path of bytes that are not UTF-8 stands in JSON as halves of pairs, which msgspec refuses and `json` knows."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_path)
    except msgspec.DecodeError as error:
        if "surrogate" not in str(error):
            raise
    try:
        return msgspec.convert(json.loads(data, parse_float=_finite, parse_constant=_finite), type=kind, dec_hook=_path)
    except ValueError as error:
        if isinstance(error, msgspec.MsgspecError):
            raise
        raise msgspec.DecodeError(str(error)) from error


def _path(kind: type, value: Any) -> Any:
    """A text where a Path belongs: msgspec knows no paths."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"{shown(value)} is no {kind.__name__.lower()}")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no finite number")
    return number


def rows(data: bytes, kind: type[T]) -> list[T]:
    """The lines of a journal that are whole and of this kind. A kill may cut a line: it is left out, as any odd one."""
    decoder, found = msgspec.json.Decoder(kind), []
    for line in data.splitlines():
        # mien 0.1.0 wrote NaN, which is no JSON, where a number did not exist.
        for text in (line, line.replace(b": NaN", b": null")):
            try:
                row = decoder.decode(text)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                continue
            if not too_deep(row):
                found.append(row)
            break
    return found


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """A regular file of at most so many bytes. Raises FileError for any other."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            if os.fstat(file.fileno()).st_size <= most:
                return file.read()
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL inside
        raise FileError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    except MemoryError:
        raise FileError(f"{path} does not fit into this memory") from None
    raise FileError(f"{path} is damaged: it is larger than {most:,} bytes, far more than mien writes there")


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """A file handle that never waits, as a pipe would. Raises OSError or FileError."""
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0), 0o666)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise FileError(f"{path} is not a regular file")


def too_deep(value: Any) -> bool:
    """Whether lists and objects lie within each other more than MOST_DEPTH deep; looks without recursion."""
    level = [value]
    for _ in range(MOST_DEPTH):
        parts: list[Any] = []
        for one in level:
            inside = one.values() if isinstance(one, dict) else one if isinstance(one, list | tuple) else ()
            parts += [part for part in inside if isinstance(part, dict | list | tuple)]
        if not parts:
            return False
        level = parts
    return True


# --- words ------------------------------------------------------------------------------------------------------------


def explained(problem: str, data: bytes | str) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.images`" -> 'images is "many", not a whole number'."""
    said, _, place = problem.partition(" - at `$")
    place = place.removesuffix("`")
    where = place.lstrip(".") or "it"
    if missing := re.match(r"Object missing required field `(.*)`", said):
        return f"it says nothing of {f'{where}.' if place else ''}{missing[1]}"
    wanted, _, got = said.removeprefix("Expected ").partition(", got ")
    known, value = standing_at(data, place)
    there = shown(value) if known else plain(got)
    if said.startswith("Expected "):
        return f"{where} is {there}, not {plain(wanted)}" if there else f"{where} must be {plain(wanted)}"
    return f"{where} is {there}: {said.lower()}" if there else f"{where}: {said.lower()}"


def plain(words: str) -> str:
    """ "`int | null`" -> "a whole number or null" """
    kinds = re.sub(r"`([^`]*)`", lambda found: " or ".join(WORDS.get(one, one) for one in found[1].split(" | ")), words)
    return kinds.replace(" >= ", " of at least ").replace(" <= ", " of at most ")


def standing_at(data: bytes | str, place: str) -> tuple[bool, Any]:
    """(whether it can be found, what stands there) at ".labels[3][1]". "[...]" is some key of an object, "[0]" a place
    in a list."""
    try:
        value: Any = _parsed(data, Any)
        for field, index in re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", place):
            value = value[field] if field else value[int(index)]
    except (msgspec.MsgspecError, UnicodeError, RecursionError, LookupError, TypeError, ValueError):
        return False, None
    return True, value


def shown(value: Any) -> str:
    """As it stands in the file, in short."""
    if too_deep(value):
        return "a deep list or object"
    try:
        text = str(value) if type(value) is int else msgspec.json.encode(value).decode()  # it encodes 64 bits at most
    except UnicodeError:
        text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
