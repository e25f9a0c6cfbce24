"""The trainer's decisions: when it stops."""

import os
import signal

import pytest
from exact import begin

from mien.runs.directory import RunDirectory
from mien.runtime import distributed
from mien.trainer.stopping import Stopped

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


def test_a_signal_while_the_processes_agree_is_not_lost(faces, tmp_path, monkeypatch):
    """They wait for each other most of the time, so most signals come then."""
    asked = []

    def largest(number):
        asked.append(number)
        if len(asked) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return number

    monkeypatch.setattr(distributed, "largest", largest)
    with pytest.raises(Stopped, match=r"SIGTERM: saved at 0\.0 kimg"):
        begin(faces, tmp_path, "dcgan", TINY, "800img")
    assert asked == [0, 0, signal.SIGTERM]
    assert RunDirectory(tmp_path / "00000-run").read_status()["images"] == 24
