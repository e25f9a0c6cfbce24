"""mien report, on run directories made by hand: nothing is trained here."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mien import recipes
from mien.commands.report import report
from mien.config import serialization
from mien.errors import FileError, UsageError
from mien.recipes.earlier import converted
from mien.reports.charts import Series, chart, smoothed, thinned, value_axis
from mien.reports.settings import flat, value_text
from mien.runs.directory import RunDirectory

HOSTILE = "<script>alert('1')</script>&\"<img src=x onerror=alert(1)>"
VOID = {"meta", "img", "wbr", "br", "link"}
RECIPE = {
    "class": "mien.recipes.recipe:Recipe",
    "name": "dcgan-laptop",
    "generator": {"class": "mien.networks.dcgan:DCGANGenerator", "latent_dim": 100, "width": 48},
    "loss": {"class": "mien.losses.adversarial:NonSaturating"},
    "discriminator_terms": {"r1": {"class": "mien.losses.penalties:R1", "weight": 1.0, "every": 16}},
    "batch_size": 32,
    "resolution": [64, 64],
}


class Walk(HTMLParser):
    """Checks that every tag is closed in order, and collects what the tags point to."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.targets, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.targets += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def walk(path):
    found = Walk()
    found.feed(path.read_text())
    found.close()
    assert found.open == []
    return found


def words(found):
    return re.sub(r"\s+", " ", " ".join(found.text))


def noise(path, height=42, width=42, channels=3, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(path)


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def row(kimg, **more):
    scores = {"D(real)": 0.7, "D(fake)": 0.3, "D(fake) after": 0.2}
    losses = {"discriminator/loss": 1.0, "generator/loss": 2.0}
    speed = {"seconds": kimg * 10.0, "images_per_second": 100.0}
    return {"images": round(kimg * 1000), "kimg": kimg, **speed, **scores, **losses, **more}


@pytest.fixture
def run(tmp_path):
    """A finished run with all of its files."""
    path = tmp_path / "runs" / "00003-faces"
    path.mkdir(parents=True)
    made = RunDirectory(path)
    for index, name in enumerate(("000000", "000001", "000004.500", "000010")):
        noise(path / "samples" / f"fakes{name}.png", seed=index)
    noise(made.reals)
    made.recipe.write_text(json.dumps(RECIPE))
    made.environment.write_text(json.dumps({"mien": "0.1.0", "gpu": "none"}))
    skipped = [{"file": "bad.png", "reason": "cut short"}]
    info = {"count": 500, "height": 64, "width": 64, "layout": "folder", "skipped_count": 1, "skipped": skipped}
    info |= {"label_names": ["smile"], "label_counts": [200]}
    made.data.write_text(json.dumps({"data": "faces/", "lines": ["faces/: a folder, 500 pictures"], "info": info}))
    made.command.write_text("mien train --data faces/ --batch 32\nmien resume 3\n")
    status = {"state": "finished", "images": 10000, "seconds": 100.0, "budget": "10kimg", "budget_images": 10000}
    made.status.write_text(json.dumps({**status, "seed": 7, "data": "faces/", "started": 1.7e9}))
    lines(made.stats.path, [row(float(kimg)) for kimg in range(1, 11)])
    lines(made.events.path, [{"time": 1.0, "images": 5000, "event": "resumed"}])
    return made


def test_the_page_is_whole_small_and_needs_no_network(run):
    made = report(str(run.path))
    assert made.output == str(run.report) and made.bytes == run.report.stat().st_size < 10_000_000
    assert (made.run, made.state, made.kimg, made.pictures) == ("00003-faces", "finished", 10.0, 4)
    found = walk(run.report)
    assert all(target.startswith("data:") for target in found.targets)
    assert not re.search(r"url\(|@import|https?://|//cdn", run.report.read_text())
    assert not {"link", "iframe", "object"} & {tag for tag, _ in found.tags}
    text = words(found)
    for said in (
        "faces/: a folder, 500 pictures",
        "bad.png",
        "cut short",
        "smile",
        "finished",
        "DCGAN for two processor",
    ):
        assert said in text


def test_the_commands_can_be_copied(run):
    report(str(run.path))
    text = words(walk(run.report))
    assert "mien train --data faces/ --batch 32 mien resume 3" in text
    assert f"mien resume {run.path} --budget +20m" in text
    assert f"mien generate {run.path} --seeds 0-99" in text
    again = "mien train dcgan-laptop --data faces/ --resolution 64 --batch 32 --budget 10kimg --seed 7"
    assert f"{again} --set generator.width=48" in text


def test_marks_the_settings_that_differ_from_the_recipe(run):
    report(str(run.path))
    html = run.report.read_text()
    marked = {re.sub("<.*?>", "", part) for part in re.findall(r'<tr class="differs"><th>(.*?)</th>', html)}
    assert marked == {"generator.width", "batch_size"}
    run.recipe.write_text(json.dumps({**RECIPE, "name": "somebody's own"}))
    report(str(run.path))
    text = words(walk(run.report))
    assert "has no recipe somebody's own" in text and "with every setting" not in text


def test_a_setting_that_has_another_name_now_is_not_marked(run):
    recipe = serialization.encode(recipes.find("dcgan-laptop"))
    recipe["game"] = {"class": "mien.games.noise:NoiseGame", "reuse_fakes": True, "twins": False}
    run.recipe.write_text(json.dumps(recipe))
    report(str(run.path))
    assert 'class="differs"' not in run.report.read_text() and "paired_<wbr>labels" in run.report.read_text()


def test_pictures_are_those_of_the_run_first_middle_last(run):
    report(str(run.path))
    pictures = [attrs for tag, attrs in walk(run.report).tags if tag == "img"]
    assert [one["alt"] for one in pictures] == [
        "Generated after 10 kimg",
        "Real images, as training sees them",
        "Generated before training",
        "Generated after 4.5 kimg",
    ]
    with Image.open(run.samples / "fakes000010.png") as original:
        expected = np.asarray(original)
    data = base64.b64decode(pictures[0]["src"].partition(",")[2])
    assert (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) == expected).all()  # no loss
    assert pictures[0]["width"] == str(42 * 12) and pictures[0]["class"] == "enlarged"


