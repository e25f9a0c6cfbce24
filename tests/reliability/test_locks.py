"""A few attempts of benchmarks/reliability/locks.py."""

import harness
import locks


def test_a_few_attempts(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    assert harness.failures(locks.case, 7, tmp_path, seed=1) == []
