"""Choose the extractor that --extractor, --resize and --weights name. A missing file is an error in one line."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import torch

from mien.errors import FileError, UsageError
from mien.metrics.extractors import EXTRACTORS, load_extractor
from mien.metrics.features import Extractor
from mien.metrics.networks.pretrained import EFFICIENTNET_CURE, INCEPTION, MOBILENET, absent, find, find_efficientnet
from mien.metrics.resize import Resize
from mien.runtime.console import say

INCEPTION_NAME, EFFICIENTNET_NAME = "inception", "efficientnet-lite0"
FETCHED = {INCEPTION_NAME: INCEPTION, "mobilenet-v2": MOBILENET}  # the third one comes in a package


def choose_extractor(name: str, resize: Resize, weights: Path | None, device: torch.device) -> Extractor:
    """Return the extractor with this name.

    name: a name of EXTRACTORS, or "auto". auto uses inception if its weights are there, else efficientnet-lite0, and
    prints which one.
    """
    if name == "auto" and (weights or find(INCEPTION)):
        name = INCEPTION_NAME
    elif name == "auto":
        if not find_efficientnet():
            raise FileError(f"{absent(INCEPTION)}; or use efficientnet-lite0, which needs {EFFICIENTNET_CURE}")
        name = EFFICIENTNET_NAME
        say(f"{absent(INCEPTION)}. Until then features are those of {name}: not comparable with published numbers")
    if name not in EXTRACTORS:
        near = difflib.get_close_matches(name, EXTRACTORS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are auto, {', '.join(EXTRACTORS)}"
        raise UsageError(f"--extractor {name!r} is unknown: {hint}")
    if weights is not None:
        return load_extractor(name, weights.expanduser(), resize, device)
    if name in FETCHED:
        path, cure = find(FETCHED[name]), absent(FETCHED[name])
    else:
        path, cure = find_efficientnet(), f"the weights of {name} are not installed: {EFFICIENTNET_CURE}"
    if path is None:
        raise FileError(f"{cure}; or name a file by --weights")
    return load_extractor(name, path, resize, device)


def doubts_of(extractor: Extractor) -> list[str]:
    """Return the reasons why the extractor's numbers cannot be compared with published ones."""
    doubts = []
    if extractor.name != INCEPTION_NAME:
        doubts.append(f"features of {extractor.name}: not comparable with published numbers, which use Inception")
    if not extractor.published:
        doubts.append(f"the weights (sha256 {extractor.sha256[:12]}…) are not the published file: compare with nothing")
    return doubts


def described(extractor: Extractor | None) -> dict[str, Any]:
    """Return the description that each row of metrics contains."""
    if extractor is None:
        return {"extractor": None, "extractor_sha256": None, "resize": None}
    return {"extractor": extractor.name, "extractor_sha256": extractor.sha256, "resize": extractor.resize}