def test_large_grids_and_films_stay_within_the_size(run):
    noise(run.samples / "fakes000020.png", 1200, 1200)
    noise(run.reals, 1200, 1200)
    (run.path / "evolution.gif").write_bytes(b"GIF89a" + bytes(8_000_000))
    made = report(str(run.path))
    assert made.bytes < 10_000_000 and made.pictures == 4
    assert "evolution.gif is too large for this page" in words(walk(run.report))
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(run.path / "evolution.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert report(str(run.path)).pictures == 5
    film = walk(run.report).targets[-1]
    with Image.open(io.BytesIO(base64.b64decode(film.partition(",")[2]))) as opened:
        assert opened.n_frames == 2


def test_what_files_say_is_escaped(run, tmp_path):
    folder = tmp_path / "runs" / HOSTILE.replace("/", "|")
    run.path.rename(folder)
    hostile = RunDirectory(folder)
    hostile.data.write_text(
        json.dumps(
            {
                "data": HOSTILE,
                "lines": [HOSTILE, "\ud800"],
                "info": {"label_names": [HOSTILE], "skipped": [{"file": HOSTILE, "reason": HOSTILE}], "count": HOSTILE},
            }
        )
    )
    hostile.command.write_text(HOSTILE)
    hostile.environment.write_text(json.dumps({HOSTILE: HOSTILE}))
    hostile.recipe.write_text(json.dumps({**RECIPE, "name": HOSTILE, HOSTILE: HOSTILE}))
    hostile.status.write_text(json.dumps({"state": HOSTILE, "budget": HOSTILE, "seconds": HOSTILE, "data": HOSTILE}))
    lines(hostile.stats.path, [row(1.0, **{HOSTILE: 1.0}), row(2.0, **{HOSTILE: 2.0})])
    lines(
        hostile.metrics.path, [{"kimg": 1, "metric": HOSTILE, "value": 3.0, "extractor": HOSTILE, "details": [HOSTILE]}]
    )
    lines(hostile.events.path, [{"event": "diverged", "term": HOSTILE}])
    report(str(folder))
    found = walk(hostile.report)
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert not [attrs for _, attrs in found.tags if "onerror" in attrs]
    assert all(target.startswith("data:image/") for target in found.targets)


@pytest.mark.parametrize("state", ["running", "starting"])
def test_a_run_that_has_just_begun(tmp_path, state):
    made = RunDirectory(tmp_path / "00000-new")
    noise(made.samples / "fakes000000.png", 30, 20, channels=1)
    made.recipe.write_text(json.dumps(RECIPE))
    made.status.write_text(json.dumps({"state": state, "images": 0, "seconds": 0.0}))
    made.stats.path.write_text("")
    made.lock()
    done = report(str(made.path))
    assert (done.pictures, done.charts, done.state) == (1, 0, state)
    assert "There are no statistics yet" in words(walk(made.report))
    made.unlock()
    assert report(str(made.path)).state == "interrupted"  # nobody trains it, so it was cut off


def test_missing_and_damaged_files_are_named(tmp_path):
    made = RunDirectory(tmp_path / "00000-bare")
    made.path.mkdir()
    made.recipe.write_text(json.dumps(RECIPE))
    made.status.write_text("{")
    made.data.write_text("[1]")
    made.reals.write_bytes(b"\x89PNG no")
    made.stats.path.write_text('{"kimg": 1, "D(real)": NaN, "D(fake)": 0.5}\n[3]\n{"kimg": 2, "D(fake)": "x"}\n{"ki')
    done = report(str(made.path))
    assert (done.state, done.pictures, done.charts) == ("unknown", 0, 1)
    text = words(walk(made.report))
    for said in (
        "status.json cannot be read",
        "data.json cannot be read",
        "command.txt is missing",
        "reals.png cannot",
    ):
        assert said in text


def test_output_folders_are_made(run, tmp_path):
    assert report(str(run.path), output=tmp_path / "a" / "b" / "page.html").output.endswith("page.html")
    assert (tmp_path / "a/b/page.html").stat().st_size > 1000
    assert report("3", output=tmp_path / "a", outdir=run.path.parent).output == str(tmp_path / "a" / "report.html")
    (tmp_path / "file").touch()
    with pytest.raises(FileError):
        report(str(run.path), output=tmp_path / "file" / "page.html")


def test_a_run_that_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="is not a run directory"):
        report(str(tmp_path / "no"), outdir=tmp_path)


