"""Tasks of SLURM's srun are the processes of one training."""

import os
import signal
import time

import pytest
from forks import Program

from mien.runs.directory import RunDirectory
from mien.runtime import slurm

NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
STEP = {  # what srun gives to the sixth of eight tasks on two nodes
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NODELIST": "gpu[1-9]",
    "SLURM_STEP_ID": "2",
    "SLURM_STEP_NODELIST": "gpu[007-008]",
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_NTASKS": "8",
    "SLURM_PROCID": "5",
    "SLURM_LOCALID": "1",
}
BATCH = {name: value for name, value in STEP.items() if "STEP" not in name} | {"SLURM_PROCID": "0"}


@pytest.fixture
def variables(monkeypatch):
    """A function: the variables of torchrun after those of SLURM were taken."""
    for name in os.environ.copy():
        if name.startswith("SLURM_") or name in NAMES:
            monkeypatch.delenv(name)
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that what the function sets is undone
        monkeypatch.delenv(name)

    def take(given):
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        slurm.take_variables()
        return tuple(os.environ.get(name) for name in NAMES)

    return take


@pytest.mark.parametrize(
    "given, taken",
    [
        (STEP, ("5", "8", "1", "gpu007", str(15_000 + (16 * 4711 + 2) % 15_000))),
        ({**STEP, "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"}, ("5", "8", "1", "10.0.0.1", "29500")),
        (BATCH, (None,) * 5),  # a batch script without srun
        ({**STEP, "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, (None,) * 5),
        ({**STEP, "RANK": "1", "WORLD_SIZE": "2"}, ("1", "2", None, None, None)),  # torchrun within srun
        ({}, (None,) * 5),
    ],
)
def test_the_variables_of_torchrun_come_from_those_of_a_step(variables, given, taken):
    assert variables(given) == taken


@pytest.mark.parametrize(
    "nodes, first",
    [
        ("vm", "vm"),
        ("gpu-a,gpu-b", "gpu-a"),
        ("gpu[003-005,010],cpu1", "gpu003"),
        ("rack[1-2]node[01-04].lan", "rack1node01.lan"),
        ("n[7]", "n7"),
    ],
)
def test_the_first_node(nodes, first):
    assert slurm.first_node(nodes) == first


def test_tasks_train_together_save_at_the_warning_and_go_on_by_the_same_command(
    variables, faces, tmp_path, monkeypatch
):
    words = ["train", "dcgan", "--data", faces, "--resolution", "16", "--batch", "8", "--outdir", tmp_path / "runs"]
    words += ["--name", "run", "--auto-resume", "--tick", "0.064", "--set", "generator.width=4"]
    words += ["--set", "discriminator.width=4"]
    for name, value in {**STEP, "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NODELIST": "localhost"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLURM_JOB_ID", str(os.getpid()))

    def srun(*more):
        tasks = []
        for rank in range(2):
            monkeypatch.setenv("SLURM_PROCID", str(rank))
            tasks.append(Program(tmp_path / f"task{rank}", [*words, *more]))
        return tasks

    tasks = srun("--budget", "1h")
    run, end = RunDirectory(tmp_path / "runs" / "00000-run"), time.monotonic() + 60
    while len(run.stats.read()) < 2 and time.monotonic() < end and tasks[0].poll() is None:
        time.sleep(0.02)
    for task in tasks:
        task.send_signal(signal.SIGUSR1)
    said = [task.communicate() for task in tasks]
    assert [task.returncode for task in tasks] == [138, 138], said
    stopped = run.read_status()
    assert stopped["state"] == "stopped" and stopped["images"] >= 128
    tasks = srun("--budget", f"{stopped['images'] + 64}img")
    said = [task.communicate() for task in tasks]
    assert [task.returncode for task in tasks] == [0, 0], said
    assert [bool(out) for out, _ in said] == [True, False]  # only the first says how it ended
    assert run.read_status()["images"] == stopped["images"] + 64
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == ["00000-run"]
