"""A few attempts of benchmarks/reliability/labels.py."""

import harness
import labels


def test_a_few_attempts(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    assert harness.failures(labels.case, 60, tmp_path, seed=1) == []
