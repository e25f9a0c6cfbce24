"""interpolate, mix, directions, project, and generate with what they leave: files, facts, a user's mistakes."""

import json
from pathlib import Path

import numpy as np
import pytest
from fake_run import make_run
from PIL import Image
from stacked import LAYERS, stacked_run

from mien import cli
from mien.commands.directions import directions
from mien.commands.generate import generate
from mien.commands.interpolate import interpolate
from mien.commands.mix import mix
from mien.commands.project import project, read
from mien.errors import DataError, FileError, UsageError
from mien.inference.generator import load
from mien.media import animation
from mien.media.contact_sheet import GAP, MARGIN
from mien.media.image_files import read_facts
from mien.runtime.atomic_files import write_json


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("plain"))
    write_json(run.status, {**json.loads(run.status.read_text()), "tick": 1000, "checkpoint_every": "2m"})
    return run


@pytest.fixture(scope="module")
def stacked(tmp_path_factory):
    return stacked_run(tmp_path_factory.mktemp("stacked"))


@pytest.fixture(scope="module")
def photo(tmp_path_factory, plain):
    """A picture that the plain run draws, enlarged and with margins that are cropped away."""
    pixels = load(plain).pixels([900])[0]
    path = tmp_path_factory.mktemp("photos") / "me.png"
    wide = np.pad(pixels.repeat(3, 0).repeat(3, 1), ((0, 0), (20, 20), (0, 0)))
    Image.fromarray(wide).save(path)
    return path


@pytest.fixture(scope="module")
def projected(plain, photo):
    return project(str(plain.path), photo, steps=60, features="none")


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


# --- films ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_loop_passes_its_seeds(plain, tmp_path, ending):
    made = interpolate(
        str(plain.path), seeds="3,8", frames=4, fps=10, loop=True, scale=1, output=tmp_path / f"walk.{ending}"
    )
    assert (made.frames, made.stations, made.seconds) == (8, 2, 0.8)
    with Image.open(made.path) as film:
        assert (film.n_frames, film.size) == (8, (16, 16))
        film.seek(4)
        film.load()
        assert film.info["duration"] == 100
        shown = np.asarray(film.convert("RGB")).astype(int)
    other, wanted = load(plain).pixels([3, 8]).astype(int)
    assert np.abs(shown - wanted).mean() < np.abs(shown - other).mean()  # noise so small loses much in a film


def test_an_open_walk_of_several_styles_ends_at_the_last_seed(stacked):
    made = interpolate(str(stacked.path), seeds="0-2", frames=2, grid="2x3")
    assert made.frames == 5 and made.path == stacked.path / "generated" / "walk.gif"
    with Image.open(made.path) as film:
        assert film.size == (3 * 130 + 2, 2 * 130 + 2)


