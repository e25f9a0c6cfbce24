"""A user's one file: a loss, a term, a network and a recipe of their own, with no file of mien touched."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from forks import Program

import mien
from mien import cli, recipes
from mien.errors import UsageError
from mien.losses.adversarial import Hinge, NonSaturating
from mien.recipes.recipe import RECIPES

FILE = '''"""A quadratic GAN with a generator that scales its pictures."""

from dataclasses import dataclass

import torch

from mien.losses.adversarial import NonSaturating
from mien.losses.term import Term
from mien.networks.dcgan import DCGANGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.dcgan import dcgan
from mien.config.spec import Spec


@dataclass(frozen=True)
class Quadratic(NonSaturating):
    """A loss."""

    strength: float = 0.5

    def generator(self, real, fake):
        return self.strength * (fake - 1).square()


@dataclass(frozen=True, kw_only=True)
class Brightness(Term):
    """A term: |mean of the fakes|."""

    def __call__(self, turn):
        return turn.views["fake"].mean((1, 2, 3)).abs()


class Scaled(DCGANGenerator):
    """A network."""

    def __init__(self, resolution, channels, latent_dim: int = 8, width: int = 4, scale: float = 0.5):
        super().__init__(resolution, channels, latent_dim, width)
        self.scale = torch.nn.Parameter(torch.tensor(scale))

    def forward(self, z, label=None):
        return self.scale * super().forward(z)


@recipe
def my_own() -> Recipe:
    """A recipe."""
    return dcgan().replace(
        generator=Spec(Scaled, scale=0.25),
        loss=Quadratic(),
        generator_terms={"brightness": Brightness(weight=0.1)},
        batch_size=8,
    )


def not_a_recipe():
    return 5


def hidden() -> Recipe:
    class Inner(Quadratic):
        pass

    return my_own().replace(loss=Inner())
'''
FLAGS = ["--resolution", "16", "--budget", "80img", "--tick", "0.016", "--set", "discriminator.width=4"]


@pytest.fixture(scope="module")
def trained(faces, cache, tmp_path_factory):
    """-> (the file, the run), trained by the command line in this process."""
    folder = tmp_path_factory.mktemp("mine")
    file = folder / "my_gan.py"
    file.write_text(FILE)
    flags = [*FLAGS, "--set", "loss.strength=0.7", "--set", "generator.terms.brightness.weight=0.2"]
    outdir = ["--outdir", str(folder / "runs")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(cache))
        assert cli.run(["train", f"{file}:my_own", "--data", str(faces), *outdir, *flags]) == 0
    return file, folder / "runs" / "00000-my-own-faces"


def test_its_own_classes_and_settings_are_written(trained):
    _file, run = trained
    recipe = (run / "recipe.json").read_text()
    for name in (
        "my_gan.py:Quadratic",
        "my_gan.py:Scaled",
        "my_gan.py:Brightness",
        '"strength": 0.7',
        '"name": "my-own"',
    ):
        assert name in recipe
    assert (run / "code" / "my_gan.py").read_text() == FILE
    assert '"generator/brightness"' in (run / "stats.jsonl").read_text()


def test_it_draws(trained):
    file, run = trained
    generator = mien.load(run, code=file)
    pictures = generator(seeds=range(3))
    assert [picture.size for picture in pictures] == [(16, 16)] * 3
    assert generator.network.scale.item() != 0.25 and pictures[0].tobytes() != pictures[1].tobytes()


def test_it_resumes(trained, tmp_path):
    file, run = trained
    resumed = mien.resume(str(run), budget="160img", code=file)
    assert (resumed.state, resumed.images) == ("finished", 160)


def in_a_new_process(folder, *words):
    """-> (exit code, standard output, standard error) of a process that has never imported the user's file."""
    program = Program(folder, words)
    out, err = program.communicate()
    return program.returncode, out, err


def test_a_stranger_must_name_the_file(trained, tmp_path):
    """The copy in the run's folder is not run by itself: that would run code of whoever made the folder."""
    _file, run = trained
    code, _, err = in_a_new_process(tmp_path, "resume", str(run))
    assert code == 2 and "Traceback" not in err
    cure = "the recipe uses my_gan.py: name that file with --code PATH if you trust it"
    assert err.strip() == f"mien: {run / 'recipe.json'}: {cure}"
    words = ["resume", str(run), "--code", str(run / "code" / "my_gan.py"), "--budget", "+16img"]
    code, out, err = in_a_new_process(tmp_path / "named", *words)
    assert code == 0, err
    assert "finished at" in out


@pytest.mark.parametrize(
    "name, message",
    [
        ("my_gan.py:nothing", "has no recipe function 'nothing'"),
        ("my_gan.py:not_a_recipe", "returned int, not a Recipe"),
        ("my_gan.py:hidden", "Inner cannot be written into recipe.json"),
        ("my_gan.py:Quadratic", "returned Quadratic, not a Recipe"),
        ("other.py:my_own", "is not a file"),
        ("broken.py:my_own", "broken.py cannot be imported: SyntaxError"),
    ],
)
def test_mistakes_with_a_file(name, message, trained, faces, tmp_path, capsys):
    (tmp_path / "my_gan.py").write_text(FILE)
    (tmp_path / "broken.py").write_text("def recipe(:\n")
    outdir = tmp_path / "runs"
    code = cli.run(["train", str(tmp_path / name), "--data", str(faces), "--outdir", str(outdir), *FLAGS])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code in (2, 74) and len(lines) == 1 and message in lines[0] and not outdir.exists()


