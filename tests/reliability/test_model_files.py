"""A few attempts of benchmarks/reliability/model_files.py."""

import harness
import model_files


def test_a_few_attempts(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    assert harness.failures(model_files.case, 8, tmp_path, seed=1) == []
