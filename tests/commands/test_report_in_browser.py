"""The report as a browser shows it: drawn, coloured, and asking the network for nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from browser import browse, measure, needs_browser
from fake_run import make_run
from PIL import Image

from mien.commands.report import report
from mien.runtime.atomic_files import write_json

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return Path(report(str(make_run(tmp_path_factory.mktemp("runs")).path)).output)


@pytest.mark.parametrize("width", [1280, 600, 360])
def test_every_image_and_chart_is_drawn_and_the_page_is_no_wider_than_its_window(page, tmp_path, width):
    found = measure(page, tmp_path, width)
    assert len(found["images"]) == 4 and min(side for size in found["images"] for side in size) > 30
    assert found["charts"] >= 3 and found["overhang"] == 0


def test_long_names_do_not_widen_a_narrow_page(tmp_path):
    run = make_run(tmp_path, name=f"00003-{'x' * 180}")
    status = json.loads(run.status.read_text())
    long = "/a/very/long/path/" + "y" * 300
    write_json(run.status, {**status, "data": long})
    write_json(run.data, {"data": long, "lines": [long], "info": {"skipped": [{"file": long, "reason": long}]}})
    write_json(run.environment, {"gpu": long})
    run.metrics.append({"images": 1000, "metric": "m" * 90, "value": 1.0, "settings": long, "details": [long]})
    write_json(run.neighbours, {"kimg": 1.0, "words": [long]})
    shutil.copy(run.reals, run.neighbours.with_suffix(".png"))
    run.stats.append({"images": 4600, "z" * 90: 2.0})
    assert measure(Path(report(str(run.path)).output), tmp_path / "profile", 360)["overhang"] == 0


@pytest.mark.parametrize("width", [1280, 600])
def test_it_looks_like_a_page(page, tmp_path, width):
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "profile", "--hide-scrollbars", f"--window-size={width},2400", f"--screenshot={shot}")
    with Image.open(shot) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert pixels.shape[1] == width
    colours = len(np.unique(pixels.reshape(-1, 3) // 32, axis=0))
    assert colours > 40  # sample grids and curves, not an empty page or a wall of text
    margins = np.abs(pixels[:, :4] - pixels[:1, :1]).max(axis=-1)
    assert (margins < 24).mean() > 0.9  # nothing runs out of the page on the left
