"""Compare two image sets. Each row holds one metric's value and everything that the value depends on."""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor

from mien import __version__
from mien.errors import UsageError
from mien.evaluation.feature_cache import extract_features, feature_streams, stream_name
from mien.evaluation.image_sets import ImageSet
from mien.metrics.choose_extractor import described, doubts_of
from mien.metrics.features import Extractor
from mien.metrics.metric import Metric, Score

FEW = 10_000  # images; with fewer, the features' moments are too uncertain to compare

Row = dict[str, Any]


def rows_of(fake: ImageSet, metrics: list[Metric], extractor: Extractor | None, batch_size: int) -> dict[str, Tensor]:
    """Return what the metrics read of generated images, after one pass over them: name -> [N,K]."""
    names = {stream_name(metric) for metric in metrics}
    what = "extracting features of generated images"
    return extract_features(fake, feature_streams(metrics, extractor), names, batch_size, what)


def score(
    real: ImageSet,
    fake: ImageSet,
    metrics: list[Metric],
    extractor: Extractor | None,
    batch_size: int,
    of_fake: dict[str, Tensor] | None = None,
) -> list[Row]:
    """Return the rows of all metrics, after one pass over each image set.

    extractor: None if no metric reads features or logits. of_fake: `rows_of` the generated images, if they are known.
    Raises UsageError if a metric needs pairs that are missing.

    A row: metric, value, std, real, settings, better, n_real, n_fake, extractor, extractor_sha256, resize, warnings,
    seconds (of the complete evaluation), and the facts of both image sets: images, seeds, truncation, data, …
    """
    start = time.monotonic()
    for metric in metrics:
        if metric.needs_pairs and not (real.targets and real.count == fake.count):
            raise UsageError(f"{metric.name} compares translations with their own targets: it needs pairs, all of them")
    metrics = [metric.with_labels(real.labels, fake.labels) for metric in metrics]
    streams = feature_streams(metrics, extractor)
    of_fake = rows_of(fake, metrics, extractor, batch_size) if of_fake is None else of_fake
    read_of_real = {stream_name(metric) for metric in metrics if metric.needs_real}
    of_real = extract_features(real, streams, read_of_real, batch_size, "extracting features of real images")
    scored = []
    for metric in metrics:
        stream = stream_name(metric)
        found = metric.scores(of_real.get(stream, torch.empty(0)), of_fake[stream])
        scored += [(metric, name, one) for name, one in found.items()]
    seconds = round(time.monotonic() - start, 3)
    return [row(metric, name, one, real, fake, extractor, seconds) for metric, name, one in scored]


def row(
    metric: Metric, name: str, one: Score, real: ImageSet, fake: ImageSet, extractor: Extractor | None, seconds: float
) -> Row:
    counts = {"n_real": real.count if metric.needs_real else 0, "n_fake": fake.count}
    used = extractor if metric.reads != "pixels" else None
    return {
        "metric": name,
        "value": finite(one.value),
        "std": finite(one.std),
        "real": finite(one.real),
        "settings": one.settings,
        "better": one.better or metric.better,
        **counts,
        **described(used),
        **real.facts,
        **{("source" if key == "data" else key.replace("data_", "source_")): fact for key, fact in fake.facts.items()},
        "mien": __version__,
        "time": time.time(),
        "seconds": seconds,
        "warnings": warnings(metric, one, real, fake, used),
        **({"details": list(one.details)} if one.details else {}),
    }


def warnings(metric: Metric, one: Score, real: ImageSet, fake: ImageSet, extractor: Extractor | None) -> list[str]:
    """Return the reasons why this value should not be compared with other values."""
    found = [*doubts_of(extractor)] if extractor else []
    fewest = min(fake.count, real.count) if metric.needs_real else fake.count
    if extractor and fewest < FEW:
        found.append(f"only {fewest:,} images: compare only with values for the same N (papers use {FEW:,} to 50,000)")
    found += fake.doubts
    if metric.needs_real:
        found += real.doubts
    return [*found, *([one.note] if one.note else [])]


def finite(value: float | None) -> float | None:
    """Return the value, or None for NaN and infinity, which JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None
