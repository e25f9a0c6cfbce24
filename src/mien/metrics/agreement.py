"""Whether what was asked for was drawn: the attributes of each picture, as they are read off it, against those asked.

On the built-in faces a reader that was taught their exact truth tells the attributes. On other pictures a linear probe
does, that learns from the real labelled ones. How often the reading itself is right stands beside each number: on real
pictures whose truth is known, held out from what the reader or the probe learned from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.data.attributes import Group, groups
from mien.errors import UsageError
from mien.metrics.fid import FID
from mien.metrics.linear_probe import FEWEST, learn
from mien.metrics.metric import Labels, Metric, Reads, Score, metric
from mien.metrics.modes import SURE, Reader

FEWEST_OF_A_CLASS = 10  # pictures under which a class has no FID


@dataclass(frozen=True)
class Told(Metric):
    """A metric that knows what the real pictures are and what the fake ones were asked to be."""

    real_labels: Labels | None = None
    asked: Labels | None = None

    def told(self, real: Labels | None, fake: Labels | None) -> Metric:
        return replace(self, real_labels=real, asked=fake)

    def attributes(self) -> list[tuple[Group, np.ndarray, np.ndarray]]:
        """Each attribute with its values of the real and of the fake pictures, int [N] and [M], -1: not known."""
        real, asked = self.real_labels, self.asked
        if asked is None:
            raise UsageError(
                f"{self.name} needs pictures that were asked for: a run with --cond, or labelled pictures; a run with "
                "--cond text is asked for the captions of --data, which must have labels beside them"
            )
        if real is None or real.names != asked.names:
            raise UsageError(
                f"{self.name} needs real pictures with the labels that were asked for ({', '.join(asked.names[:3])}, "
                f"…): give such by --data"
            )
        found = groups(real.names, real.values)
        return [(group, real.told(group), asked.told(group)) for group in found]


@metric
@dataclass(frozen=True)
class Agreement(Told):
    """agreement: in what share of pictures an attribute is what was asked for, the mean over all that can be read;
    agreement_hair, …: of one. Higher is better; beside it, how often the same reading is right about real pictures."""

    name: ClassVar[str] = "agreement"
    reads: ClassVar[Reads] = "features"
    better = "higher"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        read = [self.read(group, told, real, fake) for group, told, _ in self.attributes()]
        found: dict[str, Score] = {}
        unread = []
        for (group, _, asked), reading in zip(self.attributes(), read, strict=True):
            if reading is None or not (asked >= 0).any():
                unread.append(group.name)
                continue
            values, accuracy, how = reading
            known = asked >= 0
            share = float((values[known] == asked[known]).mean())
            settings = f"chance {chance(values, asked[known]):.1%}; {how}"
            found[f"agreement_{group.name}"] = Score(share, None, accuracy, settings)
        if not found:
            raise UsageError(f"agreement: none of {', '.join(unread)} can be read: too few real pictures have them")
        mean = float(np.mean([one.value for one in found.values()]))
        of_real = float(np.mean([one.real for one in found.values() if one.real is not None]))
        details = (f"not read surely enough, or not asked for: {', '.join(unread)}",) if unread else ()
        settings = f"mean of {len(found)} attributes"
        return {"agreement": Score(mean, None, of_real, settings, details=details), **found}

    def read(self, group: Group, told: np.ndarray, real: Tensor, fake: Tensor) -> tuple[np.ndarray, float, str] | None:
        """-> (the values of the fake pictures, how often such a value is right, by what); None: it cannot be read."""
        if (told >= 0).sum() < FEWEST or len(np.unique(told[told >= 0])) < 2:
            return None
        learned = learn(real, told, len(group.values))
        guessed = learned.probe(fake.float()).argmax(1).numpy()
        how = f"probe of {len(learned.rows):,}, held out; most frequent {learned.majority:.1%}"
        return guessed, learned.accuracy, how


@dataclass(frozen=True)
class ReadAgreement(Agreement):
    """By the reader of the built-in faces; attributes that it reads right in less than SURE are left out."""

    reads: ClassVar[Reads] = "pixels"
    reader: Reader | None = None

    def rows(self, pixels: np.ndarray) -> Tensor:
        assert self.reader is not None
        return self.reader(pixels)

    def key(self) -> str | None:
        return self.reader.key() if self.reader else None

    def read(self, group: Group, told: np.ndarray, real: Tensor, fake: Tensor) -> tuple[np.ndarray, float, str] | None:
        assert self.reader is not None
        names = [one.name for one in self.reader.attributes]
        if group.name not in names or self.reader.attributes[names.index(group.name)].accuracy < SURE:
            return None
        column = names.index(group.name)
        accuracy = float((real[:, column].numpy() == told)[told >= 0].mean())
        return fake[:, column].numpy(), accuracy, "reader of the built-in faces"


def chance(values: np.ndarray, asked: np.ndarray) -> float:
    """The agreement of the answers [N] with the questions [M] in any order. The answers are of all pictures: where some
    are asked for glasses, and none to be without, chance is how many of all wear them."""
    count = int(max(values.max(), asked.max())) + 1
    drawn, wanted = (np.bincount(one, minlength=count) / len(one) for one in (values, asked))
    return float(drawn @ wanted)


@metric
@dataclass(frozen=True)
class FIDByClass(Told):
    """fid_by_class: the mean of the FIDs within each class, or each value of the first attribute: fakes that were asked
    to be one against real ones that are. Lower is better; few pictures of a class make it far too high."""

    name: ClassVar[str] = "fid_by_class"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        group, told, asked = self.attributes()[0]
        values, lines, few = [], [], []
        for place, name in enumerate(group.values):
            own, other = real[torch.from_numpy(told == place)], fake[torch.from_numpy(asked == place)]
            if min(len(own), len(other)) < FEWEST_OF_A_CLASS:
                few.append(name)
                continue
            values.append(FID().scores(own, other)["fid"].value)
            lines.append(f"fid of {name}: {values[-1]:.2f} ({len(own):,} real, {len(other):,} fake)")
        if not values:
            raise UsageError(
                f"fid_by_class: no {group.name} has {FEWEST_OF_A_CLASS} pictures of each kind: raise --num"
            )
        lines += [f"fewer than {FEWEST_OF_A_CLASS} pictures of a kind, left out: {', '.join(few)}"] if few else []
        settings = f"mean of {len(values)} of {len(group.values)} values of {group.name}"
        fewest, width = min(len(real), len(fake)) // len(group.values), real.shape[1]
        note = f"about {fewest:,} pictures of a class for {width:,} features: far too high" if fewest <= width else None
        return {"fid_by_class": Score(float(np.mean(values)), None, None, settings, note, details=tuple(lines))}
