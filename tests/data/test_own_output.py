"""mien never learns from what it wrote itself: runs, prepared sets, sheets, generated images."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures, numbered
from PIL import Image

from mien.commands.data import check, prepare
from mien.data import own_output
from mien.data.layouts import detect
from mien.data.prepare import prepare as prepare_set
from mien.errors import DataError
from mien.media.image_files import encode, to_image

FACTS = {"run": "00000-dcgan-set", "recipe": "dcgan", "seed": 3}


def generated(path: Path, facts=FACTS, size: int = 16) -> Path:
    """An image with facts inside, as mien writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.Generator(np.random.Philox(size)).integers(0, 255, (size, size, 3), np.uint8)
    path.write_bytes(encode(to_image(pixels), path.suffix[1:], facts))
    return path


def run_folder(path: Path, recipe: str = '{"class": "mien.recipes.recipe:Recipe"}') -> Path:
    path.mkdir(parents=True)
    (path / "recipe.json").write_text(recipe)
    (path / "status.json").write_text("{}")
    for name in ("reals.png", "samples/fakes000000.png", "generated/seed0000.png"):
        generated(path / name)
    return path


def test_a_run_among_the_pictures_is_left_out(tmp_path: Path):
    add_pictures(tmp_path, numbered(6))
    run_folder(tmp_path / "runs" / "00000-dcgan-set")
    (tmp_path / "runs" / "notes.png").write_bytes((tmp_path / "0000.png").read_bytes())
    layout = detect(tmp_path)
    assert layout.kind == "flat folder" and layout.entries == numbered(6)
    assert layout.notes == ("left out what mien wrote: runs",)


def test_a_run_of_another_folder_s_name_and_in_an_archive(tmp_path: Path):
    add_pictures(tmp_path / "set", numbered(4, "faces/"))
    run_folder(tmp_path / "set" / "faces" / "trial")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path / "set"))
    for place in ("set", "set.zip"):
        layout = detect(tmp_path / place)
        assert layout.entries == numbered(4, "faces/") and "left out what mien wrote: faces/trial" in layout.notes


def test_a_cook_s_recipes_are_no_run(tmp_path: Path):
    add_pictures(tmp_path, numbered(4, "cakes/"))
    (tmp_path / "cakes" / "recipe.json").write_text('{"flour": 3}')
    (tmp_path / "cakes" / "data.json").write_text("{}")
    assert len(detect(tmp_path)) == 4


def test_a_run_itself_is_refused_and_its_generated_pictures_are_not(tmp_path: Path):
    run = run_folder(tmp_path / "00000-dcgan-set")
    with pytest.raises(DataError, match="is a run of mien, not a set of images"):
        detect(run)
    layout = detect(run / "generated")
    assert len(layout) == 1 and layout.notes == ("warning: all 1 images are mien's own, as the facts inside say",)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
@pytest.mark.parametrize("name", ["seed0003", "my grid", "7"])
def test_single_pictures_are_known_by_their_facts(name, ending, tmp_path: Path):
    add_pictures(tmp_path, numbered(8))
    generated(tmp_path / f"{name}.{ending}")
    layout = detect(tmp_path)
    assert layout.entries == numbered(8) and layout.notes == (f"left out 1 image that mien made, as {name}.{ending}",)


def test_facts_longer_than_a_head(tmp_path: Path):
    add_pictures(tmp_path, numbered(8))
    for ending in ("png", "jpg"):
        generated(tmp_path / f"sheet.{ending}", {"seeds": list(range(9000)), **FACTS})
    assert detect(tmp_path).entries == numbered(8)


def test_facts_of_others_are_pictures(tmp_path: Path):
    add_pictures(tmp_path, numbered(4))
    for ending in ("png", "jpg", "webp"):
        generated(tmp_path / f"camera.{ending}", {"seed": 3, "title": "x"})
    assert len(detect(tmp_path)) == 7


def test_generated_pictures_named_as_real_ones(tmp_path: Path):
    add_pictures(tmp_path, [f"{n:04d}.png" for n in range(0, 40, 2)])
    for n in range(1, 40, 2):
        generated(tmp_path / f"{n:04d}.png", size=8)
    assert len(detect(tmp_path)) == 20


def test_few_are_opened_in_a_large_set(tmp_path: Path, monkeypatch):
    names = [f"{'abcdefghij'[n % 10]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n // 100]}.png" for n in range(300)]
    add_pictures(tmp_path, [*names, "seed0001.png"])
    generated(tmp_path / "seed0001.png")
    opened = []
    real = own_output.has_facts
    monkeypatch.setattr(own_output, "has_facts", lambda files, name: opened.append(name) or real(files, name))
    monkeypatch.setattr(own_output, "_MOST_OPENED", 100)
    assert len(detect(tmp_path)) == 300 and opened == ["seed0001.png"]


def test_a_prepared_set_and_the_cache_among_the_pictures(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "set" / "cache"))
    add_pictures(tmp_path / "set", numbered(6))
    (tmp_path / "set" / "metadata.csv").write_text("file_name,hair\n0000.png,red\n")
    prepare(str(tmp_path / "set"), resolution="8", output=tmp_path / "set" / "ready")
    layout = detect(tmp_path / "set")
    assert layout.kind == "metadata.csv" and "left out what mien wrote: cache, ready" in layout.notes


def test_the_sheet_lies_beside_the_runs_and_is_no_picture(tmp_path: Path, monkeypatch):
    add_pictures(tmp_path / "faces", numbered(6))
    monkeypatch.chdir(tmp_path / "faces")
    assert check(".", resolution=8).sheet == str(Path("runs/mien-check-faces.png"))
    asked = check(".", resolution=8, output="look.png")
    assert asked.sheet == "look.png" and asked.pictures == 6
    assert json.loads(Image.open("look.png").text["mien"]) == {"sheet": str(tmp_path / "faces")}  # type: ignore[attr-defined]
    again = check(".", resolution=8)
    assert again.pictures == 6 and "left out 2 images that mien made" in "".join(again.description)


def test_what_mien_writes_beside_the_pictures_changes_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    add_pictures(tmp_path, numbered(6))
    first = prepare_set(tmp_path, 8, 8)
    run_folder(tmp_path / "runs" / "00000-x")
    (tmp_path / "mien-check.png").write_bytes((tmp_path / "0000.png").read_bytes())
    assert prepare_set(tmp_path, 8, 8).path == first.path
    add_pictures(tmp_path, ["new.png"])
    assert prepare_set(tmp_path, 8, 8).path != first.path
