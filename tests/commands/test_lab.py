"""mien lab: the listing, the files of one experiment, a user's mistakes."""

import json
import re

import pytest
from PIL import Image

from mien import cli
from mien.commands.lab import lab
from mien.errors import UsageError


def test_alone_it_lists_what_there_is(capsys):
    assert cli.run(["lab"]) == 0
    text = capsys.readouterr().out
    for name in ("mode-collapse", "js-fails", "clipping", "strong-d", "ring", "spiral", "wgan-gp"):
        assert re.search(rf"^  {name} +\S", text, re.M)


def test_one_experiment_leaves_its_files(tmp_path):
    made = lab("ring", recipe="gan,wgan-gp", budget="2kimg", outdir=tmp_path)
    folder = tmp_path / "00000-ring-gan-wgan-gp"
    assert sorted(path.name for path in folder.iterdir()) == ["film.gif", "film.webp", "numbers.json", "page.html"]
    with Image.open(folder / "film.gif") as film:
        assert film.n_frames > 5
    rows = json.loads((folder / "numbers.json").read_text())
    assert list(rows) == ["gan", "wgan-gp"] and rows["gan"][0]["kimg"] == 0
    assert made.as_dict()["arms"]["gan"]["js"] == rows["gan"][-1]["js"]
    assert "real points" in str(made) and str(folder / "page.html") in str(made)
    page = (folder / "page.html").read_text()
    assert not re.search(r"url\(|@import|https?://", page) and page.count("data:image/webp") == 2
    assert "mien lab ring --recipe gan,wgan-gp --budget 2kimg" in page
    lab("ring", recipe="gan", budget="1kimg", outdir=tmp_path)
    assert (tmp_path / "00001-ring-gan").is_dir() and folder.is_dir()


def test_a_change_goes_to_the_arms_that_have_the_setting(tmp_path):
    changes = ("discriminator.terms.gp.weight=5", "generator.width=8")
    made = lab("mode-collapse", set=changes, budget="1kimg", outdir=tmp_path)
    assert set(made.numbers) == {"gan", "wgan-gp"}


def test_a_users_own_loss_on_points(tmp_path):
    own = tmp_path / "my_points.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from mien.losses.adversarial import LeastSquares\n"
        "from mien.recipes.dcgan import dcgan\n"
        "def least_squares():\n"
        '    """DCGAN with least squares."""\n'
        "    return replace(dcgan(), loss=LeastSquares())\n"
    )
    made = lab("two-bumps", recipe=f"{own}:least_squares", budget="1kimg", outdir=tmp_path / "lab")
    assert list(made.numbers) == ["least-squares"]


@pytest.mark.parametrize(
    "words, message",
    [
        (["rign"], "no such experiment or distribution: did you mean ring?"),
        (["qqq"], "there are: mode-collapse, js-fails"),
        (["ring", "--recipe", "wgan-pg"], "did you mean wgan-gp?"),
        (["ring", "--recipe", "zzz"], "there are: gan"),
        (["ring", "--recipe", "gan,gan"], "different recipes"),
        (["mode-collapse", "--recipe", "gan"], "has arms of its own"),
        (["ring", "--set", "generator.wdith=3"], "did you mean generator.width?"),
        (["ring", "--set", "resolution=8x8"], "one pixel"),
        (["ring", "--budget", "50ep"], "no epochs"),
        (["ring", "--budget", "soon"], "--budget 'soon'"),
        (["ring", "--recpie", "gan"], "did you mean --recipe?"),
        (["--recipe", "gan"], "needs NAME"),
    ],
)
def test_mistakes_are_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["lab", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("mien: ") and err.count("\n") == 1 and message in err
    assert list(tmp_path.iterdir()) == []


def test_from_python_too(tmp_path):
    with pytest.raises(UsageError, match="did you mean spiral"):
        lab("spirall", outdir=tmp_path)
