"""The command line under a user's mistakes: one line that names the slip, the documented code, nothing left behind."""

import importlib
import importlib.util
import json
import shutil
import subprocess
import sys

import pytest
from conftest import picture_folder
from PIL import Image

import mien
from mien import cli
from mien.commands.python_api import plain
from mien.runs.directory import RunDirectory
from mien.trainer.config_file import read_config

TINY = ["--resolution", "16", "--batch", "8", "--tick", "0.016", "--budget", "16img"]  # a later flag wins
for change in ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4"):
    TINY += ["--set", change]


@pytest.fixture(scope="module")
def trained(faces, cache, tmp_path_factory):
    """A finished run of 16 rounds; -> its `runs` folder."""
    outdir = tmp_path_factory.mktemp("trained") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(cache))
        command = ["train", "dcgan", "--data", str(faces), "--outdir", str(outdir), "--budget", "128img", *TINY]
        assert cli.run(command) == 0
    return outdir


@pytest.fixture
def place(faces, tmp_path, monkeypatch):
    """An empty working folder beside a few troublesome paths."""
    (tmp_path / "pictures").symlink_to(faces)
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("no picture")
    (tmp_path / "a-file").write_text("")
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    (tmp_path / "recipe-of-a-stranger").mkdir()
    (tmp_path / "recipe-of-a-stranger" / "recipe.json").write_text('{"class": "os:system"}')
    (tmp_path / "no-json").mkdir()
    (tmp_path / "no-json" / "recipe.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(folder):
    return sorted(str(path) for path in folder.rglob("*"))


def refused(capsys, words):
    """-> (exit code, its one line on standard error)."""
    code = cli.run(words)
    out, err = capsys.readouterr()
    assert "Traceback" not in err and out == ""
    mine = [line for line in err.splitlines() if line.startswith("mien: ")]
    assert len(mine) == 1 and err.strip().splitlines()[-1] == mine[0], err
    return code, mine[0]


TRAIN = {
    "no data": ([], 2, "--data"),
    "resolution of letters": (["--resolution", "big"], 2, "--resolution 'big' is not a size"),
    "resolution too small": (["--resolution", "4"], 2, "--resolution 4 is out of range"),
    "resolution of three sides": (["--resolution", "8x8x8"], 2, "--resolution '8x8x8'"),
    "budget without a unit": (["--budget", "30"], 2, "--budget '30' is not an amount of training"),
    "budget of nothing": (["--budget", "0m"], 2, "--budget '0m'"),
    "batch of one": (["--batch", "1"], 2, "--batch 1 is too small"),
    "batch of letters": (["--batch", "many"], 2, "--batch"),
    "batch negative": (["--batch", "-8"], 2, "--batch -8"),
    "seed of letters": (["--seed", "x"], 2, "--seed"),
    "tick of nothing": (["--tick", "0"], 2, "--tick 0"),
    "tick that is no number": (["--tick", "nan"], 2, "--tick nan"),
    "tick without end": (["--tick", "inf"], 2, "--tick inf"),
    "checkpoints by images": (["--checkpoint-every", "5kimg"], 2, "--checkpoint-every '5kimg' is not a time"),
    "set without a value": (["--set", "batch_size"], 2, "--set 'batch_size' is not KEY=VALUE"),
    "set of nothing known": (["--set", "generator.depth=3"], 2, "--set generator.depth: no such setting"),
    "set to no number": (["--set", "generator.width=wide"], 2, "--set generator.width=wide: 'wide' is not int"),
    "set to nothing": (["--set", "generator.width=0"], 2, "generator.width must be at least 1"),
    "set a rate below zero": (["--set", "generator.optimizer.lr=-1"], 2, "lr -1 is not in [0, inf)"),
    "set no steps": (["--set", "discriminator.updates=0"], 2, "discriminator.updates must be at least 1"),
    "device unknown": (["--device", "gpu0"], 2, "--device 'gpu0' is unknown"),
    "device not for training": (["--device", "meta"], 2, "--device meta"),
    "name with a slash": (["--name", "a/b"], 2, "--name 'a/b'"),
    "name with a space": (["--name", "a b"], 2, "--name 'a b'"),
    "unknown flag": (["--resolutoin", "16"], 2, "did you mean --resolution?"),
    "flag without its value": (["--budget"], 2, "--budget"),
    "outdir is a file": (["--outdir", "a-file"], 74, "a-file"),
    "outdir below a file": (["--outdir", "a-file/runs"], 74, "a-file"),
    "name too long": (["--name", "x" * 300], 2, "--name 'xxx"),
}


@pytest.mark.parametrize("words, code, message", TRAIN.values(), ids=TRAIN)
def test_mistakes_in_train(words, code, message, place, capsys):
    before = everything(place)
    data = ["--data", "pictures"] if words else []
    found, line = refused(capsys, ["train", "dcgan", *data, *TINY, *words])
    assert found == code and message in line
    assert everything(place) == before


def test_a_resolution_by_set_is_held_to_the_same_range(place, capsys):
    code, line = refused(capsys, ["train", "dcgan", "--data", "pictures", "--set", "resolution=4x5"])
    assert code == 2 and "--resolution 4x5 is out of range" in line


DATA = {
    "missing": ("nowhere", 74, "nowhere"),
    "an empty folder": ("empty", 65, "empty"),
    "no pictures": ("texts", 65, "texts"),
    "a file of nothing": ("a-file", 65, "a-file"),
    "a broken zip": ("broken.zip", None, "broken.zip"),
}


@pytest.mark.parametrize("data, code, message", DATA.values(), ids=DATA)
def test_data_that_cannot_be_used(data, code, message, place, capsys):
    before = everything(place)
    found, line = refused(capsys, ["train", "dcgan", "--data", data, *TINY])
    assert found in ((65, 74) if code is None else (code,)) and message in line
    assert everything(place) == before


RECIPES = {
    "a near name": ("dcgann", "no recipe 'dcgann': did you mean dcgan?"),
    "a far name": ("qqq", "no recipe 'qqq': there are: acgan"),
    "a file that is not there": ("mine.py:gan", "mine.py is not a file"),
}


@pytest.mark.parametrize("recipe, message", RECIPES.values(), ids=RECIPES)
def test_recipes_that_do_not_exist(recipe, message, place, capsys):
    before = everything(place)
    found, line = refused(capsys, ["train", recipe, "--data", "pictures", *TINY])
    assert found == (74 if ".py" in recipe else 2) and message in line
    assert everything(place) == before


RESUME = {
    "last of none": (["last"], 2, "there is no run in runs/ yet: start one with mien train --data PATH"),
    "a number of none": (["7"], 2, "7 is not a run directory"),
    "a path of none": (["runs/00001-x"], 2, "runs/00001-x is not a run directory"),
    "a folder that is no run": (["empty"], 74, "empty is not a run directory: it holds no recipe.json"),
    "a stranger's recipe": (["recipe-of-a-stranger"], 2, "the recipe names os:system: only classes of mien"),
    "a recipe that is no json": (["no-json"], 74, "recipe.json is damaged"),
    "no run named": ([], 2, "RUN"),
    "an unknown flag": (["last", "--bugdet", "1h"], 2, "did you mean --budget?"),
}


@pytest.mark.parametrize("words, code, message", RESUME.values(), ids=RESUME)
def test_mistakes_in_resume(words, code, message, place, capsys):
    before = [path for path in everything(place) if not path.endswith(".lock")]
    found, line = refused(capsys, ["resume", *words])
    assert found == code and message.lower() in line.lower()
    assert [path for path in everything(place) if not path.endswith(".lock")] == before


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["--budget", "soon"], 2, "--budget 'soon'"),
        (["--budget", "+soon"], 2, "--budget"),
        (["--data", "nowhere"], 74, "nowhere"),
        (["--device", "gpu"], 2, "--device 'gpu'"),
        (["--code", "nowhere.py"], 74, "nowhere.py is not a file"),
    ],
)
def test_mistakes_in_resuming_a_real_run(words, code, message, trained, place, capsys):
    run = RunDirectory(trained / "00000-dcgan-faces")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    found, line = refused(capsys, ["resume", str(run.path), *words])
    assert found == code and message in line
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_resuming_with_pictures_of_another_kind(trained, tmp_path, capsys):
    gray = tmp_path / "gray"
    gray.mkdir()
    for path in picture_folder(tmp_path / "colour", 8).iterdir():
        Image.open(path).convert("L").save(gray / path.name)
    code, line = refused(capsys, ["resume", str(trained / "00000-dcgan-faces"), "--data", str(gray)])
    assert code == 2 and "3-channel" in line and "--data" in line


