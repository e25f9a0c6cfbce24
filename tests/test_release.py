"""What a release names must agree, and the comparison with git must find faults. tests/release.py does the rest."""

import re
import tomllib
import zipfile
from pathlib import Path

import release

import mien

ROOT = Path(__file__).parents[1]


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    cited = dict(re.findall(r"^(version|license): (.*)$", citation, re.MULTILINE))
    assert cited == {"version": mien.__version__, "license": project["license"]}
    assert project["version"] == mien.__version__


def test_a_wheel_with_other_files_than_the_commit_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "mien.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("mien/__init__.py", "changed")
        packed.writestr("mien/secret.txt", "x")
        packed.writestr("mien-1.dist-info/METADATA", "x")
    files = {"src/mien/__init__.py": b"", "src/mien/cli.py": b"", "tests/test_cli.py": b""}
    assert release.wheel_faults(wheel, files) == ["mien/__init__.py", "mien/cli.py", "mien/secret.txt"]
