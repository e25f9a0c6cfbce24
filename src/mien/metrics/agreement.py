"""Agreement of generated images with the attributes that were requested.

A classifier predicts the attributes of each image. For the built-in faces it is trained on their exact attributes. For
other images it is a linear probe, trained on the labelled real images. Each number comes with the accuracy of its
classifier on held-out real images.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.data.attributes import Attribute, attributes_of
from mien.errors import UsageError
from mien.metrics.fid import FID
from mien.metrics.linear_probe import FEWEST, learn
from mien.metrics.metric import Labels, Metric, Reads, Score, metric
from mien.metrics.modes import SURE, AttributeClassifier

FEWEST_OF_A_CLASS = 10  # a class with fewer images has no FID


@dataclass(frozen=True)
class LabelledMetric(Metric):
    """A metric of the labels of the real images and the requested labels of the generated images."""

    real_labels: Labels | None = None
    requested: Labels | None = None

    def with_labels(self, real: Labels | None, fake: Labels | None) -> Metric:
        return replace(self, real_labels=real, requested=fake)

    def attributes(self) -> list[tuple[Attribute, np.ndarray, np.ndarray]]:
        """Return each attribute with its values in the real and in the generated images, int [N] and [M]; -1: not
        known.
        """
        real, requested = self.real_labels, self.requested
        if requested is None:
            raise UsageError(
                f"{self.name} needs requested attributes: a run with --cond, or labelled images. A run with --cond "
                "text is given the captions of --data, which must have labels, too"
            )
        if real is None or real.names != requested.names:
            raise UsageError(
                f"{self.name} needs real images with the requested labels ({', '.join(requested.names[:3])}, "
                f"…): name them by --data"
            )
        found = attributes_of(real.names, real.values)
        return [(attribute, real.decode(attribute), requested.decode(attribute)) for attribute in found]


@metric
@dataclass(frozen=True)
class Agreement(LabelledMetric):
    """agreement: the share of images with the requested value of an attribute, as a mean over all attributes.

    agreement_hair, …: the share for one attribute. Higher is better. `real`: the accuracy of the same classifier on
    real images. Attributes that the classifier cannot predict are left out.
    """

    name: ClassVar[str] = "agreement"
    reads: ClassVar[Reads] = "features"
    better = "higher"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        read = [self.read(attribute, given, real, fake) for attribute, given, _ in self.attributes()]
        found: dict[str, Score] = {}
        unread = []
        for (attribute, _, requested), reading in zip(self.attributes(), read, strict=True):
            if reading is None or not (requested >= 0).any():
                unread.append(attribute.name)
                continue
            values, accuracy, how = reading
            known = requested >= 0
            share = float((values[known] == requested[known]).mean())
            settings = f"chance {chance(values, requested[known]):.1%}; {how}"
            found[f"agreement_{attribute.name}"] = Score(share, None, accuracy, settings)
        if not found:
            raise UsageError(f"agreement: none of {', '.join(unread)} can be read: too few real images have them")
        mean = float(np.mean([one.value for one in found.values()]))
        of_real = float(np.mean([one.real for one in found.values() if one.real is not None]))
        details = (f"not read surely enough, or not requested: {', '.join(unread)}",) if unread else ()
        settings = f"mean of {len(found)} attributes"
        return {"agreement": Score(mean, None, of_real, settings, details=details), **found}

    def read(
        self, attribute: Attribute, given: np.ndarray, real: Tensor, fake: Tensor
    ) -> tuple[np.ndarray, float, str] | None:
        """Return (the values in the generated images, their accuracy, a description of the classifier), or None.

        None: the classifier cannot predict the attribute.
        """
        if (given >= 0).sum() < FEWEST or len(np.unique(given[given >= 0])) < 2:
            return None
        learned = learn(real, given, len(attribute.values))
        guessed = learned.probe(fake.float()).argmax(1).numpy()
        how = f"probe of {len(learned.rows):,}, held out; most frequent {learned.majority:.1%}"
        return guessed, learned.accuracy, how


@dataclass(frozen=True)
class ClassifierAgreement(Agreement):
    """Agreement by the classifier of the built-in faces. Attributes with less than SURE accuracy are left out."""

    reads: ClassVar[Reads] = "pixels"
    classifier: AttributeClassifier | None = None

    def rows(self, pixels: np.ndarray) -> Tensor:
        assert self.classifier is not None
        return self.classifier(pixels)

    def key(self) -> str | None:
        return self.classifier.key() if self.classifier else None

    def read(
        self, attribute: Attribute, given: np.ndarray, real: Tensor, fake: Tensor
    ) -> tuple[np.ndarray, float, str] | None:
        assert self.classifier is not None
        names = [one.name for one in self.classifier.attributes]
        if attribute.name not in names or self.classifier.attributes[names.index(attribute.name)].accuracy < SURE:
            return None
        column = names.index(attribute.name)
        accuracy = float((real[:, column].numpy() == given)[given >= 0].mean())
        return fake[:, column].numpy(), accuracy, "classifier of the built-in faces"


def chance(values: np.ndarray, requested: np.ndarray) -> float:
    """Return the agreement by chance of values [N] with requests [M], that is, in random order.

    The values are those of all images. If glasses were requested only for some images, and "no glasses" for none,
    chance is the share of all images with glasses.
    """
    count = int(max(values.max(), requested.max())) + 1
    drawn, wanted = (np.bincount(one, minlength=count) / len(one) for one in (values, requested))
    return float(drawn @ wanted)


@metric
@dataclass(frozen=True)
class FIDByClass(LabelledMetric):
    """fid_by_class: the mean FID over the classes, or over the values of the first attribute.

    Generated images of a requested class are compared with real images of that class. Lower is better. With few images
    in a class the value is far too high.
    """

    name: ClassVar[str] = "fid_by_class"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        attribute, given, requested = self.attributes()[0]
        values, lines, few = [], [], []
        for place, name in enumerate(attribute.values):
            own, other = real[torch.from_numpy(given == place)], fake[torch.from_numpy(requested == place)]
            if min(len(own), len(other)) < FEWEST_OF_A_CLASS:
                few.append(name)
                continue
            values.append(FID().scores(own, other)["fid"].value)
            lines.append(f"fid of {name}: {values[-1]:.2f} ({len(own):,} real, {len(other):,} fake)")
        if not values:
            raise UsageError(
                f"fid_by_class: no {attribute.name} has {FEWEST_OF_A_CLASS} images of each kind: raise --num"
            )
        lines += [f"fewer than {FEWEST_OF_A_CLASS} images of a kind, left out: {', '.join(few)}"] if few else []
        settings = f"mean of {len(values)} of {len(attribute.values)} values of {attribute.name}"
        fewest, width = min(len(real), len(fake)) // len(attribute.values), real.shape[1]
        note = f"about {fewest:,} images of a class for {width:,} features: far too high" if fewest <= width else None
        return {"fid_by_class": Score(float(np.mean(values)), None, None, settings, note, details=tuple(lines))}
