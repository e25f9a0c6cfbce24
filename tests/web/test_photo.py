"""A user's photo: translated, or its latent found, through the decoder of training and its limits."""

import io
import time

import numpy as np
import pytest
from fake_run import make_run
from PIL import Image
from served import serving
from translator_run import translator_run

from mien.commands.reproduce import reproduce
from mien.inference.generator import load
from mien.inference.latents import perceptual
from mien.inference.translator import load as load_translator


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for recipe in ("pix2pix", "cyclegan"):
        translator_run(folder, recipe)
    return make_run(folder).path.parent


@pytest.fixture(scope="module")
def studio(folder):
    with serving(folder) as served:
        yield served


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def photo(folder):
    return load(folder / "00003-dcgan-tiny").pixels([7])[0]


def test_both_ways_and_the_round_trip(studio, folder, photo):
    answer = studio.post("/api/run/00007-cyclegan/translate?to=A", png(photo))
    assert answer.headers["x-images"] == "3"
    source, there, back = np.split(np.asarray(Image.open(io.BytesIO(answer.body))), 3, axis=1)
    expected = load_translator(folder / "00007-cyclegan")(photo[None], "A")
    assert np.array_equal(source, photo)
    assert np.array_equal(there, expected[0][0]) and np.array_equal(back, expected[1][0])
    assert studio.post("/api/run/00007-pix2pix/translate", png(photo)).headers["x-images"] == "2"
    cards = {card["id"]: card["translates"] for card in studio.ask("/api/runs").json["cards"]}
    assert cards == {"00003-dcgan-tiny": False, "00007-cyclegan": True, "00007-pix2pix": True}
    assert studio.ask("/api/run/00007-cyclegan/model").json["routes"] == {"B": 2, "A": 2}


@pytest.mark.parametrize(
    "path, data, words",
    [
        ("/api/run/00007-cyclegan/translate", None, "--to is missing"),
        ("/api/run/00007-cyclegan/translate?to=C", None, "--to C"),
        ("/api/run/00003-dcgan-tiny/translate", None, "generates from noise"),
        ("/api/run/00007-pix2pix/project", None, "translates images"),
        ("/api/run/00007-pix2pix/translate", b"", "the image cannot be used"),
        ("/api/run/00007-pix2pix/translate", b"GIF89a" + bytes(20), "the image cannot be used"),
        ("/api/run/00003-dcgan-tiny/project", b"%PDF-1.7", "the image cannot be used"),
        ("/api/run/00003-dcgan-tiny/project?steps=99999", None, "at most 2000 steps"),
    ],
)
def test_mistakes_are_one_line(studio, photo, path, data, words):
    answer = studio.post(path, png(photo) if data is None else data)
    assert answer.status in (400, 404) and words in answer.json["error"] and "\n" not in answer.json["error"]


def test_a_photos_latent_has_the_same_controls(studio, folder, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(perceptual, "installed", lambda device: None)  # pixels alone: a second instead of ten
    path = "/api/run/00003-dcgan-tiny/project?steps=20&name=..%2Fme%20too.png"
    search = studio.post(path, png(photo)).json["search"]
    for _ in range(400):
        found = studio.ask(f"/api/search/{search}").json
        if found["file"] or found["trouble"]:
            break
        time.sleep(0.05)
    assert (found["file"], found["trouble"], found["share"]) == ("me-too.safetensors", "", 1.0)
    assert studio.ask("/api/run/00003-dcgan-tiny/model").json["latents"] == ["me-too.safetensors"]
    scene = '{"latent": "me-too.safetensors"}'
    shown = np.asarray(
        Image.open(io.BytesIO(studio.ask(f"/api/run/00003-dcgan-tiny/images?scene={quoted(scene)}").body))
    )
    error = np.sqrt(((shown.astype(float) - photo) ** 2).mean())
    assert abs(error - found["error"]) < 0.5
    answer = studio.ask(f"/api/run/00003-dcgan-tiny/file?scene={quoted(scene)}")
    (tmp_path / "latent.png").write_bytes(answer.body)
    assert reproduce(tmp_path / "latent.png", outdir=folder).same
    assert studio.post("/api/scene", answer.body).json["scene"]["latent"] == "me-too.safetensors"
    for name in ("../../recipe.json", "..safetensors", "gone.safetensors"):
        scene = f'{{"latent": "{name}"}}'
        assert studio.ask(f"/api/run/00003-dcgan-tiny/images?scene={quoted(scene)}").status == 400


def quoted(text):
    from urllib.parse import quote

    return quote(text)
