"""The verbs of latents on conditional runs: what is asked for is held, and a user's mistake is one line."""

import numpy as np
import pytest
import torch
from conditional_run import ATTRIBUTES, CLASSES, EMBEDDED, LATENT, TEXTS, conditional_run
from fake_run import make_run
from PIL import Image

import mien
from mien import cli
from mien.inference.generator import load
from mien.inference.latents.directions import discover, eigenvectors
from mien.inference.latents.files import load_w
from mien.inference.latents.interpolation import walk
from mien.inference.latents.inversion import TRIED, project
from mien.inference.latents.linear_layers import weights_of
from mien.inference.latents.synthesis import images_of, split_label, w_of
from mien.media import animation
from mien.media.image_files import read_facts


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    outdir = tmp_path_factory.mktemp("runs")
    return {
        "CLASS": conditional_run(outdir, CLASSES).path,
        "STYLE": conditional_run(outdir, CLASSES, "stylegan2").path,
        "ATTRIBUTES": conditional_run(outdir, ATTRIBUTES).path,
        "TEXT": conditional_run(outdir, TEXTS).path,
        "PLAIN": make_run(outdir).path,
    }


@pytest.fixture(scope="module")
def photo(runs, tmp_path_factory):
    """A picture of class b."""
    path = tmp_path_factory.mktemp("photos") / "me.png"
    load(runs["CLASS"])([TRIED + 7], class_="b")[0].save(path)
    return path


# --- what is held -----------------------------------------------------------------------------------------------------


def test_z_and_the_embedded_label_lie_side_by_side(runs):
    generator = load(runs["CLASS"]).conditioned_on(class_="b")
    w = w_of(generator, [3, 4])
    z, label = split_label(generator, w)
    assert torch.equal(z, generator.latents([3, 4])[:, :LATENT]) and label.shape == (2, EMBEDDED)
    column = generator.network.embedding.weight[:, 1]
    torch.testing.assert_close(label, (column / column.square().mean().sqrt()).expand(2, -1))
    for other in ("STYLE", "PLAIN"):
        generator = load(runs[other])
        w = w_of(generator, [3])
        assert torch.equal(split_label(generator, w)[0], w) and split_label(generator, w)[1].shape[-1] == 0


def test_a_projection_under_a_class_seeks_z_alone(runs, photo):
    generator = load(runs["CLASS"]).conditioned_on(class_="b")
    pixels = np.asarray(Image.open(photo))
    found = project(generator, pixels, 60, 0, None, lambda *_: None, hold=True)
    assert torch.equal(found.w[:, LATENT:], w_of(generator, [0])[:, LATENT:])
    assert not torch.equal(found.w[:, :LATENT], w_of(generator, [found.seed])[:, :LATENT])
    assert found.error < 0.7 * found.start
    assert np.array_equal(found.before, generator.pixels([found.seed])[0])
    assert np.array_equal(images_of(generator, found.w)[0], found.after)


def test_project_says_what_was_asked_and_seeks_the_label_too_where_nothing_was(runs, photo, tmp_path):
    flags = {"steps": 3, "features": "none"}
    made = mien.project(str(runs["CLASS"]), photo, class_="b", output=tmp_path / "b.safetensors", **flags)
    assert made.requested == "class: b" and "class: b" in str(made)
    with Image.open(made.picture) as sheet:
        assert read_facts(sheet)["class"] == "b"
    generator = load(runs["CLASS"])
    free = mien.project(str(runs["CLASS"]), photo, output=tmp_path / "free.safetensors", **flags)
    held, sought = (load_w(one.path, "latents", generator, "--latent")[:, LATENT:] for one in (made, free))
    labels = [w_of(generator.conditioned_on(class_=name), [0])[:, LATENT:] for name in "abc"]
    assert torch.equal(held, labels[1]) and free.requested is None
    assert free.error <= free.start and sought.shape == (1, EMBEDDED)
    assert mien.generate(str(runs["CLASS"]), latent=made.path, output=tmp_path / "out").pictures == 1
    for run, wish in (
        ("STYLE", {"class_": "2"}),
        ("ATTRIBUTES", {"attributes": "hair=pink"}),
        ("TEXT", {"text": "pink hair"}),
        ("TEXT", {}),
    ):
        made = mien.project(str(runs[run]), photo, output=tmp_path / "one.safetensors", **wish, **flags)
        assert made.error <= made.start


