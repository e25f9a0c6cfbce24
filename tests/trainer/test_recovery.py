"""A training that leaves the finite numbers goes back to its last good checkpoint, and on with half the rates."""

import math

import pytest
import torch
from exact import assert_equal, begin, rows, weights
from safetensors.torch import load_file

import mien
from mien import cli
from mien.errors import DivergenceError
from mien.runs.directory import RunDirectory
from mien.runs.records import Object
from mien.runtime import typed_json
from mien.trainer import recovery, trainer
from mien.trainer.trainer import Trainer
from mien.training.player import Player

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
NEVER, ALWAYS = "1h", "0.001s"  # checkpoints in between


class Killed(BaseException):
    """Stands for a SIGKILL: nothing of mien catches it."""


@pytest.fixture
def breaking(monkeypatch):
    """breaking(images, until): puts a NaN into a weight of D once so many images were seen, as long as the factor of
    the rates is above `until`. Checkpoints are as frequent as --checkpoint-every says."""
    monkeypatch.setattr(trainer, "CHECKPOINT_COST", 0)
    after_round = Trainer.after_round

    def breaks(images, until):
        def broken(self, line):
            if self.training.images >= images and self.recipe.rate_factor > until:
                with torch.no_grad():
                    next(self.training.networks["D"].parameters())[0, 0, 0, 0] = math.nan
            after_round(self, line)

        monkeypatch.setattr(Trainer, "after_round", broken)

    yield breaks


def went_back(run):
    return [
        (row["images"], row["to"], row["rate_factor"])
        for row in RunDirectory(run).events.read()
        if row["event"] == "went back"
    ]


def all_finite(run):
    """Every tensor of every checkpoint and snapshot, and how many files were looked at."""
    files = [*run.glob("checkpoints/kimg-*/*.safetensors"), *run.glob("snapshots/*.safetensors")]
    return len(files), all(bool(part.isfinite().all()) for file in files for part in load_file(file).values())


def told_to_halve(faces, outdir, at, end):
    """What a run that goes back to `at` must equal: it is stopped there and goes on with half the rates."""
    run = begin(faces, outdir, "dcgan", TINY, f"{at}img").path
    return mien.resume(str(run), set=("rate_factor=0.5",), budget=end).path


def test_back_to_the_checkpoint_and_on_with_half_the_rates(faces, tmp_path, breaking, capsys):
    expected = told_to_halve(faces, tmp_path / "told", 192, "320img")
    breaking(200, until=0.5)
    run = begin(faces, tmp_path / "fell", "dcgan", TINY, "320img", checkpoint_every=ALWAYS)
    assert (run.state, run.images) == ("finished", 320)
    assert went_back(run.path) == [(200, 192, 0.5)]
    line = "D/layers.0.weight stopped being finite by 0.2 kimg: back to 0.2 kimg, and on with 0.5 times"
    assert line in capsys.readouterr().err
    assert typed_json.read(run.path / "recipe.json", Object)["rate_factor"] == 0.5
    assert_equal(run.path, expected)
    assert all_finite(run.path)[1]


def test_before_the_first_checkpoint_it_starts_over(faces, tmp_path, breaking, capsys):
    expected = begin(faces, tmp_path / "told", "dcgan", (*TINY, "rate_factor=0.5"), "320img")
    breaking(200, until=0.5)
    run = begin(faces, tmp_path / "fell", "dcgan", TINY, "320img", checkpoint_every=NEVER)
    assert "back to the beginning, and on with 0.5 times the learning rates" in capsys.readouterr().err
    # Without a checkpoint in the way it is the next tick, 256 images, before which a file would be written.
    assert went_back(run.path) == [(256, 0, 0.5)]
    assert_equal(expected.path, run.path)


@pytest.mark.parametrize("moment", ["write_json", "load"])
def test_a_kill_while_it_goes_back_changes_nothing(moment, faces, tmp_path, breaking, monkeypatch):
    """Before recipe.json is written the resume diverges once more; after that it goes on with the new rates."""
    expected = told_to_halve(faces, tmp_path / "told", 192, "320img")
    breaking(200, until=0.5)

    def killed(*arguments):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(recovery, moment, killed)
        begin(faces, tmp_path / "fell", "dcgan", TINY, "320img", checkpoint_every=ALWAYS)
    run = tmp_path / "fell" / "00000-run"
    again = mien.resume(str(run))
    assert again.state == "finished"
    assert went_back(run) == [(200, 192, 0.5)] * (2 if moment == "write_json" else 1)
    assert_equal(run, expected)
    assert recovery.halvings(RunDirectory(run)) == 1


def test_a_fourth_time_ends_it_with_code_3(faces, tmp_path, breaking, capsys):
    breaking(200, until=0.0)
    with pytest.raises(DivergenceError) as caught:
        begin(faces, tmp_path, "dcgan", TINY, "320img", checkpoint_every=ALWAYS)
    run = RunDirectory(tmp_path / "00000-run")
    assert caught.value.run == run.path and "--set generator.optimizer.lr" in str(caught.value)
    assert [factor for _, _, factor in went_back(run.path)] == [0.5, 0.25, 0.125]
    assert run.read_status()["state"] == "diverged" and run.events.read()[-1]["event"] == "diverged"
    count, fine = all_finite(run.path)
    assert count > 10 and fine
    assert all(math.isfinite(value) for row in rows(run.path) for value in row.values())
    capsys.readouterr()
    assert cli.run(["resume", str(run.path)]) == 3  # nothing was changed: no further halvings
    breaking(10_000, until=0.0)
    change = "generator.optimizer.lr=0.00001"
    assert cli.run(["resume", str(run.path), "--set", change]) == 0
    said = capsys.readouterr().err
    assert "set      rate_factor was 0.125, now 1.0, from 0.2 kimg on" in said
    assert "set      generator.optimizer.lr was 0.0002, now 1e-05, from 0.2 kimg on" in said
    assert run.read_status()["images"] == 320 and recovery.halvings(run) == 0


