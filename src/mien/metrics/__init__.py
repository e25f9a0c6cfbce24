"""Metrics, one file each, and as functions of images: `mien.metrics.fid("faces/", images)`.

Here the function `fid` hides the module `fid`. `from mien.metrics.fid import FID` still imports the class. `find` also
takes a user's file: "my_metric.py:sharpness".
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil

from mien.config.serialization import add_user_file, is_ours
from mien.errors import UsageError
from mien.metrics.functional import afd, fid, inception_score, kid, mind, precision_recall
from mien.metrics.image_batches import Images
from mien.metrics.metric import METRICS, Metric

__all__ = ["Images", "afd", "fid", "find", "inception_score", "kid", "known", "mind", "precision_recall"]


def known() -> dict[str, type[Metric]]:
    """Return every metric of mien, by name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    by_name = sorted(METRICS.items(), key=lambda entry: entry[0][1])
    return {name: made for (module, name), made in by_name if is_ours(module)}


def find(name: str) -> Metric:
    """Return the metric with this name, or of `path/to/file.py:name`. Raises UsageError with the nearest name."""
    path, separator, own = name.rpartition(":")
    if separator and path.endswith(".py"):
        return from_user_file(path, own)
    metrics = known()
    if name not in metrics:
        near = difflib.get_close_matches(name, metrics, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(metrics)}"
        raise UsageError(f"no metric {name!r}: {hint} (your own: my_metric.py:name)")
    return metrics[name]()


def from_user_file(path: str, name: str) -> Metric:
    own = add_user_file(path).__name__
    found = {name: made for (module, name), made in METRICS.items() if module == own}
    if name not in found:
        there = f"there are: {', '.join(sorted(found))}" if found else "there is none: see CONTRIBUTING.md"
        raise UsageError(f"{path} has no metric {name!r}: {there}")
    return found[name]()
