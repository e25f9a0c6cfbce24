"""A user's one file: a new kind of condition, the pose angles of a CSV as points on circles."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from folders import add_pictures

import mien
from mien import cli
from mien.data import own_layouts
from mien.runs.snapshot import load_snapshot

GUIDE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
(FILE,) = [piece for piece in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if piece.startswith("# my_pose.py")]
TINY = [f"--set={change}" for change in ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")]
FLAGS = ["--resolution", "16", "--batch", "8", "--tick", "0.016", "--augment", "none", *TINY]
ANGLES = [(15.0 * number - 90, 5.0 * (number % 5) - 10) for number in range(13)]


def forget():
    """What a fresh process knows: no file of the user's."""
    own_layouts.LAYOUTS.clear()
    sys.modules.pop("mien_user_my_pose", None)


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    monkeypatch.setattr(own_layouts, "LAYOUTS", {})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_pose.py").write_text(FILE)
    yield
    forget()


@pytest.fixture(scope="module")
def poses(tmp_path_factory):
    """Images with poses.csv; the last one is not decodable, so its row must go with it."""
    folder = tmp_path_factory.mktemp("poses") / "poses"
    names = [f"{number:02d}.png" for number in range(40)]
    add_pictures(folder, names)
    (folder / names[3]).write_bytes(b"no image")
    angles = [ANGLES[number % len(ANGLES)] for number in range(len(names))]
    rows = [f"{name},{yaw},{pitch}\n" for name, (yaw, pitch) in zip(names, angles)]
    (folder / "poses.csv").write_text("file,yaw,pitch\n" + "".join(rows))
    return folder


def train(poses, outdir, budget, *more):
    words = ["train", "dcgan", "--data", str(poses), "--cond", "my_pose.py:Pose", "--outdir", outdir, *FLAGS, *more]
    assert cli.run([*words, "--budget", budget]) == 0
    (run,) = Path(outdir).iterdir()
    return run


def checkpoint(run):
    newest = sorted(run.glob("checkpoints/kimg-*"))[-1]
    return {path.name: path.read_bytes() for path in newest.glob("*.safetensors")}


def expected(yaw, pitch):
    angles = np.radians(np.array([yaw, pitch], np.float32))
    return np.concatenate([np.sin(angles), np.cos(angles)])


def test_it_trains_draws_what_is_requested_and_resumes_exactly(poses, tmp_path, capsys):
    whole = train(poses, "whole", "160img")
    assert "cond     my_pose.py:Pose (4 numbers)" in capsys.readouterr().err
    run = train(poses, "runs", "80img")
    written = json.loads((run / "recipe.json").read_text())["condition"]
    assert (written["class"], written["kind"], written["dim"]) == ("my_pose.py:Pose", "own", 4)
    assert (run / "code" / "my_pose.py").read_text() == FILE and list(run.glob("samples/*.png"))
    kept = load_snapshot(sorted(run.glob("snapshots/kimg-*"))[-1])[0]["labels"]["kept"]
    assert np.allclose(kept, [expected(*ANGLES[number % 13]) for number in range(40) if number != 3], atol=1e-6)

    forget()
    capsys.readouterr()
    for words in (["resume", str(run), "--budget", "160img"], ["generate", str(run), "--condition", "yaw=0,pitch=0"]):
        assert cli.run(words) == 2
        assert "the recipe uses my_pose.py: name that file with --code PATH" in capsys.readouterr().err
    assert "mien_user_my_pose" not in sys.modules
    assert cli.run(["resume", str(run), "--code", "my_pose.py", "--budget", "160img"]) == 0
    assert checkpoint(run) == checkpoint(whole)

    generator = mien.load(run, code="my_pose.py")
    turned = generator.conditioned_on(condition="yaw=20,pitch=-5")
    assert np.allclose(turned.labels, [expected(20, -5)], atol=1e-6)
    assert torch.equal(turned.latents([3])[0, :8], generator.latents([3])[0, :8])
    assert not np.array_equal(turned.pixels([3]), generator.conditioned_on(condition="yaw=-90,pitch=0").pixels([3]))
    words = ["generate", str(run), "--code", "my_pose.py", "--seeds", "3", "--output", "face.png"]
    assert cli.run([*words, "--condition", "yaw=20,pitch=-5"]) == 0
    assert "condition: yaw=20,pitch=-5" in capsys.readouterr().out


