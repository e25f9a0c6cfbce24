"""The only reader of JSON: every file, line and header that mien reads passes through here, with a declared type.

A file may come from a stranger, or from a disk that failed. So its size and depth are limited, a number is finite, and
a text is UTF-8. A value of the wrong type is reported in one line: the file, the field, the value and the right type.
Only a regular file is opened, because reading a pipe in its place could wait for ever.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeGuard, TypeVar

import msgspec

from mien.errors import FileError, MienError

T = TypeVar("T")

MOST_BYTES = 1 << 26  # of a file or a header, unless the caller sets another limit
MOST_DEPTH = 48  # nested lists and objects; mien writes fewer than 10
SHOWN = 60  # characters of a value in a message

Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
"""A count of images or steps."""
Positive = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Fact = int | float | str | bool | list[str] | None
"""A value in a row of a log."""
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
    """Return the JSON of a file as `kind`: a msgspec Struct, a TypedDict, or a type hint like dict[str, int].

    Raises FileError, in one line, for a file that cannot be opened or has a value of the wrong type.
    """
    return decode(read_bytes(path, most), kind, str(path))


def decode(data: bytes | str, kind: type[T], name: str, trouble: type[MienError] = FileError) -> T:
    """Return JSON text as `kind`. name: the file, or another start of the message. Raises `trouble`, in one line."""
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
    """Return the data as `kind`, for paths that are not UTF-8: `json` reads their surrogates, msgspec refuses them."""
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
    """Return a text as Path, which msgspec cannot convert."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"{shown(value)} is no {kind.__name__.lower()}")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is not a finite number")
    return number


def rows(data: bytes, kind: type[T]) -> list[T]:
    """Return the lines of a log that are complete and of this kind. A line that a kill cut short is left out."""
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
    """Return the content of a regular file of at most `most` bytes. Raises FileError for any other."""
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
    """Open a regular file and return its handle. Never waits, as a pipe would. Raises OSError or FileError."""
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0), 0o666)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise FileError(f"{path} is not a regular file")


def too_deep(value: Any) -> bool:
    """Return whether lists and objects are nested more than MOST_DEPTH deep, without recursion."""
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


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a finite number, and no bool."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300


def number(row: Mapping[str, Any], key: str) -> float:
    """Return the number under `key`; 0 if it is missing or not finite."""
    value = row.get(key)
    return value if is_number(value) else 0.0


# --- words ------------------------------------------------------------------------------------------------------------


def explained(problem: str, data: bytes | str) -> str:
    """Return msgspec's message in plain words.

    "Expected `int`, got `str` - at `$.images`" -> 'images is "many", not a whole number'.
    """
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
    """Return a type in plain words: "`int | null`" -> "a whole number or null"."""
    kinds = re.sub(r"`([^`]*)`", lambda found: " or ".join(WORDS.get(one, one) for one in found[1].split(" | ")), words)
    return kinds.replace(" >= ", " of at least ").replace(" <= ", " of at most ")


def standing_at(data: bytes | str, place: str) -> tuple[bool, Any]:
    """Return (whether it was found, the value) at a position such as ".labels[3][1]".

    "[...]" is an unknown key of an object, "[0]" a position in a list.
    """
    try:
        value: Any = _parsed(data, Any)
        for field, index in re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", place):
            value = value[field] if field else value[int(index)]
    except (msgspec.MsgspecError, UnicodeError, RecursionError, LookupError, TypeError, ValueError):
        return False, None
    return True, value


def shown(value: Any) -> str:
    """Return the value as in the file, shortened."""
    if too_deep(value):
        return "a deep list or object"
    try:
        text = str(value) if type(value) is int else msgspec.json.encode(value).decode()  # it encodes 64 bits at most
    except UnicodeError:
        text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
