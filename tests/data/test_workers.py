import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures, numbered

from mien.data import workers
from mien.data.prepare import prepare
from mien.runtime.signals import Interrupted

SHADOWS = ("random", "queue", "copy", "json", "numpy", "PIL", "mien", "subprocess", "simplejpeg")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working folder whose modules tell that they were imported."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\nraise SystemExit\n"
        )
    return tmp_path


@pytest.mark.parametrize("python_path", ["", ":", f"{os.pathsep}/nowhere"])
def test_workers_import_nothing_from_the_working_folder(hostile, monkeypatch, python_path):
    folder = add_pictures(hostile / "set", numbered(workers.FEW))
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PYTHONPATH", python_path)
    ready = prepare(folder, 8, 8, workers=2, output=hostile / "out")
    assert len(ready) == workers.FEW and not (hostile / "ran").exists()


def test_python_m_mien_imports_nothing_from_the_working_folder(hostile):
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    (hostile / "mien.py").unlink()  # what -m itself looks for first
    words = [sys.executable, "-m", "mien", "data", "prepare", "drawn:500", "--resolution", "8"]
    ended = subprocess.run([*words, "--output", "out"], cwd=hostile, env=clean, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert np.load(hostile / "out" / "images.npy", allow_pickle=False).shape == (500, 8, 8, 3)
    assert not (hostile / "ran").exists()


def test_a_signal_while_the_threads_start_stays_the_reason(tmp_path, monkeypatch):
    """A thread that has not started cannot be joined, and that must not hide why."""
    start, started = threading.Thread.start, []

    def interrupted(thread):
        if started:
            raise Interrupted(signal.SIGUSR1)
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    parts = workers.in_parts("mien.data.decode_worker", {}, 2 * workers.FEW, 2, tmp_path)
    with pytest.raises(Interrupted):
        next(parts)
    assert not (tmp_path / "job.json").exists()
