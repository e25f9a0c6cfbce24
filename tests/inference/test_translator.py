"""Translators: which pictures fit a recipe, which way leads where, sizes that no network halves."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mien import cli, recipes
from mien.errors import UsageError
from mien.evaluation.translated_sets import target_images, translated_images
from mien.inference.translator import Translator, padded, routes
from mien.runs.snapshot import load_snapshot

CPU = torch.device("cpu")
TINY = ("generator.width=2", "discriminator.width=2", "resolution=16x16")


def of(name, *changes):
    return recipes.find(name).override((*TINY, *changes))


def translator(name, *changes):
    torch.manual_seed(0)
    recipe = of(name, *changes)
    states = {key: dict(module.state_dict()) for key, module in recipe.build_game().generators.items()}
    return Translator(recipe, "run", 8, states, CPU)


def test_ways():
    assert routes(of("pix2pix")) == {"B": ("G",)} and routes(of("pix2pix", "direction=BtoA")) == {"A": ("G",)}
    both = routes(of("cyclegan"))
    assert both == {"B": ("G_AB", "G_BA"), "A": ("G_BA", "G_AB")}
    one = translator("pix2pix", "direction=BtoA")
    assert one.domain(None) == one.domain("A") == "A"
    with pytest.raises(UsageError, match="--to B: run translates BtoA: --to A"):
        one.domain("B")
    with pytest.raises(UsageError, match="--to is missing: run translates both ways: --to B or --to A"):
        translator("cyclegan").domain(None)


def test_reflection_fills_up_any_size_and_is_cut_off_again():
    pixels = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5, 1)
    filled, (top, left) = padded(pixels, 16)
    assert filled.shape == (2, 16, 16, 1) and (top, left) == (6, 5)
    assert np.array_equal(filled[:, 6:9, 5:10], pixels)
    assert np.array_equal(filled[:, 6:9, 4], pixels[:, :, 1]) and np.array_equal(filled[:, 9, 5:10], pixels[:, 1])
    assert padded(np.zeros((1, 1, 18, 3), np.uint8), 4)[0].shape == (1, 16, 20, 3)
    unchanged, place = padded(np.zeros((1, 16, 32, 3), np.uint8), 16)
    assert unchanged.shape == (1, 16, 32, 3) and place == (0, 0)


def test_each_result_has_the_size_of_its_source():
    one, two = translator("pix2pix"), translator("cyclegan", "generator.blocks=1")
    for size in ((16, 16), (1, 1), (37, 50), (5, 64)):
        pixels = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
        assert [made.shape for made in one(pixels, "B")] == [pixels.shape]
        assert [made.shape for made in two(pixels, "A")] == [pixels.shape] * 2


def test_what_the_networks_make_of_a_picture_and_the_way_back():
    one = translator("cyclegan", "generator.blocks=1")
    pixels = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), np.uint8)
    image = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        there = one.networks["G_BA"](image)
        back = one.networks["G_AB"](there)
    for found, expected in zip(one(pixels, "A"), (there, back), strict=True):
        by_hand = ((expected + 1) * 127.5).round().permute(0, 2, 3, 1).numpy()
        assert np.abs(found - by_hand).max() <= 1


# --- the verb ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A cyclegan of two networks that have learned nothing."""
    place = tmp_path_factory.mktemp("translate")
    random = np.random.default_rng(0)
    for domain in ("trainA", "trainB"):
        folder = place / "sets" / domain
        folder.mkdir(parents=True)
        for index in range(6):
            Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / f"{index}.png")
    words = ["train", "cyclegan", "--data", str(place / "sets"), "--resolution", "16", "--budget", "4img"]
    changes = [word for change in (*TINY[:2], "generator.blocks=1") for word in ("--set", change)]
    assert cli.run([*words, *changes, "--outdir", str(place / "runs"), "--name", "run"]) == 0
    return place / "runs" / "00000-run"


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    Image.new("RGB", (30, 21), "red").save(folder / "one.jpg")
    Image.new("L", (16, 16), 7).save(folder / "deep" / "two.png")
    (folder / "three.png").write_bytes(b"no picture")
    return folder


