"""Text that a terminal takes as text: no control codes, no reversed reading direction, nothing that has no encoding."""

from __future__ import annotations

import io
import re
import sys

UNSAFE = re.compile(
    "[\0-\x1f\x7f-\x9f"  # control codes: ESC starts a terminal's commands
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn the reading direction of what follows
    "\u2028\u2029\ufeff"  # line ends that only some programs know; a byte order mark
    "\ud800-\udfff]"  # bytes that are not UTF-8, and halves of pairs
)
_KEPT = "\n\t"


def count_text(number: int, noun: str) -> str:
    """Return a number with its noun: "1 file", "2,000 files"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def printable(text: str) -> str:
    """Return the text with every unsafe character escaped as in Python. Line ends and tabs stay."""
    return UNSAFE.sub(_written, text) if not text.isprintable() else text


def in_one_line(text: str) -> str:
    """Return the text as `printable` does, with its lines joined by spaces."""
    return printable(" ".join(text.split("\n"))) if "\n" in text else printable(text)


def take_any_text() -> None:
    """Make both streams write characters that their encoding lacks as \\u1234, in place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _written(found: re.Match[str]) -> str:
    char = found[0]
    if char in _KEPT:
        return char
    code = ord(char)
    code = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code  # a byte that is not UTF-8
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
