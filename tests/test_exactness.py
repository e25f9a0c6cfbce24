"""A resumed run equals one that never stopped, bit by bit; so does a killed one. A new recipe adds a line to CASES."""

import json
import signal
import subprocess
import sys
import time

import pytest
from exact import assert_equal, begin, files, numbers, rows, weights
from forks import Program

import mien
from mien import cli, recipes
from mien.runs.directory import RunDirectory

DCGAN = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
STYLE = (
    *("generator.width=1", "generator.most=8", "generator.latent_dim=8", "generator.w_dim=8"),
    *("discriminator.width=1", "discriminator.most=8", "discriminator.terms.r1.every=3"),
)
R3GAN = tuple(
    f"{path}.images=2000"
    for path in (
        *(f"{side}_optimizer.{number}" for side in ("discriminator", "generator") for number in ("lr", "beta2")),
        *(f"discriminator.terms.{name}.weight" for name in ("r1", "r2")),
        "ema.half_life",
    )
)
CASES = {
    "dcgan": ("dcgan", DCGAN),
    "lazy r1, mirror, own latents each turn": (
        "dcgan-laptop",
        (*DCGAN, "discriminator.terms.r1.every=3", "mirror=true", "game.reuse_fakes=false"),
    ),
    "n_critic, contiguous memory": ("dcgan", (*DCGAN, "discriminator.updates=4", "channels_last=false")),
    "lazy r1, convolutions in bfloat16": (
        "dcgan-laptop",
        (*DCGAN, "discriminator.terms.r1.every=3", "bf16=true"),
    ),
    "lsgan": ("lsgan", DCGAN),
    "hinge": ("hinge", DCGAN),
    "gan: five steps of D": ("gan", (*DCGAN, "discriminator.width=16")),
    "celeba: dropout": ("celeba", DCGAN),
    "hw6": ("hw6", DCGAN),
    "hw6-two-steps": ("hw6-two-steps", DCGAN),
    "wgan: clipped weights, rmsprop": ("wgan", DCGAN),
    "wgan-gp: penalty, instance norm": ("wgan-gp", DCGAN),
    "sngan: spectral norm, falling rates": (
        "sngan",
        (*DCGAN, "discriminator.optimizer.lr.images=2000", "generator.optimizer.lr.images=2000"),
    ),
    "stylegan2: the mean w, the mean path length, noise, mixing": ("stylegan2-laptop", STYLE),
    "r3gan: R1 and R2, ADA, every number on its way": (
        "r3gan",
        (*DCGAN, *R3GAN, "augment.p.images=2000", "generator.blocks=1", "discriminator.blocks=1"),
    ),
    "r3gan-laptop": ("r3gan-laptop", (*DCGAN, *R3GAN)),
}
STOP, ROUNDS = 9, 13  # no whole number of ticks for any number of steps a round: there are sums in the statistics


@pytest.mark.parametrize("recipe, changes", CASES.values(), ids=CASES)
def test_stopped_and_resumed_equals_never_stopped(recipe, changes, faces, tmp_path):
    """The stopped run is another training from the same seed, elsewhere: it also shows that a seed is a training."""
    per_round = 8 * recipes.find(recipe).override(changes).updates_per_round
    end = f"{ROUNDS * per_round}img"
    whole = begin(faces, tmp_path / "whole", recipe, changes, end)
    assert (whole.state, whole.images) == ("finished", ROUNDS * per_round)
    stopped = begin(faces, tmp_path / "stopped", recipe, changes, f"{STOP * per_round}img")
    assert weights(stopped.path) != weights(whole.path)
    other = begin(faces, tmp_path / "other", recipe, changes, f"{STOP * per_round}img", seed=1)
    alike = dict(weights(other.path).items() & weights(stopped.path).items())
    assert alike.keys() <= {"memory.safetensors"}  # ADA with a p that is told remembers nothing else
    assert files(other.path, "samples/*").keys() == files(stopped.path, "samples/*").keys()
    resumed = mien.resume(str(stopped.path), budget=end)
    assert resumed.path == stopped.path and resumed.images == whole.images
    assert_equal(whole.path, stopped.path)


def test_a_second_training_has_the_very_files_of_the_first(faces, tmp_path):
    """`assert_equal` lets a stopped run hold more grids; a run that never stopped holds the same."""
    whole, again = (begin(faces, tmp_path / name, *CASES["dcgan"], "200img") for name in ("whole", "again"))
    assert_equal(whole.path, again.path)
    assert files(whole.path, "samples/*") == files(again.path, "samples/*")


def test_what_is_compared_is_all_there_is(faces, tmp_path):
    """The comparison itself: which files exist, which rows and grids a run of 40 rounds has."""
    run = begin(faces, tmp_path, *CASES["dcgan"], "320img").path
    assert weights(run).keys() == {
        f"{name}.safetensors"
        for name in ("G", "D", "G_ema", "discriminator_optimizer", "generator_optimizer", "statistics")
    }
    assert numbers(run)["images"] == 320 and numbers(run)["steps"] == {"discriminator": 40, "generator": 40}
    assert [row["images"] for row in rows(run)] == [64, 128, 192, 256, 320]
    assert numbers(run)["statistics"] == {}  # a row's means are since the row before it, and 320 is a tick
    assert {"discriminator/loss", "generator/loss", "D(real)", "D(fake)", "D(fake) after"} <= rows(run)[0].keys()
    grids = ["fakes000000.064.png", "fakes000000.128.png", "fakes000000.192.png", "fakes000000.256.png"]
    assert list(files(run, "samples/*")) == [*grids, "fakes000000.320.png", "fakes000000.png"]
    assert list(files(run, "snapshots/*"))[-1] == "kimg-000000.320.safetensors"


