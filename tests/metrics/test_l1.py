"""The distance of translations from their targets: by hand, of pairs alone, and by the command; and their sharpness."""

import json

import numpy as np
import pytest
from conftest import picture_folder
from exact import begin
from PIL import Image

import mien
from mien.data.prepare import prepare
from mien.errors import UsageError
from mien.evaluation.evaluate import score
from mien.evaluation.image_sets import ImageSet
from mien.inference.translator import load
from mien.metrics.l1 import L1
from mien.metrics.sharpness import Sharpness

STEPS = np.array([[[0, 0, 0], [10, 10, 10]], [[4, 4, 4], [14, 14, 14]]], np.uint8)[None]


def side(pixels, targets=False):
    return ImageSet(len(pixels), lambda size: iter([pixels]), targets=targets)


def test_by_hand():
    real = np.concatenate([STEPS, STEPS + 51])  # 51 levels are 0.4
    (row,) = score(side(real, targets=True), side(np.concatenate([STEPS, STEPS])), [L1()], None, 32)
    assert row["metric"] == "l1" and row["value"] == pytest.approx(0.2) and row["better"] == "lower"


def test_sharpness_by_hand():
    (row,) = score(side(STEPS // 2), side(STEPS), [Sharpness()], None, 32)
    assert (row["value"], row["real"]) == (7.0, 3.5)  # 10 to the right, 4 downwards


@pytest.mark.parametrize("real", [side(STEPS), side(np.concatenate([STEPS, STEPS]), targets=True)])
def test_what_is_not_paired_is_refused(real):
    with pytest.raises(UsageError, match=r"^l1 compares translations with their own targets: it needs pairs"):
        score(real, side(STEPS), [L1()], None, 32)


def test_the_command_compares_each_with_its_own_target(tmp_path):
    """Pairs whose A is B in negative."""
    folder = tmp_path / "pairs"
    folder.mkdir()
    for path in picture_folder(tmp_path / "plain", 8).iterdir():
        pixels = np.asarray(Image.open(path))
        Image.fromarray(np.concatenate([255 - pixels, pixels], 1)).save(folder / path.name)
    changes = ("generator.width=2", "discriminator.width=2")
    run = begin(folder, tmp_path / "runs", "pix2pix", changes, "8img").path
    done = mien.evaluate(str(run), metrics="l1,sharpness", num=6)
    found = {row["metric"]: row for row in done.rows}
    assert found["l1"]["n_fake"] == found["l1"]["n_real"] == 6 and found["sharpness"]["real"] > 0
    size = json.loads((run / "recipe.json").read_text())["data"]["resolution"]
    ready, chosen = prepare(folder, *size), np.linspace(0, 7, 6).round().astype(int)
    drawn = load(str(run))(ready.sources[chosen], "B")[0].astype(float)
    assert found["l1"]["value"] == pytest.approx(np.abs(drawn - ready.images[chosen]).mean() / 127.5)
    with pytest.raises(UsageError, match="l1 compares"):
        mien.evaluate(str(run), metrics="l1", num=6, num_real=5)
