from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fake_run import NAME, make_run
from PIL import Image

from mien import cli
from mien.commands.generate import generate
from mien.errors import FileError, UsageError
from mien.inference.generator import load
from mien.inference.seeds import parse_seeds
from mien.media.image_files import read_facts
from mien.runs.directory import RunDirectory


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return make_run(tmp_path_factory.mktemp("runs"))


def test_seeds_as_written() -> None:
    assert parse_seeds("1,5,9-12") == [1, 5, 9, 10, 11, 12]
    assert parse_seeds("3, 1-3") == [3, 1, 2]
    assert parse_seeds(" 1 2  9 - 10 ") == [1, 2, 9, 10]
    assert len(parse_seeds("0-49999")) == 50_000


@pytest.mark.parametrize("text", ["", "a", "-5", "1-", "1,,2", ",1", "1..5", "9-2", "0-99999999", "9" * 20])
def test_seeds_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--seeds"):
        parse_seeds(text)


def test_folder_holds_the_generators_pixels(run: RunDirectory) -> None:
    made = generate(str(run.path), seeds="3,70-72")
    assert made.path == run.path / "generated"
    assert (made.pictures, made.files, made.kimg) == (4, 4, 4.5)
    assert sorted(path.name for path in made.path.iterdir()) == [f"seed{seed:04d}.png" for seed in (3, 70, 71, 72)]
    expected = load(run).pixels([71])[0]
    assert np.array_equal(np.asarray(Image.open(made.path / "seed0071.png")), expected)
    assert expected.std() > 10  # a picture, not a plain area
    assert str(made.path) in str(made) and made.as_dict()["path"] == str(made.path)


@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
def test_each_picture_tells_where_it_is_from(run: RunDirectory, tmp_path: Path, format: str) -> None:
    generate(str(run.path), seeds="5", trunc=0.5, format=format, snapshot="2", output=tmp_path)  # type: ignore[arg-type]
    with Image.open(tmp_path / f"seed0005.{format}") as picture:
        facts = read_facts(picture)
    assert facts == {"seed": 5, "run": NAME, "recipe": "dcgan", "kimg": 2.0, "truncation": 0.5}


def test_truncation_and_snapshot_change_the_picture(run: RunDirectory, tmp_path: Path) -> None:
    settings = {"plain": {}, "tidy": {"trunc": 0.3}, "old": {"snapshot": "2"}, "last": {"snapshot": "4.500"}}
    for name, more in settings.items():
        generate(str(run.path), seeds="1", output=tmp_path / name, **more)  # type: ignore[arg-type]
    assert len({(tmp_path / name / "seed0001.png").read_bytes() for name in settings}) == 3


def test_grid(run: RunDirectory, tmp_path: Path) -> None:
    made = generate(str(run.path), seeds="0-9", grid=True, columns=5, output=tmp_path / "new" / "sheet.webp")
    with Image.open(made.path) as sheet:
        assert sheet.format == "WEBP"
        assert sheet.size == (5 * 130 + 2, 2 * 130 + 2)
        facts = read_facts(sheet)
    assert facts is not None and facts["seeds"] == list(range(10)) and facts["columns"] == 5
    assert (facts["scale"], made.scale) == (8, 8)


def test_the_scale_of_a_grid_can_be_named(run: RunDirectory, tmp_path: Path) -> None:
    path = tmp_path / "grid.png"
    generate(str(run.path), seeds="0-9", grid=True, columns=5, scale=1, output=path)
    with Image.open(path) as sheet:
        assert sheet.size == (5 * 18 + 2, 2 * 18 + 2)
    generate(str(run.path), seeds="0-3", grid=True, scale=3, output=path)
    with Image.open(path) as sheet:
        large = np.asarray(sheet)
    assert large.shape[0] == 2 * 50 + 2
    assert np.array_equal(large[2:50:3, 2:50:3], load(run).pixels([0])[0])


def test_single_pictures_keep_their_size_unless_a_scale_is_named(run: RunDirectory, tmp_path: Path) -> None:
    generate(str(run.path), seeds="3", output=tmp_path / "plain")
    generate(str(run.path), seeds="3", output=tmp_path / "large", scale=4)
    plain, large = (Image.open(tmp_path / name / "seed0003.png") for name in ("plain", "large"))
    assert plain.size == (16, 16) and large.size == (64, 64)
    assert np.array_equal(np.asarray(large)[::4, ::4], np.asarray(plain))
    assert read_facts(large)["scale"] == 4 and "scale" not in read_facts(plain)  # type: ignore[index,operator]