# --- curves -----------------------------------------------------------------------------------------------------------


def spots(curve):
    return np.array([[float(number) for number in spot.split(",")] for spot in curve.points.split()])


def polylines(svg):
    found = re.findall(r'<polyline class="([^"]*)"[^>]* points="([^"]*)"', svg)
    return [(look, np.array([[float(n) for n in p.split(",")] for p in spots.split()])) for look, spots in found]


def test_points_land_where_they_belong():
    (curve,) = chart("T", [Series("a", [(2.0, 0.0), (6.0, 4.0), (8.0, 1.0)], 0)]).curves
    assert (curve.name, curve.colour, curve.look) == ("a", 0, "")
    np.testing.assert_allclose(spots(curve), [[250, 400], [750, 0], [1000, 300]])
    assert curve.dots == "M250.00 400.00h0 M750.00 0.00h0 M1000.00 300.00h0"
    assert chart("T", [Series("a", [], 0)]) is None


def test_all_charts_end_where_the_run_ends_and_scores_fill_0_to_1(run):
    lines(run.stats.path, [row(5.0, **{"D(real)": 1.0, "D(fake)": 0.0}), row(8.0), row(20.0, r1=4.0)])
    lines(run.metrics.path, [{"images": kimg * 1000, "metric": "fid", "value": 60.0 - kimg} for kimg in (10, 20)])
    assert report(str(run.path)).charts == 5
    found = polylines(run.report.read_text())
    assert [len(spots) for _, spots in found] == [3, 3, 3, 3, 3, 1, 2, 3, 3]
    assert all(np.isfinite(spots).all() for _, spots in found)
    assert tuple(found[0][1][0]) == (250, 0) and tuple(found[1][1][0]) == (250, 400)
    assert tuple(found[5][1][0]) == (1000, 0)  # the lazy term's only value, on an axis from 0 to 4
    assert [spots[-1][0] for _, spots in found] == [1000.0] * 9
    assert 'class="mark" x1="250.00"' in run.report.read_text()  # resumed at 5 of 20 kimg


