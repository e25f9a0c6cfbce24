"""One command that starts a run, continues it, or says that it is finished."""

import os
import signal
import threading

import pytest
from exact import assert_equal, begin

import mien
from mien import cli
from mien.errors import MienError, RunLockedError, UsageError
from mien.runs.directory import RunDirectory
from mien.runtime import signals
from mien.trainer import auto_resume, launch
from mien.trainer.config import TrainConfig
from mien.trainer.stopping import Stopped
from mien.trainer.trainer import Trainer

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


@pytest.fixture
def command(faces, tmp_path):
    """A function that gives the same command each time, but for the options that it is called with."""

    def give(budget="96img", set=TINY, **more):
        return begin(faces, tmp_path / "runs", "dcgan", set, budget, auto_resume=True, **more)

    give.folders = lambda: sorted(path.name for path in (tmp_path / "runs").iterdir() if path.is_dir())
    return give


def at_round(number, monkeypatch, what):
    """Call `what` once, after this many rounds."""
    after_round, rounds = Trainer.after_round, []

    def watched(self, line):
        after_round(self, line)
        rounds.append(1)
        if len(rounds) == number:
            what()

    monkeypatch.setattr(Trainer, "after_round", watched)


def test_it_starts_continues_and_ends_with_the_bits_of_a_run_without_a_stop(
    command, faces, tmp_path, monkeypatch, capsys
):
    at_round(5, monkeypatch, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    with pytest.raises(Stopped) as stopped, signals.handled():
        command()
    assert stopped.value.exit_code == 128 + signal.SIGUSR1
    run = command()
    assert (run.state, run.images, command.folders()) == ("finished", 96, ["00000-run"])
    assert_equal(begin(faces, tmp_path / "whole", "dcgan", TINY, "96img").path, run.path)

    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert command() == run
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    words = ["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path / "runs"), "--budget", "96img"]
    words += ["--resolution", "16", "--batch", "8", "--tick", "0.064", "--name", "run", "--checkpoint-every", "1h"]
    capsys.readouterr()
    assert cli.run([*words, "--auto-resume", *(f"--set={one}" for one in TINY)]) == 0
    assert f"{run.path} is finished at 0.1 kimg: there is nothing left to train" in capsys.readouterr().err


def test_only_what_was_changed_in_the_command_changes_the_run(command):
    run = command()
    mien.resume(run, budget="+16img", metrics="none")  # it holds: the command says nothing new
    assert command().images == 112
    changes = (*TINY, "generator.optimizer.lr=0.001")
    assert command("128img", changes, on_trouble="stop", checkpoint_every="30s").images == 128
    assert '"lr": 0.001' in run.directory.recipe.read_text()
    config = auto_resume.read_config(run.directory)
    assert (config.on_trouble, config.checkpoint_every, config.budget) == ("stop", "30s", "128img")
    assert auto_resume.read_command(run.directory).set == changes
    events = [row["event"] for row in run.directory.events.read()]
    assert events.count("resumed") == 2 and events.count("changed") == 1


REFUSED = [
    ({"seed": 1}, "^seed is 1, but .*00000-run was started with 0, which a resume cannot change: put it back"),
    ({"set": TINY[1:]}, "set generator.width=4 is missing, but .*00000-run was started with it"),
    ({"set": ("generator.width=8", *TINY[1:])}, "set generator.width=8 makes networks that differ"),
    ({"dry_run": True}, "dry_run plans a start, but auto_resume would continue .*00000-run"),
    ({"name": None}, "auto_resume needs name"),
]


def test_what_a_resume_cannot_change_is_refused_in_one_line(command):
    run = command("16img")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    for changed, message in REFUSED:
        with pytest.raises(UsageError, match=message) as caught:
            command("16img", **changed)
        assert "\n" not in str(caught.value) and command.folders() == ["00000-run"]
        assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_a_start_that_was_killed_leaves_no_folder_behind(command, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(launch, "write_recipe", lambda *_: (_ for _ in ()).throw(SystemExit(9)))
        with pytest.raises(SystemExit):
            command("16img")
    (left,) = command.folders()
    run = command("16img")
    assert command.folders() == [left] == [run.path.name] and run.images == 16
    assert [row["event"] for row in run.directory.events.read()].count("started") == 1


def test_a_run_from_before_goes_on(command, faces, tmp_path):
    """It has no command.json: the options of the run count."""
    run = begin(faces, tmp_path / "runs", "dcgan", TINY, "16img")
    run.directory.command_options.unlink()
    assert command("24img").images == 24
    with pytest.raises(UsageError, match="augment is none, but"):
        command("24img", augment="none")


def test_of_two_at_once_one_trains(command, faces, tmp_path, monkeypatch):
    run = command("16img")
    holder = RunDirectory(run.path)
    holder.lock()
    with pytest.raises(RunLockedError, match="is being trained by another process") as caught:
        command("16img")
    assert caught.value.exit_code == 75
    run.directory.recipe.rename(tmp_path / "recipe.json")  # the other has made its folder, and no more
    with pytest.raises(RunLockedError, match="is being started by another process"):
        command("16img")
    holder.unlock()
    (tmp_path / "recipe.json").rename(run.directory.recipe)
    monkeypatch.setattr(auto_resume, "to_resume", lambda config: None)  # the other came while this one prepared
    with pytest.raises(RunLockedError, match="was started by another process meanwhile"):
        command("16img")
    assert command.folders() == ["00000-run"]


def test_many_that_start_at_once_make_one_folder(tmp_path):
    config = TrainConfig("dcgan", data="faces", outdir=tmp_path / "runs", name="run", auto_resume=True)
    gate, made, refused = threading.Barrier(8), [], []

    def start():
        gate.wait()
        try:
            made.append(launch.new_run(config, "run"))
        except MienError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(refused) == 7 and {error.exit_code for error in refused} == {75}
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == ["00000-run"]
    assert made[0].is_held()


def test_names_that_only_end_alike_are_other_runs(tmp_path):
    for name in ("00000-run", "00001-my-run", "00002-run", "run", "3-run"):
        (tmp_path / name).mkdir()
    assert [path.name for path in auto_resume.runs_named(tmp_path, "run")] == ["00000-run", "00002-run"]