def test_a_damaged_checkpoint_when_there_is_no_other(trained, tmp_path, capsys):
    run = tmp_path / "copied"
    shutil.copytree(trained / "00000-dcgan-faces", run)
    for file in run.glob("checkpoints/*/G.safetensors"):
        file.write_bytes(file.read_bytes()[:-1])
    code, line = refused(capsys, ["resume", str(run)])
    assert code == 74 and "every checkpoint is damaged" in line and "G.safetensors is damaged" in line


def test_a_recipe_that_was_edited_after_the_checkpoint(trained, tmp_path, capsys):
    run = tmp_path / "copied"
    shutil.copytree(trained / "00000-dcgan-faces", run)
    recipe = (run / "recipe.json").read_text()
    (run / "recipe.json").write_text(recipe.replace('"width": 4', '"width": 8', 1))
    code, line = refused(capsys, ["resume", str(run)])
    assert code == 74 and "recipe.json was changed" in line


def test_a_locked_run(trained, capsys):
    holder = RunDirectory(trained / "00000-dcgan-faces")
    holder.lock()
    code, line = refused(capsys, ["resume", str(holder.path)])
    holder.unlock()
    assert code == 75 and "is being trained by another process" in line


# --- verbs and words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, message",
    [
        (["trian"], "no verb 'trian': did you mean train?"),
        (["frobnicate"], "no verb 'frobnicate': mien --help lists them"),
        (["--data", "x"], "a verb comes first"),
        (["train", "dcgan", "dcgan", "--data", "x"], "mien train"),
        (["data", "chekc"], "did you mean check?"),
    ],
)
def test_verbs(words, message, place, capsys):
    code, line = refused(capsys, words)
    assert code == 2 and message in line


