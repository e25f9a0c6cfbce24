import nonfinite


def test_what_is_not_finite_reaches_no_file(tmp_path):
    failed = nonfinite.harness.failures(nonfinite.case, 3, tmp_path, seed=2)
    assert failed == []


def test_the_script_sees_what_it_looks_for(tmp_path, monkeypatch):
    """With the check taken out of mien, a NaN does reach a file, and the attempt fails."""
    monkeypatch.setattr(nonfinite.Training, "wrong", lambda self, tensors=None: [])
    monkeypatch.setattr(nonfinite, "KINDS", [("dcgan", "average", "generator", float("nan"))])
    assert "not finite in" in nonfinite.harness.failures(nonfinite.case, 1, tmp_path)[0]
