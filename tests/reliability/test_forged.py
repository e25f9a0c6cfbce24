"""A few attempts of benchmarks/reliability/forged.py."""

import forged
import harness


def test_a_few_attempts(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    assert harness.failures(forged.case, 8, tmp_path, seed=1) == []
