"""The comparison as a browser shows it: drawn, coloured, and no wider than its window."""

import json
from pathlib import Path

import numpy as np
import pytest
from browser import browse, measure, needs_browser
from fake_run import make_run
from PIL import Image

from mien.commands.compare import compare
from mien.runtime.atomic_files import write_json

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    outdir = tmp_path_factory.mktemp("runs")
    names = tuple(str(make_run(outdir, name=f"0000{index}-faces").path) for index in range(3))
    return Path(compare(names).page)


@pytest.mark.parametrize("width", [1280, 600, 360])
def test_every_image_and_chart_is_drawn_and_the_page_is_no_wider_than_its_window(page, tmp_path, width):
    found = measure(page, tmp_path, width)
    assert len(found["images"]) >= 6 and min(side for size in found["images"] for side in size) > 30
    assert found["charts"] >= 8 and found["overhang"] == 0


def test_long_names_do_not_widen_a_narrow_page(tmp_path):
    runs = [make_run(tmp_path, name=f"0000{index}-{'x' * 180}") for index in range(2)]
    for run in runs:
        write_json(run.data, {"data": f"/a/long/path/{run.name}"})
        write_json(
            run.recipe, {**json.loads(run.recipe.read_text()), "name": "r" * 90, f"{run.name}_setting": "y" * 200}
        )
    made = compare(tuple(str(run.path) for run in runs))
    assert measure(Path(made.page), tmp_path / "profile", 360)["overhang"] == 0


def test_it_looks_like_a_page(page, tmp_path):
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "profile", "--hide-scrollbars", "--window-size=1280,2400", f"--screenshot={shot}")
    with Image.open(shot) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert len(np.unique(pixels.reshape(-1, 3) // 32, axis=0)) > 40  # grids and curves, no wall of text
