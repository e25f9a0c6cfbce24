"""The lab's page as a browser shows it: film and curves are drawn, and it is no wider than its window."""

from pathlib import Path

import pytest
from browser import measure, needs_browser

from mien.commands.lab import lab

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    made = lab("mode-collapse", budget="4kimg", outdir=tmp_path_factory.mktemp("lab"))
    return Path(made.page)


@pytest.mark.parametrize("width", [1280, 600, 360])
def test_the_film_is_drawn_and_the_page_is_no_wider_than_its_window(page, tmp_path, width):
    found = measure(page, tmp_path, width)
    assert len(found["images"]) == 2 and min(size[0] for size in found["images"]) > 400
    assert found["charts"] >= 6 and found["overhang"] == 0
