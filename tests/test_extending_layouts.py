"""A user's one file: a data set of the user's own structure, named by --code or offered by an installed package."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures

import mien
from mien import cli
from mien.commands.data import check
from mien.data import own_layouts
from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.errors import UsageError

FILE = '''"""Pictures with the ages of their faces in ages.txt, and pairs of left.png and right.png."""

from mien.data.own_layouts import Annotation, layout


@layout
def ages(contents):
    """ages.txt holds lines such as `b.png 31`."""
    if "ages.txt" not in contents.others:
        return None
    rows = [line.split() for line in contents.files.text("ages.txt").splitlines()]
    labels = [[int(age) < 20, int(age) >= 20] for _, age in rows]
    captions = [f"a face of {age} years" for _, age in rows]
    return Annotation("", [name for name, _ in rows], labels, ("child", "adult"), captions)


@layout
def stereo(contents):
    """Each folder holds left.png, the source, and right.png, the image."""
    rights = [name for name in contents.images if name.endswith("right.png")]
    if not rights:
        return None
    return Annotation("", rights, sources=[name.replace("right", "left") for name in rights])
'''
TINY = [f"--set={change}" for change in ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")]
FLAGS = ["--resolution", "16", "--batch", "8", "--tick", "0.016", "--augment", "none", *TINY]
AGES = [12, 31, 8, 19, 20, 65, 3, 44, 15, 27, 33, 9, 71, 18, 2, 50]


@pytest.fixture(autouse=True)
def no_layouts(monkeypatch):
    """What a test registers is gone after it, as in another process."""
    monkeypatch.setattr(own_layouts, "LAYOUTS", {})
    own_layouts.load_installed.cache_clear()
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("mien_user_"):
            del sys.modules[name]
    own_layouts.load_installed.cache_clear()


def forget(monkeypatch):
    """What a fresh process knows."""
    monkeypatch.setattr(own_layouts, "LAYOUTS", {})
    sys.modules.pop("mien_user_my_layout", None)


@pytest.fixture
def own(tmp_path):
    (tmp_path / "my_layout.py").write_text(FILE)
    return tmp_path / "my_layout.py"


@pytest.fixture
def aged(tmp_path):
    names = [f"{letter}.png" for letter in "ponmlkjihgfedcba"]
    add_pictures(tmp_path / "aged", [*names, "unlisted.png"])
    (tmp_path / "aged" / "ages.txt").write_text("".join(f"{name} {age}\n" for name, age in zip(names, AGES)))
    return tmp_path / "aged"


def checkpoint(run):
    newest = sorted(run.glob("checkpoints/kimg-*"))[-1]
    return {path.name: path.read_bytes() for path in newest.glob("*.safetensors")}


def test_a_layout_of_ones_own_fills_labels_and_captions(own, aged, tmp_path, capsys):
    assert cli.run(["data", "check", str(aged), "--output", str(tmp_path / "1.png"), "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert (before["layout"], before["pictures"]) == ("flat folder", 17)
    words = ["data", "check", str(aged), "--code", str(own), "--output", str(tmp_path / "2.png"), "--json"]
    assert cli.run(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["layout"], found["pictures"], found["labels"]) == ("my_layout.py:ages", 16, {"child": 8, "adult": 8})
    assert "1 image left out (for a test, or not listed)" in found["description"][1]
    assert cli.run(["data", "prepare", str(aged), "--code", str(own), "--output", str(tmp_path / "ready")]) == 0
    ready = prepare(tmp_path / "ready", 64, 64)
    assert ready.captions is not None and ready.captions[:2] == ["a face of 12 years", "a face of 31 years"]
    assert np.array_equal(ready.labels, [[age < 20, age >= 20] for age in AGES])


def test_every_verb_that_reads_images_takes_the_layout(own, aged, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["evaluate", str(aged), "--data", str(aged), "--metrics", "sharpness", "--resolution", "16", "--json"]
    assert cli.run(words) == 0
    assert {row["n_fake"] for row in json.loads(capsys.readouterr().out)["rows"]} == {17}
    assert cli.run([*words, "--code", str(own)]) == 0
    assert {row["n_fake"] for row in json.loads(capsys.readouterr().out)["rows"]} == {16}
    assert cli.run(["data", "label", str(aged), "--code", str(own)]) == 2
    assert "no image lacks a label" in capsys.readouterr().err
    add_pictures(tmp_path / "stereo", [f"{name}/{side}.png" for name in "abc" for side in ("left", "right")])
    assert cli.run(["data", "align", str(tmp_path / "stereo"), "--code", str(own)]) == 2
    assert "holds pairs (my_layout.py:stereo)" in capsys.readouterr().err


def test_the_guide_s_layout_does_what_it_says(aged, tmp_path, monkeypatch, capsys):
    guide = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (piece,) = [text for text in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "# my_layout.py" in text]
    (command,) = re.findall(r"^    mien (train .*my_layout\.py.*)$", guide, re.MULTILINE)
    (tmp_path / "my_layout.py").write_text(piece)
    aged.rename(tmp_path / "people")
    monkeypatch.chdir(tmp_path)
    assert cli.run([*command.split(), *FLAGS[: -len(TINY)], "--budget", "1h", "--dry-run"]) == 0
    assert "my_layout.py:ages" in (said := capsys.readouterr().err) and "2 classes (child, adult)" in said


def test_a_changed_file_prepares_the_pictures_again(own, aged, monkeypatch):
    check(aged, code=own, output=aged.parent / "sheet.png")
    first = prepare(aged, 64, 64)
    own.write_text(FILE.replace("< 20", "< 10").replace(">= 20", ">= 10"))
    forget(monkeypatch)
    check(aged, code=own, output=aged.parent / "sheet.png")
    second = prepare(aged, 64, 64)
    assert first.path != second.path and second.info["label_counts"] == [4, 12]


def test_it_trains_and_resumes_exactly_and_only_with_its_code(own, aged, tmp_path, monkeypatch, capsys):
    words = ["train", "dcgan", "--data", str(aged), "--cond", "class", "--code", str(own), *FLAGS]
    assert cli.run([*words, "--outdir", str(tmp_path / "whole"), "--budget", "160img"]) == 0
    assert cli.run([*words, "--outdir", str(tmp_path / "runs"), "--budget", "80img"]) == 0
    (run,), (whole,) = (tmp_path / "runs").iterdir(), (tmp_path / "whole").iterdir()
    assert json.loads((run / "recipe.json").read_text())["condition"]["names"] == ["child", "adult"]
    assert (run / "code" / "my_layout.py").read_text() == FILE
    forget(monkeypatch)
    capsys.readouterr()
    for words in (["resume", str(run), "--budget", "160img"], ["evaluate", str(run), "--metrics", "sharpness"]):
        assert cli.run(words) == 2
        assert "were read by the layout my_layout.py:ages: name that file with --code PATH" in capsys.readouterr().err
    assert "mien_user_my_layout" not in sys.modules
    assert mien.load(run)(seeds=range(2), class_="adult")[0].size == (16, 16)
    assert mien.resume(str(run), budget="160img", code=own).images == 160
    assert checkpoint(run) == checkpoint(whole)
    assert cli.run(["report", str(run), "--output", str(tmp_path / "report.html")]) == 0
    assert f"--cond class --code {own}" in (tmp_path / "report.html").read_text()


def test_pairs_of_ones_own_stay_together(own, tmp_path):
    add_pictures(tmp_path / "stereo", [f"{number}/{side}.png" for number in range(24) for side in ("left", "right")])
    (tmp_path / "stereo" / "3" / "left.png").write_bytes(b"no picture")
    check(tmp_path / "stereo", code=own, output=tmp_path / "sheet.png")
    layout = detect(tmp_path / "stereo", "paired")
    assert layout.kind == "my_layout.py:stereo" and "24 pairs" in layout.describe()
    ready = prepare(tmp_path / "stereo", 16, 16, sources="paired")
    assert ready.paired and len(ready.images) == len(ready.sources) == 23


def test_an_installed_package_offers_a_layout(aged, tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "ages_for_mien-1.0.dist-info").mkdir(parents=True)
    (site / "ages_for_mien.py").write_text(FILE)
    about = site / "ages_for_mien-1.0.dist-info"
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ages-for-mien\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[mien.layouts]\nages = ages_for_mien:ages\n")
    monkeypatch.syspath_prepend(str(site))
    assert detect(aged).kind == "ages_for_mien:ages" and detect(aged).label_names == ("child", "adult")
    shutil.copy(site / "ages_for_mien.py", site / "broken.py")
    (about / "entry_points.txt").write_text("[mien.layouts]\nages = broken:none\n")
    own_layouts.load_installed.cache_clear()
    with pytest.raises(UsageError, match=r"installed layout ages \(broken:none\) cannot be loaded: AttributeError"):
        detect(aged)


@pytest.mark.parametrize(
    "body, fault",
    [
        ("return 1", "it returned int, not an Annotation or None"),
        ("return Annotation('', [])", "it returned no entries: return None for files of another structure"),
        ("return Annotation('', ['../x.png'])", "'../x.png' is no image of this data set"),
        ("return Annotation('', ['a.png'], [[1, 2]], ('x',))", "labels are 1x2, not 1x1 (images x names)"),
        ("return Annotation('', ['a.png'], [[float('nan')]], ('x',))", "labels hold a number that is not finite"),
        ("return Annotation('', ['a.png'], captions=[])", "it returned 0 captions for 1 images"),
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_layout_that_is_wrong_is_one_line(body, fault, aged, tmp_path, capsys):
    head = "from mien.data.own_layouts import Annotation, layout\n\n\n@layout\n"
    (tmp_path / "wrong.py").write_text(f"{head}def wrong(contents):\n    {body}\n")
    assert cli.run(["data", "check", str(aged), "--code", str(tmp_path / "wrong.py")]) == 2
    line = capsys.readouterr().err.strip()
    assert fault in line and "wrong.py:wrong" in line and "\n" not in line
