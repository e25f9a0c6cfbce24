"""An attribute classifier for the metrics modes and agreement. No GAN is trained on its training faces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from mien.data.synthetic.draw import CHOICES, SWITCHES, draw_many, numbers, sample_face
from mien.data.synthetic.pencil import off_paper
from mien.errors import UsageError
from mien.evaluation.image_sets import ImageSet
from mien.metrics.agreement import Agreement, ClassifierAgreement
from mien.metrics.metric import Metric
from mien.metrics.modes import AttributeClassifier, AttributeDistribution, Modes, learn
from mien.runtime.console import counted

SEED = 2**32 - 1  # GANs are trained on the faces of seed 0
LEARNED, HELD_OUT = 4000, 1000


def with_attribute_classifier(metrics: list[Metric], real: ImageSet) -> list[Metric]:
    """Return the metrics. Modes and agreement get a classifier for images of this size.

    For images other than the built-in faces, agreement trains a linear probe, and modes raises UsageError.
    """
    if not real.built_in and any(isinstance(metric, Modes) for metric in metrics):
        found = real.facts["data"]
        raise UsageError(f"modes needs the built-in faces, not {found}: give --data drawn")
    if not real.built_in or not any(isinstance(metric, Modes | Agreement) for metric in metrics):
        return metrics
    height, width = next(real.batches(1)).shape[1:3]
    classifier = train_attribute_classifier(height, width, pencil=real.pencil)

    def given(metric: Metric) -> Metric:
        if isinstance(metric, Agreement):
            return ClassifierAgreement(classifier=classifier)
        return replace(metric, classifier=classifier) if isinstance(metric, Modes) else metric

    return [given(metric) for metric in metrics]


def train_attribute_classifier(
    height: int, width: int, learned: int = LEARNED, held_out: int = HELD_OUT, pencil: bool = False
) -> AttributeClassifier:
    """Return a trained classifier for one size and style. The same arguments give the same classifier."""
    count = learned + held_out
    with counted("training the attribute classifier") as progress:
        faces = draw_many(count, height, width, SEED, sources="pencil" if pencil else None, progress=progress)
    shown = [numbers(row, "pencil")[1] if pencil else row for row in range(count)]
    pixels = faces.sources if pencil else faces.images
    assert pixels is not None
    # The classifier cannot separate pale pencil colours. `off_paper` removes the paper's share from them.
    return learn(pixels, values_of(SEED, shown), attributes(), held_out, off_paper if pencil else np.ascontiguousarray)


def attributes() -> tuple[AttributeDistribution, ...]:
    """Return the attributes and the shares of their values.

    The bangs are left out: a hime cut always has straight bangs, so their shares are not equal.
    """
    equal = [AttributeDistribution(name, values, (1 / len(values),) * len(values)) for name, values in CHOICES.items()]
    switches = [
        AttributeDistribution(name, ("without", "with"), (1 - share, share)) for name, share in SWITCHES.items()
    ]
    return tuple(one for one in [*equal, *switches] if one.name != "bangs")


def values_of(seed: int, faces: Iterable[int]) -> np.ndarray:
    """Return the index of each attribute's value, int64 [N, attributes], for faces (indices) of a seed."""
    known = [(one.name, one.values) for one in attributes()]
    return np.array([[value_of(sample_face(seed, index), *one) for one in known] for index in faces])


def value_of(face: object, name: str, values: tuple[str, ...]) -> int:
    found = getattr(face, name)
    return int(found) if isinstance(found, bool) else values.index(found)
