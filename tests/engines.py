"""Real engines on this machine: torchrun, Lightning Fabric, and SLURM with its daemons. No CI calls it:
`python tests/engines.py`.

Each case prints a line with what happened, and "wrong" if the training did not save, or did not end with the bits of
one without a stop. Fabric needs `pip install lightning-fabric`. SLURM needs Debian's packages slurmctld, slurmd,
slurm-client and munge, and root. `--only slurm`, `--only torchrun` or `--only fabric` tries one of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from exact import assert_equal

from mien.runs.directory import RunDirectory

TRAIN = "train dcgan --data drawn:64@16 --resolution 16 --batch 8 --name run --tick 0.064 --checkpoint-every 1s"
TINY = "--set generator.width=4 --set discriminator.width=4 --auto-resume"
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
MIEN = f"{sys.executable} -m mien"
HANDLED = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
LONGEST = 300.0  # seconds
END = "1500img"


def words(outdir: Path, budget: str) -> list[str]:
    return [*TRAIN.split(), *TINY.split(), "--outdir", str(outdir), "--budget", budget]


def wait(until: Callable[[], object], what: str) -> None:
    end = time.monotonic() + LONGEST
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.2)


def begun(run: RunDirectory) -> bool:
    """Return whether the run has a checkpoint and trains on."""
    return any(run.checkpoints.glob("kimg-*/manifest.json")) and len(run.stats.read()) > 2


def state(run: RunDirectory) -> tuple[str, int]:
    status = run.read_status()
    return status["state"], status["images"]


def torchrun(outdir: Path, budget: str, *flags: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*TORCHRUN, *flags, "-m", "mien", *words(outdir, budget)], stderr=subprocess.DEVNULL)


def children(process: int, word: bytes = b"mien") -> list[int]:
    """Return the child processes with this word in their command line."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in found if word in Path(f"/proc/{child}/cmdline").read_bytes()]


# --- torchrun ---------------------------------------------------------------------------------------------------------


def torchrun_cases(folder: Path) -> Iterator[tuple[str, bool, str]]:
    whole = RunDirectory(folder / "whole" / "00000-run")
    torchrun(folder / "whole", END).wait()
    for number in (signal.SIGTERM, signal.SIGUSR1):
        run = RunDirectory(folder / number.name / "00000-run")
        process = torchrun(run.path.parent, END, "--signals-to-handle", HANDLED, "--shutdown-timeout", "110")
        wait(lambda run=run: begun(run), "the first checkpoint")  # type: ignore[misc]
        process.send_signal(number)
        code, at = process.wait(), state(run)
        torchrun(run.path.parent, END).wait()
        yield (
            f"torchrun gets {number.name}",
            at[0] == "stopped" and same(whole, run),
            f"exit {code}, {at}, {state(run)}",
        )
    run = RunDirectory(folder / "killed" / "00000-run")
    process = torchrun(run.path.parent, END, "--max-restarts", "3")
    wait(lambda: begun(run), "the first checkpoint")
    os.kill(children(process.pid)[-1], signal.SIGKILL)
    code = process.wait()
    events = [row["event"] for row in run.events.read()]
    yield "a rank is killed, --max-restarts 3", code == 0 and same(whole, run), f"exit {code}, {events}, {state(run)}"


def same(whole: RunDirectory, other: RunDirectory) -> bool:
    try:
        assert_equal(whole.path, other.path)
    except AssertionError as error:
        print(str(error)[:300])
        return False
    return True


# --- Lightning Fabric -------------------------------------------------------------------------------------------------

FABRIC = """
import sys
import torch
import torch.distributed as dist
from lightning_fabric import Fabric
from mien import cli

def work(fabric, words):
    torch.set_num_threads(1)
    code = cli.run(words)
    ranks = torch.tensor(fabric.global_rank + 1)
    dist.all_reduce(ranks)  # the group of Fabric is as it was
    assert (code, int(ranks)) == (0, 3)

if __name__ == "__main__":
    Fabric(accelerator="cpu", devices=2, strategy="ddp_spawn").launch(work, sys.argv[1:])
"""


