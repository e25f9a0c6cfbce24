"""Data layouts of users and of installed packages: functions that read a structure that mien does not know.

A layout counts if its file was named (`--code my_layout.py`), or if an installed package offers it in the entry point
group `mien.layouts`. A data set or a run never names code that mien then executes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import numpy as np

from mien.config.serialization import USER_PREFIX, user_file_of
from mien.data.contents import Annotation as Annotation
from mien.data.contents import Contents as Contents
from mien.data.files import is_image
from mien.errors import MienError, UsageError

Reader = Callable[[Contents], Annotation | None]
GROUP = "mien.layouts"
LAYOUTS: dict[str, Reader] = {}
"""Filled by `layout`: "my_layout.py:poses" -> the function."""


def layout(reader: Reader) -> Reader:
    """Register a function that reads a structure of your own. mien calls it before its own readers.

    The function returns None for files of another structure. Else it returns an `Annotation`: the names of the images
    in order, with labels [N,K], captions, or the sources of pairs. mien replaces `kind` by the layout's name,
    "my_layout.py:poses".
    """
    LAYOUTS[name_of(reader)] = reader
    return reader


def name_of(reader: Reader) -> str:
    """Return the layout's name: "my_layout.py:poses", or "package.module:poses" of an installed package."""
    module = reader.__module__
    return f"{user_file_of(module).name if module.startswith(USER_PREFIX) else module}:{reader.__qualname__}"


@cache
def load_installed() -> None:
    """Register the layouts of installed packages. Raises UsageError for one that cannot be imported."""
    for point in declared():
        try:
            layout(point.load())
        except Exception as error:
            raise UsageError(
                f"the installed layout {point.name} ({point.value}) cannot be loaded: {type(error).__name__}: {error}; "
                "repair or uninstall its package"
            ) from error


def declared() -> Iterator[EntryPoint]:
    """Return the entry points of installed packages. A damaged file of a package without a layout does no harm."""
    for distribution in distributions():
        if GROUP in (distribution.read_text("entry_points.txt") or ""):
            yield from distribution.entry_points.select(group=GROUP)


def read(contents: Contents) -> Annotation | None:
    """Return the annotation of the first layout that knows these files; None if no layout knows them.

    Raises UsageError with the layout's name if it fails or returns an annotation that training cannot use.
    """
    load_installed()
    for name, reader in LAYOUTS.items():
        try:
            found = reader(contents)
        except MienError:
            raise
        except Exception as error:
            raise UsageError(f"{name} fails on {contents.path}: {type(error).__name__}: {error}") from error
        if found is not None:
            return checked(found, name, contents)
    return None


def checked(found: Annotation, name: str, contents: Contents) -> Annotation:
    """Return the annotation with the layout's name as its kind. Raises UsageError if its parts do not fit each
    other.
    """

    def demand(holds: bool, fault: str) -> None:
        if not holds:
            raise UsageError(f"{name} on {contents.path}: {fault}")

    demand(isinstance(found, Annotation), f"it returned {type(found).__name__}, not an Annotation or None")
    count, names = len(found.entries), tuple(found.label_names)
    demand(count > 0, "it returned no entries: return None for files of another structure")
    for entry in (*found.entries, *(found.sources or ())):
        demand(entry in contents.files.members and is_image(entry), f"{entry!r} is no image of this data set")
    labels = found.labels
    if labels is not None:
        labels = np.asarray(labels, np.float32)
        shape = "x".join(map(str, labels.shape))
        demand(labels.shape == (count, len(names)), f"labels are {shape}, not {count}x{len(names)} (images x names)")
        demand(bool(np.isfinite(labels).all()), "labels hold a number that is not finite")
    else:
        demand(not names, "it names labels and returns none")
    for what, part in (("captions", found.captions), ("sources", found.sources)):
        demand(part is None or len(part) == count, f"it returned {len(part or ())} {what} for {count} images")
    return replace(found, kind=name, labels=labels, label_names=names)


def marks() -> list[str]:
    """Return a hash of each layout's file. Prepared sets depend on it."""
    load_installed()
    found = []
    for name, reader in sorted(LAYOUTS.items()):
        file = Path(inspect.getsourcefile(reader) or "")
        code = file.read_bytes() if file.is_file() else inspect.getsource(reader).encode()  # of a notebook
        found.append(f"{name} {hashlib.sha256(code).hexdigest()}")
    return found


def check_known(kind: str, what: str) -> None:
    """Raise UsageError if a layout that was not named read these files. kind: a layout's name or a kind of mien's.

    what: the owner of the images, for the message.
    """
    load_installed()
    if ":" not in kind or kind in LAYOUTS:
        return
    file = kind.partition(":")[0]
    cure = "name that file with --code PATH if you trust it" if file.endswith(".py") else "install that package"
    raise UsageError(f"{what} were read by the layout {kind}: {cure}")