def test_a_second_file_of_the_same_name_is_not_mistaken_for_the_first(trained, tmp_path):
    other = tmp_path / "my_gan.py"
    other.write_text(FILE.replace("scale=0.25", "scale=0.75"))
    assert recipes.find(f"{trained[0]}:my_own").generator.network.arguments["scale"] == 0.25
    assert recipes.find(f"{other}:my_own").generator.network.arguments["scale"] == 0.75
    with pytest.raises(UsageError):
        recipes.find(f"{other}:nothing")


# --- the guide's own words --------------------------------------------------------------------------------------------

GUIDE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
PIECES = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = re.findall(r"^    (mien .*)$", GUIDE, re.MULTILINE)
QUICK = ["--resolution", "16", "--batch", "8", "--tick", "0.016", "--set", "discriminator.width=4"]


@pytest.fixture
def guided(faces, tmp_path, monkeypatch):
    """A folder with the guide's pieces as my_gan.py and my_metric.py, and pictures in faces/; we are in it."""
    gan, (metric,) = PIECES[:3], [piece for piece in PIECES if piece.startswith("# my_metric.py")]
    (tmp_path / "my_gan.py").write_text("\n\n".join(gan))
    (tmp_path / "my_metric.py").write_text(metric)
    (tmp_path / "faces").symlink_to(faces)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RECIPES, "exponential", None)  # taken out again after the test
    return tmp_path


def test_the_guide_has_a_loss_a_network_a_recipe_and_a_metric():
    names = [re.findall(r"^(?:class|def) (\w+)", piece, re.MULTILINE) for piece in PIECES]
    assert names[:4] == [["Exponential"], ["Painter"], ["exponential"], ["Steepness"]]
    assert names[4:6] == [["ages"], ["poses", "circle", "Pose"]]
    assert COMMANDS == [
        "mien train my_gan.py:exponential --data faces/",
        "mien resume last --code my_gan.py",
        "mien evaluate last --metrics my_metric.py:steepness,fid",
        "mien train --data people/ --code my_layout.py --cond class",
        "mien train --data poses/ --cond my_pose.py:Pose",
        'mien generate last --code my_pose.py --condition "yaw=20,pitch=0"',
        "mien resume last --code my_pose.py",
        "mien sharpen face.png --radius 3",
    ]


def test_the_guide_does_what_it_says(guided):
    train, resume, evaluate = (shlex.split(command.removesuffix(",fid"))[1:] for command in COMMANDS[:3])
    assert cli.run([*train, "--budget", "80img", *QUICK, "--set", "generator.width=5"]) == 0
    (run,) = (guided / "runs").iterdir()
    recipe = json.loads((run / "recipe.json").read_text())
    assert recipe["loss"]["class"] == "my_gan.py:Exponential"
    assert (recipe["generator"]["network"]["class"], recipe["generator"]["network"]["width"]) == (
        "my_gan.py:Painter",
        5,
    )
    assert cli.run([*resume, "--budget", "+80img"]) == 0
    assert json.loads((run / "status.json").read_text())["images"] == 160
    assert cli.run([*evaluate, "--num", "16"]) == 0
    assert '"steepness"' in (run / "metrics.jsonl").read_text()
    assert mien.load(run, code=guided / "my_gan.py")(seeds=range(2))[0].size == (16, 16)


def test_a_recipe_moved_into_its_folder_is_mien_s_own(guided, monkeypatch, capsys):
    """As if my_gan.py lay in src/mien/recipes/: listed, found by name, and loaded without --code."""
    monkeypatch.setattr(recipes, "__path__", [*recipes.__path__, str(guided)])
    monkeypatch.setitem(sys.modules, "mien.recipes.my_gan", None)
    del sys.modules["mien.recipes.my_gan"]
    assert cli.run(["recipes"]) == 0
    assert "exponential  " in (listed := capsys.readouterr().out) and "A painter of pixels" in listed
    assert cli.run(["train", "exponential", "--data", "faces", "--budget", "80img", *QUICK]) == 0
    assert cli.run(["resume", "last", "--budget", "+80img"]) == 0
    (run,) = (guided / "runs").iterdir()
    assert json.loads((run / "recipe.json").read_text())["loss"]["class"] == "mien.recipes.my_gan:Exponential"


def test_a_user_s_recipe_takes_no_name_from_mien_s_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    imports = "from mien.recipes.recipe import recipe\nfrom mien.recipes.gan import gan\n"
    Path("mine.py").write_text(f"{imports}\n\n@recipe\ndef hinge():\n    return gan()\n")
    assert recipes.find("mine.py:hinge").loss == NonSaturating()  # and it has no docstring
    assert recipes.find("hinge").loss == Hinge()
    assert cli.run(["recipes"]) == 0 and "DCGAN with the hinge loss" in capsys.readouterr().out
    assert cli.run(["recipes", "mine.py:hinge"]) == 0