def test_a_folder_is_translated_and_what_cannot_be_read_is_named(run, pictures, tmp_path, capsys):
    assert cli.run(["translate", str(run), str(pictures), "--to", "A", "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "2 images in" in said and "translated to A by 00000-run" in said and "skipped three.png: " in said
    sizes = {path.name: Image.open(path).size for path in (tmp_path / "out").iterdir()}
    assert sizes == {"one.png": (30, 21), "deep-two.png": (16, 16)}


def test_source_result_and_round_trip_beside_each_other(run, pictures, tmp_path):
    place = tmp_path / "out"
    words = ["translate", str(run), str(pictures / "one.jpg"), "--to", "B", "--beside", "--resize"]
    assert cli.run([*words, "--output", str(place), "--format", "webp"]) == 0
    (path,) = place.iterdir()
    assert path.name == "one.webp" and Image.open(path).size == (3 * 23 + 4 * 2, 16 + 2 * 2)


def test_two_files_of_one_name(run, pictures):
    paths = [str(pictures / "one.jpg")] * 2
    assert cli.run(["translate", str(run), *paths, "--to", "B"]) == 0
    assert sorted(path.name for path in (run / "translated").iterdir()) == ["one-2.png", "one.png"]


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["translate", "RUN", "IN/one.jpg"], 2, "--to is missing: 00000-run translates both ways: --to B or --to A"),
        (["translate", "RUN", "IN/none.png", "--to", "A"], 74, "none.png does not exist"),
        (["translate", "RUN", "IN/three.png", "--to", "A"], 65, "three.png cannot be read: "),
        (["generate", "RUN"], 2, "00000-run translates images (cyclegan): use mien translate"),
        (["video", "RUN", "--kind", "interpolation"], 2, "translates images and has no latents to interpolate"),
        (["evaluate", "RUN", "--trunc", "0.5"], 2, "--trunc 0.5: "),
        (["evaluate", "IN", "--to", "A", "--data", "IN"], 2, "does not translate; leave it out"),
    ],
)
def test_what_is_refused_in_one_line(words, code, message, run, pictures, capsys):
    given = [word.replace("RUN", str(run)).replace("IN", str(pictures)) for word in words]
    assert cli.run(given) == code
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line


def test_the_other_verbs_work_on_it(run, capsys):
    assert cli.run(["video", str(run)]) == 0 and (run / "evolution.gif").is_file()
    assert cli.run(["report", str(run)]) == 0
    assert cli.run(["resume", str(run), "--budget", "+2img"]) == 0
    assert "mien translate " in capsys.readouterr().out


def test_both_sides_of_an_evaluation(run):
    from mien.inference.translator import load

    one = load(run)
    data = str(run.parent.parent / "sets")
    for to, domain in (("B", "trainB"), ("A", "trainA")):
        real, fake = target_images(one, data, 4, to), translated_images(one, data, 100, to)
        files = [np.asarray(Image.open(run.parent.parent / "sets" / domain / f"{n}.png")) for n in (0, 2, 3, 5)]
        assert (real.count, fake.count) == (4, 6) and np.array_equal(np.concatenate(list(real.batches(3))), files)
        assert real.key.endswith(to) and fake.facts["to"] == to and fake.facts["run"] == "00000-run"
        assert np.concatenate(list(fake.batches(4))).shape == (6, 16, 16, 3)


def test_exams_while_training(run, tmp_path):
    """The real side is domain B, the drawn one what comes of A; the best generators are kept, both of them."""
    metric = f"{Path(__file__).parents[1] / 'own_metric.py'}:brightness"
    words = ["train", "cyclegan", "--data", str(run.parent.parent / "sets"), "--resolution", "16", "--budget", "8img"]
    changes = [word for change in (*TINY[:2], "generator.blocks=1") for word in ("--set", change)]
    exams = ["--metrics", metric, "--metrics-every", "0.004", "--metrics-num", "6", "--metrics-share", "1"]
    assert cli.run([*words, *changes, *exams, "--outdir", str(tmp_path), "--name", "run"]) == 0
    trained = tmp_path / "00000-run"
    rows = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert [row["images"] for row in rows] == [4, 8] and {row["to"] for row in rows} == {"B"}
    best, _ = load_snapshot(trained / json.loads((trained / "best.json").read_text())["snapshot"])
    assert best.keys() == {"G_AB", "G_BA"}
