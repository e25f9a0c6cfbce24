"""Metrics while training: the bits stay, the best generator is kept, the time is bounded, what is missing is told."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from exact import CLOCK, assert_equal, begin, files, weights

import mien
from mien import cli
from mien.errors import FileError, UsageError
from mien.runs.directory import RunDirectory, best_snapshot, create, mark_best
from mien.runs.jsonl_log import JsonlLog
from mien.trainer.config import ValidationConfig
from mien.trainer.config_file import read_config
from mien.trainer.resume import rewind
from mien.trainer.stopping import Stopped
from mien.trainer.validation import ValidationSkipped, Validator, is_better, joined, share

OWN = Path(__file__).parents[1] / "own_metric.py"
BOTH = f"{OWN}:brightness,{OWN}:spread"
CHANGES = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
ASKED = {"metrics": BOTH, "metrics_every": 0.064, "metrics_num": 40, "metrics_share": 1.0}


def validation_rows(run):
    return [{key: row[key] for key in row.keys() - CLOCK - {"time"}} for row in JsonlLog(run / "metrics.jsonl").read()]


def best(run):
    found = RunDirectory(run).read_best()
    return {key: value for key, value in found.items() if key not in CLOCK | {"time"}}


@pytest.fixture(scope="module")
def whole(faces, tmp_path_factory):
    return begin(faces, tmp_path_factory.mktemp("whole"), "dcgan", CHANGES, "240img", **ASKED).path


def test_training_has_the_same_bits_with_and_without(whole, faces, tmp_path):
    without = begin(faces, tmp_path, "dcgan", CHANGES, "240img").path
    assert_equal(without, whole)
    assert files(whole, "samples/*") == files(without, "samples/*")
    assert not (without / "metrics.jsonl").exists() and not (without / "best.json").exists()


def test_rows_come_at_ticks_of_their_own(whole):
    rows = validation_rows(whole)
    assert [(row["images"], row["metric"]) for row in rows] == [
        (images, name) for images in (64, 128, 192) for name in ("brightness", "spread")
    ]
    first, second = rows[:2]
    assert (first["n_fake"], first["n_real"], first["seeds"], first["truncation"]) == (40, 40, "0-39", 1.0)
    assert (first["better"], second["better"], first["run"], first["real"]) == ("lower", "higher", whole.name, 0.0)
    assert len({row["value"] for row in rows}) == 6


def test_the_best_by_the_first_metric_is_kept(whole):
    values = {row["images"]: row["value"] for row in validation_rows(whole) if row["metric"] == "brightness"}
    images = min(values, key=values.get)
    assert best(whole)["images"] == images and best(whole)["value"] == values[images]
    assert best(whole)["snapshot"] == f"snapshots/best-000000.{images:03d}.safetensors"
    assert [path.name for path in whole.glob("snapshots/best-*")] == [f"best-000000.{images:03d}.safetensors"]
    assert mien.load(whole, "best").images == images
    with pytest.raises(UsageError, match="--snapshot oldest"):
        mien.load(whole, "oldest")


def test_evaluating_the_kept_generator_gives_the_same_digits(whole):
    again = mien.evaluate(str(whole), metrics=BOTH, num=40, snapshot="best", output=whole.parent / "rows.jsonl")
    values = {row["metric"]: row["value"] for row in validation_rows(whole) if row["images"] == best(whole)["images"]}
    assert {row["metric"]: row["value"] for row in again.rows} == values


def test_stopped_and_resumed_has_the_same_rows_and_the_same_best(faces, tmp_path):
    unstopped = begin(faces, tmp_path / "a", "dcgan", CHANGES, "240img", **ASKED).path
    stopped = begin(faces, tmp_path / "b", "dcgan", CHANGES, "136img", **ASKED).path
    assert [row["images"] for row in validation_rows(stopped)] == [64, 64, 128, 128]
    mien.resume(str(stopped), budget="240img")
    assert validation_rows(stopped) == validation_rows(unstopped) and best(stopped) == best(unstopped)
    assert files(stopped, "snapshots/best-*") == files(unstopped, "snapshots/best-*")
    assert_equal(unstopped, stopped)


def test_resume_can_take_other_metrics_or_end_them(faces, tmp_path):
    run = begin(faces, tmp_path, "dcgan", CHANGES, "72img", **ASKED).path
    mien.resume(str(run), budget="136img", metrics=f"{OWN}:spread")
    assert [row["metric"] for row in validation_rows(run)] == ["brightness", "spread", "spread"]
    assert best(run)["metric"] == "spread" and best(run)["images"] == 128
    mien.resume(str(run), budget="200img", metrics="none")
    mien.resume(str(run), budget="264img")
    assert len(validation_rows(run)) == 3 and read_config(RunDirectory(run)).validation is None


def test_a_rewind_goes_back_to_what_was_best_then(tmp_path):
    run = create(tmp_path, "a")
    for images, value in ((1000, 9.0), (2000, 5.0), (3000, 7.0), (4000, 2.0)):
        row = {"metric": "fid", "better": "lower", "value": value, "images": images, "n_fake": 40}
        if is_better(row, run.read_best()):
            best_snapshot(run, images).touch()
            mark_best(run, row)
        run.metrics.append(row)
    run.metrics.append({**row, "value": 1.0, "images": 2000, "n_fake": 10_000})  # mien evaluate's, no rival
    assert run.read_best()["images"] == 4000 and len(run.best_snapshots()) == 3
    rewind(run, 3500)
    assert run.read_best()["images"] == 2000 and run.read_best()["value"] == 5.0 and len(run.best_snapshots()) == 2
    rewind(run, 500)
    assert run.read_best() is None and run.best_snapshots() == []


def test_what_is_better():
    row = {"metric": "fid", "better": "lower", "value": 5.0, "n_fake": 40}
    assert is_better(row, None) and not is_better(row, row)
    assert is_better({**row, "value": 4.0}, row) and not is_better({**row, "value": 6.0}, row)
    up = {**row, "metric": "afd", "better": "higher"}
    assert is_better({**up, "value": 6.0}, up) and not is_better({**up, "value": 4.0}, up)
    assert is_better({**row, "value": 9.0, "n_fake": 50}, row)  # measured otherwise: a new beginning
    assert not is_better({**row, "value": None}, None)
    old = {**up, "settings": "chance 52.0%; reader of the built-in faces"}  # as 0.1.0 wrote it
    assert not is_better({**up, "value": 4.0, "settings": "chance 52.0%; classifier of the built-in faces"}, old)


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_tenth_of_the_time_by_hand():
    """One of 10 seconds fits after 90 of training, for 10 of the then 100 are a tenth; the next one after 190."""
    validator = object.__new__(Validator)
    validator.plan, validator.cost, validator.spent, validator.skipped = ValidationConfig("fid", 1000), 10.0, 0.0, 0
    assert not validator.affordable(89.9) and validator.affordable(90.1) and validator.skipped == 1
    validator.spent = 10.0
    assert not validator.affordable(189.9) and validator.affordable(190.1) and validator.skipped == 2


def test_without_time_it_is_evaluated_once_at_the_end(whole, faces, tmp_path, capsys):
    hurried = begin(faces, tmp_path, "dcgan", CHANGES, "240img", **{**ASKED, "metrics_share": 1e-9}).path
    assert [(row["images"], row["metric"]) for row in validation_rows(hurried)] == [
        (240, "brightness"),
        (240, "spread"),
    ]
    assert best(hurried)["images"] == 240 and mien.load(hurried, "best").images == 240
    assert weights(hurried) == weights(whole)
    said = capsys.readouterr().err
    assert "metrics  there was no time for metrics while training: mien evaluates once now" in said
    assert "left out 3 times to stay within 0% of the time (--metrics-share)" in said
    mien.resume(hurried, budget="248img")  # it was evaluated: not once more
    assert len(validation_rows(hurried)) == 2 and "no time for metrics" not in capsys.readouterr().err


def test_a_metric_that_was_never_due_is_evaluated_at_the_end(faces, tmp_path):
    run = begin(faces, tmp_path, "dcgan", CHANGES, "16img", **{**ASKED, "metrics_every": 100.0}).path
    assert [row["images"] for row in validation_rows(run)] == [16, 16]


def test_ctrl_c_ends_the_evaluation_at_the_end(faces, tmp_path, monkeypatch):
    def interrupted(self, generators, run, images, stop):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        raise ValidationSkipped

    monkeypatch.setattr(Validator, "run", interrupted)
    with pytest.raises(Stopped, match=r"saved at 0\.0 kimg; the signal came after the end of the training") as caught:
        begin(faces, tmp_path, "dcgan", CHANGES, "16img", **{**ASKED, "metrics_every": 100.0})
    run = RunDirectory(tmp_path / "00000-run")
    assert caught.value.exit_code == 130 and run.read_status()["state"] == "finished"
    assert not run.metrics.path.exists() and run.snapshot_files()


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked, error, words",
    [
        ({"metrics": "fit"}, UsageError, "no metric 'fit': did you mean fid"),
        ({"metrics": f"{OWN}:broken"}, UsageError, r"broken: rows\(\) must return a tensor"),
        ({"metrics": "modes"}, UsageError, "modes needs the built-in faces"),
        ({"metrics": "afd", "detector": "gone.xml"}, FileError, "detector gone.xml is not a file"),
        ({"metrics": BOTH, "metrics_num": 1}, UsageError, "metrics_num 1 is too small"),
        ({"metrics": BOTH, "metrics_every": 0.0}, UsageError, "metrics_every 0 is not a number of kimg"),
        ({"metrics": BOTH, "metrics_share": 1.5}, UsageError, "metrics_share 1.5 is not a share"),
        ({"metrics_every": 1.0}, UsageError, "need metrics"),
    ],
)
def test_what_cannot_run_is_refused_before_there_is_a_directory(asked, error, words, faces, tmp_path):
    with pytest.raises(error, match=words):
        begin(faces, tmp_path, "dcgan", CHANGES, "240img", **asked)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_says_what_is_to_come(faces, tmp_path, capsys):
    command = ["train", "dcgan", "--data", str(faces), "--resolution", "16", "--outdir", str(tmp_path), "--dry-run"]
    assert cli.run([*command, "--metrics", BOTH, "--metrics-every", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["images"] == 0
    assert f"metrics  {BOTH} of 2,500 images from 2 kimg on, " in err and ", at most 10% of the time" in err


@pytest.mark.parametrize("which", [(0, 1, 2), (2,)])
def test_one_without_memory_is_left_out_with_a_line(which, faces, tmp_path, monkeypatch, capsys):
    """The last one is due with the training's last round."""
    held = []
    fake = Validator.fake

    def failing(self, count, *share):
        if share:  # a rehearsal is not shared
            held.append(count)
            if len(held) - 1 in which:
                raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")
        return fake(self, count, *share)

    monkeypatch.setattr(Validator, "fake", failing)
    run = begin(faces, tmp_path, "dcgan", CHANGES, "192img", **ASKED).path
    said = capsys.readouterr().err
    lines = [line for line in said.splitlines() if "warning: metrics left out at 0." in line]
    assert len(lines) == len(which) and all("kimg: out of memory ([enforce fail" in line for line in lines)
    assert (
        f"metrics  left out {len(which)} time{'' if len(which) == 1 else 's'} for lack of memory" in said
        and "Traceback" not in said
    )
    ticks = [images for number, images in enumerate((64, 128, 192)) if number not in which]
    assert [row["images"] for row in validation_rows(run) if row["metric"] == "spread"] == ticks
    assert_equal(begin(faces, tmp_path / "without", "dcgan", CHANGES, "192img").path, run)


def test_another_error_of_one_is_none_of_memory(faces, tmp_path, monkeypatch):
    def failing(self, count, *share):
        if share:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return fake(self, count, *share)

    fake = Validator.fake
    monkeypatch.setattr(Validator, "fake", failing)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        begin(faces, tmp_path, "dcgan", CHANGES, "72img", **ASKED)


@pytest.mark.parametrize("count, processes", [(40, 1), (40, 2), (200, 3), (20, 4), (256, 4)])
def test_processes_share_batches_and_their_rows_come_back_in_order(count, processes):
    shares = [share(list(range(count)), rank, processes) for rank in range(processes)]
    assert sum(len(one) for one in shares) == count and (processes == 1 or len(shares[0]) < count or count <= 32)
    parts = [{"features": torch.tensor(one)[:, None]} if one else {} for one in shares]
    assert joined(parts)["features"].flatten().tolist() == list(range(count))
