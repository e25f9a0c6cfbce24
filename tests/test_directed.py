"""Every verb of a run works on directed ones: by class, by attributes with mode seeking, by pairs, between two sets."""

import json

import numpy as np
import pytest
from conftest import picture_folder
from exact import begin
from PIL import Image

import mien

NARROW = ("generator.width=2", "discriminator.width=2")
LATENT = ("generator.latent_dim=8", "condition.embedding_dim=4")
RUNS = {
    "class": ("dcgan", (*NARROW, *LATENT), {"cond": "class"}, {"metrics": "sharpness"}),
    "naming": ("acgan-laptop", (*NARROW, *LATENT), {}, {"metrics": "sharpness"}),
    "pairs": ("pix2pix-laptop", NARROW, {}, {"metrics": "l1"}),
    "two sets": ("cyclegan-laptop", (*NARROW, "generator.blocks=1"), {}, {"metrics": "sharpness", "to": "A"}),
}


def folders(root):
    """16 px: three classes; pairs as files twice as wide; trainA and trainB."""
    for seed, name in enumerate("abc"):
        picture_folder(root / "classes" / name, 8, seed=seed)
    (root / "pairs").mkdir()
    for path in sorted((root / "classes" / "a").iterdir()):
        pixels = np.asarray(Image.open(path))
        Image.fromarray(np.concatenate([255 - pixels, pixels], 1)).save(root / "pairs" / path.name)
    for seed, name in enumerate(("trainA", "trainB")):
        picture_folder(root / "sets" / name, 8, seed=seed)
    return {"class": "classes", "naming": "classes", "pairs": "pairs", "two sets": "sets"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    return {kind: root / name for kind, name in folders(root).items()}


@pytest.mark.parametrize("kind", RUNS)
def test_the_verbs_of_a_run(kind, data, tmp_path):
    recipe, changes, more, asked = RUNS[kind]
    first, second = (begin(data[kind], tmp_path, recipe, changes, "64img", seed=seed, **more).path for seed in (0, 1))
    assert mien.resume(str(first), budget="128img").images == 128
    (row,) = mien.evaluate(str(first), num=8, **asked).rows
    assert row["metric"] == asked["metrics"] and np.isfinite(row["value"]) and row["n_fake"] == 8
    page = mien.report(str(first))
    assert (page.state, page.kimg) == ("finished", 0.128) and page.pictures >= 3 and page.charts >= 4
    assert asked["metrics"] in (first / "report.html").read_text()
    film = mien.video(str(first), kind="evolution")
    assert film.frames["evolution"] == len(list((first / "samples").glob("fakes*.png"))) and film.files[0].is_file()
    side_by_side = mien.compare((str(first), str(second)))
    assert side_by_side and (tmp_path / "compare.html").is_file()
    assert json.loads((first / "status.json").read_text())["state"] == "finished"


def test_translating_is_a_function_of_the_package(data, tmp_path):
    run = begin(data["pairs"], tmp_path, "pix2pix-laptop", NARROW, "8img").path
    done = mien.translate(str(run), (data["class"] / "a",), output=tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 8 and done
