"""--on-trouble and --stop-at-plateau: a training that stops or goes back because of a diagnosis."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from exact import begin

import mien
from mien import cli
from mien.errors import UsageError
from mien.reports.doctor.diagnoses import flat_images
from mien.runs.checkpoint import checkpoints
from mien.runs.directory import RunDirectory
from mien.trainer import rollback, trainer
from mien.trainer.config import TrainConfig
from mien.trainer.config_file import read_config
from mien.trainer.live_doctor import LiveDoctor
from mien.trainer.options import resumed, watched
from mien.trainer.stopping import StoppedByDoctor

GRAY = ("generator.optimizer.lr=0", "generator.contrast=0.3", "generator.width=4", "discriminator.width=4")
"""G stays at its gray start. So its images are flat from 192 images on, and that is certain at 320."""


@pytest.fixture(autouse=True)
def early(monkeypatch):
    monkeypatch.setattr(flat_images, "STEPS", 24)
    monkeypatch.setattr(trainer, "CHECKPOINT_COST", 0)


def events(run: Path) -> list[dict]:
    return [row for row in RunDirectory(run).events.read() if row["event"] in ("went back", "diagnosis")]


def rows(run: Path) -> list[dict]:
    clock = ("seconds", "images_per_second", "final")
    return [{key: value for key, value in row.items() if key not in clock} for row in RunDirectory(run).stats.read()]


def test_stop_saves_and_a_resume_goes_on(faces, tmp_path):
    with pytest.raises(
        StoppedByDoctor, match=r"black or constant images since 0\.192 kimg: saved at 0\.3 kimg"
    ) as error:
        begin(faces, tmp_path, "dcgan", GRAY, "512img", on_trouble="stop")
    assert error.value.exit_code == 4
    run = RunDirectory(tmp_path / "00000-run")
    assert (run.read_status()["state"], run.read_status()["images"]) == ("stopped", 320)
    mien.resume(str(run.path))
    assert (run.read_status()["state"], run.read_status()["images"]) == ("finished", 512)
    assert read_config(run).on_trouble == "stop"


def test_a_return_applies_the_first_remedy_and_can_be_repeated_by_hand(faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rollback, "MOST", 1)
    with pytest.raises(StoppedByDoctor):
        begin(faces, tmp_path / "a", "dcgan", GRAY, "512img", on_trouble="rollback", checkpoint_every="0.001s")
    run = RunDirectory(tmp_path / "a" / "00000-run")
    (back,) = [row for row in events(run.path) if row["event"] == "went back"]
    assert (back["images"], back["to"], back["onset"]) == (320, 120, 0.192)  # 120: the newest one of its doubling
    assert (back["diagnosis"], back["settings"]) == ("flat-images", ["generator.optimizer.lr was 0.0, now 0.0002"])
    assert "black or constant images, after 1 return: the training ends here" in capsys.readouterr().err
    assert json.loads(run.recipe.read_text())["generator"]["optimizer"]["lr"] == 0.0002
    assert [path.name for path in checkpoints(run.checkpoints)][-1] == "kimg-000000.320"

    by_hand = begin(faces, tmp_path / "b", "dcgan", GRAY, "120img")
    mien.resume(str(by_hand.path), budget="320img", set=("generator.optimizer.lr=0.0002",))
    assert [row["images"] for row in rows(run.path)] == [64, 128, 192, 256, 320]
    assert rows(run.path) == rows(by_hand.path)


def test_returns_are_counted_until_someone_changes_the_settings(tmp_path):
    run = RunDirectory(tmp_path)
    back = [{"event": "went back", "why": "diagnosis", "settings": [f"rate_factor was 1, now {n}"]} for n in range(4)]
    for row in [{"event": "started"}, back[0], back[1], back[1], {"event": "went back", "why": "diverged"}]:
        run.events.append(row)
    assert rollback.returns(run) == 2  # after a kill, the same return is written again
    run.events.append({"event": "changed"})
    run.events.append(back[2])
    assert rollback.returns(run) == 1


def test_without_the_flag_it_only_says_so(faces, tmp_path):
    run = begin(faces, tmp_path, "dcgan", GRAY, "384img")
    assert [row["event"] for row in events(run.path)] == ["diagnosis"]


def constant(tmp_path: Path, values: list[float], since: int = 0) -> str:
    tmp_path.mkdir()
    run = RunDirectory(tmp_path)
    for n, value in enumerate(values, 1):
        run.metrics.append({"images": n * 1000, "kimg": n, "metric": "fid", "value": value, "better": "lower"})
    budget = SimpleNamespace(images=1e6)
    setup = SimpleNamespace(recipe=None, budget=budget, config=SimpleNamespace(data="drawn", hold_out=0))
    return LiveDoctor(run, setup, None).plateau(len(values) * 1000, since)


def test_a_plateau_needs_six_evaluations_without_a_gain(tmp_path):
    assert constant(tmp_path / "a", [50, 40, *[41] * 5]) == ""
    assert constant(tmp_path / "b", [50, 40, *[41] * 6]).startswith("no more gain since 2 kimg: fid was best at 2 kimg")
    assert constant(tmp_path / "c", [50 * 0.9**n for n in range(12)]) == ""


def test_a_resumed_training_gets_six_evaluations(tmp_path):
    assert constant(tmp_path / "a", [50, 40, *[41] * 12], since=9000) == ""
    assert constant(tmp_path / "b", [50, 40, *[41] * 14], since=9000) != ""


def test_a_training_ends_at_its_plateau(faces, tmp_path, monkeypatch, capsys):
    own = Path(__file__).parents[1] / "own_metric.py"
    options = {"metrics": f"{own}:brightness", "metrics_every": 0.008, "metrics_num": 4, "metrics_share": 1.0}
    run = begin(faces, tmp_path, "dcgan", GRAY, "2kimg", stop_at_plateau=True, **options)
    status = run.directory.read_status()
    assert status["state"] == "finished" and status["images"] < 512
    assert "stopped  no more gain since 0.008 kimg: brightness was best at 0.008 kimg" in capsys.readouterr().err


def test_mistakes_are_one_line(faces, capsys):
    with pytest.raises(UsageError, match="--stop-at-plateau needs --metrics: add --metrics fid"):
        TrainConfig(data="drawn", stop_at_plateau=True)
    assert cli.run(["train", "dcgan", "--data", str(faces), "--on-trouble", "cry"]) == 2
    assert "none" in capsys.readouterr().err


def test_a_resume_keeps_or_changes_what_the_doctor_does():
    config = TrainConfig(data="drawn", metrics="fid", on_trouble="stop", stop_at_plateau=True)
    assert watched(config, None, None) == config
    changed = watched(config, "rollback", "no")
    assert (changed.on_trouble, changed.stop_at_plateau) == ("rollback", False)
    assert watched(changed, None, "yes").stop_at_plateau
    without = resumed(config, None, "none")  # there is no plateau without metrics
    assert (without.metrics, without.stop_at_plateau, without.on_trouble) == (None, False, "stop")
    with pytest.raises(UsageError, match="--stop-at-plateau needs --metrics: add --metrics fid"):
        watched(without, None, "yes")


def test_a_resumed_run_writes_the_new_flags(faces, tmp_path):
    run = begin(faces, tmp_path, "dcgan", GRAY, "64img")
    assert cli.run(["resume", str(run.path), "--budget", "72img", "--on-trouble", "stop"]) == 0
    assert read_config(run.directory).on_trouble == "stop"
    assert cli.run(["resume", str(run.path), "--budget", "80img", "--stop-at-plateau", "yes"]) == 2
