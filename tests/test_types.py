"""mypy checks the package strictly; the exceptions are stated, and there are few of them."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST = 10


def exceptions():
    """Each `type: ignore` of the source, and each setting of pyproject.toml that is less strict for something."""
    ignores = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "src").rglob("*.py*"))
        if path.suffix in (".py", ".pyi")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "type: ignore" in line
    ]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    usual = {"packages", "mypy_path", "strict", "overrides"}
    general = [f"{name} = {value}" for name, value in settings.items() if name not in usual]
    special = [f"{one['module']}: {set(one) - {'module'}}" for one in settings["overrides"]]
    return ignores, [*general, *special]


def test_the_package_is_checked_strictly():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert settings["strict"] is True
    assert settings["packages"] == ["mien"]


def test_every_ignored_line_names_its_error_and_a_reason():
    ignores, _ = exceptions()
    assert [line for line in ignores if not re.search(r"# type: ignore\[[a-z-]+\]  # \w", line)] == []


def test_there_are_few_exceptions():
    ignores, settings = exceptions()
    assert len(ignores) + len(settings) <= MOST, "\n".join([*ignores, *settings])
