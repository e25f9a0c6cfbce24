"""Turn the flags --metrics and --detector into metrics. A missing file is one line with its cure."""

from __future__ import annotations

from dataclasses import replace

from mien.errors import UsageError
from mien.metrics import find as find_metric
from mien.metrics.afd import AFD
from mien.metrics.detectors import choose_detector
from mien.metrics.metric import Metric


def choose_metrics(names: str, detector: str | None) -> list[Metric]:
    """ "fid,kid,my_metric.py:sharpness" -> metrics that are ready to use. Raises UsageError or FileError."""
    given = [name.strip() for name in names.split(",") if name.strip()]
    if not given or len(set(given)) < len(given):
        raise UsageError(f"--metrics {names!r} must name metrics, each once, separated by commas: fid,kid,pr")
    found = [find_metric(name) for name in given]
    names_found = [metric.name for metric in found]
    if twice := {name for name in names_found if names_found.count(name) > 1}:
        raise UsageError(f"--metrics {names}: two are called {twice.pop()}: give your metric another name")
    if detector is not None and not any(isinstance(metric, AFD) for metric in found):
        raise UsageError(f"--detector {detector} is only for afd: add afd to --metrics")
    return [
        replace(metric, detector=choose_detector(detector))
        if isinstance(metric, AFD) and not metric.detector
        else metric
        for metric in found
    ]
