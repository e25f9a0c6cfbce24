"""The comparison as a browser shows it: drawn, coloured, and no wider than its window."""

import re
from pathlib import Path

import numpy as np
import pytest
from browser import browse, needs_browser
from fake_run import make_run
from PIL import Image

from mien.commands.compare import compare

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    outdir = tmp_path_factory.mktemp("runs")
    names = tuple(str(make_run(outdir, name=f"0000{index}-faces").path) for index in range(3))
    return Path(compare(names).page)


@pytest.mark.parametrize("width", [1280, 600])
def test_every_picture_is_drawn_and_the_page_is_no_wider_than_its_window(page, tmp_path, width):
    probe = page.with_name("probe.html")
    script = (
        "<script>document.title=[...document.images].map(i=>i.naturalWidth+'x'+i.naturalHeight).join(' ')"
        "+' '+(document.documentElement.scrollWidth-document.documentElement.clientWidth)</script>"
    )
    policy = re.compile(r"<meta[^>]*Content-Security-Policy[^>]*>", re.I)
    probe.write_text(policy.sub("", page.read_text()).replace("</body>", f"{script}</body>"))
    title = re.search(r"<title>(.*?)</title>", browse(probe, tmp_path, f"--window-size={width},2000", "--dump-dom"))
    assert title
    *sizes, overhang = title[1].split()
    assert len(sizes) >= 6 and all(re.fullmatch(r"[1-9]\d+x[1-9]\d+", size) for size in sizes)
    assert overhang == "0"


def test_it_looks_like_a_page(page, tmp_path):
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "profile", "--hide-scrollbars", "--window-size=1280,2400", f"--screenshot={shot}")
    with Image.open(shot) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert len(np.unique(pixels.reshape(-1, 3) // 32, axis=0)) > 40  # grids and curves, no wall of text
