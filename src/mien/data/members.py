"""The files of a data set as one table, small enough for five million files: names, and positions of the bytes.

Each reader (of a folder, a zip, a tar) adds its files to a `Gatherer`. The gatherer cleans names, drops junk and
refuses unsafe files: names that lead out, too many entries, bombs.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.data.names import clean, leads_out
from mien.errors import DataError

MOST_ENTRIES = 20_000_000
MOST_BYTES_OF_ONE = 1 << 29  # 512 MiB unpacked
MOST_BYTES_OF_ALL = 1 << 42  # 4 TiB unpacked
MOST_RATIO = 200  # unpacked to packed; only checked for entries over SMALL_ENTRY, because a small one does no harm
SMALL_ENTRY = 1 << 24

_BRINGS = r"__macosx|thumbs\.db|desktop\.ini|@eadir|\$recycle\.bin|system volume information|lost\+found"
_JUNK = re.compile(rf"(?:^|/)(?:\.|(?:{_BRINGS})(?:/|$))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """One file. `offset` and `packed` place it in its archive (`offset` -1: a file of its own); `crc` -1: unknown."""

    name: str
    size: int
    stamp: int = 0  # modification time in ns; 0 in archives
    offset: int = -1
    packed: int = 0
    method: int = 0  # of a zip's compression; 0: stored
    crc: int = -1
    stored: str = ""  # the name as it is on disk, where that is another


class Members(Mapping[str, Member]):
    """Name -> Member, in the order of the names. Columns int64 [6,N]: size, stamp, offset, packed, method, crc."""

    def __init__(self, names: list[str], columns: np.ndarray, stored: dict[str, str]):
        self.names, self.columns, self.stored = names, columns, stored

    def __getitem__(self, name: str) -> Member:
        place = self._place(name)
        if place < 0:
            raise KeyError(name)
        size, stamp, offset, packed, method, crc = self.columns[:, place].tolist()
        return Member(name, size, stamp, offset, packed, method, crc, self.stored.get(name, ""))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._place(name) >= 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def _place(self, name: str) -> int:
        place = bisect_left(self.names, name)
        return place if place < len(self.names) and self.names[place] == name else -1


def is_junk(name: str) -> bool:
    """Return whether a system left this file: dotfiles, __MACOSX, Thumbs.db, desktop.ini, thumbnails of a NAS, bins."""
    return _JUNK.search(name) is not None


class Gatherer:
    """Collects files one by one. `members` is the table of all added files."""

    def __init__(self, path: Path, *, archive: bool):
        self.path, self.archive = path, archive
        self.count = self.total = 0
        self.names: list[str] = []
        self.rows = array("q")  # six numbers a file
        self.stored: dict[int, str] = {}

    def seen(self) -> None:
        """Count one more entry, of any kind. Raises DataError if there are too many."""
        self.count += 1
        self.expect(self.count)

    def expect(self, count: int) -> None:
        """Raise DataError if this number of entries is too large."""
        if count > MOST_ENTRIES:
            raise DataError(f"{self.path} holds more than {MOST_ENTRIES:,} entries: refused; give a part of them")

    def add(
        self, stored: str, size: int, stamp: int = 0, offset: int = -1, packed: int = 0, method: int = 0, crc: int = -1
    ) -> None:
        """Add one file. `stored` is its name in its folder or archive. Raises DataError for unsafe files."""
        name = clean(stored)
        if self.archive:
            self._check(stored, name, size, packed)
        elif leads_out(name):
            name = clean(stored.replace("\\", "_"))  # on disk "..\\x" is an odd name and leads nowhere
        if is_junk(name):
            return
        if stored != name:
            self.stored[len(self.names)] = stored
        self.names.append(name)
        self.rows.extend((size, stamp, offset, packed, method, crc))

    def _check(self, stored: str, name: str, size: int, packed: int) -> None:
        self.total += size
        if not name or "\0" in stored or leads_out(name):
            what = "leads out of the archive" if leads_out(name) else "is no name of a file"
            raise DataError(f"{self.path}: {stored!r} {what}: refused; pack it again with relative names")
        if size > MOST_BYTES_OF_ONE:
            raise DataError(f"{self.path}: {name} unpacks to {size:,} bytes, over {MOST_BYTES_OF_ONE:,}: refused")
        if size > SMALL_ENTRY and size > packed * MOST_RATIO:
            raise DataError(
                f"{self.path}: {name} unpacks to over {MOST_RATIO} times its packed size: refused as a zip bomb"
            )
        if self.total > MOST_BYTES_OF_ALL:
            raise DataError(f"{self.path} unpacks to over {MOST_BYTES_OF_ALL:,} bytes: refused; give a part of it")

    def members(self) -> Members:
        """Return the table, sorted by name."""
        names = self.names
        order = list(range(len(names))) if _ascending(names) else self._order()
        sorted_names = [names[place] for place in order]
        columns = np.ascontiguousarray(np.frombuffer(self.rows, np.int64).reshape(-1, 6)[order].T) if order else _EMPTY
        stored = {names[place]: self.stored[place] for place in order if place in self.stored} if self.stored else {}
        return Members(sorted_names, columns, stored)

    def _order(self) -> list[int]:
        order = sorted(range(len(self.names)), key=self.names.__getitem__)
        if any(self.names[one] == self.names[other] for one, other in pairwise(order)):
            places = self._apart()
            order = [places[name] for name in sorted(places)]
        return order

    def _apart(self) -> dict[str, int]:
        """Return name -> place.

        A later entry of an archive replaces an earlier one with the identical name, as in every unpacker. Names that
        only look alike (a composed and a decomposed é) both remain, the later one as x~2.png.
        """
        places: dict[str, int] = {}
        for place, name in enumerate(self.names):
            if name in places and not (self.archive and self._path(place) == self._path(places[name])):
                self.stored.setdefault(place, name)
                name = self.names[place] = _another(name, places)
            places[name] = place
        return places

    def _path(self, place: int) -> str:
        stored = self.stored.get(place, self.names[place]).replace("\\", "/")
        return "/".join(part for part in stored.split("/") if part not in ("", "."))


_EMPTY = np.zeros((6, 0), np.int64)


def _ascending(names: list[str]) -> bool:
    return all(one < other for one, other in pairwise(names))


def _another(name: str, taken: Mapping[str, int]) -> str:
    stem, dot, ending = name.rpartition(".")
    if not dot or "/" in ending:
        stem, ending = name, ""
    number = 2
    while (other := f"{stem}~{number}{'.' * bool(ending)}{ending}") in taken:
        number += 1
    return other
