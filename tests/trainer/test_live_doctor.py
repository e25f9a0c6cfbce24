"""The doctor while training: the same bits with and without it, the same rows after a resume."""

from dataclasses import replace

import pytest
from doctors_case import case
from exact import assert_equal, begin

import mien
from mien.reports.doctor.case import case_of
from mien.reports.doctor.diagnoses import ALL, flat_images
from mien.reports.doctor.examination import examine
from mien.reports.run_data import read_run
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


def test_the_verdict_while_training_is_that_of_mien_doctor(faces, tmp_path, monkeypatch):
    """On the same rows. G stays at its gray start, so the verdict changes."""
    monkeypatch.setattr(flat_images, "STEPS", 24)
    verdicts, look = [], LiveDoctor.look

    def both(doctor, pixels, images, final=False):
        changes = look(doctor, pixels, images, final)
        later = replace(case_of(read_run(doctor.run)), state="running", images=images)
        verdicts.append((examine(doctor.case(images)).as_dict(), examine(later).as_dict()))
        return changes

    monkeypatch.setattr(LiveDoctor, "look", both)
    begin(faces, tmp_path, "dcgan", (*TINY, "generator.optimizer.lr=0", "generator.contrast=0.3"), "512img")
    assert all(live == later for live, later in verdicts)
    assert [len(live["active"]) for live, _ in verdicts] == [0] * 5 + [1] * 5  # the end is looked at twice