def test_resumed_twice_with_a_damaged_checkpoint_in_between(faces, tmp_path, capsys):
    whole = begin(faces, tmp_path / "whole", *CASES["dcgan"], "240img")
    run = begin(faces, tmp_path / "run", *CASES["dcgan"], "80img").path
    mien.resume(str(run), budget="+80img")
    newest = run / "checkpoints" / "kimg-000000.160"
    (newest / "G.safetensors").write_bytes(b"damaged")
    mien.resume(str(run), budget="240img")
    assert "skipping kimg-000000.160" in capsys.readouterr().err
    assert_equal(whole.path, run)


def test_resuming_a_finished_run_changes_nothing(faces, tmp_path):
    run = begin(faces, tmp_path, *CASES["dcgan"], "104img").path
    before = {name: files(run, pattern) for name, pattern in (("s", "samples/*"), ("w", "checkpoints/*/*.safetensors"))}
    old_rows = rows(run)
    assert mien.resume(str(run)).state == "finished"
    assert {name: files(run, p) for name, p in (("s", "samples/*"), ("w", "checkpoints/*/*.safetensors"))} == before
    assert rows(run) == old_rows and old_rows[-1]["final"]


# --- real processes --------------------------------------------------------------------------------------------------


def child(faces, outdir, budget, forked=True):
    """`mien train` as a process of its own, with a checkpoint as often as it may."""
    flags = ["--resolution", "16", "--batch", "8", "--tick", "0.064", "--name", "run", "--checkpoint-every", "0.05s"]
    changes = [word for change in DCGAN for word in ("--set", change)]
    words = ["train", "dcgan", "--data", str(faces), "--outdir", str(outdir), "--budget", budget, *flags, *changes]
    if forked:
        return Program(outdir.with_name("streams"), words)
    command = [sys.executable, "-m", "mien", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_for_checkpoints(process, outdir, count):
    """Until `count` different checkpoints were seen; -> the run."""
    seen, end = set(), time.monotonic() + 60
    while len(seen) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "no checkpoint within a minute"
        seen |= {path.parent.name for path in outdir.glob("00000-run/checkpoints/kimg-*/manifest.json")}
        time.sleep(0.01)
    return RunDirectory(outdir / "00000-run")


def test_killed_at_any_moment_and_resumed_equals_never_stopped(faces, tmp_path):
    process = child(faces, tmp_path / "killed", "1h")
    run = wait_for_checkpoints(process, tmp_path / "killed", 2)
    time.sleep(0.15)  # into the interval after it
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert run.read_status()["state"] == "running"
    last = max(row["images"] for row in rows(run.path))
    end = f"{last + 200}img"
    mien.resume(str(run.path), budget=end)
    whole = begin(faces, tmp_path / "whole", *CASES["dcgan"], end)
    assert_equal(whole.path, run.path)
    (event,) = [row for row in run.events.read() if row["event"] == "resumed"]
    assert 0 < event["images"] < last + 64  # it went on from within the tick; it did not start over


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_saves_and_says_how_to_go_on(number, code, faces, tmp_path):
    process = child(faces, tmp_path / "runs", "1h", forked=number != signal.SIGINT)
    run = wait_for_checkpoints(process, tmp_path / "runs", 1)
    begun = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code and time.monotonic() - begun < 20
    last_line = err.strip().splitlines()[-1]
    assert last_line.startswith(f"mien: {number.name}: saved at ") and f"mien resume {run.path}" in last_line
    assert "Traceback" not in err and out == ""
    status = run.read_status()
    assert status["state"] == "stopped" and status["images"] == numbers(run.path)["images"] > 0
    assert cli.run(["resume", str(run.path), "--budget", "+80img"]) == 0
    assert run.read_status()["state"] == "finished" and run.read_status()["images"] == status["images"] + 80


def test_a_killed_run_without_a_checkpoint_starts_over(faces, tmp_path):
    """As if it had been killed in its first moments: papers and status are there, the rest is half-written."""
    whole = begin(faces, tmp_path / "whole", *CASES["dcgan"], "160img")
    run = begin(faces, tmp_path / "run", *CASES["dcgan"], "160img").path
    for folder in (run / "checkpoints").iterdir():
        (folder / "manifest.json").unlink()
    with (run / "stats.jsonl").open("a") as file:
        file.write('{"images": 168, "kimg": 0.1')
    mien.resume(str(run))
    assert_equal(whole.path, run)


def test_one_run_is_trained_by_one_process(faces, tmp_path, capsys):
    path = begin(faces, tmp_path, *CASES["dcgan"], "16img").path
    holder = RunDirectory(path)
    holder.lock()
    before = json.dumps([files(path, "*.json"), files(path, "checkpoints/*/*")], default=repr)
    capsys.readouterr()
    assert cli.run(["resume", str(path), "--budget", "+80img"]) == 75
    assert "is being trained by another process" in capsys.readouterr().err
    assert json.dumps([files(path, "*.json"), files(path, "checkpoints/*/*")], default=repr) == before
    holder.unlock()
    assert cli.run(["resume", str(path)]) == 0