def test_mp4_needs_pyav(plain, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(UsageError, match=r"pip install 'mien\[video\]'"):
        interpolate(str(plain.path), output=tmp_path / "walk.mp4")


def test_mp4(tmp_path):
    av = pytest.importorskip("av")
    frames = [Image.new("RGB", (33, 17), (level, 128, 0)) for level in range(0, 250, 50)]
    (tmp_path / "film.mp4").write_bytes(animation.encode(frames, 10, "mp4"))
    with av.open(str(tmp_path / "film.mp4")) as film:
        read = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(read) == 5 and read[0].shape == (18, 34, 3)
    assert abs(int(read[3][5, 5, 0]) - 150) < 12


# --- mixing -----------------------------------------------------------------------------------------------------------


def test_a_sheet_of_mixtures(stacked, tmp_path):
    made = mix(str(stacked.path), rows="0-1", columns="5-7", output=tmp_path / "mix.webp")
    assert made.layers == list(range(LAYERS // 2)) and (made.rows, made.columns) == ([0, 1], [5, 6, 7])
    with Image.open(made.path) as sheet:
        assert read_facts(sheet)["layers"] == made.layers
    every = mix(str(stacked.path), rows="0-1", columns="5-7", layers="0-5").path
    cells = picture(every)[-(2 * 128 + GAP + MARGIN) : -MARGIN, -(3 * 128 + 2 * GAP + MARGIN) : -MARGIN]
    assert np.array_equal(cells[:128], cells[128 + GAP :])  # with all layers of the column, both rows draw its picture


def test_one_latent_for_all_layers_is_told(plain, capsys):
    assert cli.run(["mix", str(plain.path)]) == 2
    told = capsys.readouterr().err
    assert "one latent for all layers" in told and "mien interpolate" in told and told.count("\n") == 1


# --- directions -------------------------------------------------------------------------------------------------------


def test_directions_are_found_named_and_used(plain, tmp_path):
    made = directions(str(plain.path), count=2, seeds="4", name=("1=smile",))
    assert made.path == plain.path / "directions.safetensors" and made.names == ["0", "smile"]
    assert made.path.with_suffix(".json").exists() and made.picture.exists()
    assert directions(str(plain.path), count=2).names == ["0", "smile"]
    generate(str(plain.path), seeds="4", output=tmp_path / "before")
    generate(str(plain.path), seeds="4", direction=("smile=0",), output=tmp_path / "same")
    generate(str(plain.path), seeds="4", direction=("smile=3", "0=-1"), output=tmp_path / "after")
    name = "seed0004.png"
    assert np.array_equal(picture(tmp_path / "before" / name), picture(tmp_path / "same" / name))
    assert not np.array_equal(picture(tmp_path / "before" / name), picture(tmp_path / "after" / name))
    with Image.open(tmp_path / "after" / name) as drawn:
        assert read_facts(drawn)["directions"] == {"smile": 3.0, "0": -1.0}


def test_directions_of_some_layers(stacked, tmp_path):
    made = directions(str(stacked.path), method="pca", count=2, layers="0-1", output=tmp_path / "d.safetensors")
    assert made.path == tmp_path / "d.safetensors"
    drawn = generate(str(stacked.path), seeds="1", direction=(f"{made.path}:0=2",), grid=True)
    assert drawn.files == 1


# --- projection -------------------------------------------------------------------------------------------------------


def test_a_photo_is_projected_and_its_latent_used(plain, photo, projected, tmp_path):
    assert projected.path == plain.path / "projected" / "me.safetensors" and projected.picture.exists()
    assert projected.error < 0.6 * projected.start and f"{projected.error:.1f} levels" in str(projected)
    made = generate(str(plain.path), latent=projected.path, output=tmp_path / "drawn")
    assert made.pictures == 1
    drawn = picture(tmp_path / "drawn" / "latent0000.png").astype(float)
    target = read(photo, 16, 16, 3)
    assert np.sqrt(np.square(drawn - target).mean()) == pytest.approx(projected.error)
    with Image.open(tmp_path / "drawn" / "latent0000.png") as found:
        assert read_facts(found)["file"] == "me.safetensors"
    walk = interpolate(
        str(plain.path), latent=projected.path, seeds="3", frames=2, scale=1, output=tmp_path / "walk.webp"
    )
    assert walk.stations == 2
    moved = directions(str(plain.path), latent=projected.path, count=1, scale=1, output=tmp_path / "d.safetensors")
    assert picture(moved.picture).shape[0] < 100  # one row


def test_a_gray_generator_takes_a_photo_as_gray(tmp_path, photo):
    run = make_run(tmp_path, channels=1)
    made = project(str(run.path), photo, steps=2, features="none")
    assert generate(str(run.path), latent=made.path).pictures == 1


# --- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, told",
    [
        (("interpolate", "RUN", "--seeds", "3"), "two stations"),
        (("interpolate", "RUN", "--frames", "1"), "--frames 1"),
        (("interpolate", "RUN", "--grid", "4"), "--grid '4'"),
        (("interpolate", "RUN", "--output", "x.avi"), "no film's name"),
        (("interpolate", "RUN", "--trunc", "9"), "--trunc 9"),
        (("interpolate", "RUN", "--frames", "600", "--grid", "99x99"), "too long"),
        (("mix", "RUN", "--rows", "0-99", "--columns", "0-99"), "1,600"),
        (("mix", "RUN", "--rows", "x"), "--rows"),
        (("mix", "STACKED", "--layers", "9"), "layers are 0-5"),
        (("mix", "STACKED", "--output", "x.bmp"), "not the name of an image file"),
        (("directions", "RUN", "--count", "0"), "--count 0"),
        (("directions", "RUN", "--count", "101", "--seeds", "0"), "has only 100 directions"),
        (("directions", "RUN", "--layers", "0-3"), "leave --layers out"),
        (("directions", "RUN", "--output", "d.png"), r"end it in .safetensors"),
        (("directions", "RUN", "--method", "lda"), "--method"),
        (
            ("directions", "RUN", "--label-directions"),
            "--label-directions needs a run on the built-in faces, not faces",
        ),
        (("project", "RUN"), "PHOTO"),
        (("project", "RUN", "PHOTO", "--steps", "0"), "--steps 0"),
        (("generate", "RUN", "--direction", "smile"), "--direction 'smile'"),
        (("generate", "RUN", "--latent", "x.safetensors", "--seeds", "3"), "--latent excludes"),
    ],
)
def test_a_mistake_is_one_line_with_exit_2(plain, stacked, photo, tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    places = {"RUN": str(plain.path), "STACKED": str(stacked.path), "PHOTO": str(photo)}
    assert cli.run([places.get(word, word) for word in words]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1


def test_files_that_are_none(plain, photo, projected, tmp_path):
    with pytest.raises(FileError, match="No such file"):
        project(str(plain.path), tmp_path / "nobody.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match="not an image"):
        project(str(plain.path), tmp_path / "text.png")
    with pytest.raises(FileError, match="holds no directions"):
        generate(str(plain.path), direction=(f"{projected.path}:0=1",))
    with pytest.raises(FileError, match="cannot be read"):
        generate(str(plain.path), latent=photo)
