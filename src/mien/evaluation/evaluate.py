"""From two sides to rows: one number each, with everything that has to be said with it."""

from __future__ import annotations

import math
import time
from typing import Any

import torch

from mien import __version__
from mien.errors import UsageError
from mien.evaluation.feature_cache import see, seers_for, stream_of
from mien.evaluation.image_sets import Side
from mien.evaluation.resolve import described, doubts_of
from mien.metrics.features import Extractor
from mien.metrics.metric import Metric, Score

FEW = 10_000  # pictures under which the features' moments are too uncertain to compare

Row = dict[str, Any]


def score(real: Side, fake: Side, metrics: list[Metric], extractor: Extractor | None, batch_size: int) -> list[Row]:
    """One pass over each side, then every metric. extractor: None when no metric reads features or logits.

    A row: metric, value, std, real, settings, better, n_real, n_fake, extractor, extractor_sha256, resize, warnings,
    seconds (of the whole), and the facts of both sides: images, seeds, truncation, data, …
    """
    start = time.monotonic()
    for metric in metrics:
        if metric.needs_pairs and not (real.targets and real.count == fake.count):
            raise UsageError(f"{metric.name} compares translations with their own targets: it needs pairs, all of them")
    metrics = [metric.told(real.labels, fake.labels) for metric in metrics]
    seers = seers_for(metrics, extractor)
    of_fake = see(fake, seers, {stream_of(metric) for metric in metrics}, batch_size, "looking at fake pictures")
    wanted = {stream_of(metric) for metric in metrics if metric.needs_real}
    of_real = see(real, seers, wanted, batch_size, "looking at real pictures")
    scored = []
    for metric in metrics:
        stream = stream_of(metric)
        found = metric.scores(of_real.get(stream, torch.empty(0)), of_fake[stream])
        scored += [(metric, name, one) for name, one in found.items()]
    seconds = round(time.monotonic() - start, 3)
    return [row(metric, name, one, real, fake, extractor, seconds) for metric, name, one in scored]


def row(
    metric: Metric, name: str, one: Score, real: Side, fake: Side, extractor: Extractor | None, seconds: float
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


def warnings(metric: Metric, one: Score, real: Side, fake: Side, extractor: Extractor | None) -> list[str]:
    """Why the number should not be compared with others."""
    found = [*doubts_of(extractor)] if extractor else []
    fewest = min(fake.count, real.count) if metric.needs_real else fake.count
    if extractor and fewest < FEW:
        found.append(f"only {fewest:,} pictures: compare with nothing but the same N (papers use {FEW:,} to 50,000)")
    found += fake.doubts
    if metric.needs_real:
        found += real.doubts
    return [*found, *([one.note] if one.note else [])]


def finite(value: float | None) -> float | None:
    """JSON has no infinity."""
    return value if value is not None and math.isfinite(value) else None
