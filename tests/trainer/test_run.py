"""A run as Python sees it: what its files say, and what can be loaded from it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fake_run import NAME, make_run

import mien
from mien.errors import UsageError
from mien.inference.generator import Generator
from mien.runtime.atomic_files import write_json
from mien.trainer.run import DryRun, Run


@pytest.fixture
def run(tmp_path):
    directory = make_run(tmp_path / "runs", rows=5)
    status = json.loads(directory.status.read_text())
    write_json(directory.status, {**status, "tick": 1000, "checkpoint_every": "2m"})
    return Run("last", outdir=tmp_path / "runs")


def test_a_run_is_found_as_every_verb_finds_it(run, tmp_path):
    outdir = tmp_path / "runs"
    assert run.name == NAME and run.path == outdir / NAME
    assert {Run(3, outdir=outdir), Run(NAME, outdir=str(outdir)), Run(run.path)} == {run}
    with pytest.raises(UsageError, match="9 is not a run directory"):
        Run(9, outdir=outdir)


def test_state_images_and_seconds_are_those_of_the_files_now(run):
    assert (run.state, run.images, run.seconds) == ("finished", 4500, 90.0)
    status = json.loads(run.directory.status.read_text())
    write_json(run.directory.status, {**status, "state": "running"})
    assert run.state == "interrupted"  # nobody holds it
    run.directory.lock()
    assert run.state == "running"
    run.directory.unlock()


def test_history_has_a_column_for_each_number_and_nan_where_a_row_has_none(run):
    run.directory.stats.append({"images": 5000, "kimg": 5.0, "extra": 7, "final": True})
    history = run.history
    assert set(map(len, history.values())) == {6} and "final" not in history
    assert history["kimg"].dtype == np.float64 and history["kimg"][-1] == 5.0
    assert np.isnan(history["extra"][:5]).all() and history["extra"][5] == 7
    first = json.loads(run.directory.stats.path.read_text().splitlines()[0])
    assert history["generator/loss"][0] == first["generator/loss"] and np.isnan(history["generator/loss"][5])


def test_samples_metrics_and_best(run):
    assert [path.stem for path in run.samples] == ["fakes000000", "fakes000001", "fakes000002", "fakes000004.500"]
    assert run.metrics == [] and run.best is None
    run.directory.metrics.append({"images": 4500, "metric": "fid", "value": 9.0})
    assert [row["value"] for row in run.metrics] == [9.0]


def test_a_run_loads_its_generator(run):
    newest, older = run.load(), run.load(2)
    assert isinstance(newest, Generator) and (newest.images, older.images) == (4500, 2000)
    assert mien.load(run).images == 4500 and mien.load(run, "2").images == 2000
    assert newest(seeds=[1])[0].size == (16, 16)


def test_a_dry_run_names_the_folder_that_was_not_made(faces, tmp_path):
    run = mien.train("dcgan", data=faces, resolution=16, outdir=tmp_path / "runs", dry_run=True, budget="1kimg")
    assert isinstance(run, DryRun) and not run.path.exists()
    assert run.as_dict() == {"run": str(run.path), "state": "dry run", "images": 0, "seconds": 0.0}
    assert str(run).startswith("dry run: nothing was trained")
