"""What trackers get is what stats.jsonl and metrics.jsonl hold: each row once, in order, whatever the training does."""

import csv
import subprocess
import sys
import time

import pytest
from fake_run import make_run, statistics

import mien
from mien import cli
from mien.reports.trackers import mirror
from mien.reports.trackers.tracker import parse_trackers
from mien.runs.directory import RunDirectory


class Noting:
    """A tracker that notes what it gets."""

    def __init__(self):
        self.rows, self.grids, self.order, self.flushed = [], [], [], 0

    def numbers(self, images, values):
        self.rows.append((images, values))
        self.order.append(images)

    def grid(self, images, path):
        self.grids.append((images, path.name))
        self.order.append(images)

    def flush(self):
        self.flushed += 1

    def close(self):
        pass


@pytest.fixture
def noting(monkeypatch):
    made = Noting()
    monkeypatch.setattr(mirror, "open_tracker", lambda name, run: made)
    return made


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, rows=5)


def read_csv(run):
    with (run.path / "logs" / "numbers.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def test_csv_holds_the_numbers_of_the_logs(run):
    run.metrics.append({"metric": "fid", "value": 1 / 3, "images": 2000, "n_fake": 100, "extractor": "inception"})
    run.metrics.append({"metric": "fid", "value": 0.25, "images": 2000, "n_fake": 200})
    run.stats.append({"images": 5000, "new": 1e-7, "final": True, "note": "text"})
    assert cli.run(["log", str(run.path), "--to", "csv"]) == 0
    rows = read_csv(run)
    stats = [
        {name: value for name, value in row.items() if not isinstance(value, (bool, str))} for row in run.stats.read()
    ]
    assert [row for row in rows if not any(name.startswith("metrics/") for name in row)] == stats
    measured = [row for row in rows if row not in stats]
    assert measured == [
        {"images": 2000, "metrics/fid (100, inception)": 1 / 3},
        {"images": 2000, "metrics/fid (200)": 0.25},
    ]


def test_each_row_is_sent_once_and_in_order(run, noting):
    first = mien.log(run.path, to="csv")
    assert first.sent == {"csv": 5 + 4} and len(noting.rows) == 5
    assert [images for images, _ in noting.grids] == [0, 1000, 2000, 4500]
    assert noting.order == sorted(noting.order)
    assert mien.log(run.path, to="csv").sent == {"csv": 0} and noting.flushed == 1
    run.stats.append(statistics(6, 5))
    run.metrics.append({"metric": "fid", "value": 3.0, "images": 4500})
    assert mien.log(run.path, to="csv").sent == {"csv": 2}
    run.metrics.append({"metric": "kid", "value": 4.0, "images": 4500})  # of the same evaluation, a moment later
    assert mien.log(run.path, to="csv").sent == {"csv": 1}


def test_rows_that_a_resume_writes_again_are_left_out(run, noting):
    mien.log(run.path, to="csv")
    run.stats.rewind(2000)
    for index in range(2, 7):
        run.stats.append(statistics(index, 5))
    assert mien.log(run.path, to="csv").sent == {"csv": 2}
    assert [images for images, _ in noting.rows] == [900, 1800, 2700, 3600, 4500, 5400, 6300]


def test_it_follows_a_training_to_its_end(run, noting, monkeypatch):
    """The lock says whether a process trains."""
    held = iter([True, True, True, False])
    monkeypatch.setattr(RunDirectory, "is_held", lambda self: next(held))
    looks = []

    def sleep(seconds):
        looks.append(len(noting.rows))
        if len(looks) == 3:
            run.stats.append(statistics(6, 5))  # the last row comes just before the end

    monkeypatch.setattr(time, "sleep", sleep)
    mirror.Mirror(run, ("csv",)).follow()
    assert looks == [5, 5, 5] and len(noting.rows) == 6 and noting.flushed == 2


def test_a_training_starts_it_as_a_process_of_its_own(faces, tiny, tmp_path, monkeypatch):
    """The process outlives the training by a moment, sends the last row, and ends."""
    started = []
    real = subprocess.Popen

    def popen(command, *given, **named):
        process = real(command, *given, **named)
        if "log" in command:
            started.append(process)
        return process

    monkeypatch.setattr(subprocess, "Popen", popen)
    end = {"budget": "96img", "tick": 0.032, "batch": 8, "resolution": 16}
    run = mien.train("dcgan", data=faces, set=tiny, outdir=tmp_path, log="csv", **end)
    assert started[0].wait(60) == 0
    assert started[0].args[:4] == [sys.executable, "-c", mirror.LOWEST, "log"]
    directory = run.directory
    numbers = [
        {name: value for name, value in row.items() if not isinstance(value, bool)} for row in directory.stats.read()
    ]
    assert numbers and read_csv(directory) == numbers
    assert "new rows" in (run.path / "logs" / mirror.OUTPUT).read_text()


def test_an_unknown_tracker_is_refused_before_anything_is_trained(faces, tmp_path, capsys):
    assert parse_trackers("csv, csv", "--to") == ("csv",)
    assert cli.run(["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path), "--log", "csv,excel"]) == 2
    assert (
        "--log csv,excel: 'excel' is no tracker: there are csv, tensorboard, trackio, wandb" in capsys.readouterr().err
    )
    assert not list(tmp_path.iterdir())