def test_a_walk_under_one_label_keeps_it_and_one_between_labels_stays_as_long(runs):
    generator = load(runs["CLASS"]).conditioned_on(class_="c")
    stations = w_of(generator, [1, 2, 3])[:, None]
    z, label = (walk(part, 5, True) for part in split_label(generator, stations))
    torch.testing.assert_close(label, stations[:1, :, LATENT:].expand(15, -1, -1))
    torch.testing.assert_close(z[::5], stations[..., :LATENT], rtol=1e-4, atol=1e-5)
    between = torch.stack([w_of(generator.conditioned_on(class_=name), [1]) for name in "ac"])
    label = walk(split_label(generator, between)[1], 4, False)
    torch.testing.assert_close(label.square().mean(-1), torch.ones(5, 1))  # an embedding's mean square is always 1


def test_films_and_mixtures_of_what_was_asked(runs, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(
        animation, "encode", lambda frames, fps, ending: shown.extend(map(np.asarray, frames)) or b"film"
    )
    mien.interpolate(str(runs["CLASS"]), seeds="1,2", frames=3, class_="b", scale=1, output=tmp_path / "walk.webp")
    first, last = load(runs["CLASS"]).conditioned_on(class_="b").pixels([1, 2]).astype(int)
    assert len(shown) == 4 and max(np.abs(shown[0] - first).max(), np.abs(shown[3] - last).max()) <= 1
    mixed = mien.mix(str(runs["STYLE"]), rows="1", columns="2", class_="b", output=tmp_path / "mix.png")
    with Image.open(mixed.path) as sheet:
        assert read_facts(sheet)["class"] == "b"
        cells = np.asarray(sheet)[-140:-12:8, -274:-146:8]  # enlarged 8 times
    assert np.array_equal(cells, load(runs["STYLE"]).conditioned_on(class_="b").pixels([1])[0])  # the row's own picture


@pytest.mark.parametrize("method", ["sefa", "pca"])
def test_directions_leave_a_label_that_was_asked_for_as_it_is(runs, method, tmp_path):
    generator = load(runs["CLASS"]).conditioned_on(class_="b")
    held, free = (discover(generator, method, 3, None, hold=hold).w for hold in (True, False))
    assert held.shape == free.shape == (3, LATENT + EMBEDDED) and not held[:, LATENT:].any()
    torch.testing.assert_close(held.norm(dim=1), torch.ones(3))
    if method == "sefa":
        vectors, _ = eigenvectors(weights_of(generator)[:, :LATENT], 3)
        torch.testing.assert_close(held[:, :LATENT], vectors)
    for run, wish in (("CLASS", {"class_": "b"}), ("STYLE", {"class_": "b"}), ("TEXT", {"text": "pink hair"})):
        made = mien.directions(str(runs[run]), method=method, count=2, output=tmp_path / "d.safetensors", **wish)
        assert len(made.shares) == 2


# --- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, told",
    [
        (("project", "CLASS", "PHOTO", "--class", "d"), "--class d: unknown class: there are a, b, c"),
        (("project", "CLASS", "PHOTO", "--text", "a"), "was trained with --cond class: use --class"),
        (("project", "PLAIN", "PHOTO", "--class", "a"), "was trained without a condition"),
        (("project", "ATTRIBUTES", "PHOTO", "--attributes", "hair"), "--attributes hair needs a value"),
        (("project", "ATTRIBUTES", "PHOTO", "--attributes", "hair="), "is not a list of attributes"),
        (("interpolate", "PLAIN", "--attributes", "hair=pink"), "was trained without a condition"),
        (("interpolate", "CLASS", "--latent", "x.safetensors", "--class", "a"), "need --seeds"),
        (("mix", "STYLE", "--class", "x"), "--class x: unknown class"),
        (("mix", "CLASS", "--class", "a"), "one latent for all layers"),
        (("directions", "TEXT", "--class", "a"), "was trained with --cond text: use --text"),
        (("directions", "CLASS", "--class", "a", "--count", "9"), "has only 8 directions"),
    ],
)
def test_a_mistake_is_one_line_with_exit_2(runs, photo, tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    places = {**{name: str(path) for name, path in runs.items()}, "PHOTO": str(photo)}
    assert cli.run([places.get(word, word) for word in words]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1