def test_metrics_are_told_with_all_that_belongs_to_them(run):
    more = {"n_fake": 2500, "extractor": "inception", "resize": "clean", "better": "higher", "real": 0.9}
    rows = [{"images": kimg * 1000, "metric": "afd", "value": kimg / 10, **more} for kimg in (2, 6, 4)]
    rows[1] |= {"warnings": ["only 2,500 images"], "settings": "some cascade", "details": ["hair: pink 0.0%"]}
    lines(run.metrics.path, [*rows, {"images": 6000, "metric": "fid", "value": 31.5}])
    run.best.write_text(json.dumps(rows[1]))
    report(str(run.path))
    said = words(walk(run.report))
    assert "fid 31.5" in said and "Metric: fid" not in said  # measured once: no curve
    assert "0.6 0.9 6 0.6 at 6 2,500 images, inception clean, some cascade, higher is better" in said
    assert "afd: only 2,500 images" in said and "hair: pink 0.0%" in said
    assert "Best afd 0.6 at 6 kimg: --snapshot best" in said
    assert "Metric: afd afd 0.6 of real images 0.9" in said and "2,500 images, inception clean. Higher is" in said


def test_long_series_are_thinned_without_losing_a_peak():
    values = np.sin(np.arange(20_000) / 300)
    values[12_345] = 3.0
    points = list(zip(np.arange(20_000) / 10, values.tolist()))
    kept = thinned(points)
    assert len(kept) <= 400 and (1234.5, 3.0) in kept and kept == sorted(kept)
    raw, mean = chart("T", [Series("a", points, 1, dashed=True)]).curves
    assert (raw.name, raw.look, mean.name, mean.look) == ("a", " dashed raw", "", " dashed")
    assert len(spots(raw)) <= 400 and len(spots(mean)) <= 400 and raw.dots == mean.dots == ""


def test_smoothing_keeps_straight_lines():
    line = [(float(x), 2.0 * x) for x in range(100)]
    np.testing.assert_allclose(smoothed(line)[2:-2], line[2:-2], atol=1e-9)


@pytest.mark.parametrize(
    "values", [[0.0], [3.0], [-3.0], [5e-9, 6e-9], [-1e9, 1e9], [0.9, 1.1], [7.0, 7.0], [1.0, 1.0 + 2e-16]]
)
def test_axes_hold_their_values(values):
    axis, cut = value_axis(values)
    assert cut == [] and axis.low < axis.high and 2 <= len(axis.ticks) <= 8
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= min(values) and max(values) <= axis.high + slack


def test_a_lone_peak_does_not_flatten_the_rest():
    values = [1.0 + 0.01 * (index % 7) for index in range(99)] + [500.0]
    axis, cut = value_axis(values)
    assert cut == [500.0] and axis.high < 3
    found = chart("T", [Series("a", list(enumerate(values)), 0)])
    assert spots(found.curves[1])[:90, 1].min() >= 0  # the mean stays on the plot
    assert found.note == "1 value lies beyond the axis (the farthest: 500)."


def test_settings_read_as_set_takes_them():
    now = flat(converted(RECIPE))  # of a version before sides
    assert now["discriminator.terms.r1"] == "R1" and now["discriminator.terms.r1.every"] == 16
    assert now["generator.width"] == 48 and now["generator"] == "DCGANGenerator" and now["resolution"] == [64, 64]
    assert [value_text(value) for value in (5e-4, 64, True, None, [96, 80], 1.0)] == [
        "0.0005", "64", "true", "none", "96x80", "1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"D(real)": 0.9, "D(fake)": 0.1}, "sure of most"),
        ({"D(real)": 0.99, "D(fake)": 0.01}, "looks too strong"),
        ({"D(real)": 0.51, "D(fake)": 0.49}, "barely separate the two"),
        ({"D(real)": 0.7, "D(fake)": 0.3}, "without being sure"),
    ],
)
def test_the_verdict_follows_the_last_rows(run, scores, said):
    lines(run.stats.path, [row(float(kimg), **scores) for kimg in range(1, 20)])
    report(str(run.path))
    assert said in words(walk(run.report))


def test_scores_without_bounds_are_not_judged_as_probabilities(run):
    run.recipe.write_text(json.dumps({**RECIPE, "loss": {"class": "mien.losses.adversarial:Wasserstein"}}))
    report(str(run.path))
    text = words(walk(run.report))
    assert "These scores have no bounds" in text and "as it should" not in text
