"""A run's folder that a stranger made runs no code, and leads to no file outside it."""

import functools
import json
import os
import sys

import pytest
from fake_run import make_run

from mien import cli
from mien.config import serialization
from mien.errors import FileError, UsageError
from mien.runtime.atomic_files import write_json
from mien.trainer import options
from mien.trainer.config_file import read_config

METRIC = """
open({canary!r}, "w").write("ran")
from own_metric import Brightness
from mien.metrics.metric import metric
@metric
class Canary(Brightness):
    name = "canary"
def face(pixels):
    return [True] * len(pixels)
"""


@pytest.fixture
def evil(tmp_path, monkeypatch):
    """A working folder with a run, and evil.py, which leaves a file where it is executed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text(METRIC.format(canary=str(tmp_path / "canary")))
    run = make_run(tmp_path)
    status = {**json.loads(run.status.read_text()), "tick": 16, "checkpoint_every": "2m", "data": "drawn:20@16"}
    yield run, status
    sys.modules.pop("mien_user_evil", None)


@pytest.mark.parametrize(
    "exams",
    [
        {"metrics": "evil.py:canary", "every": 16},
        {"metrics": "sharpness, evil.py:canary", "every": 16},
        {"metrics": "./evil.py:canary", "every": 16},
        {"metrics": "00003-dcgan-tiny/evil.py:canary", "every": 16},
        {"metrics": "afd", "every": 16, "detector": "evil.py:face"},
    ],
)
def test_a_status_that_names_a_users_file_is_refused_and_the_file_is_not_run(evil, tmp_path, capsys, exams):
    run, status = evil
    (run.path / "evil.py").write_bytes((tmp_path / "evil.py").read_bytes())
    write_json(run.status, {**status, "exams": exams})
    assert cli.run(["resume", str(run.path), "--device", "cpu"]) == 2
    said = capsys.readouterr().err
    assert "evil.py" in said and "--code if you trust it" in said and said.count("\n") == 1
    assert not (tmp_path / "canary").exists()


def test_the_users_word_is_enough(evil, tmp_path):
    run, status = evil
    write_json(run.status, {**status, "exams": {"metrics": "some/where/evil.py:canary,sharpness", "every": 16}})
    serialization.add_user_file(tmp_path / "evil.py")
    config = read_config(run)
    plan = options.resumed(config, None, None).validation
    assert plan.metrics == f"{tmp_path / 'evil.py'}:canary,sharpness" and plan.every == 16
    assert options.resumed(config, None, "fid").validation.metrics == "fid"
    assert options.resumed(config, None, "none").validation is None


def test_a_file_of_the_same_name_elsewhere_is_not_taken_for_it(evil, tmp_path):
    run, status = evil
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "evil.py").write_text("x = 1\n")
    serialization.add_user_file(tmp_path / "mine" / "evil.py")
    write_json(run.status, {**status, "exams": {"metrics": "evil.py:canary", "every": 16}})
    plan = options.resumed(read_config(run), None, None).validation
    assert plan.metrics == f"{tmp_path / 'mine' / 'evil.py'}:canary" and not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    "snapshot", ["../../secret.safetensors", "/etc/passwd", "snapshots/../x.safetensors", "snapshots/\0"]
)
def test_best_json_leads_to_no_file_outside(evil, snapshot):
    run, _ = evil
    write_json(run.best, {"images": 4500, "value": 1.0, "snapshot": snapshot})
    with pytest.raises(FileError, match=r"best\.json is damaged: snapshot is "):
        run.read_best()


@pytest.mark.parametrize("name", [".lock", "log.txt", "stats.jsonl", "metrics.jsonl", "events.jsonl"])
def test_a_link_in_place_of_a_runs_file_is_not_written_through(evil, tmp_path, name):
    run, _ = evil
    (tmp_path / "precious").write_text("mine")
    (run.path / name).unlink(missing_ok=True)
    (run.path / name).symlink_to(tmp_path / "precious")
    with pytest.raises(FileError, match="is a link"):
        run.lock()
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize(
    "name", [".lock", "recipe.json", "config.json", "status.json", "stats.jsonl", "best.json", "command.txt"]
)
def test_a_pipe_in_place_of_a_file_does_not_wait(evil, name, capsys):
    run, status = evil
    write_json(run.status, status)
    (run.path / name).unlink(missing_ok=True)
    os.mkfifo(run.path / name)
    assert cli.run(["resume", str(run.path), "--device", "cpu"]) in (2, 74)
    assert cli.run(["report", str(run.path)]) in (0, 74)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "change, told",
    [
        ({"batch_size": 10**12}, "batch_size is 1000000000000: it must be 1 to 65,536"),
        ({"data.resolution": [10**6, 10**6]}, "resolution is 1000000: it must be 8 to 2,048"),
        ({"data.resolution": [-64, 64]}, "resolution"),
        ({"data.channels": 4000}, "channels is 4000: it must be 1 to 3"),
        ({"discriminator.updates": 10**9}, "discriminator.updates"),
        (
            {"generator.network": {"class": "mien.networks.dcgan:DCGANGenerator", "width": 10**12}},
            "more than this machine's memory",
        ),
        (
            {"generator.network": {"class": "mien.networks.dcgan:DCGANGenerator", "latent_dim": 10**15}},
            "this machine's memory",
        ),
        ({"generator.network": {"class": "mien.networks.dcgan:DCGANGenerator", "width": 10**30}}, "DCGANGenerator"),
        ({"generator.network": {"class": "mien.networks.dcgan:DCGANGenerator", "width": 0}}, ""),
        (
            {
                "generator.network": {
                    "class": "mien.networks.resnet_translator:ResNetTranslator",
                    "blocks": 10**9,
                    "width": 4,
                }
            },
            "more than 1,500 tensors",
        ),
        ({"generator.network": {"class": "mien.runs.directory:RunDirectory", "path": "x"}}, "only classes of mien"),
        ({"generator.network": {"class": "subprocess:Popen", "args": "touch canary"}}, "only classes of mien"),
        ({"extra": 5}, "extra"),
        ({"loss": [[[[[]]]]]}, "loss"),
    ],
)
def test_a_forged_recipe_is_one_line_and_takes_no_time(evil, capsys, change, told):
    run, _ = evil
    recipe = json.loads(run.recipe.read_text())
    for setting, value in change.items():
        *above, last = setting.split(".")
        functools.reduce(dict.__getitem__, above, recipe)[last] = value
    write_json(run.recipe, recipe)
    header = {"recipe": recipe, "run": "x", "images": 0}
    from safetensors.torch import load_file, save_file

    path = run.snapshot_files()[-1]
    save_file(load_file(path), path, {"mien": json.dumps(header)})
    assert cli.run(["generate", str(run.path), "--seeds", "0"]) in (2, 74)
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1


def test_a_recipe_of_ten_thousand_levels_is_one_line(evil, capsys):
    run, status = evil
    write_json(run.status, status)
    run.recipe.write_text('{"loss": ' * 10_000 + "1" + "}" * 10_000)
    assert cli.run(["resume", str(run.path), "--device", "cpu"]) == 74
    assert "more than 48 deep" in capsys.readouterr().err


def test_only_a_file_that_was_named_is_a_users_file(tmp_path):
    with pytest.raises(UsageError, match="name that file with --code"):
        serialization.find_class("never_named.py:Net")
    assert serialization.user_file("never_named.py") is None
