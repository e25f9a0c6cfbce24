"""The data sets that the page Start offers: built-in ones, those of earlier runs, those nearby, and uploads."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from mien.errors import FileError, UsageError
from mien.runs.directory import RunDirectory
from mien.runtime.atomic_files import io_errors
from mien.web.shelf import NotFound, Shelf

BUILT_IN = {
    "drawn": "built-in faces, one style",
    "drawn-varied": "built-in faces, many styles",
}
ARCHIVES = (".zip", ".tgz", ".tar.gz", ".tar")
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".avif", ".heic", ".jxl")
BESIDE = (".csv", ".json", ".jsonl", ".txt")  # labels and captions
UPLOADS = ".uploads"  # in the folder of the runs
LOOKED_AT = 200  # names in a folder, to see whether it holds images
MOST_FILES = 200_000  # of an upload
SPARE = 1 << 30  # bytes that an upload leaves free on the disk


def choices(shelf: Shelf) -> dict[str, tuple[str, str]]:
    """Return id -> (what --data takes, a description). An id from a page is only ever looked up here."""
    found = dict(BUILT_IN)
    for entry in list(shelf.entries.values())[-200:]:
        if data := trained_on(entry.run):
            found.setdefault(data, f"of {entry.run.name}")
    uploads = shelf.folder / UPLOADS
    for place in (uploads, Path.cwd(), Path.cwd() / "data", shelf.folder.resolve().parent):
        for path in nearby(place):
            found.setdefault(str(path), "uploaded" if place == uploads else "nearby")
    return {
        hashlib.sha256(data.encode("utf-8", "replace")).hexdigest()[:16]: (data, why) for data, why in found.items()
    }


def chosen(shelf: Shelf, name: str) -> str:
    """Return what --data takes, for an id. Raises NotFound."""
    found = choices(shelf)
    if name not in found:
        raise NotFound("this data set is not here any more: choose another one")
    return found[name][0]


def trained_on(run: RunDirectory) -> str | None:
    try:
        data = run.trained_on()
    except FileError:
        return None
    return data if data and (data.partition(":")[0] in BUILT_IN or Path(data).exists()) else None


def nearby(folder: Path) -> list[Path]:
    """Return the archives in a folder, and its folders that hold images or folders of images."""
    try:
        inside = sorted(folder.iterdir())[:LOOKED_AT]
    except OSError:
        return []
    return [path for path in inside if is_archive(path) or (path.is_dir() and holds_images(path))]


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith(ARCHIVES) and path.is_file()


def holds_images(folder: Path, depth: int = 1) -> bool:
    try:
        with os.scandir(folder) as inside:
            some = [one for one, _ in zip(inside, range(LOOKED_AT))]
        if any(one.name.lower().endswith(IMAGES) for one in some):
            return not (folder / "recipe.json").exists() and folder.name not in ("samples", "generated")
        return depth > 0 and any(holds_images(Path(one.path), 0) for one in some if one.is_dir() and one.name[0] != ".")
    except OSError:
        return False


def upload_path(shelf: Shelf, group: str, name: str, size: int) -> Path:
    """Return where an uploaded file goes: DIR/.uploads/NAME.zip, or DIR/.uploads/GROUP/NAME. Raises UsageError.

    Both names are made plain, so neither can leave the folder. size: in bytes.
    """
    plain = plain_name(name)
    folder = shelf.folder / UPLOADS
    if not plain.lower().endswith((*ARCHIVES, *IMAGES, *BESIDE)):
        raise UsageError(f"{name[:80]!r} is no image, archive or list of labels")
    with io_errors(folder):
        folder.mkdir(exist_ok=True)
        if shutil.disk_usage(folder).free - size < SPARE:
            raise UsageError("the disk is almost full")
        if plain.lower().endswith(ARCHIVES):
            return folder / plain
        inside = folder / plain_name(group or "upload")
        inside.mkdir(exist_ok=True)
        if len(os.listdir(inside)) >= MOST_FILES:  # noqa: PTH208
            raise UsageError(f"an upload has at most {MOST_FILES:,} files: make it a zip")
    return inside / plain


def plain_name(name: str) -> str:
    """ "../my faces.zip" -> "my-faces.zip". Never empty, and never hidden."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w.-]+", "-", last).lstrip(".-")[-100:] or "upload"
