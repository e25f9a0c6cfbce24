"""What `mien data check` says of the faces in a set: in how many images, how large, and how to cut them out."""

from __future__ import annotations

import statistics

import torch

from mien.data.layouts import Layout
from mien.errors import MienError
from mien.faces.choosing import finders
from mien.faces.sampling import better, look

SMALL = 0.35  # share of the image's shorter side under which a face counts as small
MANY = 0.25  # share of the sampled images without a face, or with several, from which it is said
FEW = 0.5  # share of the images with a face under which a set is not one of faces


def survey_faces(layout: Layout) -> tuple[str | None, list[str]]:
    """What a sample shows, in a line, and warnings with their cure. Never raises: a check must not fail for it.

    None where there are no image files, no detector is installed, or it finds no face.
    """
    try:
        return _surveyed(layout)
    except MienError as error:  # a damaged file of weights, say
        return f"not looked for: {error}", []


def _surveyed(layout: Layout) -> tuple[str | None, list[str]]:
    if layout.files is None or layout.paired or layout.sources is not None or not layout.entries:
        return None, []
    there = finders(torch.device("cpu"))
    if not there:
        return None, []
    samples = look(layout.files, layout.entries, there)
    name = better(samples)
    sample = samples[name]
    total = len(sample.faces)
    if not sample.found:
        return None, []
    share = statistics.median(sample.shares)
    line = f"in {sample.found} of {total} sampled pictures, median side {share:.0%} of the picture's ({name})"
    return line, _warnings(layout, sample.found / total, sample.several / total, share)


def _warnings(layout: Layout, found: float, several: float, share: float) -> list[str]:
    if found < FEW:
        return []
    trouble = []
    if share < SMALL:
        trouble.append(f"faces are small in their pictures ({share:.0%} of the side)")
    if several > MANY:
        trouble.append(f"{several:.0%} of the pictures hold several faces")
    if 1 - found > MANY:
        trouble.append(f"{1 - found:.0%} hold no face that is found")
    if not trouble:
        return []
    return [f"{'; '.join(trouble)}: cut them out and turn them upright: mien data align {layout.path}"]
