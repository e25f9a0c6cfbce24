"""Flows of the studio in a real browser: `python -m pytest tests/web/flows.py`. They need playwright and a minute.

CI does not run them: `test_pages_in_browser.py` and `test_play.py` show there that the pages work at all.
"""

import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api")

from browser import BROWSER, QUIET  # noqa: E402
from conditional_run import ATTRIBUTES, conditional_run  # noqa: E402
from conftest import picture_folder  # noqa: E402
from fake_run import make_run  # noqa: E402
from PIL import Image  # noqa: E402
from stacked import NAME, stacked_run  # noqa: E402
from translator_run import translator_run  # noqa: E402

from mien.media.image_files import read_facts  # noqa: E402
from mien.runs.directory import RunDirectory  # noqa: E402

expect = sync_api.expect
expect.set_options(timeout=15_000)
PATHS = (
    *("/", "/run/00003-dcgan-tiny", "/play?run=00005-dcgan-attributes", "/translate", "/start", "/lab"),
    "/compare?run=00003-dcgan-tiny&run=00002-other",
)
TINY = ("--set", "generator.width=4", "--set", "generator.latent_dim=8", "--set", "discriminator.width=4")


class Studio:
    """A studio in a process of its own. link: with its token."""

    def __init__(self, place: Path, port: int = 0):
        self.place, self.port = place, port
        words = [sys.executable, "-m", "mien", "studio", "runs", "--port", str(port)]
        self.process = subprocess.Popen(words, cwd=place, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        self.link = re.search(r"http://\S+", line)[0]
        self.base, self.port = self.link.partition("/?")[0], int(re.search(r":(\d+)/", self.link)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def train(place: Path, budget: str, name: str, *flags: str) -> subprocess.Popen:
    words = [sys.executable, "-m", "mien", "train", "dcgan", "--data", "faces", "--resolution", "16", "--batch", "8"]
    words += ["--budget", budget, "--name", name, "--tick", "0.08", *TINY, *flags]
    return subprocess.Popen(words, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("place")
    picture_folder(place / "faces")
    runs = place / "runs"
    runs.mkdir()
    make_run(runs, name="00003-dcgan-tiny")
    make_run(runs, name="00002-other", samples=(0, 500, 1000))
    conditional_run(runs, ATTRIBUTES)
    stacked_run(runs)
    translator_run(runs, "pix2pix")
    return place


@pytest.fixture(scope="module")
def studio(place):
    studio = Studio(place)
    yield studio
    studio.stop()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, studio):
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(studio.link)
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def training(place):
    """A training that runs while the flows look at it."""
    process = train(place, "1h", "live")
    for _ in range(200):
        if found := list((place / "runs").glob("*-live/status.json")):
            break
        time.sleep(0.2)
    yield RunDirectory(found[0].parent)
    process.terminate()
    process.wait(60)


def go(page, studio, path):
    page.goto(studio.base + path)


def picture_of(page, selector):
    """What a canvas or an image shows, as bytes of a screenshot."""
    return page.locator(selector).first.screenshot()


# --- runs -------------------------------------------------------------------------------------------------------------


def test_01_cards_search_filter_and_sort(page, studio):
    expect(page.locator(".card")).not_to_have_count(0)
    page.fill("#search", "other")
    expect(page.locator(".card")).to_have_count(1)
    page.fill("#search", "")
    page.select_option("#state", "diverged")
    expect(page.locator("#empty")).to_have_text("No run fits.")
    page.select_option("#state", "")
    page.select_option("#sort", "id")
    names = page.locator(".card h2").all_inner_texts()
    assert names == sorted(names)


def test_02_a_new_run_appears_by_itself(page, studio, place):
    expect(page.locator(".card")).not_to_have_count(0)
    make_run(place / "runs", name="00009-new")
    expect(page.locator(".card h2", has_text="00009-new")).to_be_visible(timeout=8000)


def test_03_two_ticked_cards_are_compared(page, studio):
    for name in ("00003-dcgan-tiny", "00002-other"):
        page.locator(f"input[data-id='{name}']").check()
    page.click("#compare")
    expect(page.locator("#images figure")).to_have_count(2)
    expect(page.locator("#images img").first).to_have_js_property("complete", True)


# --- one run ----------------------------------------------------------------------------------------------------------


def test_04_the_slider_shows_every_grid(page, studio):
    go(page, studio, "/run/00003-dcgan-tiny")
    expect(page.locator("#at")).to_have_text("4.5 kimg")
    page.locator("#slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#at")).to_have_text("2 kimg")
    assert "000002" in page.locator("#grid").get_attribute("src")
    assert not page.locator("#live").is_checked()


def test_05_play_runs_through_the_grids_and_stops(page, studio):
    go(page, studio, "/run/00003-dcgan-tiny")
    page.click("#play")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false", timeout=8000)
    expect(page.locator("#at")).to_have_text("4.5 kimg")


def test_06_a_click_on_a_face_shows_its_history(page, studio):
    go(page, studio, "/run/00003-dcgan-tiny")
    page.locator("#grid").click(position={"x": 30, "y": 30})
    expect(page.locator("#dialog")).to_be_visible()
    expect(page.locator("#frames canvas")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()


def test_07_a_click_on_a_curve_moves_the_slider(page, studio):
    go(page, studio, "/run/00003-dcgan-tiny")
    expect(page.locator("#at")).to_have_text("4.5 kimg")
    over = page.locator(".u-over").first
    over.click(position={"x": over.bounding_box()["width"] * 0.45, "y": 40})
    expect(page.locator("#at")).to_have_text("2 kimg")


def test_08_settings_events_and_commands(page, studio):
    go(page, studio, "/run/00003-dcgan-tiny")
    page.locator("#settings-box summary").click()
    expect(page.locator("#settings tbody tr", has_text="generator.width")).to_be_visible()
    page.locator("#commands-box summary").click()
    expect(page.locator("#commands pre", has_text="mien resume").first).to_be_visible()


def test_09_the_page_follows_a_training(page, studio, training):
    go(page, studio, f"/run/{training.name}")
    expect(page.locator("#state")).to_have_text("running")
    first = page.locator("#at").inner_text()
    expect(page.locator("#at")).not_to_have_text(first, timeout=15_000)
    expect(page.locator("#buttons")).to_be_visible()


def test_10_pause_and_go_on(page, studio, training):
    go(page, studio, f"/run/{training.name}")
    expect(page.locator("#pause")).to_have_text("Pause")
    page.click("#pause")
    expect(page.locator("#state")).to_have_text("paused", timeout=15_000)
    at = training.read_status()["images"]
    time.sleep(1.5)
    assert training.read_status()["images"] == at
    page.click("#pause")
    expect(page.locator("#state")).to_have_text("running", timeout=15_000)
    time.sleep(6)
    assert training.read_status()["images"] > at


def test_11_sample_now_and_save_now(page, studio, training):
    go(page, studio, f"/run/{training.name}")
    expect(page.locator("#sample")).to_be_enabled()
    before = len(training.snapshot_files())
    page.click("#save")
    for _ in range(200):
        if len(training.snapshot_files()) > before:
            break
        time.sleep(0.2)
    assert len(training.snapshot_files()) > before
    grids = len(training.sample_grids())
    page.click("#sample")
    for _ in range(200):
        if len(training.sample_grids()) > grids:
            break
        time.sleep(0.2)
    assert len(training.sample_grids()) > grids


def test_12_two_pages_at_once_agree(page, studio, training, browser):
    go(page, studio, f"/run/{training.name}")
    other = page.context.new_page()
    go(other, studio, f"/run/{training.name}")
    expect(other.locator("#pause")).to_have_text("Pause")
    page.click("#pause")
    expect(other.locator("#state")).to_have_text("paused", timeout=15_000)
    other.click("#pause")
    expect(page.locator("#state")).to_have_text("running", timeout=15_000)
    other.close()


def test_13_stop_and_resume_on_the_same_page(page, studio, place):
    process = train(place, "1h", "stopped")
    found = []
    for _ in range(200):
        found = list((place / "runs").glob("*-stopped/status.json"))
        if found:
            break
        time.sleep(0.2)
    run = RunDirectory(found[0].parent)
    go(page, studio, f"/run/{run.name}")
    expect(page.locator("#state")).to_have_text("running", timeout=15_000)
    page.click("#stop")
    expect(page.locator("#state")).to_have_text("stopped", timeout=20_000)
    assert process.wait(30) == 143
    again = subprocess.Popen([sys.executable, "-m", "mien", "resume", str(run.path)], stderr=subprocess.DEVNULL)
    expect(page.locator("#state")).to_have_text("running", timeout=30_000)
    again.terminate()
    again.wait(60)


# --- play -------------------------------------------------------------------------------------------------------------


def test_14_truncation_changes_the_wall_and_the_command(page, studio):
    go(page, studio, "/play?run=00003-dcgan-tiny")
    expect(page.locator("#sides .tile")).to_have_count(18)
    before = picture_of(page, "#sides canvas")
    page.locator("#truncation").fill("0.3")
    expect(page.locator("#command")).to_contain_text("--trunc 0.3")
    assert picture_of(page, "#sides canvas") != before


def test_15_attributes_have_degrees_and_mixtures(page, studio):
    go(page, studio, "/play?run=00005-dcgan-attributes")
    page.locator("summary", has_text="hair").click()
    page.get_by_label("pink").fill("0.5")
    page.get_by_label("black").fill("0.25")
    page.locator("summary", has_text="glasses").click()
    page.get_by_label("glasses").fill("0.75")
    expect(page.locator("#command")).to_contain_text("hair=black:0.25+pink:0.5,glasses=0.75")
    page.get_by_role("button", name="As the seed chose").first.click()
    expect(page.locator("#command")).to_contain_text("--attributes glasses=0.75")


def test_16_pinned_faces_and_the_path_between_them(page, studio):
    go(page, studio, "/play?run=00003-dcgan-tiny")
    page.get_by_label("Seed 3", exact=True).click()
    page.get_by_label("Seed 5", exact=True).click()
    page.click("#view-between")
    expect(page.locator("#between canvas")).to_be_visible()
    first = picture_of(page, "#between canvas")
    page.locator("#at").fill("0.5")
    expect(page.locator("#between [role=img]")).to_have_attribute("aria-label", "Face at 0.5 of the path")
    assert picture_of(page, "#between canvas") != first
    with page.expect_download() as download:
        page.click("#gif")
    assert Image.open(download.value.path()).n_frames == 21


def test_17_style_mixing(page, studio):
    go(page, studio, f"/play?run={NAME}")
    expect(page.locator("#style")).to_be_visible()
    before = picture_of(page, "#sides canvas")
    page.locator("#style-on").check()
    page.fill("#layers", "0-1")
    page.locator("#layers").blur()
    expect(page.locator("#command")).to_contain_text("mien mix")
    assert picture_of(page, "#sides canvas") != before


def test_18_a_saved_image_reproduces_and_brings_the_controls_back(page, studio, place, tmp_path):
    go(page, studio, "/play?run=00003-dcgan-tiny")
    page.locator("#truncation").fill("0.6")
    page.fill("#first", "40")
    page.locator("#first").blur()
    expect(page.locator("#command")).to_contain_text("--seeds 40-57 --trunc 0.6")
    with page.expect_download() as download:
        page.click("#save")
    path = tmp_path / "saved.png"
    download.value.save_as(path)
    assert read_facts(Image.open(path))["truncation"] == 0.6
    words = [sys.executable, "-m", "mien", "reproduce", str(path), "--outdir", "runs", "--json"]
    assert json.loads(subprocess.run(words, cwd=place, capture_output=True, check=True).stdout)["same"]
    go(page, studio, "/play?run=00005-dcgan-attributes")
    expect(page.locator("#sides .tile")).to_have_count(18)
    page.set_input_files("#open", path)
    expect(page.locator("#run")).to_have_value("00003-dcgan-tiny")
    expect(page.locator("#command")).to_contain_text("--seeds 40-57 --trunc 0.6")


def test_19_two_snapshots_beside_each_other(page, studio):
    go(page, studio, "/play?run=00003-dcgan-tiny")
    page.select_option("#beside", "00003-dcgan-tiny")
    expect(page.locator(".side")).to_have_count(2)
    page.select_option("#beside-snapshot", "000002")
    expect(page.locator(".side .note").nth(1)).to_contain_text("2 kimg")


def test_20_the_address_keeps_everything(page, studio):
    go(page, studio, "/play?run=00003-dcgan-tiny")
    page.locator("#truncation").fill("0.4")
    expect(page.locator("#command")).to_contain_text("--trunc 0.4")
    page.reload()
    expect(page.locator("#truncation")).to_have_value("0.4")


# --- start ------------------------------------------------------------------------------------------------------------


def test_21_a_data_card_a_plan_and_a_training(page, studio, place):
    go(page, studio, "/start")
    value = page.locator("#data option", has_text="/faces (").get_attribute("value")
    page.select_option("#data", value)
    page.click("#check")
    expect(page.locator("#card")).to_be_visible(timeout=60_000)
    expect(page.locator("#card dd").first).to_have_text("48")
    page.select_option("#recipe", "dcgan")
    page.select_option("#resolution", "32")
    page.fill("#budget", "40img")
    page.fill("#name", "from-the-page")
    page.locator("#name").blur()
    expect(page.locator("#command")).to_contain_text("mien train dcgan --data")
    page.click("#start")
    page.wait_for_url("**/run/*from-the-page", timeout=90_000)
    expect(page.locator("#state")).to_have_text(re.compile("running|finished|starting"))


def test_22_an_uploaded_zip_is_a_data_set(page, studio, place, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "my faces.zip", "w") as archive:
        for path in (place / "faces").iterdir():
            archive.write(path, path.name)
    go(page, studio, "/start")
    page.set_input_files("#zip", tmp_path / "my faces.zip")
    expect(page.locator("#card")).to_be_visible(timeout=60_000)
    expect(page.locator("#data")).not_to_have_value("")
    assert "my-faces.zip" in page.locator("#data option:checked").inner_text()


# --- photos, drawings, the lab ---------------------------------------------------------------------------------------


def test_30_a_drawing_is_answered_while_one_draws(page, studio):
    go(page, studio, "/translate")
    expect(page.locator("#result")).to_have_js_property("width", 16)
    before = picture_of(page, "#result")
    box = page.locator("#paper").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 60 + 20 * step, box["y"] + 60 + 14 * step)
    page.wait_for_timeout(800)
    during = picture_of(page, "#result")
    page.mouse.up()
    assert during != before
    page.click("#undo")
    page.wait_for_timeout(800)
    assert picture_of(page, "#result") == before


def test_31_a_dropped_photo_is_translated(page, studio, place):
    go(page, studio, "/translate")
    expect(page.locator("#result")).to_have_js_property("width", 16)
    page.set_input_files("#file", next((place / "faces").iterdir()))
    expect(page.locator("#command")).to_contain_text("mien translate 00007-pix2pix 0")


def test_32_a_photos_latent_with_its_progress(page, studio, place):
    go(page, studio, "/play?run=00003-dcgan-tiny")
    expect(page.locator("#sides .tile")).to_have_count(18)
    page.fill("#steps", "20")
    page.set_input_files("#photo", next((place / "faces").iterdir()))
    expect(page.locator("#search")).to_be_visible()
    expect(page.locator("#sides .tile")).to_have_count(1, timeout=120_000)
    expect(page.locator("#command")).to_contain_text("--latent")


def test_33_the_lab_shows_the_theory(page, studio):
    go(page, studio, "/lab")
    found = page.evaluate(
        """async () => {
        const lab = await import("/static/lab_math.js");
        const at = place => lab.densities({real: "one", place, width: 0.7});
        const {p, q} = at(5), near = at(-1), middle = lab.GRID.findIndex(x => x >= 5);
        const push = (loss, limit) => lab.gradient(loss, lab.bestD(loss, limit, p, q))[middle];
        return {far: lab.distances(p, q), near: lab.distances(near.p, near.q), minimax: push("minimax"),
            wasserstein: push("wasserstein", "penalty"), half: lab.bestD("minimax", "", near.p, near.q)[280]};
        }"""
    )
    assert found["far"]["js"] == pytest.approx(0.6931, abs=1e-3) and found["far"]["w"] == pytest.approx(6, abs=0.01)
    assert found["near"]["js"] < 1e-9 and found["half"] == pytest.approx(0.5)
    assert abs(found["minimax"]) < 1e-6 and found["wasserstein"] == pytest.approx(-1, abs=1e-3)
    page.select_option("#loss", "wasserstein")
    page.click("#run")
    expect(page.locator("#place")).not_to_have_value("3.5")
    expect(page.locator("#run")).to_have_attribute("aria-pressed", "false", timeout=60_000)
    assert abs(float(page.locator("#place").input_value()) + 1) < 0.3


# --- manners ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_23_no_page_is_wider_than_a_phone(page, studio, path):
    page.set_viewport_size({"width": 360, "height": 740})
    go(page, studio, path)
    page.wait_for_timeout(1200)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_24_dark_is_dark_and_light_is_light(page, studio):
    for scheme, dark in (("dark", True), ("light", False)):
        page.emulate_media(color_scheme=scheme)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("L")
        assert (shot.resize((1, 1)).getpixel((0, 0)) < 100) == dark


def test_25_the_keyboard_alone_opens_a_run_and_moves_its_slider(page, studio):
    expect(page.locator(".card")).not_to_have_count(0)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".card h2 a", has_text="00003-dcgan-tiny").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/run/00003-dcgan-tiny")
    expect(page.locator("#slider")).to_be_visible()
    page.locator("#slider").focus()
    page.keyboard.press("Home")
    expect(page.locator("#at")).to_have_text("0 kimg")


