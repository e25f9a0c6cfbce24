"""The lab's page as a browser shows it: film and curves are drawn, and it is no wider than its window."""

import re
from pathlib import Path

import pytest
from browser import browse, needs_browser

from mien.commands.lab import lab

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    made = lab("mode-collapse", budget="4kimg", outdir=tmp_path_factory.mktemp("lab"))
    return Path(made.page)


@pytest.mark.parametrize("width", [1280, 600])
def test_the_film_is_drawn_and_the_page_is_no_wider_than_its_window(page, tmp_path, width):
    probe = page.with_name("probe.html")
    films = "[...document.images].map(i=>i.naturalWidth).join(' ')"
    charts = "document.querySelectorAll('svg').length"
    overhang = "(document.documentElement.scrollWidth-document.documentElement.clientWidth)"
    script = f"<script>document.title={films}+' '+{charts}+' '+{overhang}</script>"
    policy = re.compile(r"<meta[^>]*Content-Security-Policy[^>]*>", re.I)
    probe.write_text(policy.sub("", page.read_text()).replace("</body>", f"{script}</body>"))
    title = re.search(r"<title>(.*?)</title>", browse(probe, tmp_path, f"--window-size={width},2000", "--dump-dom"))
    assert title
    *widths, drawn, beyond = map(int, title[1].split())
    assert widths and min(widths) > 400
    assert drawn >= 6
    assert beyond == 0
