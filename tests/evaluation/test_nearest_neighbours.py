"""Nearest real pictures: distances by hand, mirrors, a copy that is found, the sheet, and the verb."""

import json

import numpy as np
import pytest
import torch
from fake_run import make_run
from PIL import Image

import mien
from mien.errors import UsageError
from mien.evaluation.nearest_neighbours import Nearest, by_pixels, in_blocks, in_words, nearest, sheet
from mien.media.contact_sheet import GAP, GROUP_GAP, LINE, MARGIN
from mien.metrics.features import Extractor
from mien.reports.run_data import read_run
from mien.reports.sections import neighbours as read_neighbours
from mien.runtime.atomic_files import write_json


def picture(*levels, width=4):
    """Columns of these gray levels."""
    return np.broadcast_to(np.array(levels, np.uint8)[None, :, None], (width, width, 3)).copy()


def look_up(drawn, pictures, mirror=False):
    return nearest(drawn, pictures, by_pixels, in_blocks(pictures), mirror, "pixels", "levels")


def test_distances_by_hand():
    """Flat pictures at 0, 10, 40 and 100: the usual distance to the nearest other is the median of 10, 10, 30, 60,
    of two middle ones the lower. One at 12 lies 2, 12 and 28 from its nearest."""
    real = np.stack([picture(*[level] * 4) for level in (0, 10, 40, 100)])
    found = look_up(np.stack([picture(12, 12, 12, 12), picture(90, 90, 90, 90)]), real)
    assert found.index.tolist() == [[1, 0, 2], [3, 2, 1]]
    np.testing.assert_allclose(found.distance, [[2, 12, 28], [10, 50, 80]], atol=1e-3)
    assert found.usual == pytest.approx(10, abs=1e-3) and not found.mirrored.any()
    assert found.much_closer().tolist() == [[True, False, False], [False, False, False]]
    assert in_words([found], ["seed 0", "seed 1"]) == [
        "by pixels: usually 2 to the nearest real image, 10 between real images (levels); "
        "much closer, perhaps memorized: seed 0 (2)"
    ]


def test_a_mirrored_copy_is_found_where_training_mirrors():
    real = np.stack([picture(0, 50, 100, 150), picture(200, 10, 200, 10), picture(255, 255, 0, 0)])
    drawn = real[:1, :, ::-1]
    straight, mirrored = look_up(drawn, real), look_up(drawn, real, mirror=True)
    assert straight.distance[0, 0] > 50 and not straight.mirrored.any()
    assert mirrored.index[0, 0] == 0 and mirrored.mirrored[0, 0] and mirrored.distance[0, 0] < 0.01
    assert mirrored.usual > 50  # a picture's own mirror image is no other picture


def test_blocks_make_no_difference():
    real = np.random.default_rng(0).integers(0, 256, (1100, 4, 4, 3), np.uint8)
    found = look_up(real[[5, 1090]], real)
    assert found.index[:, 0].tolist() == [5, 1090] and found.distance[:, 0].max() < 0.01
    whole = np.sqrt(((real[5].astype(float) - real.astype(float)) ** 2).mean((1, 2, 3)))
    np.testing.assert_allclose(found.distance[0], np.sort(whole)[:3], atol=0.01)


def test_the_sheet_shows_what_was_found():
    real = np.stack([np.full((100, 100, 3), level, np.uint8) for level in (0, 60, 120)])
    real[1, :, :50] = (255, 0, 0)
    index, mirrored = torch.tensor([[1, 0]]), torch.tensor([[True, False]])
    one = Nearest("pixels", "levels", index, mirrored, torch.tensor([[4.0, 9.0]]), 10.0)
    made = np.asarray(sheet(real[2:], real, [one, one]))
    side, top = 200, MARGIN + 2 * LINE + GAP  # 100 pixels, enlarged twice
    first = MARGIN + side + GROUP_GAP
    columns = [MARGIN, first, first + side + GAP]
    columns += [columns[2] + side + GROUP_GAP, columns[2] + 2 * side + GROUP_GAP + GAP]
    assert made.shape == (top + side + LINE + MARGIN, columns[-1] + side + MARGIN, 3)
    corner = [made[top + 100, left + 40].tolist() for left in columns]
    assert corner == [[120] * 3, [60] * 3, [0] * 3, [60] * 3, [0] * 3]  # the red half lies on the right: mirrored
    assert made[top + 100, columns[1] + 160].tolist() == [255, 0, 0]
    words = made[top + side + 1 : -MARGIN, columns[1] : columns[1] + side]
    assert (words[..., 0].astype(int) - words[..., 1]).max() > 150  # 4 is less than half of 10: red
    words = made[top + side + 1 : -MARGIN, columns[2] : columns[2] + side]
    assert (words[..., 0] == words[..., 1]).all() and words.min() < 200


class Means:
    """A network whose features are the means of the channels."""

    name, size = "means", 8

    def prepare(self, pixels):
        return pixels

    def __call__(self, images):
        return images.mean((2, 3)), torch.zeros(len(images), 2)


def test_the_verb_writes_a_sheet_that_the_report_shows(tmp_path, faces, monkeypatch):
    extractor = Extractor(Means(), "0" * 64, "clean", torch.device("cpu"))
    monkeypatch.setattr("mien.metrics.choose_extractor.choose_extractor", lambda *flags: extractor)
    run = make_run(tmp_path)
    assert read_neighbours(read_run(run)) is None
    status = {**json.loads(run.status.read_text()), "data": str(faces), "tick": 1000, "checkpoint_every": "2m"}
    write_json(run.status, status)
    made = mien.neighbours(str(run.path), seeds="3-6", snapshot="2", device="cpu")
    assert (made.kimg, made.real, made.seeds) == (2.0, 48, [3, 4, 5, 6])
    pixels, features = made.found
    assert features["by"] == "features of means" and np.shape(pixels["index"]) == (4, 3)
    assert made.words[0].startswith("by pixels: usually ") and str(made).splitlines()[1:] == made.words
    assert json.loads(run.neighbours.read_text())["found"][0]["usual"] == pixels["usual"] > 0
    with Image.open(run.path / "neighbours.png") as shown:
        assert shown.width > 7 * 96
    found = read_neighbours(read_run(run))
    assert found.sheet.caption == "Generated after 2 kimg" and found.lines[0].startswith("by pixels")
    again = mien.neighbours(str(run.path), seeds="3-6", snapshot="2", device="cpu", num_real=20)
    assert again.real == 20 and again.found[0]["distance"][0][0] >= pixels["distance"][0][0]
    with pytest.raises(UsageError, match="a sheet has at most 64 rows"):
        mien.neighbours(str(run.path), seeds="0-64")
