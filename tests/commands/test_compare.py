"""mien compare and mien gradients, on run directories made by hand: nothing is trained here."""

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from fake_run import make_run, tiny_recipe
from PIL import Image

from mien import cli
from mien.commands.compare import compare
from mien.commands.gradients import gradients
from mien.config import serialization
from mien.errors import FileError, UsageError
from mien.runtime.atomic_files import write_json

HOSTILE = "<script>alert('1')</script>&\"<img src=x onerror=alert(1)>"
VOID = {"meta", "img", "wbr", "br"}


class Walk(HTMLParser):
    """Checks that every tag is closed in order, and collects what the tags point to."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.targets, self.text = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.targets += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def words(html):
    return re.sub(r"\s+", " ", " ".join(Walk(html).text))


def give_gradients(run, first, factor):
    """Norms first, first * factor, … in each row of the statistics."""
    rows = run.stats.read()
    layers = {f"discriminator/gradient/D.layers.{3 * index}.weight": first * factor**index for index in range(4)}
    run.stats.path.write_text("".join(json.dumps({**row, **layers}) + "\n" for row in rows))


@pytest.fixture
def runs(tmp_path):
    """Three runs of 4.5 kimg in 90 s, the third of another recipe, with other losses."""
    outdir = tmp_path / "runs"
    made = [make_run(outdir, name=f"0000{index}-faces", rows=20) for index in range(3)]
    write_json(made[1].recipe, serialization.encode(tiny_recipe().override(("generator.width=8",))))
    other = {
        **json.loads(made[2].recipe.read_text()),
        "name": "wgan",
        "loss": {"class": "mien.losses.adversarial:Wasserstein"},
    }
    write_json(made[2].recipe, other)
    give_gradients(made[0], 1.0, 0.1)
    give_gradients(made[2], 1.0, 1.0)
    return made


def names(runs):
    return [str(run.path) for run in runs]


def test_the_page_is_whole_and_needs_no_network(runs):
    made = compare(tuple(names(runs)))
    assert made.page == str(runs[0].path.parent / "compare.html")
    html = (runs[0].path.parent / "compare.html").read_text()
    assert len(html) < 10_000_000
    found = Walk(html)
    assert found.targets and all(target.startswith("data:") for target in found.targets)
    assert not re.search(r"url\(|@import|https?://|//cdn", html)
    text = words(html)
    for said in ("3 runs side by side", "dcgan generator.width=4", "At equal kimg: 4.5", "Earlier: 1.5 kimg"):
        assert said in text
    # The losses, the scores of either kind, and the speed: each over kimg and over time; then the gradients.
    assert html.count('<figure class="chart">') == 2 * 5 + 1
    assert html.count('data-unit="kimg">\n<svg') == html.count('data-unit="minutes">\n<svg') == 5
    assert "different losses" in text and "No gradient norms (too short, or of an older mien): dcgan gen" in text


def test_the_numbers(runs):
    found = compare(tuple(names(runs))).as_dict()
    json.dumps(found)
    first = found["runs"][0]
    assert (first["kimg"], first["seconds"], first["images_per_second"]) == (4.5, 90.0, 50.0)
    assert first["generator_loss"] == pytest.approx(1 + 17 / 20)  # of rows 15 to 19: 1 + index / 20
    assert first["D(real)"] == pytest.approx(0.7) and first["generator_parameters"] == 13_528
    assert found["differences"]["generator.width"] == ["4", "8", "4"]
    assert found["equal_time"]["seconds"] == 90 and found["equal_kimg"][-1]["kimg"] == 4.5
    assert [list(norms.values()) for norms in found["gradients"]] == [
        pytest.approx([1.0, 0.1, 0.01, 0.001]), [], pytest.approx([1.0] * 4),
    ]  # fmt: skip


def test_the_terminal_gets_a_table(runs, capsys):
    assert cli.run(["compare", "0", "1", "last", "--outdir", str(runs[0].path.parent)]) == 0
    out = capsys.readouterr().out
    head, *lines = out.splitlines()
    assert head.split()[:6] == ["run", "recipe", "state", "kimg", "time", "img/s"]
    assert lines[0].split()[:6] == ["00000-faces", "dcgan", "finished", "4.5", "1m", "30s"]
    assert re.search(r"^generator\.width +4 +8 +4$", out, re.M)
    assert out.splitlines()[-1] == f"page: {runs[0].path.parent / 'compare.html'}"
    assert cli.run(["compare", "0", "1", "--json", "--outdir", str(runs[0].path.parent)]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 2


def test_the_doctor_has_a_column(runs):
    for n, value in enumerate([50, 40, *[41] * 10], 1):
        runs[0].metrics.append({"images": n * 1000, "kimg": n, "metric": "fid", "value": value, "better": "lower"})
    made = compare(tuple(names(runs)))
    head, first, second, _ = made.tables[0].splitlines()
    assert head.endswith("  doctor") and first.endswith("  no more gain since 2 kimg")
    assert second.endswith("  too early to judge")
    assert made.runs[0]["doctor"]["answer"].startswith("no more gain since 2 kimg: fid was best at 2 kimg")
    assert "no more gain since 2 kimg" in words((runs[0].path.parent / "compare.html").read_text())


def test_metrics_are_shown_where_there_are_any(runs):
    rows = [{"images": k * 1000, "metric": "fid", "value": value, "better": "lower"} for k, value in ((1, 40), (4, 50))]
    runs[1].metrics.path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = compare(tuple(names(runs)))
    assert "50 (best 40)" in str(made)
    assert "Metric: fid" in words((runs[0].path.parent / "compare.html").read_text())


def test_what_files_say_is_escaped(runs, tmp_path):
    for run in runs[:2]:
        write_json(run.recipe, {**json.loads(run.recipe.read_text()), "name": HOSTILE, HOSTILE: HOSTILE})
        write_json(run.status, {"state": HOSTILE, "seconds": HOSTILE, "data": HOSTILE, "seed": HOSTILE})
        write_json(run.data, {"data": HOSTILE + run.name})
        run.metrics.path.write_text(json.dumps({"images": 5, "metric": HOSTILE, "value": 1.0}) + "\n")
        run.stats.append({"images": 5000, f"discriminator/gradient/D.{HOSTILE}": 2.0})
    compare(tuple(names(runs)), output=tmp_path / "page.html")
    found = Walk((tmp_path / "page.html").read_text())
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert not [attrs for _, attrs in found.tags if "onerror" in attrs]
    assert all(target.startswith("data:image/") for target in found.targets)


def test_many_large_grids_stay_within_the_size(tmp_path):
    outdir = tmp_path / "runs"
    made = [make_run(outdir, name=f"0000{index}-x", rows=20) for index in range(4)]
    for index, run in enumerate(made):
        for path in run.samples.iterdir():
            noise = np.random.default_rng(index).integers(0, 256, (700, 700, 3), np.uint8)
            Image.fromarray(noise).save(path)
    compare(tuple(names(made)))
    assert (outdir / "compare.html").stat().st_size < 10_000_000


def test_runs_that_have_just_begun(tmp_path):
    made = [make_run(tmp_path, name=f"0000{index}-x", rows=0, samples=()) for index in range(2)]
    for run in made:
        run.status.unlink()
    found = compare(tuple(names(made)))
    assert found.runs[0]["D(real)"] is None and found.warnings[-1].startswith("not trained yet")


def test_mistakes(runs, tmp_path):
    with pytest.raises(UsageError, match="needs two runs or more: mien report 7 "):
        compare(("7",))
    with pytest.raises(UsageError, match="named 2 times"):
        compare((str(runs[0].path), str(runs[0].path)))
    with pytest.raises(UsageError, match="is not a run directory"):
        compare((str(runs[0].path), "nowhere"))
    (tmp_path / "file").touch()
    with pytest.raises(FileError):
        compare(tuple(names(runs)), output=tmp_path / "file" / "page.html")


# --- gradients --------------------------------------------------------------------------------------------------------


SVG = "{http://www.w3.org/2000/svg}"


def test_the_figure_shows_every_run_that_has_norms(runs):
    made = gradients(tuple(names(runs)))
    assert made.output == str(runs[0].path.parent / "gradients.svg")
    assert made.norms["wgan"] == pytest.approx({f"layers.{layer}": 1.0 for layer in (0, 3, 6, 9)})
    assert made.without == ["dcgan generator.width=8"]
    root = ElementTree.parse(made.output).getroot()
    lines = [one.get("stroke") for one in root.iter(f"{SVG}polyline")]
    assert lines == ["#2f5fe0", "#0c8577"]  # the first and the third run, in their colours of mien compare
    assert {"dcgan generator.width=4", "wgan"} < {one.text for one in root.iter(f"{SVG}text")}


def test_its_points_are_right(runs, tmp_path):
    made = gradients((str(runs[0].path),), output=tmp_path / "deep" / "norms.svg")
    root = ElementTree.parse(tmp_path / "deep" / "norms.svg").getroot()
    dots = list(root.iter(f"{SVG}circle"))[:4]
    places = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in dots]
    across = [1000 * (layer - 0.7) / 3.6 for layer in (1, 2, 3, 4)]
    down = [400 * share for share in (0, 1 / 3, 2 / 3, 1)]  # 1 to 0.001: three decades
    np.testing.assert_allclose(places, list(zip(across, down)), atol=0.01)
    (line,) = root.iter(f"{SVG}polyline")
    assert line.get("points") == " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(across, down))
    assert "layers.9" in {one.text for one in root.iter(f"{SVG}text")}
    assert str(made).splitlines()[-1].endswith("norms.svg")


def test_a_hostile_name_stays_text_in_the_figure(runs):
    write_json(runs[0].recipe, {**json.loads(runs[0].recipe.read_text()), "name": HOSTILE})
    root = ElementTree.parse(gradients((str(runs[0].path),)).output).getroot()
    assert HOSTILE in {one.text for one in root.iter(f"{SVG}text")} and not list(root.iter(f"{SVG}script"))


def test_runs_without_norms_are_told(runs):
    with pytest.raises(UsageError, match="00001-faces: no gradient norms: it is too short"):
        gradients((str(runs[1].path),))
    with pytest.raises(UsageError, match=r"name an \.svg file"):
        gradients((str(runs[0].path),), output=runs[0].path / "norms.png")
    with pytest.raises(UsageError, match="needs RUN"):
        gradients(())
