"""A few attempts of the scripts that kill, signal, fill disks and stop ranks. Each in a process of its own: they fork,
which PyTorch does not allow once a test has trained in this one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks" / "reliability"


@pytest.mark.parametrize(
    "family, words",
    [
        ("kills", "--first 79 --count 4"),  # calls 40 and 41, in the first rounds
        ("signals", "--count 5"),
        ("disks", "--first 17 --count 4"),  # with one really full
        ("ranks", "--first 1 --count 2"),  # a kill and a stop
        ("cache", "--count 8"),
    ],
)
def test_a_few_attempts(family, words, tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{family}.py", *words.split()], env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert re.search(r"^tried \d+ failed 0$", done.stdout, re.MULTILINE), done.stdout + done.stderr[-2000:]
    assert done.returncode == 0 and int(re.search(r"tried (\d+)", done.stdout)[1]) >= 2
