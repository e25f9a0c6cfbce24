"""What Jupyter shows: one display, updated in place, and objects as small HTML."""

from __future__ import annotations

import base64
import io
import re
import sys
import types

import numpy as np
import pytest
from fake_run import make_run
from PIL import Image

import mien
from mien.commands.generate import Generated
from mien.commands.translate import Translated
from mien.media.html_images import MOST_BYTES, data_uri, strip
from mien.runtime import console
from mien.trainer import notebook
from mien.trainer.run import Run
from mien.trainer.run_html import curves, run_html


class Handle:
    def __init__(self, shown):
        self.states = [shown]

    def update(self, shown, raw):
        assert raw
        self.states.append(shown)


@pytest.fixture
def jupyter(monkeypatch):
    """IPython as a kernel sees it; -> the displays that were made."""
    made = []

    def display(shown, raw, display_id):
        assert raw and display_id is True
        made.append(Handle(shown))
        return made[-1]

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    return made


def images_in(html):
    """Every embedded image of a text, opened."""
    found = re.findall(r'src="data:image/(\w+);base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for _, data in found]


# --- the live display -------------------------------------------------------------------------------------------------


def test_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not notebook.in_notebook()
    with notebook.live_display():
        assert console.viewer is None


def test_a_training_has_one_display_that_ends_with_grid_and_curves(jupyter, faces, tmp_path, tiny, capsys):
    run = mien.train("dcgan", data=faces, budget="64img", batch=8, resolution=16, tick=0.016, outdir=tmp_path, set=tiny)
    assert capsys.readouterr().err == "" and console.viewer is None
    (shown,) = jupyter
    first, last = shown.states[0], shown.states[-1]
    assert "data     " in first["text/plain"] and "<img" not in first["text/html"]
    (grid,) = images_in(last["text/html"])
    assert grid.size == Image.open(run.samples[-1]).size
    assert "finished at 0.1 kimg" in last["text/html"] and "<svg" in last["text/html"]
    assert "<progress" not in last["text/html"]
    assert len(last["text/html"]) < 100_000


def test_progress_is_a_bar_while_the_work_goes_on(jupyter):
    with notebook.live_display(), console.progress_line() as line:
        line.show(0.25, "a <quarter>")
        console.say("warning: <few> pictures")
    (shown,) = jupyter
    assert 'value="0.2500"' in shown.states[0]["text/html"] and "25%  a &lt;quarter&gt;" in shown.states[0]["text/html"]
    last = shown.states[-1]["text/html"]
    assert "<progress" not in last and "<div>warning: &lt;few&gt; pictures</div>" in last
    assert shown.states[-1]["text/plain"] == "warning: <few> pictures"


def test_a_verb_that_says_nothing_has_no_display(jupyter):
    with notebook.live_display():
        pass
    assert jupyter == []


def test_an_error_leaves_the_console_as_it_was(jupyter):
    with pytest.raises(mien.MienError), notebook.live_display():
        console.say("begun")
        raise mien.MienError("no")
    assert console.viewer is None and len(jupyter) == 1


# --- objects ----------------------------------------------------------------------------------------------------------


def test_a_run_shows_its_newest_grid_its_state_and_a_curve_of_each_loss(tmp_path):
    directory = make_run(tmp_path / "runs")
    html = run_html(directory, "finished")
    assert [image.size for image in images_in(html)] == [Image.open(directory.sample_grids()[-1][1]).size]
    assert "<b>00003-dcgan-tiny</b> · finished" in html
    assert html.count("<polyline") == 2 and "D loss" in html and len(html) < 100_000
    assert Run(directory.path).samples


def test_a_run_without_files_is_its_name(tmp_path):
    directory = make_run(tmp_path / "runs", samples=(), rows=1)
    html = run_html(directory, "starting")
    assert "00003-dcgan-tiny" in html and "<img" not in html and "<svg" not in html


def test_a_curve_ends_where_its_last_value_lies():
    rows = [{"kimg": kimg, "value": 50.0 * kimg} for kimg in (0.0, 1.0, 2.0)]
    chart = curves([("fid", rows, "value")])
    assert [curve.points for curve in chart.curves] == ["0.00,400.00 500.00,200.00 1000.00,0.00"]
    assert curves([("fid", rows[:1], "value")]) is None


def test_a_generator_shows_the_images_of_eight_seeds(tmp_path):
    generator = mien.load(make_run(tmp_path / "runs").path)
    html = generator._repr_html_()
    (sheet,) = images_in(html)
    assert sheet.size == (8 * 66 + 2, 68) and "00003-dcgan-tiny at 4.5 kimg: seeds 0 to 7" in html
    tile = sheet.convert("L").crop((2 + 3 * 66, 2, 2 + 3 * 66 + 64, 66))
    large = [image.convert("L").resize((64, 64), Image.Resampling.NEAREST) for image in generator(seeds=range(8))]
    distances = [np.abs(np.asarray(tile, int) - np.asarray(image, int)).mean() for image in large]
    assert int(np.argmin(distances)) == 3 and distances[3] < 6  # WebP's loss


def test_a_result_shows_its_images_and_its_words(tmp_path):
    for number in range(10):
        Image.new("RGB", (16, 16), (number * 20, 0, 0)).save(tmp_path / f"seed{number}.png")
    made = Generated(tmp_path, "folder", 10, 10, "a<b", 1.0, 1.0)
    (sheet,) = images_in(made._repr_html_())
    assert sheet.width == 8 * 66 + 2 and "a&lt;b" in made._repr_html_()
    printed = []
    vars(Generated)["_repr_pretty_"](made, types.SimpleNamespace(text=printed.append), False)
    assert printed == [str(made)]


def test_a_result_shows_no_image_that_only_has_the_name_of_its_own(tmp_path, monkeypatch):
    """The names in `files` lie in `path`, and the source of the same name in the working directory is another image."""
    (tmp_path / "out").mkdir()
    Image.new("RGB", (48, 16), "red").save(tmp_path / "out" / "face.png")
    Image.new("RGB", (16, 16), "blue").save(tmp_path / "face.png")
    monkeypatch.chdir(tmp_path)
    made = Translated(tmp_path / "out", ("face.png",), {}, "B", "run", 1.0)
    (image,) = images_in(made._repr_html_())
    assert image.size == (48, 16)


def test_a_strip_keeps_the_shape_of_each_image():
    (sheet,) = images_in(strip([Image.new("RGB", (64, 64), "red"), Image.new("RGB", (128, 64), "red")], "two"))
    assert sheet.size == (2 * 66 + 2, 68)
    second = np.asarray(sheet.convert("RGB"))[:, 68:132]
    assert second[34, 32, 0] > 200 and second[8, 32, 0] < 60  # black above and below the wide image


def test_embedded_images_stay_small():
    noise = np.random.default_rng(0).integers(0, 256, (2000, 1500, 3), np.uint8)
    (image,) = images_in(f'src="{data_uri(Image.fromarray(noise))}"')
    assert len(data_uri(Image.fromarray(noise))) < MOST_BYTES * 4 / 3 + 40
    assert image.height <= 640 and image.height / image.width == pytest.approx(4 / 3, rel=0.02)
    assert strip([], "nothing") == ""
