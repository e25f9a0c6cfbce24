"""Translations stopped and resumed equal those that never stopped: kept fakes, dropout and the pools included."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import picture_folder
from exact import assert_equal, begin, files, rows, weights
from PIL import Image
from safetensors.numpy import load_file

import mien
from mien import cli, recipes

TINY = ("generator.width=2", "discriminator.width=2")
CASES = {
    "pix2pix": ("pix2pix", TINY),
    "pix2pix-l1, from B to A": ("pix2pix-l1", (TINY[0], "direction=BtoA")),
    "pix2pix-gan, batch norm": ("pix2pix-gan", (*TINY, "generator.norm=batch", "discriminator.norm=batch")),
    "cyclegan: pools": ("cyclegan", (*TINY, "generator.blocks=1", "game.pool=30")),
}


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """24 files of 32 x 16 pixels: A is B in negative."""
    folder = tmp_path_factory.mktemp("pictures") / "pairs"
    plain = sorted(picture_folder(folder.with_name("plain"), 24).iterdir())
    folder.mkdir()
    for path in plain:
        pixels = np.asarray(Image.open(path))
        Image.fromarray(np.concatenate([255 - pixels, pixels], 1)).save(folder / path.name)
    return folder


@pytest.fixture(scope="session")
def domains(tmp_path_factory):
    """trainA: 20 pictures, trainB: 24 others."""
    folder = tmp_path_factory.mktemp("pictures") / "domains"
    picture_folder(folder / "trainA", 20, seed=1)
    picture_folder(folder / "trainB", 24, seed=2)
    return folder


@pytest.mark.parametrize("recipe, changes", CASES.values(), ids=CASES)
def test_stopped_and_resumed_equals_never_stopped(recipe, changes, pairs, domains, tmp_path):
    data = pairs if recipes.find(recipe).sources == "paired" else domains
    more = {"batch": 4}
    whole = begin(data, tmp_path / "whole", recipe, changes, "100img", **more)
    assert (whole.state, whole.images) == ("finished", 100)
    stopped = begin(data, tmp_path / "stopped", recipe, changes, "60img", **more)
    assert weights(stopped.path) != weights(whole.path)
    mien.resume(str(stopped.path), budget="100img")
    assert_equal(whole.path, stopped.path)
    again = begin(data, tmp_path / "again", recipe, changes, "100img", **more)
    assert_equal(whole.path, again.path)
    assert files(whole.path, "samples/*") == files(again.path, "samples/*")


def test_what_a_run_of_cyclegan_holds(domains, tmp_path):
    recipe, changes = CASES["cyclegan: pools"]
    run = begin(domains, tmp_path, recipe, changes, "96img", batch=4).path
    networks = ("G_AB", "G_BA", "D_A", "D_B", "G_AB_ema", "G_BA_ema")
    kept = ("discriminator_optimizer", "generator_optimizer", "memory", "statistics")
    assert weights(run).keys() == {f"{name}.safetensors" for name in (*networks, *kept)}
    pools = load_file(max(run.glob("checkpoints/*/memory.safetensors")))
    assert {name: pool.shape for name, pool in pools.items()} == dict.fromkeys(("pool_a", "pool_b"), (30, 3, 16, 16))
    terms = {f"generator/{name}" for name in ("loss", "cycle_a", "cycle_b", "identity_a", "identity_b")}
    assert {*terms, "discriminator/loss", "D(real)", "D(fake)"} <= rows(run)[0].keys()
    facts = json.loads(Image.open(run / "samples" / "fakes000000.png").text["mien"])
    assert (facts["height"], facts["width"], facts["rows"], facts["columns"]) == (16, 48, 4, 4)


def test_the_grid_of_a_paired_run_shows_source_result_and_target(pairs, tmp_path):
    recipe, changes = CASES["pix2pix"]
    run = begin(pairs, tmp_path, recipe, changes, "8img", batch=4).path
    grid = np.asarray(Image.open(run / "samples" / "fakes000000.png"))
    cells = [grid[2 + row * 18 : 18 + row * 18, 2 + column * 50 : 50 + column * 50] for row, column in ((0, 0), (3, 3))]
    for name, cell in zip(("000", "023"), cells, strict=True):
        source, target = cell[:, :16], cell[:, 32:]
        assert np.array_equal(source, 255 - target)
        assert np.abs(target.astype(int) - np.asarray(Image.open(pairs.parent / "plain" / f"{name}.png"))).max() <= 1
    backwards = begin(pairs, tmp_path, recipe, (*changes, "direction=BtoA"), "8img", batch=4).path
    turned = np.asarray(Image.open(backwards / "samples" / "fakes000000.png"))
    assert np.array_equal(turned[2:18, 2:18], grid[2:18, 34:50])


def test_a_pair_is_soon_d_memorizes(pairs, tmp_path):
    """One pair, L1 alone: the error falls to a fraction within some hundred steps."""
    one = tmp_path / "one"
    one.mkdir()
    (one / "000.png").write_bytes((pairs / "000.png").read_bytes())
    changes = ("generator.width=8", "generator.dropout=0", "mirror=false", "jitter=0", "generator.optimizer.lr=2e-3")
    run = begin(one, tmp_path, "pix2pix-l1", changes, "300img", batch=1).path
    errors = [row["generator/l1"] for row in rows(run)]
    assert errors[-1] < 0.25 * errors[0] and errors[-1] < 0.1


@pytest.mark.parametrize(
    "recipe, data, message",
    [
        ("pix2pix", "faces", "(flat folder): pix2pix learns from pairs: files A|B side by side, folders A and B"),
        ("pix2pix", "domains", "(unpaired trainA/trainB): pix2pix learns from pairs: files A|B side by side, folders"),
        ("cyclegan", "faces", "(flat folder): cyclegan learns from two sets: folders trainA and trainB, or"),
        ("pix2pix --set direction=AtoC", "pairs", "--set direction=AtoC: 'AtoC' is not AtoB or BtoA"),
        ("pix2pix --set jitter=2", "pairs", "jitter=2: an image can be enlarged by a share from 0 to 1"),
        ("pix2pix --batch 0", "pairs", "--batch 0 is too small: it must be at least 1"),
        ("pix2pix --augment ada", "pairs", "PairedGame, the game of pix2pix, takes no augmentation"),
        ("cyclegan --resolution 18", "domains", "--resolution 18: both sides must be multiples of 4"),
    ],
)
def test_what_is_refused_in_one_line(recipe, data, message, request, tmp_path, capsys):
    folder: Path = request.getfixturevalue(data)
    flags = [] if "--resolution" in recipe else ["--resolution", "16"]
    words = ["train", *recipe.split(), "--data", str(folder), "--outdir", str(tmp_path / "runs"), *flags]
    assert cli.run(words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line and not (tmp_path / "runs").exists()
