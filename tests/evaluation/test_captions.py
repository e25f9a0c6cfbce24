"""Runs that were trained on texts: each picture is drawn from a caption of the real pictures, and only what that tells
is read back."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import picture_folder
from exact import begin

import mien
from mien.conditioning.labels import embedded
from mien.conditioning.text.words import Words
from mien.data.attributes import attributes_of
from mien.data.synthetic.draw import OTHER, USUAL, attribute_names, draw_many, sample_face
from mien.errors import UsageError
from mien.evaluation.image_sets import generated_by, image_set_of
from mien.inference.generator import Generator, load
from mien.metrics.agreement import Agreement
from mien.metrics.metric import Labels

TINY = ("generator.width=2", "generator.latent_dim=4", "discriminator.width=2", "condition.embedding_dim=4")
OWN = Path(__file__).parents[1] / "own_metric.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Trained on hardly anything, on the captions of 60 built-in faces."""
    return begin(
        "drawn:60@32", tmp_path_factory.mktemp("runs"), "dcgan", TINY, "16img", cond="text", resolution="32"
    ).path


def test_a_seed_draws_a_caption_of_the_real_pictures(run):
    generator, real = load(run, device="cpu"), image_set_of("drawn-reworded:50", (32, 32), 20)
    rows = np.linspace(0, 49, 20).round().astype(int)
    assert real.captions == [OTHER.caption(sample_face(0, row), row) for row in rows]
    fake = generated_by(generator, [3, 8, 5], "3,8,5", 1.0, real)
    places = [generator.with_labels(torch.zeros(20, Words.dim)).sample(seed)[1] for seed in (3, 8, 5)]
    vectors = torch.from_numpy(Words()([real.captions[place] for place in places]))
    whole = torch.cat([generator.latents([3, 8, 5])[:, :4], vectors], 1)
    expected = generator.synthesis(generator.mapping(torch.cat([whole, torch.zeros(29, 4 + Words.dim)])))[:3]
    drawn = np.concatenate(list(fake.batches(32)))
    np.testing.assert_allclose(drawn, (expected.permute(0, 2, 3, 1).numpy() + 1) * 127.5, atol=0.51)
    assert fake.facts["captions"] == "drawn-reworded:50" and not fake.labels.states_off
    assert np.array_equal(fake.labels.values, real.caption_labels.values[places])


def test_without_captions_a_seed_draws_one_of_the_trainings(run, tmp_path):
    generator = load(run, device="cpu")
    fake = generated_by(generator, [3], "3", 1.0, image_set_of(picture_folder(tmp_path / "plain", 4), (32, 32), 4))
    assert np.array_equal(np.concatenate(list(fake.batches(64))), generator.pixels([3]))
    assert fake.labels is None and "captions" not in fake.facts


def test_only_what_a_caption_tells_is_asked_for(tmp_path):
    """A short caption tells hair and eyes alone; of switches those that are on; of a text without words nothing."""
    real = image_set_of("drawn-reworded:60", (16, 16), 60)
    hair, bangs, glasses = (
        next(group for group in attributes_of(attribute_names()) if group.name == name)
        for name in ("hair", "bangs", "glasses")
    )
    short = np.array([text.startswith("hair: ") for text in real.captions])
    assert short.sum() > 3 and (real.caption_labels.decode(hair)[short] == real.labels.decode(hair)[short]).all()
    assert (real.caption_labels.decode(bangs)[short] == -1).all() and (
        real.caption_labels.decode(glasses)[short] == -1
    ).all()
    named = np.array(["glasses" in text or "spectacles" in text for text in real.captions])
    assert named.sum() > 2 and np.array_equal(real.caption_labels.decode(glasses), np.where(named, 1, -1))
    unpaired = image_set_of("drawn-unpaired:60", (16, 16), 60)  # its row 3 shows face 7
    assert unpaired.captions[3] == USUAL.caption(sample_face(0, 7), 7)
    assert np.array_equal(unpaired.caption_labels.values, USUAL.stated_labels(unpaired.labels.values, range(1, 120, 2)))
    folder = picture_folder(tmp_path / "own", 4)
    rows = [{"file_name": f"{n:03d}.png", "hair": "ab"[n % 2], "hat": n // 2, "text": "x" * n} for n in range(4)]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    own = image_set_of(folder, (16, 16), 4)
    told = {group.name: own.caption_labels.decode(group).tolist() for group in attributes_of(own.caption_labels.names)}
    assert told == {"hair": [-1, 1, 0, 1], "hat": [-1, -1, 1, 1]}


def test_agreement_of_pictures_that_are_what_their_captions_say(run, face_reader, monkeypatch):
    """A generator that draws the very faces of the captions agrees; one that draws others does so by chance."""
    faces = draw_many(200, 32, 32, seed=0)
    monkeypatch.setattr("mien.evaluation.attribute_classifier.train_attribute_classifier", lambda *_, **__: face_reader)

    def measured(shift):
        def stream(self, seeds, truncation, size):
            yield faces.images[[(self.sample(seed)[1] + shift) % 200 for seed in seeds]]

        monkeypatch.setattr(Generator, "stream", stream)
        rows = mien.evaluate(str(run), data="drawn-reworded:200", metrics="agreement", num=200, device="cpu").rows
        return {row["metric"]: row for row in rows}

    right, wrong = measured(0), measured(1)
    assert right["agreement_hair"]["value"] > 0.97 and right["agreement"]["value"] > 0.95
    assert abs(wrong["agreement_hair"]["value"] - 1 / 12) < 0.06
    assert right["agreement"]["captions"] == right["agreement"]["data"] == "drawn-reworded:200"
    assert "agreement_glasses" in right and right["agreement_glasses"]["settings"].startswith("chance ")


def test_captions_without_labels_are_refused_with_the_cure():
    texts = Labels(np.zeros((2, 3), np.float32), ("a", "b", "c"))
    with pytest.raises(UsageError, match="captions of --data, which must have labels, too"):
        Agreement().with_labels(texts, None).scores(torch.zeros(2, 2), torch.zeros(2, 2))


def test_while_training_the_same_is_measured_as_afterwards(tmp_path):
    more = {"metrics": f"{OWN}:spread", "metrics_every": 0.032, "metrics_num": 20, "metrics_share": 1.0}
    run = begin("drawn:60@16", tmp_path, "dcgan", TINY, "64img", cond="text", **more).path
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    found = mien.evaluate(str(run), metrics=f"{OWN}:spread", num=20, output=tmp_path / "rows.jsonl")
    assert rows[-1]["value"] == found.rows[0]["value"] and rows[-1]["captions"] == "drawn:60@16"


def test_an_encoder_of_another_length_is_refused(run, monkeypatch):
    condition = load(run, device="cpu").recipe.condition
    monkeypatch.setattr(Words, "dim", 192)
    with pytest.raises(UsageError, match="--encoder words gives 192 numbers; the run has 1024: train again, or"):
        embedded(["never read before"], condition)
    with pytest.raises(UsageError, match="--encoder words gives 192 numbers; the run has 1024"):
        load(run, device="cpu").conditioned_on(text="pink hair")