def test_errors_as_json(place, capsys):
    code = cli.run(["resume", "7", "--json"])
    out, err = capsys.readouterr()
    assert code == 2 and json.loads(out) == {"error": err.strip().removeprefix("mien: "), "exit_code": 2}


def test_results_as_json(faces, tmp_path, capsys):
    command = ["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path / "runs"), "--budget", "16img", *TINY]
    assert cli.run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["run"] == str(tmp_path / "runs" / "00000-dcgan-faces") and found["images"] == 16
    assert found["state"] == "finished"


def test_a_dry_run_leaves_nothing(faces, tmp_path, capsys):
    command = ["train", "--data", str(faces), "--outdir", str(tmp_path / "runs"), *TINY, "--budget", "20s", "--dry-run"]
    assert cli.run(command) == 0
    out, err = capsys.readouterr()
    assert "nothing was trained" in out and "dcgan-laptop at 16 px, no GPU: on " in err
    assert not (tmp_path / "runs").exists()


def test_a_negative_seed_is_a_seed(faces, tmp_path):
    command = ["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path), "--budget", "16img", *TINY]
    assert cli.run([*command, "--seed", "-3"]) == 0
    assert read_config(RunDirectory(tmp_path / "00000-dcgan-faces")).seed == -3


def test_an_endless_budget_is_only_long(faces, tmp_path, capsys):
    command = ["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path), *TINY, "--dry-run"]
    assert cli.run([*command, "--budget", "99999999999h"]) == 0
    assert "budget   " in capsys.readouterr().err


def test_a_bug_is_told_as_one(monkeypatch, capsys):
    def broken(arguments):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(cli, "call", broken)
    assert cli.run(["train"]) == 70
    assert "ZeroDivisionError: oops" in capsys.readouterr().err


def test_diverging_exits_3_and_leaves_a_whole_run(faces, tmp_path, capsys):
    words = ["train", "dcgan", "--data", str(faces), "--outdir", str(tmp_path), "--budget", "8kimg", *TINY]
    words += ["--set", "generator.optimizer.lr=1e38", "--set", "discriminator.optimizer.lr=1e38"]
    assert cli.run(words) == 3
    err = capsys.readouterr().err
    last = err.strip().splitlines()[-1]
    assert last.startswith("mien: ") and "stopped being finite" in last and "--set" in last
    run = RunDirectory(tmp_path / "00000-dcgan-faces")
    assert run.read_status()["state"] == "diverged"
    assert run.events.read()[-1]["event"] == "diverged"


def test_help_is_quick_and_does_not_import_torch():
    probe = (
        "import sys; from mien import cli; code = cli.run(['--help']);"
        "print(code, sorted({'torch', 'numpy', 'PIL', 'tyro'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "0 []"
    assert all(f"mien {verb} " in done.stdout for verb in ("train", "resume"))


def test_a_verbs_help_does_not_import_torch():
    probe = "import sys; from mien import cli; cli.run(['train', '--help']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().splitlines()[-1] == "False"
    assert "--budget" in done.stdout and "--checkpoint-every" in done.stdout


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "mien", "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, f"mien {mien.__version__}")


@pytest.mark.parametrize("name", mien.VERBS)
def test_a_verb_is_a_function_of_the_package_and_no_room_takes_its_name(name):
    module, function = mien.VERBS[name]
    assert importlib.util.find_spec(f"mien.{name}") is None
    assert plain(getattr(mien, name)) is plain(getattr(importlib.import_module(module), function))
    assert getattr(mien, name) is getattr(mien, name)


def test_every_verb_of_the_command_line_is_a_function_of_the_package():
    words = {f"{verb} {name}" for verb, names in cli.GROUPS.items() for name in names}
    words |= set(cli.verbs()) - cli.GROUPS.keys()
    of_python = set()
    for module, function in mien.VERBS.values():
        verb = module.removeprefix("mien.commands.").partition("_")[0]
        of_python.add(f"{verb} {function}" if verb in cli.GROUPS else verb)
    assert of_python == words
