"""Generators and translators in memory: those that pages used last."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.runs.directory import RunDirectory
from mien.web.shelf import SNAPSHOT, NotFound, changed_at, numbered

if TYPE_CHECKING:
    from mien.inference.generator import Generator
    from mien.inference.translator import Translator

MOST = 6
"""Models in memory."""


class Models:
    """lock: held while a network computes. A second one at the same time would only make both slower."""

    def __init__(self) -> None:
        self.known: OrderedDict[tuple[Path, int], Any] = OrderedDict()
        self.lock = threading.Lock()

    def load(self, run: RunDirectory, snapshot: str) -> Generator | Translator:
        """Return the model of a snapshot; see `snapshot_of`. Raises FileError. The caller holds the lock."""
        from mien.inference import generator, translator

        path = snapshot_of(run, snapshot)
        key = (path, changed_at(path))
        found = self.known.pop(key, None)
        if found is None:
            found = translator.load(path) if translator.translates(path) else generator.load(path)
        self.known[key] = found
        while len(self.known) > MOST:
            self.known.popitem(last=False)
        return found  # type: ignore[no-any-return]  # the classes are imported late: `known` holds Any

    def generator(self, run: RunDirectory, snapshot: str) -> Generator:
        from mien.inference.generator import Generator

        found = self.load(run, snapshot)
        if not isinstance(found, Generator):
            raise NotFound(f"{run.name} translates images: open it under Translate")
        return found


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread. Beside a training, threads that wait for each other take longer than a small image."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def snapshot_of(run: RunDirectory, snapshot: str) -> Path:
    """Return the file of a snapshot: the kimg in its name, "best", or "" for the newest. Raises NotFound."""
    if snapshot == "best":
        best = run.best_snapshots()
        if best:
            return best[-1]
        raise NotFound(f"{run.name} has no best snapshot: train with --metrics fid")
    found = numbered(run.snapshots, SNAPSHOT)
    if not found:
        raise NotFound(f"{run.name} has no snapshot yet")
    if snapshot and snapshot not in found:
        raise NotFound(f"{run.name} has no snapshot at {snapshot[:40]!r}")
    return run.snapshots / f"kimg-{snapshot or found[-1]}.safetensors"
