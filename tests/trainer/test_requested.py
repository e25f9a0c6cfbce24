"""Requests to a training: they are done once, they change no bits, and a pause is no time of training."""

import signal
import time

import pytest
from exact import assert_equal, begin

import mien
from mien.errors import UsageError
from mien.runs import requests
from mien.runs.directory import RunDirectory
from mien.trainer import requested
from mien.trainer.stopping import Stopped
from mien.trainer.trainer import Trainer

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


@pytest.fixture(scope="module")
def whole(faces, tmp_path_factory):
    """A training without requests."""
    return begin(faces, tmp_path_factory.mktemp("whole"), "dcgan", TINY, "320img")


@pytest.fixture
def request_at(monkeypatch):
    """images -> action: requested when D has been shown so many images. The trainer looks after each round."""
    asked: dict[int, str] = {}
    after_round = Trainer.after_round

    def request_and_go_on(self, line):
        if action := asked.pop(self.training.images, None):
            requests.make(self.run, action)
        after_round(self, line)

    monkeypatch.setattr(Trainer, "after_round", request_and_go_on)
    monkeypatch.setattr(requested, "LOOK_EVERY", 0.0)
    return asked


def clock_with(sleep):
    return type("Clock", (), {"sleep": staticmethod(sleep), "monotonic": staticmethod(time.monotonic)})


def events(run):
    return [row["event"] for row in RunDirectory(run.path).events.read()]


def test_requests_are_done_once_and_change_no_bits(whole, faces, tmp_path, request_at, monkeypatch):
    request_at |= {72: "sample", 136: "save", 200: "pause"}
    states, slept = [], []

    def sleep(seconds):
        slept.append(seconds)
        states.append(RunDirectory(tmp_path / "requested" / "00000-run").read_status()["state"])
        time.sleep(0.1)
        if len(slept) == 3:
            requests.withdraw(RunDirectory(tmp_path / "requested" / "00000-run"), "pause")

    monkeypatch.setattr(requested, "time", clock_with(sleep))
    began = time.monotonic()
    run = begin(faces, tmp_path / "requested", "dcgan", TINY, "320img")
    passed = time.monotonic() - began
    assert_equal(whole.path, run.path)
    assert states == ["paused"] * 3 and run.state == "finished"
    assert run.seconds < passed - 0.3
    assert events(run) == ["started", "requested", "requested", "paused", "went on"]
    assert requests.pending(RunDirectory(run.path)) == []
    assert (run.path / "snapshots" / "kimg-000000.136.safetensors").is_file()
    assert (run.path / "samples" / "fakes000000.072.png").is_file()
    assert not (run.path / "snapshots" / "kimg-000000.072.safetensors").exists()


def test_a_stop_saves_and_resumes_exactly_and_reaches_a_paused_training(
    whole, faces, tmp_path, request_at, monkeypatch
):
    request_at |= {72: "pause"}
    run = RunDirectory(tmp_path / "requested" / "00000-run")
    clock = {
        "sleep": staticmethod(lambda seconds: requests.make(run, "stop")),
        "monotonic": staticmethod(time.monotonic),
    }
    monkeypatch.setattr(requested, "time", type("Clock", (), clock))
    with pytest.raises(Stopped) as stopped:
        begin(faces, tmp_path / "requested", "dcgan", TINY, "320img")
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert run.read_status()["state"] == "stopped" and run.read_status()["images"] == 72
    assert requests.pending(run) == ["pause"]  # nobody withdrew it
    resumed = mien.resume(str(run.path))
    assert requests.pending(run) == [] and resumed.state == "finished"  # a request of an earlier session is void
    assert_equal(whole.path, run.path)


def test_a_request_has_a_known_name_and_stays_in_the_folder(tmp_path):
    run = RunDirectory(tmp_path)
    with pytest.raises(UsageError, match=r"'\.\./escape' is no request"):
        requests.make(run, "../escape")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "stop").touch()
    run.requests.symlink_to(tmp_path / "elsewhere")
    requests.clear(run)
    requests.withdraw(run, "stop")
    assert requests.pending(run) == [] and (tmp_path / "elsewhere" / "stop").exists()
