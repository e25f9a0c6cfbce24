"""One form for every name: of a file in a folder, a zip or a tar, or in a label file.

A name uses "/", is composed (NFC), can be encoded, and has no control codes. Other bytes on disk are written as `%XX`.
`clean` of a clean name is the same name, so both sides of a comparison may be cleaned at any time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from mien.runtime.printable import UNSAFE


def clean(name: str) -> str:
    """`.\\a\\\\b.png`, `./a//b.png` and `a/b.png` are one name. A leading "/" and ".." stay: see `leads_out`."""
    usual = name.isascii() and name.isprintable() and "\\" not in name and "//" not in name and "./" not in name
    if usual and name[-1:] not in ("/", "."):
        return name  # called for millions of names
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    parts = "/".join(part for part in name.split("/") if part not in ("", "."))
    return UNSAFE.sub(_percent, f"/{parts}" if name.startswith("/") else parts)


def leads_out(name: str) -> bool:
    """Return whether a clean name is absolute or climbs, so that it must not be joined to a folder."""
    return name.startswith("/") or name[1:2] == ":" or ".." in name.split("/")


def called(name: str, wanted: Collection[str]) -> bool:
    """Return whether the last part of a name is one of `wanted` (in lower case), in any case: Metadata.CSV."""
    return name.rpartition("/")[2].lower() in wanted


def _percent(found: re.Match[str]) -> str:
    char = found[0]
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", errors))


# --- names without a declared encoding --------------------------------------------------------------------------

SAMPLED = 1000  # names that decide the encoding of an archive
_PAGES = ("cp949", "cp932", "gbk", "cp950", "cp866", "cp1251", "cp850", "cp1252")
_COMMON = {  # of the usual characters: the first byte, the least second byte, which they are; the others are rare
    "cp932": (range(0x81, 0x98), 0x40, re.compile("[\u3040-\u30ff\u4e00-\u9fff]")),
    "gbk": (range(0xB0, 0xD8), 0xA1, re.compile("[\u4e00-\u9fff]")),
    "cp950": (range(0xA4, 0xC7), 0x40, re.compile("[\u4e00-\u9fff]")),
    "cp949": (range(0xB0, 0xC9), 0xA1, re.compile("[\uac00-\ud7a3]")),
}
_RUN = re.compile("[^\0-\x7f]+")
_CYRILLIC = re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
_SMALL, _LARGE = re.compile("[ß-öø-ÿœšž]"), re.compile("[À-ÖØ-ÞŒŠŽ]")


def decode_names(names: Sequence[bytes]) -> list[str]:
    """Decode names with one encoding: UTF-8 if all fit, else the national code page that fits best.

    Bytes outside of the page become lone surrogates, so different bytes stay different names.
    """
    page = guess_page(names)
    return [name.decode(page, "surrogateescape") for name in names]


def guess_page(names: Sequence[bytes]) -> str:
    """Return the most probable encoding. Old ZIP tools do not record it, so it cannot be known."""
    step = max(1, len(names) // SAMPLED)
    sample = [name for name in names[::step] if not name.isascii()]
    if all(_text(name, "utf-8") is not None for name in sample):
        return "utf-8"
    points = {page: sum(_likeness(name, page) for name in sample) for page in _PAGES}
    best = max(points, key=lambda page: points[page])
    return best if points[best] > 0 else "cp437"  # the default of the ZIP format


def _text(name: bytes, page: str) -> str | None:
    try:
        return name.decode(page)
    except UnicodeDecodeError:
        return None


def _likeness(name: bytes, page: str) -> float:
    """Return a score from -1 (not in this page) to 1 (every non-ASCII character is usual in this page)."""
    text = _text(name, page)
    if text is None:
        return -1.0
    right = total = 0.0
    for run in _RUN.finditer(text):
        size = len(run[0].encode(page))
        before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
        total += size
        right += size * _run_likeness(run[0], page, before, after)
    return right / total if total else 0.0


def _run_likeness(run: str, page: str, before: str, after: str) -> float:
    """Return a score from 0 to 1 for one run of non-ASCII characters and the characters next to it."""
    letters_beside = before.isalpha() + after.isalpha()
    if page in _COMMON:
        if len(run) == 1 and letters_beside:  # one such character in a Latin word is an accented letter misread
            return 0.2 if letters_beside == 1 else 0.0
        return sum(_worth(char, page) for char in run) / len(run)
    if page in ("cp866", "cp1251"):
        words = _CYRILLIC.findall(run)
        longest = max(map(len, words), default=0)
        return sum(map(len, words)) / len(run) * min(1.0, longest / 3) * (0.3 if letters_beside == 2 else 0.97)
    if len(run) > 2 or not letters_beside:
        return 0.1
    right = len(_SMALL.findall(run)) + (0 if before.islower() else len(_LARGE.findall(run)))
    return 0.9 * right / len(run)


def _worth(char: str, page: str) -> float:
    first, least_second, usual = _COMMON[page]
    if not usual.match(char):
        return 0.1
    code = char.encode(page)
    return 1.0 if code[0] in first and code[-1] >= least_second else 0.3
