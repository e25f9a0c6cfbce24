"""Agreement and FID within classes: the numbers by hand, on the built-in faces, by a probe, and in mien evaluate."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.data.synthetic.draw import attribute_names, draw_many
from mien.errors import UsageError
from mien.evaluation.attribute_classifier import with_attribute_classifier
from mien.evaluation.evaluate import score
from mien.evaluation.image_sets import ImageSet
from mien.metrics import find
from mien.metrics.agreement import Agreement, ClassifierAgreement, FIDByClass, chance
from mien.metrics.fid import FID
from mien.metrics.metric import Labels
from mien.metrics.modes import AttributeClassifier, AttributeDistribution

NAMES = ("hair=black", "hair=pink", "glasses", "mouth=smile", "mouth=frown")
BY_HAND = AttributeClassifier(
    (
        AttributeDistribution("hair", ("black", "pink"), (0.5, 0.5), 1.0),
        AttributeDistribution("mouth", ("smile", "frown"), (0.5, 0.5), 0.6),
        AttributeDistribution("glasses", ("without", "with"), (0.8, 0.2), 0.99),
    ),
    torch.zeros(1, 6),
)


def labels(hair, glasses):
    rows = np.zeros((len(hair), 5), np.float32)
    rows[np.arange(len(hair)), hair] = 1
    rows[:, 2], rows[:, 3] = glasses, 1
    return Labels(rows, NAMES)


def test_numbers_by_hand():
    """Ten pictures, six asked to be black: eight have the hair that was asked for, nine the glasses."""
    asked = labels([0] * 6 + [1] * 4, [1, 0] * 5)
    drawn = torch.tensor(
        [[0, 0, 1], [0, 0, 0]] * 2 + [[0, 0, 1], [1, 0, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1], [1, 0, 1]]
    )
    truth = labels([0, 1, 0, 1], [0, 0, 0, 1])
    real = torch.tensor([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 1]])
    scores = ClassifierAgreement(truth, asked, BY_HAND).scores(real, drawn)
    assert list(scores) == ["agreement", "agreement_hair", "agreement_glasses"]
    hair, glasses = scores["agreement_hair"], scores["agreement_glasses"]
    assert (hair.value, hair.real) == (0.8, 0.75) and (glasses.value, glasses.real) == (0.9, 1.0)
    # Read: 6 black, 4 pink; asked: 6 black, 4 pink.
    assert hair.settings == "chance 52.0%; classifier of the built-in faces"
    assert (scores["agreement"].value, scores["agreement"].real) == (pytest.approx(0.85), 0.875)
    assert scores["agreement"].details == ("not read surely enough, or not requested: mouth",)


def test_chance_is_the_mean_over_all_orders():
    values, asked = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    assert chance(values, asked) == pytest.approx(np.mean([(values == np.roll(asked, n)).mean() for n in range(4)]))


def test_chance_counts_the_pictures_that_were_asked_nothing():
    """Captions tell of glasses, never of none: three of the four asked for them wear them, and one of the others."""
    asked = replace(labels([0] * 8, [1] * 4 + [0] * 4), states_off=False)
    drawn = torch.tensor([[0, 0, glasses] for glasses in (1, 1, 1, 0, 0, 0, 0, 1)])
    glasses = ClassifierAgreement(asked, asked, BY_HAND).scores(drawn, drawn)["agreement_glasses"]
    assert (glasses.value, glasses.settings) == (0.75, "chance 50.0%; classifier of the built-in faces")


@pytest.fixture(scope="module")
def drawn():
    return draw_many(600, 32, 32, seed=0)


def test_faces_that_are_what_was_asked_agree_and_others_do_so_by_chance(drawn, face_reader):
    truth = Labels(drawn.labels, attribute_names())
    rows = ClassifierAgreement(classifier=face_reader).rows(drawn.images)
    right = ClassifierAgreement(truth, truth, face_reader).scores(rows, rows)
    assert right["agreement_hair"].value == right["agreement_hair"].real > 0.97 and right["agreement"].value > 0.95
    other = Labels(np.random.default_rng(0).permutation(drawn.labels), attribute_names())
    wrong = ClassifierAgreement(truth, other, face_reader).scores(rows, rows)
    assert abs(wrong["agreement_hair"].value - 1 / 12) < 0.05 and wrong["agreement_hair"].real > 0.97
    told = float(wrong["agreement_skin"].settings.split("chance ")[1].split("%")[0]) / 100
    assert abs(wrong["agreement_skin"].value - told) < 0.07


def test_a_probe_tells_on_other_pictures():
    """Half of the real pictures are labelled; features that say hair, none that says glasses."""
    random = np.random.default_rng(0)
    hair, glasses = random.integers(0, 2, 800), random.integers(0, 2, 800)
    features = torch.from_numpy(random.normal(size=(800, 6)) + 3 * hair[:, None]).float()
    truth = labels(hair, glasses)
    truth.values[400:] = 0
    scores = Agreement(truth, labels(hair[::-1], glasses)).scores(features, features.flip(0))
    assert scores["agreement_hair"].value > 0.97 and scores["agreement_hair"].real > 0.97
    assert abs(scores["agreement_glasses"].value - 0.5) < 0.1 and abs(scores["agreement_glasses"].real - 0.5) < 0.1
    assert "probe of 400, held out; most frequent" in scores["agreement_hair"].settings
    assert scores["agreement"].details == ("not read surely enough, or not requested: mouth",)


def test_fid_within_classes():
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(200, 4, generator=random) for _ in range(2))
    hair = np.arange(200) % 2
    fake[torch.from_numpy(hair == 1)] += 1
    made = FIDByClass(labels(hair, hair), labels(hair, hair)).scores(real, fake)["fid_by_class"]
    each = [FID().scores(real[hair == n], fake[hair == n])["fid"].value for n in (0, 1)]
    assert made.value == pytest.approx(np.mean(each)) and each[1] > 3 > each[0]
    assert made.details == tuple(
        f"fid of {name}: {value:.2f} (100 real, 100 fake)" for name, value in zip(("black", "pink"), each)
    )
    shuffled = FIDByClass(labels(hair, hair), labels(np.zeros(200, int), hair)).scores(real, fake)["fid_by_class"]
    assert shuffled.settings == "mean of 1 of 2 values of hair"
    assert shuffled.details[-1] == "fewer than 10 images of a kind, left out: pink"


def test_sides_bring_what_was_asked(drawn, face_reader, monkeypatch):
    monkeypatch.setattr("mien.evaluation.attribute_classifier.train_attribute_classifier", lambda *_, **__: face_reader)
    truth = Labels(drawn.labels, attribute_names())

    def batches(size):
        return (drawn.images[start : start + size] for start in range(0, 600, size))

    side = ImageSet(600, batches, facts={"data": "drawn"}, built_in=True, labels=truth)
    metrics = with_attribute_classifier([find("agreement")], side)
    assert [metric.reads for metric in metrics] == ["pixels"] and find("agreement").reads == "features"
    rows = {row["metric"]: row for row in score(side, side, metrics, None, 64)}
    assert rows["agreement_hair"]["value"] > 0.97 and rows["agreement"]["better"] == "higher"
    with pytest.raises(UsageError, match="agreement needs requested attributes: a run with --cond"):
        score(side, replace(side, labels=None), metrics, None, 64)
    with pytest.raises(UsageError, match=r"with the requested labels \(hair=black, hair=pink, glasses, …\)"):
        score(side, replace(side, labels=labels([0] * 600, [0] * 600)), metrics, None, 64)
