"""Play: images of a scene as the verbs generate them, files that can be reproduced, and scenes from saved files."""

import io
import json
from urllib.parse import quote

import numpy as np
import pytest
from browser import browse, needs_browser
from conditional_run import ATTRIBUTES, conditional_run
from fake_run import make_run
from PIL import Image
from served import TOKEN, serving

from mien.commands.reproduce import reproduce
from mien.inference.generator import load


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    conditional_run(folder, ATTRIBUTES)
    return make_run(folder).path.parent


@pytest.fixture(scope="module")
def studio(folder):
    with serving(folder) as served:
        yield served


def address(part, scene, run="00003-dcgan-tiny", snapshot=""):
    return f"/api/run/{run}/{part}?snapshot={snapshot}&scene={quote(json.dumps(scene))}"


def pixels(answer):
    assert answer.headers["content-type"] == "image/png", answer.body
    return np.asarray(Image.open(io.BytesIO(answer.body)))


def test_a_wall_shows_the_seeds_of_any_snapshot(studio, folder):
    found = pixels(studio.ask(address("images", {"seeds": [4, 5, 6], "truncation": 0.5}, snapshot="000002")))
    expected = load(folder / "00003-dcgan-tiny", "2").pixels([4, 5, 6], 0.5)
    tiles = found.reshape(2, 16, 2, 16, 3).swapaxes(1, 2).reshape(4, 16, 16, 3)
    assert np.abs(tiles[:3].astype(int) - expected).max() <= 1


def test_attributes_have_degrees(studio):
    model = studio.ask("/api/run/00005-dcgan-attributes/model").json
    hair, glasses = model["condition"]["attributes"]
    assert (hair["name"], hair["values"], glasses["binary"]) == ("hair", ["black", "pink"], True)
    one, half, other = (
        pixels(
            studio.ask(address("images", {"requested": {"attributes": f"hair=pink,glasses={degree}"}}, model["run"]))
        )
        for degree in ("0", "0.5", "1")
    )
    assert (half != one).any() and (half != other).any()


@pytest.mark.parametrize("scene, name", [
    ({"seeds": [9]}, "seed0009.png"), ({"seeds": [1, 2, 3]}, "grid.png"), ({"seeds": [1, 2], "at": 0.4}, "between.png"),
])  # fmt: skip
def test_a_saved_image_is_reproduced_and_brings_the_controls_back(studio, folder, tmp_path, scene, name):
    answer = studio.ask(address("file", scene, snapshot="000002"))
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    path = tmp_path / name
    path.write_bytes(answer.body)
    assert reproduce(path, outdir=folder).same
    found = studio.post("/api/scene", answer.body).json
    assert (found["run"], found["snapshot"]) == ("00003-dcgan-tiny", "000002")
    assert {key: found["scene"][key] for key in scene} == scene


def test_a_film_and_a_command(studio):
    answer = studio.ask(address("film/gif", {"seeds": [1, 2]}))
    assert Image.open(io.BytesIO(answer.body)).n_frames == 21
    command = studio.ask(address("command", {"seeds": [0, 1], "truncation": 0.5}, snapshot="000004.500")).json[
        "command"
    ]
    assert command.endswith("00003-dcgan-tiny --snapshot 4.500 --seeds 0-1 --trunc 0.5 --grid")


@pytest.mark.parametrize("part, scene, snapshot, words", [
    ("images", {"seeds": list(range(300))}, "", "1 to 256 seeds"),
    ("images", {"seeds": [1.5]}, "", "seeds[0] is 1.5, not a whole number"),
    ("images", {"truncation": 1e9}, "", "out of range"),
    ("images", {"requested": {"attributes": "x"}}, "", "trained without a condition"),
    ("images", {"directions": {"../x": 1}}, "", "does not exist"),
    ("images", {}, "../../etc", "has no snapshot at"),
    ("images", {}, "best", "has no best snapshot"),
    ("film/exe", {"seeds": [1, 2]}, "", "no film in the format"),
])  # fmt: skip
def test_mistakes_are_one_line(studio, part, scene, snapshot, words):
    answer = studio.ask(address(part, scene, snapshot=snapshot))
    assert answer.status in (400, 404) and words in answer.json["error"] and "\n" not in answer.json["error"]


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_a_damaged_file_is_refused(studio, data):
    assert studio.post("/api/scene", data).status == 400


def test_a_file_of_a_run_that_is_not_here_is_refused(studio):
    facts = studio.ask(address("file", {"seeds": [9]})).body.replace(b"00003-dcgan-tiny", b"00003-dcgan-gone")
    assert studio.post("/api/scene", facts).status == 400  # and its checksum is wrong, too
    assert studio.ask("/api/scene", "POST", b"", x_mien_token=TOKEN[:-1]).status == 403


@needs_browser
def test_the_page_has_the_controls_of_the_model(studio, tmp_path):
    page = browse(f"{studio.link}/play?run=00005-dcgan-attributes", tmp_path, "--dump-dom")
    assert "00005-dcgan-attributes at 3 kimg" in page and 'aria-label="pink"' in page  # flows.py looks at the images
