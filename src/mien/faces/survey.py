"""The faces in a set, for `mien data check`: in how many images, how large, and how to align them."""

from __future__ import annotations

import statistics

import torch

from mien.data.layouts import Layout
from mien.errors import MienError
from mien.faces.choosing import finders
from mien.faces.sampling import best_finder, run_finders

SMALL = 0.35  # a face is small below this share of the image's shorter side
MANY = 0.25  # a warning comes from this share of images without a face, or with several
FEW = 0.5  # below this share of images with a face, the set is no set of faces


def survey_faces(layout: Layout) -> tuple[str | None, list[str]]:
    """(one line about the faces in a sample, warnings with their cure). Never raises MienError.

    The line is None if the set has no image files, no detector is installed, or no face is found.
    """
    try:
        return _surveyed(layout)
    except MienError as error:  # a damaged file of weights, say
        return f"not searched: {error}", []


def _surveyed(layout: Layout) -> tuple[str | None, list[str]]:
    if layout.files is None or layout.paired or layout.sources is not None or not layout.entries:
        return None, []
    there = finders(torch.device("cpu"))
    if not there:
        return None, []
    samples = run_finders(layout.files, layout.entries, there)
    name = best_finder(samples)
    sample = samples[name]
    total = len(sample.faces)
    if not sample.found:
        return None, []
    share = statistics.median(sample.shares)
    line = f"in {sample.found} of {total} sampled images, median side {share:.0%} of the image's ({name})"
    return line, _warnings(layout, sample.found / total, sample.several / total, share)


def _warnings(layout: Layout, found: float, several: float, share: float) -> list[str]:
    if found < FEW:
        return []
    reasons = []
    if share < SMALL:
        reasons.append(f"faces are small in their images ({share:.0%} of the side)")
    if several > MANY:
        reasons.append(f"{several:.0%} of the images have several faces")
    if 1 - found > MANY:
        reasons.append(f"in {1 - found:.0%} no face is found")
    if not reasons:
        return []
    return [f"{'; '.join(reasons)}: crop the faces and turn them upright: mien data align {layout.path}"]
