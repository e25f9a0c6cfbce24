"""The metrics as functions of images: folders, arrays, tensors or PIL images -> one number.

    mien.metrics.fid("faces/", G.pixels(range(10_000)))

`mien evaluate` gives the same numbers, with their settings and warnings.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
import torch
from torch import Tensor

from mien.metrics.afd import AFD
from mien.metrics.choose_extractor import choose_extractor
from mien.metrics.detectors import choose_detector
from mien.metrics.features import Extractor
from mien.metrics.fid import FID
from mien.metrics.image_batches import Images, image_batches
from mien.metrics.inception_score import InceptionScore
from mien.metrics.kid import KID
from mien.metrics.metric import Metric, Score
from mien.metrics.mind import MIND
from mien.metrics.precision_recall import PrecisionRecall
from mien.metrics.resize import Resize
from mien.runtime.device import pick_device


class Options(TypedDict, total=False):
    """What every metric with an extractor takes.

    extractor: auto, inception, efficientnet-lite0 or mobilenet-v2. resize: clean (antialiased) or legacy (that of
    TensorFlow 1). weights: the file of the extractor's weights; the one in the cache if left out. device: auto, cpu or
    cuda. resolution: of a folder's images, pixels or (height, width). batch: images at once.
    """

    extractor: str
    resize: Resize
    weights: str | Path | None
    device: str
    resolution: int | tuple[int, int] | None
    batch: int


def fid(real: Images, fake: Images, **options: Unpack[Options]) -> float:
    """Fréchet Inception Distance, lower is better, 0 for equal moments. Biased by N: compare numbers of one N only.

    real, fake: a folder or archive, uint8 [N,H,W,C], float [N,C,H,W] in [-1, 1], or PIL images. The extractor is
    Inception where its weights are installed (`mien.weights("fetch", "inception")`), else another: only numbers of one
    extractor compare. Raises UsageError or FileError, in one line.
    """
    return evaluated(FID(), real, fake, options)["fid"].value


def kid(real: Images, fake: Images, *, subsets: int = 100, size: int = 1000, **options: Unpack[Options]) -> float:
    """Kernel Inception Distance, lower is better, about 0 for equal distributions. Arguments as of `fid`.

    subsets: how many random subsets the mean is over. size: images in each, or all where there are fewer.
    """
    return evaluated(KID(subsets, size), real, fake, options)["kid"].value


def mind(real: Images, fake: Images, *, directions: int = 1000, **options: Unpack[Options]) -> float:
    """Monge Inception Distance, lower is better, 0 for equal sets. Biased by N as `fid`. Arguments as of `fid`.

    directions: the number of random directions onto which the features are projected.
    """
    return evaluated(MIND(directions), real, fake, options)["mind"].value


def precision_recall(real: Images, fake: Images, *, k: int = 3, **options: Unpack[Options]) -> dict[str, float]:
    """{"precision", "recall", "density", "coverage"}, higher is better. Arguments as of `fid`.

    k: the neighbour whose distance is the radius of precision and recall; density and coverage take k + 2.
    """
    found = evaluated(PrecisionRecall(k, k + 2), real, fake, options)
    return {name: score.value for name, score in found.items()}


def inception_score(images: Images, **options: Unpack[Options]) -> float:
    """Inception Score, higher is better, 1 to the number of classes. Says little about faces. Arguments as of `fid`."""
    return evaluated(InceptionScore(), None, images, options)["is"].value


def afd(images: Images, *, detector: str = "anime", resolution: int | tuple[int, int] | None = None) -> float:
    """The share of images in which a face detector finds a face, 0 to 1; look at the rate of real images, too.

    detector: anime, human, a cascade.xml or my_detector.py:function. resolution: of a folder's images.
    """
    metric = replace(AFD(), detector=choose_detector(detector))
    rows = [metric.rows(batch) for batch in image_batches(images, "images", 32, resolution)]
    return float(torch.cat(rows).double().mean())


def evaluated(metric: Metric, real: Images | None, fake: Images, options: Options) -> dict[str, Score]:
    """One pass over each set, then the metric. real: None for a metric that needs none. Warns of too few images."""
    named = options.get("extractor", "auto"), options.get("resize", "clean")
    extractor = extractor_of(*named, options.get("weights"), options.get("device", "auto"))

    def rows(images: Images, name: str) -> Tensor:
        return features(images, name, lambda pixels: extractor(pixels)[metric.reads], options)

    scores = metric.scores(torch.empty(0) if real is None else rows(real, "real"), rows(fake, "fake"))
    for note in {score.note for score in scores.values() if score.note}:
        warnings.warn(f"{metric.name}: {note}", stacklevel=3)
    return scores


@lru_cache(maxsize=1)
def extractor_of(name: str, resize: Resize, weights: str | Path | None, device: str) -> Extractor:
    """Return an extractor. The next call returns the same one: loading it takes a second."""
    return choose_extractor(name, resize, None if weights is None else Path(weights), pick_device(device))


def features(images: Images, name: str, look: Callable[[np.ndarray], Tensor], options: Options) -> Tensor:
    """[N,K] of all images"""
    batches = image_batches(images, name, options.get("batch", 32), options.get("resolution"))
    return torch.cat([look(pixels) for pixels in batches])
