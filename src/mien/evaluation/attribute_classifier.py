"""A reader of attributes for the metrics of modes and of agreement, taught on built-in faces that no training sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from mien.data.synthetic.draw import CHOICES, SWITCHES, draw_many, numbers, sample_face
from mien.data.synthetic.pencil import off_paper
from mien.errors import UsageError
from mien.evaluation.image_sets import Side
from mien.metrics.agreement import Agreement, ReadAgreement
from mien.metrics.metric import Metric
from mien.metrics.modes import Attribute, Modes, Reader, learn
from mien.runtime.console import counted

SEED = 2**32 - 1  # trainings are given the faces of seed 0
LEARNED, HELD_OUT = 4000, 1000


def with_reader(metrics: list[Metric], real: Side) -> list[Metric]:
    """Give the metrics of modes and of agreement, where they are wanted, a reader for pictures of this size. Raises
    UsageError where modes are wanted and the real pictures are not the built-in faces; agreement has a probe then."""
    if not real.built_in and any(isinstance(metric, Modes) for metric in metrics):
        found = real.facts["data"]
        raise UsageError(f"modes needs the built-in faces, whose truth is known, not {found}: --data drawn")
    if not real.built_in or not any(isinstance(metric, Modes | Agreement) for metric in metrics):
        return metrics
    height, width = next(real.batches(1)).shape[1:3]
    reader = teach(height, width, pencil=real.pencil)

    def given(metric: Metric) -> Metric:
        if isinstance(metric, Agreement):
            return ReadAgreement(reader=reader)
        return replace(metric, reader=reader) if isinstance(metric, Modes) else metric

    return [given(metric) for metric in metrics]


def teach(height: int, width: int, learned: int = LEARNED, held_out: int = HELD_OUT, pencil: bool = False) -> Reader:
    """The same for a size and a style each time."""
    count = learned + held_out
    with counted("teaching a reader of attributes") as progress:
        faces = draw_many(count, height, width, SEED, sources="pencil" if pencil else None, progress=progress)
    shown = [numbers(row, "pencil")[1] if pencil else row for row in range(count)]
    pictures = faces.sources if pencil else faces.images
    assert pictures is not None
    # Pale colours lie too near to each other for the reader until the paper's share is taken out of them.
    return learn(
        pictures, values_of(SEED, shown), attributes(), held_out, off_paper if pencil else np.ascontiguousarray
    )


def attributes() -> tuple[Attribute, ...]:
    """All but the bangs have shares that are known without counting (a hime cut always has straight ones)."""
    equal = [Attribute(name, values, (1 / len(values),) * len(values)) for name, values in CHOICES.items()]
    switches = [Attribute(name, ("without", "with"), (1 - share, share)) for name, share in SWITCHES.items()]
    return tuple(one for one in [*equal, *switches] if one.name != "bangs")


def values_of(seed: int, faces: Iterable[int]) -> np.ndarray:
    """int64 [N, attributes]: which value of each attribute these faces of a seed have"""
    known = [(one.name, one.values) for one in attributes()]
    return np.array([[value_of(sample_face(seed, index), *one) for one in known] for index in faces])


def value_of(face: object, name: str, values: tuple[str, ...]) -> int:
    found = getattr(face, name)
    return int(found) if isinstance(found, bool) else values.index(found)