def test_a_budget_that_ends_in_a_nan_is_no_end(faces, tmp_path, breaking):
    """No tick and no checkpoint is due when the last round goes wrong."""
    breaking(328, until=0.5)
    run = begin(faces, tmp_path, "dcgan", TINY, "328img", checkpoint_every=NEVER)
    assert (run.state, run.images) == ("finished", 328) and went_back(run.path) == [(328, 0, 0.5)]
    assert all_finite(run.path)[1]


def test_an_old_checkpoint_that_is_not_finite_is_passed_over(faces, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_COST", 0)
    run = begin(faces, tmp_path, "dcgan", TINY, "160img", checkpoint_every=ALWAYS).path
    before = weights(run)
    with monkeypatch.context() as patch:  # as mien wrote them once
        patch.setattr(Trainer, "sound", lambda self: True)
        patch.setattr(Trainer, "is_checkpoint_due", lambda self: False)
        after_round = Trainer.after_round

        def broken(self, line):
            self.training.ema.modules["G"].layers[0].weight[0, 0, 0, 0] = math.inf
            after_round(self, line)

        patch.setattr(Trainer, "after_round", broken)
        mien.resume(str(run), budget="168img")
    assert weights(run) != before and not all_finite(run)[1]
    capsys.readouterr()
    again = mien.resume(str(run), budget="176img")
    said = capsys.readouterr().err
    assert "G_ema/layers.0.weight holds a number that is not finite: skipping kimg-000000.168" in said
    assert again.images == 176 and went_back(run) == []


# --- memory -----------------------------------------------------------------------------------------------------------

FULL = "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."


@pytest.fixture
def narrow(monkeypatch):
    """narrow(most, images, player): from so many images on, that player's pass over more than `most` pictures fails."""
    monkeypatch.setattr(trainer, "CHECKPOINT_COST", 0)
    learn = Player.learn

    def narrows(most, images=0, player="generator"):
        def failing(self, batch, share, seen):
            if self.name == player and len(batch.image) > most and seen >= images:
                raise RuntimeError(FULL)
            return learn(self, batch, share, seen)

        monkeypatch.setattr(Player, "learn", failing)

    return narrows


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_a_batch_that_does_not_fit_is_trained_in_parts(player, faces, tmp_path, narrow, capsys):
    expected = begin(faces, tmp_path / "told", "dcgan", (*TINY, "parts=4"), "160img")
    narrow(2, player=player)
    run = begin(faces, tmp_path / "found", "dcgan", TINY, "160img")
    said = capsys.readouterr().err
    assert (
        "back to the beginning, and on in parts of 4 images; their gradients add up as before, but batch norm" in said
    )
    assert "and on in parts of 2 images" in said and "Traceback" not in said
    assert typed_json.read(run.path / "recipe.json", Object)["parts"] == 4
    rows = [row for row in RunDirectory(run.path).events.read() if row["event"] == "went back"]
    assert [(row["why"], row["parts"], row["to"]) for row in rows] == [("memory", 2, 0), ("memory", 4, 0)]
    assert_equal(expected.path, run.path)


def test_parts_are_stopped_and_resumed_exactly(faces, tmp_path, narrow):
    """Memory runs short late: back to the checkpoint, and whoever resumes goes on in parts at once."""
    told = begin(faces, tmp_path / "told", "dcgan", TINY, "96img").path
    mien.resume(str(told), set=("parts=2",), budget="240img")
    narrow(4, images=100)
    run = begin(faces, tmp_path / "found", "dcgan", TINY, "160img", checkpoint_every=ALWAYS).path
    (row,) = [row for row in RunDirectory(run).events.read() if row["event"] == "went back"]
    assert (row["to"], row["parts"]) == (104, 2) or (row["to"], row["parts"]) == (96, 2)
    mien.resume(str(run), budget="240img")
    assert len([row for row in RunDirectory(run).events.read() if row["event"] == "went back"]) == 1
    if row["to"] == 96:
        assert_equal(run, told)


def test_what_does_not_fit_in_the_smallest_parts_is_one_line(faces, tmp_path, narrow, capsys):
    narrow(0)
    words = ["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path), "--resolution", "16", "--batch", "8"]
    assert cli.run([*words, "--budget", "80img", *(word for change in TINY for word in ("--set", change))]) == 71
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("mien: 2 images at a time do not fit into this memory (")
    assert "--resolution" in last and "--set discriminator.width=2 --set generator.width=2" in last


def test_other_errors_of_a_round_stay_what_they_are(faces, tmp_path, monkeypatch):
    def failing(self, batch, share, seen):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(Player, "learn", failing)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        begin(faces, tmp_path, "dcgan", TINY, "80img")
