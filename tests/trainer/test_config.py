"""The options of a training: checked when they are given, written as config.json, and read back; old runs, too."""

import dataclasses
import inspect
import json
import re

import pytest

import mien
from mien import cli
from mien.errors import FileError, UsageError
from mien.runs.directory import RunDirectory
from mien.runtime.atomic_files import write_json
from mien.trainer import trainer
from mien.trainer.config import TrainConfig
from mien.trainer.config_file import read_config, write_config

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
OLD = {  # as version 0.1.0 and the first 0.2.0 wrote it: the options stand beside the state
    "budget": "80img",
    "seed": 5,
    "data": "drawn:40@16",
    "recipe": "dcgan",
    "init": None,
    "tick": 64,
    "checkpoint_every": "1h",
    "exams": {"metrics": "sharpness", "every": 320, "num": 20, "share": 0.25, "detector": None},
    "started": 1796034030.6437752,
    "budget_images": 80,
    "budget_seconds": None,
    "state": "finished",
    "images": 80,
    "seconds": 0.627,
    "updated": 1796034031.6201901,
}


@pytest.fixture
def run(tmp_path):
    begun = {"seed": 5, "tick": 0.064, "checkpoint_every": "1h", "batch": 8, "budget": "80img", "set": TINY}
    path = mien.train("dcgan", data="drawn:40@16", outdir=tmp_path, name="run", **begun).path
    return RunDirectory(path)


def aged(run):
    """The run as an older mien would have left it."""
    run.config.unlink()
    write_json(run.status, OLD)
    return run


def test_every_option_has_its_help_and_every_help_its_option():
    said = re.findall(r"^    (\w+): ", inspect.getdoc(TrainConfig), re.MULTILINE)
    assert said == [field.name for field in dataclasses.fields(TrainConfig)]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"tick": 0.0}, "--tick 0.0 is not a number of kimg"),
        ({"tick": float("nan")}, "--tick nan is not a number of kimg"),
        ({"budget": "5"}, "--budget '5' is not an amount"),
        ({"checkpoint_every": "5kimg"}, "--checkpoint-every '5kimg' is not a time"),
        ({"recipe": "gan", "recipes": "dcgan"}, "name the recipes in one place"),
        ({"metrics": "fid", "metrics_every": float("inf")}, "--metrics-every inf is not a number of kimg"),
        ({"checkpoint_keep": 0}, "--checkpoint-keep 0 is too small"),
        ({"detector": "anime"}, "need --metrics"),
    ],
)
def test_an_impossible_option_is_refused_when_it_is_given(options, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        TrainConfig(data="faces", **options)


def test_units_are_converted_in_one_place():
    config = TrainConfig(data="faces", tick=0.25, checkpoint_every="1m", metrics="fid")
    assert (config.first_tick, config.checkpoint_seconds, config.validation.every) == (250, 60.0, 1250)
    assert dataclasses.replace(config, metrics_every=0.5).validation.every == 500


def test_a_run_holds_its_options_in_config_json_and_its_state_in_status_json(run):
    assert read_config(run) == TrainConfig(
        "dcgan", data="drawn:40@16", outdir=run.path.parent, name="run", seed=5, tick=0.064, checkpoint_every="1h",
        batch=8, budget="80img", set=TINY,
    )  # fmt: skip
    assert json.loads(run.status.read_text()).keys() == {
        *("state", "images", "seconds", "updated", "started", "budget_images", "budget_seconds")
    }


def test_as_many_checkpoints_are_kept_as_were_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_COST", 0)
    words = ["train", "dcgan", "--data", "drawn:40@16", "--batch", "8", "--budget", "40img", "--outdir", str(tmp_path)]
    words += [word for change in TINY for word in ("--set", change)]
    assert cli.run([*words, "--checkpoint-every", "0.001s", "--checkpoint-keep", "3", "--name", "run"]) == 0
    kept = sorted(path.name for path in (tmp_path / "00000-run" / "checkpoints").iterdir())
    assert kept == ["kimg-000000.024", "kimg-000000.032", "kimg-000000.040"]
    mien.resume(tmp_path / "00000-run", budget="48img")
    assert len(list((tmp_path / "00000-run" / "checkpoints").iterdir())) == 3


def test_what_a_resume_changes_is_written_back(run):
    mien.resume(run, budget="+40img", metrics="sharpness")
    config = read_config(run)
    assert (config.budget, config.metrics, config.seed) == ("120img", "sharpness", 5)
    assert run.read_status()["images"] == 120
    mien.resume(run, metrics="none", budget="0.001s")
    assert read_config(run).metrics is None and read_config(run).budget == "0.001s"


def test_a_run_of_an_older_mien_loads(run):
    config = read_config(aged(run))
    assert (config.recipe, config.data, config.seed, config.budget) == ("dcgan", "drawn:40@16", 5, "80img")
    assert (config.first_tick, config.checkpoint_seconds) == (64, 3600.0)
    assert dataclasses.asdict(config.validation) == {
        **OLD["exams"],
        "detector": None,
    }
    assert run.trained_on() == "drawn:40@16" and len(mien.load(run.path)([0])) == 1


def test_a_run_of_an_older_mien_is_resumed_and_then_holds_config_json(run):
    mien.resume(aged(run), budget="+16img")
    assert run.read_status()["images"] == 96
    config = read_config(run)
    assert (config.seed, config.budget, config.metrics, config.first_tick) == (5, "96img", "sharpness", 64)
    assert "seed" not in json.loads(run.status.read_text())


def test_a_run_of_an_older_mien_is_reported_and_compared(run, tmp_path, capsys):
    other = RunDirectory(mien.train("dcgan", data="drawn:40@16", outdir=tmp_path, budget="16img", set=TINY).path)
    mien.report(str(aged(run).path))
    page = run.report.read_text()
    assert "mien train dcgan --data drawn:40@16" in page and "--seed 5" in page and "budget 0.08 kimg" in page
    assert cli.run(["compare", str(run.path), str(other.path), "--output", str(tmp_path / "c.html")]) == 0
    assert "--seed" in (tmp_path / "c.html").read_text()


@pytest.mark.parametrize(
    "text, words",
    [
        ("{", "it is not JSON"),
        ("{}", "it says nothing of data"),
        ('{"data": "faces", "tick": 0}', "--tick 0.0 is not a number"),
        ('{"data": "faces\\u0000"}', "data is"),
        ('{"data": "faces", "cond": "mood"}', "--cond mood is none of none, class"),
        ('{"data": "faces", "outdir": 3}', "outdir is"),
    ],
)
def test_a_damaged_config_is_one_line(text, words, tmp_path):
    run = RunDirectory(tmp_path)
    run.config.write_text(text)
    with pytest.raises(FileError, match=f"config.json is damaged: .*{re.escape(words)}"):
        read_config(run)


def test_options_of_a_later_mien_are_passed_over(tmp_path):
    run, config = RunDirectory(tmp_path), TrainConfig(data="faces", set=("a=1",))
    write_config(run, config)
    write_json(run.config, {**json.loads(run.config.read_text()), "telepathy": True})
    assert read_config(run) == config
