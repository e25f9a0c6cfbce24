"""The doctor while training: the same bits with and without it, the same rows after a resume."""

import pytest
from doctors_case import case
from exact import assert_equal, begin

import mien
from mien.reports.doctor.diagnoses import ALL
from mien.trainer.live_doctor import LiveDoctor
from mien.trainer.setting_changes import changed

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
WIDE = ("generator.width=32", "generator.group_width=8", "discriminator.width=32", "discriminator.group_width=8")
SICK = {"checkerboard": 9.0, "checkerboard_ratio": 9.0, "contrast": 0.01, "diversity": 0.01, "distance": 3.0}


def test_the_training_has_the_same_bits_without_it(faces, tmp_path, monkeypatch):
    watched = begin(faces, tmp_path / "watched", "dcgan", TINY, "512img")
    monkeypatch.setattr(LiveDoctor, "look", lambda *given: [])
    alone = begin(faces, tmp_path / "alone", "dcgan", TINY, "512img")
    assert watched.directory.symptoms.read() and not alone.directory.symptoms.read()
    assert_equal(watched.path, alone.path)


def test_a_resume_writes_the_same_symptoms(faces, tmp_path):
    whole = begin(faces, tmp_path / "whole", "dcgan", TINY, "512img")
    parts = begin(faces, tmp_path / "parts", "dcgan", TINY, "256img")
    mien.resume(str(parts.path), budget="512img")
    assert len(whole.directory.symptoms.read()) == 9  # 0, 64 … 512; the end is the last tick
    assert parts.directory.symptoms.read() == whole.directory.symptoms.read()


@pytest.mark.parametrize(
    "name, small", [("dcgan-laptop", TINY), ("wgan-gp", TINY), ("sngan", TINY[:1] + TINY[2:]), ("r3gan-laptop", WIDE)]
)
def test_a_run_can_resume_with_each_remedy_that_says_so(name, small):
    run = case(name, grids=SICK)
    recipe = run.recipe.override((*small, "resolution=16x16"))
    found = [remedy for one in ALL for remedy in one.remedies(run) if remedy.resumes]
    assert found
    for remedy in found:
        assert changed(recipe, remedy.settings) != recipe
