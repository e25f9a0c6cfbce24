"""Sample grids read back: the reverse of the sheet that the training writes."""

import json

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from mien.media.pixels import grid
from mien.reports.doctor.grid_symptoms import Images, grid_symptoms
from mien.reports.doctor.read_grids import groups_of, read_tiles, symptoms_of_grids


def noise(seed: int, count: int = 16, height: int = 16, width: int = 24, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), np.uint8)


def save(path, pixels: np.ndarray, **changes) -> None:
    facts = {"columns": 4, "rows": 4, "height": pixels.shape[1], "width": pixels.shape[2], "gap": 2, **changes}
    text = PngImagePlugin.PngInfo()
    text.add_text("mien", json.dumps(facts))
    sheet = grid(pixels, 4)
    Image.fromarray(sheet[..., 0] if pixels.shape[3] == 1 else sheet).save(path, pnginfo=text)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_gives_back_its_images(tmp_path, channels):
    pixels = noise(0, channels=channels)
    save(tmp_path / "grid.png", pixels)
    assert (read_tiles(tmp_path / "grid.png") == pixels).all()


@pytest.mark.parametrize("changes", [{"rows": 5}, {"height": 15}, {"gap": -2}, {"columns": "4"}, {"width": 0}])
def test_facts_that_do_not_fit_give_no_images(tmp_path, changes):
    save(tmp_path / "grid.png", noise(0), **changes)
    assert read_tiles(tmp_path / "grid.png") is None


def test_other_files_give_no_images(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "photo.png")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    assert [read_tiles(tmp_path / name) for name in ("photo.png", "cut.png", "missing.png")] == [None, None, None]


def test_the_real_images_beside_themselves():
    real = Images(noise(0))
    found = grid_symptoms(Images(noise(0)), real, Images(noise(0)))
    expected = {"contrast": 1, "clipped": 0, "roughness": 1, "checkerboard_ratio": 1, "diversity": 1, "twins": 0}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert found["distance"] == 0
    assert found["motion"] == 0


def test_one_image_for_all_latents_has_no_diversity():
    found = grid_symptoms(Images(np.repeat(noise(0)[:1], 16, 0)), Images(noise(1)))
    assert found["diversity"] < 0.01
    assert found["twins"] == 1
    assert found["distance"] > 0.9
    assert "motion" not in found


def test_a_few_images_again_and_again_have_twins():
    found = grid_symptoms(Images(np.repeat(noise(0)[:4], 4, 0)), Images(noise(1)))
    assert found["twins"] == 1
    assert 0.5 < found["diversity"] < 1.1


def test_images_of_two_labels_are_compared_within_their_row():
    """All images of a label are equal: with groups that is collapse, though the labels differ."""
    pixels = np.repeat(noise(0)[:4], 4, 0)
    found = grid_symptoms(Images(pixels, groups_of(16, True)), Images(noise(1)))
    assert groups_of(16, True).tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
    assert found["diversity"] < 0.01


def test_new_images_have_moved_as_far_as_two_images_are_apart():
    found = grid_symptoms(Images(noise(2)), Images(noise(1)), Images(noise(0)))
    assert found["motion"] == pytest.approx(1, abs=0.1)


def test_rows_of_all_grids_of_a_run(tmp_path):
    save(tmp_path / "reals.png", noise(0))
    for kimg in (0, 1, 2):
        save(tmp_path / f"{kimg}.png", noise(kimg + 1))
    (tmp_path / "1.png").write_bytes(b"damaged")
    rows = symptoms_of_grids([(float(kimg), tmp_path / f"{kimg}.png") for kimg in (0, 1, 2)], tmp_path / "reals.png")
    assert [row["kimg"] for row in rows] == [0, 2]
    assert "motion" in rows[1]
    assert symptoms_of_grids([(0.0, tmp_path / "0.png")], None) == []


def test_grids_of_a_translator_are_left_out(tmp_path):
    save(tmp_path / "reals.png", noise(0))
    save(tmp_path / "0.png", noise(1, width=72))
    assert symptoms_of_grids([(0.0, tmp_path / "0.png")], tmp_path / "reals.png") == []