def fabric(script: Path, outdir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(script), *words(outdir, END)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def fabric_cases(folder: Path) -> Iterator[tuple[str, bool, str]]:
    script, whole = folder / "script.py", RunDirectory(folder / "whole" / "00000-run")
    script.write_text(FABRIC)
    code = fabric(script, whole.path.parent).wait()
    yield "two processes, whose group still works afterwards", code == 0, f"exit {code}, {state(whole)}"
    run = RunDirectory(folder / "killed" / "00000-run")
    process = fabric(script, run.path.parent)
    wait(lambda: begun(run), "the first checkpoint")
    os.kill(children(process.pid, b"spawn_main")[-1], signal.SIGKILL)
    first, second = process.wait(), fabric(script, run.path.parent).wait()
    events = [row["event"] for row in run.events.read()]
    right = (first != 0) and (second == 0) and "resumed" in events and same(whole, run)
    yield "a process is killed; the same script again", right, f"exit {first}, then {second}, {events}"


# --- SLURM ------------------------------------------------------------------------------------------------------------

CONF = """ClusterName=mien
SlurmctldHost={host}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName={host} CPUs=2 RealMemory=500
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
JOB = """#!/bin/bash
#SBATCH --ntasks=2 --time=60 --signal=USR1@120 --requeue --open-mode=append --output={folder}/job.log
srun --kill-on-bad-exit=1 {command}
code=$?
echo "attempt ${{SLURM_RESTART_COUNT:-0}} ended with $code" >> {folder}/codes
case $code in
  75 | 76 | 129 | 138 | 143) scontrol requeue "$SLURM_JOB_ID" ;;
  *) exit "$code" ;;
esac
"""


def sh(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Run a cluster of one node of two processors: munged, slurmctld and slurmd, all in `folder`."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "slurm.conf").write_text(CONF.format(host=socket.gethostname().partition(".")[0], folder=folder))
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    own = [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "log", "seed")]
    sh("/usr/sbin/munged", "--force", f"--socket={folder}/munge.socket", *own)
    try:
        sh("/usr/sbin/slurmctld", "-c")
        sh("/usr/sbin/slurmd")
        wait(lambda: "idle" in sh("sinfo", "-h"), "an idle node")
        yield
    finally:
        for name in ("slurmd", "slurmctld", "munge"):
            with suppress(OSError, ValueError):
                process = int((folder / f"{name}.pid").read_text())
                os.kill(process, signal.SIGTERM)
                wait(lambda process=process: not Path(f"/proc/{process}").exists(), name)  # type: ignore[misc]


def slurm_cases(folder: Path) -> Iterator[tuple[str, bool, str]]:
    whole = RunDirectory(folder / "whole" / "00000-run")
    sh("srun", "-n", "2", *MIEN.split(), *words(whole.path.parent, END))
    made = [path.name for path in whole.path.parent.iterdir() if path.is_dir()]
    told = whole.environment.read_text()
    yield "srun -n 2", made == ["00000-run"] and '"processes": "2"' in told, f"{made}, {state(whole)}"
    for what, act in (("scontrol requeue", ("scontrol", "requeue")), ("USR1", ("scancel", "--signal=USR1"))):
        place = folder / act[0]
        place.mkdir()
        run = RunDirectory(place / "runs" / "00000-run")
        command = " ".join([MIEN, *words(run.path.parent, END)])
        (place / "job.sh").write_text(JOB.format(folder=place, command=command))
        job = sh("sbatch", "--parsable", str(place / "job.sh")).strip()
        wait(lambda run=run: begun(run), "the first checkpoint")  # type: ignore[misc]
        sh(*act, job)
        wait(lambda job=job, run=run: ended(job, run), "the end of the job")  # type: ignore[misc]
        codes = (place / "codes").read_text().splitlines() if (place / "codes").exists() else []
        events = [row["event"] for row in run.events.read()]
        yield what, "resumed" in events and same(whole, run), f"{events}, {codes}, {state(run)}"


def ended(job: str, run: RunDirectory) -> bool:
    """Return whether the run is finished and its job has left the queue. A job that waits starts now."""
    if "BeginTime" in sh("squeue", "-h", "-j", job, "-o", "%r"):
        time.sleep(5)  # it is still cleaning up
        subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], capture_output=True)
    return run.status.exists() and state(run)[0] == "finished" and not sh("squeue", "-h", "-j", job)


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("torchrun", "fabric", "slurm"))
    only = parser.parse_args().only
    os.environ["OMP_NUM_THREADS"] = "1"
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MIEN_CACHE"] = str(folder / "cache")
        engines = {"torchrun": torchrun_cases, "fabric": fabric_cases, "slurm": slurm_cases}
        installed = {"torchrun": True, "fabric": has("lightning_fabric"), "slurm": shutil.which("sbatch") is not None}
        for engine in [only] if only else engines:
            (folder / engine).mkdir()
            if not installed[engine]:
                print(f"{engine}: not installed")
                continue
            with cluster(folder / engine) if engine == "slurm" else tempfile.TemporaryDirectory():
                for what, is_right, detail in engines[engine](folder / engine):
                    wrong += not is_right
                    print(f"{'right' if is_right else 'wrong'}  {what}: {detail}", flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
