"""The report as a browser shows it: drawn, coloured, and asking the network for nothing."""

import re
from pathlib import Path

import numpy as np
import pytest
from browser import browse, needs_browser
from fake_run import make_run
from PIL import Image

from mien.commands.report import report

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return Path(report(str(make_run(tmp_path_factory.mktemp("runs")).path)).output)


def test_every_picture_is_drawn(page, tmp_path):
    """The page's own script marks nothing; pictures that fail to decode would have no size."""
    probe = page.with_name("probe.html")
    script = "<script>document.title=[...document.images].map(i=>i.naturalWidth+'x'+i.naturalHeight).join(' ')</script>"
    policy = re.compile(r"<meta[^>]*Content-Security-Policy[^>]*>", re.I)
    probe.write_text(policy.sub("", page.read_text()).replace("</body>", f"<body-end></body-end>{script}</body>"))
    title = re.search(r"<title>(.*?)</title>", browse(probe, tmp_path / "profile", "--dump-dom"))
    assert title
    sizes = title[1].split()
    assert len(sizes) >= 4
    assert all(re.fullmatch(r"[1-9]\d+x[1-9]\d+", size) for size in sizes)


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
