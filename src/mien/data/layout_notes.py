"""What mien says about the files of a data set: which it does not use, and how else they can be read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mien.data.annotations import DATASET, METADATA
from mien.data.celeba import LISTS
from mien.data.contents import Annotation, Contents, listed
from mien.data.files import Files
from mien.data.folders import HALVES
from mien.data.formats import unread
from mien.data.names import called
from mien.data.sidecars import unused_texts
from mien.runtime.printable import count_text

KNOWN = (DATASET, *METADATA, *LISTS)
TABLES = (".csv", ".tsv", ".jsonl")
FROM_FILES = ("stylegan dataset.json", *METADATA, "celeba attributes")


def found_instead(files: Files) -> str:
    """Return what there is in place of images, and what to do about it."""
    if not files.members:
        return ": it is empty; give a folder, a zip or a tar of images"
    if missing := unread(files.members):
        return f" ({'; '.join(missing)})"
    kinds = Counter(Path(name).suffix.lower() or "without extension" for name in files.members)
    found = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(3))
    archives = [name for name in files.members if name.lower().endswith((".zip", ".tar", ".tgz", ".tar.gz"))]
    cure = f"name the archive itself, as in {files.path / archives[0]}" if archives else "give a folder of images"
    return f" (found {found}): {cure}"


def other_reading(chosen: Annotation, sources: str | None, others: tuple[str, ...], wide: bool) -> list[str]:
    """Return a line if the files can be read in two ways."""
    if sources is None and "none" in others:
        what = "entire images, twice as wide as high" if chosen.kind == HALVES else "all images of both folders"
        return [f"pairs for pix2pix and cyclegan alone; other recipes learn {what}"]
    if sources is None and others and chosen.kind not in FROM_FILES:
        what = "pairs" if "paired" in others else "two sets"
        return [f"for recipes that want sources (pix2pix, cyclegan): {what}"]
    if sources == "none" and "none" in others:
        return ["learned as entire images: pairs (twice as wide as high) are for pix2pix and cyclegan" if wide
                else "both folders are learned: pairs in two folders are for pix2pix and cyclegan"]  # fmt: skip
    if sources == "none" and chosen.sources is not None:
        return [f"B alone is learned: the {count_text(len(chosen.sources), 'image')} of A are for cyclegan"]
    return []


def left_out(contents: Contents, chosen: Annotation) -> list[str]:
    """Return notes on images and label files that are not used."""
    notes = unused_images(contents, chosen)
    known = [name for name in contents.others if called(name, KNOWN)]
    if known and chosen.kind not in FROM_FILES:
        notes.append(f"{listed(known)} not read: it holds no labels that mien knows")
    if chosen.kind not in ("sidecar captions", "sidecar tags"):
        notes += unused_texts(contents)
    tables = [name for name in contents.others if name.lower().endswith(TABLES) and name not in known]
    if tables and chosen.labels is None and chosen.captions is None:
        notes.append(f"{listed(tables)} not read: name it metadata.csv, with a column file_name, if it holds labels")
    if contents.others:
        notes += [*unread(contents.others), f"{len(contents.others):,} other files ignored"]
    return notes


def unused_images(contents: Contents, chosen: Annotation) -> list[str]:
    """Return a note on the images that the layout leaves out, if nothing says so yet."""
    unused = len(set(contents.images).difference(chosen.entries, chosen.sources or ()))
    if not unused or any("left out" in note for note in chosen.notes):
        return []
    return [f"{count_text(unused, 'image')} left out (for a test, or not listed)"]
