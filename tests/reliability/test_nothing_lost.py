"""A few attempts of the scripts that kill, signal, fill disks and stop ranks. Each in a process of its own: they fork,
which PyTorch does not allow once a test has trained in this one."""

import re
from pathlib import Path

import pytest
from forks import Program

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
def test_a_few_attempts(family, words, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    program = Program(tmp_path / "streams", [SCRIPTS / f"{family}.py", *words.split()])
    out, err = program.communicate(timeout=900)
    assert re.search(r"^tried \d+ failed 0$", out, re.MULTILINE), out + err[-2000:]
    assert program.returncode == 0 and int(re.search(r"tried (\d+)", out)[1]) >= 2
