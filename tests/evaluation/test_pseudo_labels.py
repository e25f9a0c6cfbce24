"""Missing labels: what is filled is right as often as was asked, what was told stays, what cannot be told stays out."""

import numpy as np
import torch

from mien.data.attributes import attributes_of
from mien.evaluation.pseudo_labels import fill

NAMES = ("hair=black", "hair=pink", "hair=white", "eyes=blue", "eyes=red", "glasses")


def world(count: int = 2400):
    """Hair and glasses can be told from the features, hair not always; the colour of eyes cannot. A third is labelled,
    all of those with hair, one in two of them with eyes."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(count, 12, generator=generator)
    hair, eyes, glasses = (torch.randint(n, (count,), generator=generator).numpy() for n in (3, 2, 2))
    features[:, :3] += 2.2 * torch.nn.functional.one_hot(torch.from_numpy(hair), 3)
    features[:, 3] += 6 * torch.from_numpy(glasses)
    truth = np.zeros((count, 6), np.float32)
    for group, values in zip(attributes_of(NAMES), (hair, eyes, glasses)):
        group.encode(truth, values)
    told = truth.copy()
    told[count // 3 :] = 0
    told[: count // 3 : 2, 3:5] = 0
    return features, truth, told


def test_what_is_filled_is_right_as_often_as_was_asked():
    features, truth, told = world()
    labels, found = fill(features, told, NAMES, 0.9)
    hair, eyes, glasses = found
    assert (hair.name, hair.given, hair.filled + hair.unknown) == ("hair", 800, 1600)
    assert (glasses.given, glasses.accuracy > 0.98, glasses.unknown) == (800, True, 0)
    assert 0.7 < hair.accuracy < 0.9 and 0.3 < hair.majority < 0.42 and hair.accuracy_when_sure >= 0.9
    new = labels[800:, :3].any(1)
    right = (labels[800:, :3] == truth[800:, :3]).all(1)[new].mean()
    assert right > 0.88 and new.sum() == hair.filled and abs(new.mean() - hair.sure) < 0.05
    assert (eyes.given, eyes.filled, eyes.unknown, eyes.least) == (400, 0, 2000, None) and eyes.accuracy < 0.6
    assert not labels[800:, 3:5].any()


def test_what_was_told_stays():
    features, _, told = world()
    before = told.copy()
    labels, _ = fill(features, told, NAMES, 0.8)
    assert (told == before).all() and (labels[told == 1] == 1).all()
    assert (labels[:800, :3] == told[:800, :3]).all() and (labels[:800, 5] == told[:800, 5]).all()


def test_too_few_labels_teach_nothing():
    features, _, told = world()
    told[40:] = 0
    labels, found = fill(features, told, NAMES, 0.9)
    assert (labels == told).all() and found[0].given == 40 and found[0].accuracy is None