@pytest.mark.parametrize("name, format", [("face.png", "PNG"), ("face.JPG", "JPEG"), ("face.webp", "WEBP")])
def test_a_pictures_name_is_one_picture(run: RunDirectory, tmp_path: Path, name: str, format: str) -> None:
    made = generate(str(run.path), output=tmp_path / name)
    assert (made.kind, made.pictures, made.files) == ("picture", 1, 1)
    with Image.open(tmp_path / name) as picture:
        assert picture.format == format and picture.size == (16, 16)
        assert read_facts(picture)["seed"] == 0  # type: ignore[index]


def test_many_pictures_do_not_fit_in_one_file(run: RunDirectory, tmp_path: Path) -> None:
    for output in (tmp_path / "face.png", Path("-")):
        with pytest.raises(UsageError, match="is one file, and there are 4 images: add --grid, or name a folder"):
            generate(str(run.path), seeds="0-3", output=output)
    assert list(tmp_path.iterdir()) == []


def test_a_zips_name_is_a_zip(run: RunDirectory, tmp_path: Path) -> None:
    made = generate(str(run.path), seeds="0-2", output=tmp_path / "faces.zip")
    assert made.kind == "zip" and len(zipfile.ZipFile(made.path).namelist()) == 3


def test_standard_output_is_the_picture_alone(run: RunDirectory, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.run(["generate", str(run.path), "--seeds", "7", "--output", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(out))), load(run).pixels([7])[0])
    assert err.startswith(b"1 image on standard output")
    assert cli.run(["generate", str(run.path), "--seeds", "0-2", "--zip", "--output", "-"]) == 0
    assert len(zipfile.ZipFile(io.BytesIO(capfdbinary.readouterr().out)).namelist()) == 3


def test_zip_is_the_same_bytes_each_time(run: RunDirectory, tmp_path: Path) -> None:
    first = generate(str(run.path), seeds="0-65", zip=True, output=tmp_path / "a.zip").path
    second = generate(str(run.path), seeds="0-65", zip=True, output=tmp_path / "b.zip").path
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == [f"seed{seed:04d}.png" for seed in range(66)]
        picture = np.asarray(Image.open(io.BytesIO(archive.read("seed0065.png"))))
    assert np.array_equal(picture, load(run).pixels([65])[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip"]


def test_grayscale(tmp_path: Path) -> None:
    run = make_run(tmp_path, channels=1)
    made = generate("last", seeds="0-1", outdir=tmp_path)
    assert made.path == run.path / "generated"
    assert Image.open(made.path / "seed0001.png").mode == "L"


def test_snapshot_file_alone(run: RunDirectory, tmp_path: Path) -> None:
    made = generate(str(run.snapshot_files()[0]), seeds="0", output=tmp_path)
    assert made.kimg == 2.0 and made.run == NAME


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"grid": True, "zip": True}, "--grid and --zip"),
        ({"columns": 3}, "--columns needs --grid"),
        ({"grid": True, "seeds": "0-4096"}, "--grid takes at most 4,096 images"),
        ({"grid": True, "output": Path("x.bmp")}, r"\.png, \.jpg or \.webp"),
        ({"output": Path("x.bmp")}, r"\.png, \.jpg or \.webp"),
        ({"output": Path("x.png"), "format": "jpg"}, "name two formats"),
        ({"scale": 0}, "--scale 0 is out of range"),
        ({"trunc": -1.0}, "--trunc -1"),
        ({"trunc": float("nan")}, "--trunc nan"),
        ({"snapshot": "77"}, "only at 2, 4.500"),
    ],
)
def test_mistakes(run: RunDirectory, flags: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        generate(str(run.path), **flags)


def test_a_file_where_the_folder_should_be(run: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        generate(str(run.path), seeds="0", output=tmp_path / "file")


def test_no_snapshot_yet(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for path in run.snapshot_files():
        path.unlink()
    with pytest.raises(FileError, match="no snapshot yet"):
        generate(str(run.path), seeds="0")
