"""The pages as a browser shows them: every file of a run may hold anything, and none of it becomes HTML."""

import pytest
from browser import browse, needs_browser
from fake_run import make_run
from served import serving

pytestmark = needs_browser
EVIL = "<img src=x onerror=document.title='owned'>"


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("runs"), name=f"00004-{EVIL.replace('/', '')}")
    run.log.write_text(EVIL)
    run.events.append({"time": 1.7e9, "images": 1000, "event": EVIL, EVIL: EVIL})
    run.stats.append({"images": 4600, EVIL: 2.0})
    run.command.write_text(EVIL)
    make_run(run.path.parent)
    with serving(run.path.parent) as served:
        yield served.link


def test_the_runs_have_cards_with_images(link, tmp_path):
    page = browse(f"{link}/", tmp_path, "--dump-dom")
    assert page.count('class="card"') == 2 and "2 runs" in page and "dcgan-tiny" in page
    assert "/thumbnail/000004.500" in page and "owned</title>" not in page and '<img src="x"' not in page


def test_a_run_has_its_grid_its_curves_and_its_log(link, tmp_path):
    page = browse(
        f"{link}/run/00004-{EVIL.replace('<', '%3C').replace('>', '%3E').replace(' ', '%20')}", tmp_path, "--dump-dom"
    )
    assert "/grid/000004.500?v=" in page and 'max="3"' in page
    assert page.count("<canvas") >= 3 and "Chart of Losses." in page
    assert page.count("&lt;img src=x onerror") >= 3  # in the title, in the log and in the events
    assert "owned</title>" not in page
