"""A dry run checks what a start would check, memory among it, and names nothing that does not exist."""

import pytest

import mien
from mien.errors import OutOfMemory
from mien.training.player import Player

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
FULL = "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."


@pytest.fixture
def dry(faces, tmp_path, monkeypatch):
    """dry(most): a dry run on a machine whose memory holds `most` images at a time."""
    learn = Player.learn

    def run(most):
        def failing(self, batch, share, seen):
            if len(batch.image) > most:
                raise RuntimeError(FULL)
            return learn(self, batch, share, seen)

        monkeypatch.setattr(Player, "learn", failing)
        options = {"data": faces, "resolution": 16, "batch": 8, "set": TINY, "outdir": tmp_path / "runs"}
        return mien.train("dcgan", dry_run=True, **options)

    return run


def test_one_round_is_tried_and_nothing_is_written(dry, tmp_path, capsys):
    run = dry(8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == ["memory   trying one round of 8 images", "memory   it fits"]
    assert not any("mien resume" in line or "tail" in line or "mien report" in line for line in lines)
    assert not (tmp_path / "runs").exists() and run.images == 0


def test_a_round_that_does_not_fit_goes_in_parts(dry, capsys):
    dry(2)
    said = capsys.readouterr().err
    assert (
        "a start would continue in parts of 4 images" in said and "a start would continue in parts of 2 images" in said
    )
    assert said.endswith("memory   it fits\n")


def test_the_smallest_parts_that_do_not_fit_are_refused_as_by_a_start(dry, tmp_path):
    with pytest.raises(OutOfMemory, match="2 images at a time do not fit into this memory"):
        dry(1)
    assert not (tmp_path / "runs").exists()
