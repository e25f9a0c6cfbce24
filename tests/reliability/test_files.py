"""A few attempts of the scripts about files: forged.py, model_files.py, locks.py."""

import forged
import harness
import locks
import model_files
import pytest
import victims


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One small training for all of them."""
    home = tmp_path_factory.mktemp("victims")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(home / "cache"))
        yield victims.make(home / "made")


@pytest.mark.parametrize("family, count", [(forged, 6), (model_files, 8), (locks, 7)])
def test_a_few_attempts(family, count, files, tmp_path):
    forged.made[tmp_path / "victims"] = files
    assert harness.failures(family.case, count, tmp_path, seed=1) == []
