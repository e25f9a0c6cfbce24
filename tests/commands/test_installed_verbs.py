"""A verb of a package that is installed beside mien: a real distribution, its entry point, its function."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import mien
from mien import cli
from mien.commands import installed_verbs
from mien.errors import MienError, UsageError

SHARPEN = '''"""Sharpening."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.commands.verb_result import VerbResult
from mien.errors import DataError


@dataclass(frozen=True)
class Sharpened(VerbResult):
    image: str
    strength: float
    sizes: tuple[int, ...]
    twice: bool

    def as_dict(self):
        return dict(vars(self))

    def __str__(self):
        return f"sharpened {self.image} by {self.strength}"


def sharpen(
    image: Path,
    *,
    strength: float = 0.5,
    filter: Literal["box", "hat"] = "box",
    sizes: tuple[int, ...] = (),
    twice: bool = False,
) -> Sharpened:
    """Sharpen an image.

    Args:
        image: The file.
        strength: How much; at least 0.
    """
    if strength < 0:
        raise DataError(f"--strength {strength} is below 0: give 0 or more")
    if filter == "hat":
        raise ZeroDivisionError("oops")
    return Sharpened(str(image), strength, sizes, twice)


def says_nothing() -> None:
    """Return nothing."""


def without_types(image):
    """Take anything."""


def with_json(*, json: str = ""):
    """Take mien's flag."""
