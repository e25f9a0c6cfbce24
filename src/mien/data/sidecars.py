"""Texts beside images: name.txt beside name.jpg, as taggers and captioners write them."""

from __future__ import annotations

import posixpath
import re
from collections import Counter

import numpy as np

from mien.data.annotations import unlabelled
from mien.data.contents import Annotation, Contents
from mien.data.tables import text_of
from mien.runtime.printable import count_text

MOST_TAGS = 128
_NUMBERS = re.compile(r"[\d\s.,+-]+")


def sidecars(contents: Contents) -> Annotation | None:
    """Read name.txt beside name.jpg, for at least half of the images: comma-separated tags, or else a caption."""
    texts = _beside(contents)
    if 2 * len(texts) < len(contents.images) or not texts:
        return None
    read = {image: text_of(contents.files, name)[0] for image, name in texts.items()}
    if all(_NUMBERS.fullmatch(text) for text in read.values() if text.strip()) and any(map(str.strip, read.values())):
        return None  # boxes and classes for training a detector, no words
    lines = [" ".join(read.get(image, "").split()) for image in contents.images]
    missing = lines.count("")
    notes: tuple[str, ...] = (f"{count_text(missing, 'image')} without text",) if missing else ()
    if not _are_tags([line for line in lines if line]):
        return Annotation("sidecar captions", contents.images, captions=lines, notes=notes)
    tags = [{tag.strip() for tag in line.split(",")} - {""} for line in lines]
    counts = Counter(tag for these in tags for tag in these)
    least = max(2, len(lines) // 100)
    # A tag of every image carries no information. A rare tag cannot be learned.
    frequent = [(tag, n) for tag, n in counts.items() if least <= n < len(lines)]
    names = tuple(sorted(tag for tag, _ in sorted(frequent, key=lambda pair: (-pair[1], pair[0]))[:MOST_TAGS]))
    labels = np.array([[tag in these for tag in names] for these in tags], np.float32) if names else None
    rare = len(counts) - len(names)
    notes += (f"{rare:,} rare or universal tags not used as labels",) if rare else ()
    notes += unlabelled(labels) if labels is not None else ()
    return Annotation("sidecar tags", contents.images, labels, names, captions=lines, notes=notes)


def unused_texts(contents: Contents) -> tuple[str, ...]:
    """Return a note on texts beside images that `sidecars` does not read."""
    texts = _beside(contents)
    if not texts:
        return ()
    why = "numbers, no words" if 2 * len(texts) >= len(contents.images) else "for fewer than half of the images"
    return (f"{len(texts):,} .txt beside images not read ({why})",)


def _beside(contents: Contents) -> dict[str, str]:
    """Return image -> the text beside it."""
    texts = {name[:-4]: name for name in contents.others if name[-4:].lower() == ".txt"}
    if not texts:
        return {}
    stems = ((image, posixpath.splitext(image)[0]) for image in contents.images)
    return {image: texts[stem] for image, stem in stems if stem in texts}


def _are_tags(texts: list[str]) -> bool:
    """Return whether the texts are Booru tags: a few commas in a line, short pieces, no sentences."""
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    if not texts or len(pieces) < 2 * len(texts):
        return False
    sentences = sum(text.endswith(".") for text in texts)
    return sum(len(piece.split()) for piece in pieces) <= 2.5 * len(pieces) and 2 * sentences < len(texts)
