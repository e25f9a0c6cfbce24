"""The processes that SLURM's srun starts: they get the variables of torchrun, made from those of SLURM."""

from __future__ import annotations

import os
import re

FIRST_PORT, PORTS = 15_000, 15_000  # below the range from which systems take ports by themselves


def take_variables() -> None:
    """Set RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT if this is one of several tasks of srun.

    Variables that are set already stay. Elsewhere do nothing: in a batch script without srun, SLURM_NTASKS is the size
    of the job, but one process runs.
    """
    tasks = os.environ.get("SLURM_STEP_NUM_TASKS", "1")  # only srun sets it
    if "WORLD_SIZE" in os.environ or "RANK" in os.environ or not tasks.isdecimal() or int(tasks) < 2:
        return
    nodes = os.environ.get("SLURM_STEP_NODELIST") or os.environ["SLURM_JOB_NODELIST"]
    job, step = int(os.environ["SLURM_JOB_ID"]), int(os.environ.get("SLURM_STEP_ID", 0))
    os.environ["RANK"], os.environ["WORLD_SIZE"] = os.environ["SLURM_PROCID"], tasks
    os.environ.setdefault("LOCAL_RANK", os.environ["SLURM_LOCALID"])
    os.environ.setdefault("MASTER_ADDR", first_node(nodes))
    os.environ.setdefault("MASTER_PORT", str(FIRST_PORT + (16 * job + step) % PORTS))


def first_node(nodes: str) -> str:
    """Return the first name of SLURM's list of nodes, which is where task 0 runs.

    "gpu[003-005,010],cpu1" -> "gpu003"; "rack[1-2]node[01-04]" -> "rack1node01".
    """
    first = re.sub(r"\[(\w+)[^\]]*\]", r"\1", nodes)
    return first.partition(",")[0]
