"""Scenes: the same images as the verbs, and there and back through an image's facts."""

import numpy as np
import pytest
import torch
from conditional_run import ATTRIBUTES, conditional_run
from fake_run import make_run
from stacked import stacked_run

from mien.commands.directions import directions
from mien.commands.generate import generate
from mien.commands.reproduce import reproduce
from mien.errors import UsageError
from mien.inference.generator import load
from mien.inference.latents.interpolation import walk
from mien.inference.latents.synthesis import w_of
from mien.inference.scene import Scene, from_facts, seeds_text


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs"))


def test_a_scene_has_the_bits_of_the_generator_and_quick_ones_are_near(run):
    generator, scene = load(run), Scene(seeds=(3, 1, 4), truncation=0.7)
    exact = scene.images(generator, run.path)
    assert np.array_equal(exact, generator.pixels([3, 1, 4], 0.7))
    assert np.abs(scene.images(generator, run.path, quick=True).astype(int) - exact).max() <= 1


def test_a_place_on_a_path_lies_where_interpolate_goes(run, tmp_path):
    generator = load(run)
    stations = w_of(generator, [0, 1, 2])
    expected = walk(stations[:, None], 10, loop=False)
    for at, index in ((0.0, 0), (1.3, 13), (2.0, 20)):
        assert torch.allclose(Scene(seeds=(0, 1, 2), at=at).w(generator, None), expected[index], atol=1e-6)
    layered = load(stacked_run(tmp_path))
    expected = walk(w_of(layered, [0, 1, 2])[:, None], 10, loop=False)
    assert torch.allclose(Scene(seeds=(0, 1, 2), at=0.5).w(layered, None), expected[5], atol=1e-6)


def test_style_mixing_takes_the_named_layers(run, tmp_path):
    generator = load(stacked_run(tmp_path))
    own, other = w_of(generator, [5, 6]), w_of(generator, [9])
    mixed = Scene(seeds=(5, 6), style=9, layers="0-1").w(generator, None)
    assert torch.equal(mixed[:, :2], other[:, :2].expand(2, -1, -1)) and torch.equal(mixed[:, 2:], own[:, 2:])
    with pytest.raises(UsageError, match="one latent for all layers"):
        Scene(seeds=(5,), style=9).w(load(run), None)


def test_degrees_and_directions(run, tmp_path):
    conditional = load(conditional_run(tmp_path, ATTRIBUTES))
    scene = Scene(seeds=(1,), requested={"attributes": "glasses=0.5,hair=black:0.25+pink:0.5"})
    assert scene.conditioned(conditional).labels.tolist() == [[0.25, 0.5, 0.5]] * 3
    assert from_facts(scene.facts(conditional)) == scene
    directions(str(run.path), method="pca", count=2, name=("0=smile",))
    generator = load(run)
    there, back = (
        Scene(seeds=(1,), directions=steps).w(generator, run.path) for steps in ({}, {"smile": 2.0, "1": 0.0})
    )
    assert (there - back).norm() == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("scene", [
    Scene(seeds=(2,), truncation=0.5),
    Scene(seeds=(7, 8), at=0.25),
    Scene(seeds=(7, 8, 9), style=3, layers="0-3", directions={"smile": 1.5}),
])  # fmt: skip
def test_facts_give_the_scene_back(scene, run):
    assert from_facts(scene.facts(load(run))) == scene


@pytest.mark.parametrize("facts", [
    {}, {"seeds": [0, "…", 3]}, {"seed": True}, {"seed": -1}, {"seed": 1, "truncation": "NaN"},
    {"seed": 1, "truncation": 9}, {"seed": 1, "directions": [1]}, {"seed": 1, "style": "x"}, {"seeds": [1, 2], "at": 3},
])  # fmt: skip
def test_damaged_facts_are_refused(facts):
    with pytest.raises(UsageError):
        from_facts(facts)


def test_commands():
    assert seeds_text((0, 1, 2, 7)) == "0-2,7"
    scene = Scene(
        seeds=(0, 1), truncation=0.7, requested={"attributes": "smile=0.5"}, directions={"age": -1.0, "x": 0.0}
    )
    assert scene.command("runs/a b", "200") == (
        "mien generate 'runs/a b' --snapshot 200 --seeds 0-1 --attributes smile=0.5 --trunc 0.7 "
        "--direction age=-1 --grid"
    )


@pytest.mark.parametrize("name", ["one.png", "one.webp", "one.jpg"])
def test_an_image_is_reproduced_from_its_file_alone(name, run, tmp_path):
    made = generate(str(run.path), seeds="5", trunc=0.8, snapshot="2", scale=2, output=tmp_path / name)
    again = reproduce(made.path, outdir=run.path.parent)
    assert (again.same, again.different, again.kimg, again.path.name) == (True, 0, 2.0, "one-again.png")


def test_a_grid_is_reproduced_and_a_changed_pixel_is_found(run, tmp_path):
    from PIL import Image

    from mien.media.image_files import encode, read_facts

    made = generate(str(run.path), seeds="0-6", grid=True, output=tmp_path / "grid.png")
    assert reproduce(made.path, outdir=run.path.parent).same
    with Image.open(made.path) as image:
        facts, image = read_facts(image), image.copy()
    image.putpixel((4, 4), (1, 2, 3))
    (tmp_path / "changed.png").write_bytes(encode(image, "png", facts))
    assert reproduce(tmp_path / "changed.png", run=str(run.path)).different == 1
    (tmp_path / "gone.png").write_bytes(encode(image, "png", {**facts, "kimg": 77}))
    with pytest.raises(UsageError, match=r"no snapshot at 77 kimg any more, only 2, 4\.5"):
        reproduce(tmp_path / "gone.png", run=str(run.path))