'''


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [
        name for name in sys.modules if name.partition(".")[0] in ("sharp_package", "my_package", "loud", "ns_of_mine")
    ]:
        del sys.modules[name]
    vars(mien).pop("sharpen", None)  # `mien` keeps what it has found


def install(site: Path, package: str, points: str, *, about: str = "", files: dict[str, str] | None = None) -> None:
    """Write what an installer writes: METADATA, entry_points.txt, the modules."""
    info = site / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nSummary: {about}\n")
    (info / "entry_points.txt").write_text(f"[mien.commands]\n{points}\n")
    for name, text in (files or {}).items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)


@pytest.fixture
def sharp(site):
    """The package sharp-package with the verb sharpen. Its __init__ must not be imported by the overview."""
    imported = site / "imported"
    files = {
        "sharp_package/__init__.py": f"open({str(imported)!r}, 'a').close()",
        "sharp_package/sharpen.py": SHARPEN,
    }
    install(site, "sharp-package", "sharpen = sharp_package.sharpen:sharpen", files=files)
    return site


def refused(capsys, *words):
    """-> (exit code, the last line on standard error)."""
    code = cli.run(list(words))
    out, err = capsys.readouterr()
    assert out == ""
    return code, err.strip().splitlines()[-1]


def test_it_takes_words_flags_and_json(sharp, capsys):
    assert cli.run(["sharpen", "face.png"]) == 0
    assert capsys.readouterr().out == "sharpened face.png by 0.5\n"
    assert cli.run(["sharpen", "face.png", "--strength", "2", "--sizes", "3", "5", "--twice", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"image": "face.png", "strength": 2.0, "sizes": [3, 5], "twice": True}


def test_its_help_names_its_flags(sharp, capsys):
    assert cli.run(["help", "sharpen"]) == 0
    text = capsys.readouterr().out
    assert "Sharpen an image." in text and "How much; at least 0." in text and "--json" in text and "{box,hat}" in text


@pytest.mark.parametrize(
    "words, code, line",
    [
        (["sharpne", "x"], 2, "mien: no verb 'sharpne': did you mean sharpen?"),
        (["sharpen"], 2, "mien: mien sharpen needs IMAGE: see mien sharpen --help"),
        (["sharpen", "x", "--strenght", "1"], 2, "mien: mien sharpen has no flag --strenght: did you mean --strength?"),
        (["sharpen", "x", "--strength", "-1"], 65, "mien: --strength -1.0 is below 0: give 0 or more"),
        (
            ["sharpen", "x", "--filter", "hat"],
            70,
            "mien: this is a bug in the package sharp-package; please report it with the lines above",
        ),
    ],
)
def test_a_mistake_is_one_line(words, code, line, sharp, capsys):
    assert refused(capsys, *words) == (code, line)


def test_a_value_of_the_wrong_type(sharp, capsys):
    code, line = refused(capsys, "sharpen", "x", "--strength", "much")
    assert code == 2 and line.startswith("mien: mien sharpen: ") and "--strength" in line


def test_from_python(sharp):
    assert "sharpen" in dir(mien)
    found = mien.sharpen("face.png", strength=1, sizes=[3, 5])
    assert (found.image, found.strength, found.sizes) == ("face.png", 1.0, (3, 5))
    assert mien.sharpen is mien.sharpen
    with pytest.raises(UsageError, match=r"^strength must be a number, not 'much' \(str\)$"):
        mien.sharpen("face.png", strength="much")
    with pytest.raises(UsageError, match=r"^mien.sharpen has no argument strenght: did you mean strength\?$"):
        mien.sharpen("face.png", strenght=1)
    with pytest.raises(MienError, match=r"^strength -1.0 is below 0"):
        mien.sharpen("face.png", strength=-1)
    with pytest.raises(AttributeError, match="module 'mien' has no attribute 'sharpne'"):
        _ = mien.sharpne


def test_the_overview_reads_the_docstring_and_imports_nothing(sharp, capsys):
    assert cli.run(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    after = lines[lines.index("From installed packages:") + 1]
    assert after == "  mien sharpen             Sharpen an image. (sharp-package)"
    assert not (sharp / "imported").exists() and "sharp_package" not in sys.modules
    assert cli.run(["sharpen", "x"]) == 0 and (sharp / "imported").exists()


def test_the_overview_has_no_heading_without_packages(site, capsys):
    assert cli.run(["--help"]) == 0
    assert "From installed packages" not in capsys.readouterr().out


def test_an_imported_function_is_listed_with_its_package_in_one_line(site, capsys):
    files = {"loud/__init__.py": "from loud.inner import shout", "loud/inner.py": "def shout():\n    pass"}
    install(site, "loud", "shout = loud:shout", about="Shouts.", files=files)
    assert cli.run(["--help"]) == 0
    assert "  mien shout               Shouts. (loud)\n" in capsys.readouterr().out


def test_a_namespace_package_is_found(site, capsys):
    install(site, "spaced", "deep = ns_of_mine.deep:deep", files={"ns_of_mine/deep.py": "def deep():\n    'Deep.'"})
    assert cli.run(["--help"]) == 0
    assert "Deep. (spaced)" in capsys.readouterr().out


BROKEN = {
    "no module": ("loud.nowhere:shout", "", "cannot be loaded: there is no module loud.nowhere"),
    "a syntax error": ("loud:shout", "def shout(:", "cannot be loaded: invalid syntax"),
}


@pytest.mark.parametrize("place, source, line", BROKEN.values(), ids=BROKEN)
def test_a_broken_package_is_one_line_of_the_overview(place, source, line, sharp, capsys):
    install(sharp, "loud", f"shout = {place}", files={"loud/__init__.py": source})
    assert cli.run(["--help"]) == 0
    out, err = capsys.readouterr()
    assert f"package loud: mien shout {line}" in out and "(sharp-package)" in out and err == ""


def test_damaged_entry_points_hide_no_other_verb(sharp, capsys):
    install(sharp, "loud", "this is no entry point")
    assert cli.run(["--help"]) == 0
    out = capsys.readouterr().out
    assert "package loud: " in out and "entry_points.txt is damaged" in out and "(sharp-package)" in out
    assert cli.run(["sharpen", "x"]) == 0


UNLOADABLE = {
    "its import fails": (
        "loud:shout",
        "import nowhere_at_all",
        "ModuleNotFoundError: No module named 'nowhere_at_all'",
    ),
    "its import exits": ("loud:shout", "import sys; sys.exit(0)", "SystemExit: 0"),
    "no function of that name": ("loud:shuot", "def shout(): pass", "has no attribute 'shuot'"),
    "no function at all": ("loud", "", "cannot be loaded"),
    "a parameter without a type": ("sharp_package.sharpen:without_types", "", "the parameter image needs a type"),
    "mien's own flag": ("sharp_package.sharpen:with_json", "", "the parameter json is mien's own flag"),
    "any parameters": ("loud:shout", "def shout(*all: str): pass", "*all: str is neither a word nor a flag"),
    "a type that no flag has": ("loud:shout", "def shout(*, all: dict): pass", "the parameter all needs a type"),
}


@pytest.mark.parametrize("place, source, line", UNLOADABLE.values(), ids=UNLOADABLE)
def test_a_verb_that_cannot_be_loaded_is_one_line_with_the_package(place, source, line, sharp, capsys):
    install(sharp, "loud", f"shout = {place}", files={"loud/__init__.py": source})
    code = cli.run(["shout"])
    out, err = capsys.readouterr()
    assert code == 70 and out == "" and err.count("\n") == 1
    assert err.startswith("mien: package loud: mien shout cannot be loaded: ") and line in err
    with pytest.raises(MienError, match=r"^package loud: mien shout cannot be loaded: "):
        _ = mien.shout


def test_a_verb_without_a_result(sharp, capsys):
    install(sharp, "loud", "shout = sharp_package.sharpen:says_nothing")
    code, line = refused(capsys, "shout")
    message = "mien: package loud: mien shout returned a NoneType: it must return a VerbResult with as_dict()"
    assert (code, line) == (70, message)


def test_a_name_of_miens_own_is_refused_and_miens_verb_wins(sharp, capsys):
    install(sharp, "loud", "env = sharp_package.sharpen:sharpen\ntrainer = sharp_package.sharpen:sharpen")
    assert cli.run(["--help"]) == 0
    out = capsys.readouterr().out
    assert "package loud: mien env is a name of mien's own: choose another one" in out
    assert cli.run(["env", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mien"] == mien.__version__
    code, line = refused(capsys, "trainer", "x")
    assert (code, line) == (70, "mien: package loud: mien trainer is a name of mien's own: choose another one")
    assert not {"env", "trainer"} & (set(dir(mien)) - set(mien.__all__))


def test_a_second_package_with_the_same_verb_is_refused(sharp, capsys):
    install(sharp, "zzz", "sharpen = loud:shout")
    assert cli.run(["--help"]) == 0
    out = capsys.readouterr().out
    assert ("package zzz: mien sharpen comes from sharp-package already" in out) != (
        "package sharp-package: mien sharpen comes from zzz already" in out
    )


def test_a_package_that_is_on_the_path_twice_is_listed_once(sharp, tmp_path, monkeypatch, capsys):
    again = tmp_path / "again"
    again.mkdir()
    monkeypatch.syspath_prepend(again)
    install(again, "sharp-package", "sharpen = sharp_package.sharpen:sharpen")
    assert cli.run(["--help"]) == 0
    assert capsys.readouterr().out.count("sharpen") == 1


def test_a_name_that_is_no_word_is_refused(sharp, capsys):
    install(sharp, "loud", "Shout Now = sharp_package.sharpen:sharpen")
    assert cli.run(["--help"]) == 0
    assert "package loud: mien Shout Now is not a name of small letters" in capsys.readouterr().out


def test_a_name_with_a_dash_has_an_underscore_in_python(sharp, capsys):
    install(sharp, "loud", "sharpen-all = sharp_package.sharpen:sharpen")
    assert cli.run(["sharpen-all", "x"]) == 0
    assert capsys.readouterr().out == "sharpened x by 0.5\n"
    assert mien.sharpen_all("x").image == "x"
    del mien.sharpen_all


def test_miens_own_verbs_search_no_packages(monkeypatch, capsys):
    def searched():
        raise AssertionError("a verb of mien's own searched the packages")

    monkeypatch.setattr(installed_verbs, "declared_verbs", searched)
    assert cli.run(["env", "--json"]) == 0
    assert mien.env().as_dict()["mien"] == mien.__version__
    with pytest.raises(AttributeError):
        _ = mien.__wrapped__


def test_as_a_program(sharp, tmp_path):
    """In a process of its own, with the package on sys.path as an installer leaves it."""
    probe = f"import sys; sys.path.insert(0, {str(sharp)!r}); from mien.cli import main; main()"

    def program(*words):
        return subprocess.run([sys.executable, "-c", probe, *words], capture_output=True, text=True, timeout=60)

    done = program("sharpen", "face.png", "--strength", "3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "sharpened face.png by 3.0\n", "")
    assert "Sharpen an image. (sharp-package)" in program("--help").stdout


def test_the_package_of_the_guide(site, tmp_path, monkeypatch, capsys):
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    source = re.search(r"```python\n# my_package/sharpen.py\n(.*?)```", guide, re.DOTALL)[1]
    points = re.search(r'```toml\n\[project.entry-points."mien.commands"\]\n(.*?)\n```', guide, re.DOTALL)[1]
    install(site, "my-package", points.replace('"', ""), files={"my_package/sharpen.py": source})
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8), "gray").save("face.png")
    assert cli.run(["sharpen", "face.png", "--radius", "3"]) == 0
    assert capsys.readouterr().out == "sharpened image: sharp.png\n"
    assert mien.sharpen("face.png", radius=3, output="two.png").as_dict() == {"path": "two.png"}
    assert Image.open("two.png").size == (8, 8)
    assert refused(capsys, "sharpen", "face.png", "--radius", "0") == (2, "mien: --radius 0.0 is not above 0")