def test_generated_files_hold_the_requested_pose(poses, tmp_path):
    from PIL import Image

    run = train(poses, "runs", "80img")
    made = mien.generate(run, seeds=3, condition={"yaw": 20, "pitch": -5}, output="face.png", code="my_pose.py")
    assert made.requested == "condition: yaw=20,pitch=-5"
    with Image.open("face.png") as image:
        pixels = mien.load(run, code="my_pose.py").conditioned_on(condition="yaw=20,pitch=-5").pixels([3])[0]
        assert np.array_equal(np.asarray(image), pixels)


def test_metrics_while_training_and_evaluate_work(poses, capsys):
    metrics = ["--metrics", "sharpness", "--metrics-num", "8", "--metrics-every", "0.04", "--metrics-share", "1"]
    run = train(poses, "runs", "80img", *metrics)
    assert '"sharpness"' in (run / "metrics.jsonl").read_text()
    capsys.readouterr()
    assert cli.run(["evaluate", str(run), "--code", "my_pose.py", "--metrics", "sharpness", "--num", "8"]) == 0
    assert cli.run(["evaluate", str(run), "--code", "my_pose.py", "--metrics", "agreement", "--num", "8"]) != 0
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("mien: ")
    assert cli.run(["report", str(run), "--output", "report.html"]) == 0
    assert "--cond my_pose.py:Pose" in Path("report.html").read_text()


@pytest.mark.parametrize(
    "flags, fault",
    [
        (["--class", "a"], "was trained with --cond my_pose.py:Pose: use --condition"),
        (["--condition", "yaw=20"], "my_pose.py:Pose: request() fails on 'yaw=20': KeyError: 'pitch'"),
        (["--condition", "yaw=nan,pitch=0"], "request() returned 1x4, not rows of 4 finite numbers"),
        (["--attribute-grid", "yaw"], "a condition of your own has no list of values: use --condition"),
    ],
)
def test_a_wrong_request_is_one_line(flags, fault, poses, tmp_path_factory, capsys):
    trained = tmp_path_factory.getbasetemp() / "posed"
    if not trained.exists():
        shutil.copytree(train(poses, "runs", "16img"), trained)
    assert cli.run(["generate", str(trained), "--code", "my_pose.py", *flags]) == 2
    assert fault in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "cond, old, new, fault",
    [
        ("my_pose.py:Posture", "", "", "my_pose.py has no class Posture that derives from Condition"),
        ("my_pose.py:circle", "", "", "my_pose.py has no class circle that derives from Condition"),
        ("clas", "", "", "--cond clas is none of none, class, attributes, text, or your own as my_pose.py:Pose"),
        ("attributes", "", "", "poses has numbers (yaw, pitch): use your own: my_pose.py:Pose"),
        ("my_pose.py:Pose", 'cls("own", dim=4)', "None", "of() returned NoneType, not Pose"),
        ("my_pose.py:Pose", '"own", dim=4', '"class", dim=4', 'of() must return Pose("own", dim=…)'),
        ("my_pose.py:Pose", "dim=4", "dim=5", "labels() returned 39x4, not rows of 5 finite numbers"),
        ("my_pose.py:Pose", "circle(prepared.labels)", "circle(prepared.labels)[1:]", "38 rows for 39 images"),
        ("my_pose.py:Pose", "circle(prepared.labels)", "1 / 0", "labels() fails on these images: ZeroDivisionError"),
    ],
)
def test_a_wrong_class_is_one_line(cond, old, new, fault, poses, capsys):
    Path("my_pose.py").write_text(FILE.replace(old, new) if old else FILE)
    words = ["train", "dcgan", "--data", str(poses), "--cond", cond, "--code", "my_pose.py", *FLAGS]
    assert cli.run([*words, "--budget", "16img"]) == 2
    assert fault in capsys.readouterr().err.strip().splitlines()[-1]
    assert not Path("runs").exists()


def test_other_data_and_other_runs_are_refused_in_one_line(faces, capsys):
    words = ["train", "dcgan", "--data", str(faces), "--cond", "my_pose.py:Pose", "--budget", "16img", *FLAGS]
    assert cli.run(words) == 2
    assert "faces has no poses.csv" in capsys.readouterr().err
    assert cli.run(["train", "dcgan", "--data", str(faces), "--budget", "16img", *FLAGS]) == 0
    assert cli.run(["generate", "last", "--condition", "yaw=1,pitch=1"]) == 2
    assert "was trained without a condition: train with --cond my_pose.py:Pose" in capsys.readouterr().err