def test_26_a_page_without_the_token_has_no_buttons_that_do_something(browser, studio, training):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{studio.base}/run/{training.name}")
    expect(page.locator("#pause")).to_be_disabled(timeout=20_000)
    expect(page.locator("#pending")).to_contain_text("open the link")
    context.close()


def test_27_the_server_ends_and_starts_again_under_an_open_page(browser, place):
    studio = Studio(place)
    context = browser.new_context()
    page = context.new_page()
    page.goto(studio.link)
    expect(page.locator(".card")).not_to_have_count(0)
    studio.stop()
    expect(page.locator("#trouble")).to_contain_text("does not answer", timeout=15_000)
    again = Studio(place, studio.port)
    expect(page.locator("#trouble")).to_be_hidden(timeout=40_000)
    again.stop()
    context.close()


def test_28_nothing_comes_from_another_server(page, studio):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PATHS:
        go(page, studio, path)
        page.wait_for_timeout(500)
    assert asked and all(url.startswith((studio.base, "blob:", "data:")) for url in asked)


AXE = os.environ.get("AXE")  # the file axe.min.js of npm's axe-core


@pytest.mark.skipif(not AXE, reason="name axe.min.js by $AXE")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_29_axe_finds_nothing(browser, studio, path, scheme):
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(studio.link)
    go(page, studio, path)
    page.wait_for_timeout(2000)
    page.evaluate(Path(AXE).read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], [node["html"][:100] for node in one["nodes"]]) for one in found] == []
    context.close()
