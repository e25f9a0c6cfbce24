"""Runs that differ in their seed alone: mean and spread as a hand calculates them, in each format."""

import csv
import io
import json

import pytest
from fake_run import make_run, tiny_recipe

from mien import cli
from mien.config import serialization
from mien.reports.comparison import over_seeds
from mien.reports.comparison.entries import read_entries
from mien.runtime.atomic_files import write_json


@pytest.fixture
def runs(tmp_path):
    """Three seeds of one recipe with FID 20, 22 and 27, and one run of a wider generator with FID 10 and recall 0.5."""
    made = [make_run(tmp_path / "runs", name=f"0000{seed}-faces", rows=3) for seed in range(4)]
    for seed, (run, fid) in enumerate(zip(made, (20.0, 22.0, 27.0, 10.0), strict=True)):
        status = json.loads(run.status.read_text())
        write_json(run.status, {**status, "seed": seed})
        write_json(run.config, {"data": "faces", "seed": seed})
        run.metrics.append({"metric": "fid", "value": 99.0, "images": 2000, "kimg": 2.0, "n_fake": 100})
        run.metrics.append({"metric": "fid", "value": fid, "images": 4500, "kimg": 4.5, "n_fake": 100})
    write_json(made[3].recipe, serialization.encode(tiny_recipe().override(("generator.width=8",))))
    made[3].metrics.append({"metric": "recall", "value": 0.5, "images": 4500, "kimg": 4.5})
    return made


def grouped(runs):
    return over_seeds.groups(read_entries(runs))


def test_mean_and_spread(runs):
    alike, wide = (group.as_dict() for group in grouped(runs))
    (name,) = alike["metrics"]
    assert alike["runs"] == [str(run.path) for run in runs[:3]] and alike["kimg"] == 4.5
    assert alike["metrics"][name] == {"mean": 23.0, "std": pytest.approx(13**0.5), "seeds": 3}
    assert wide["metrics"][name] == {"mean": 10.0, "std": None, "seeds": 1}
    assert (alike["label"], wide["label"]) == ("dcgan generator.width=4", "dcgan generator.width=8")


def test_a_metric_that_some_runs_lack_says_how_many_have_it(runs):
    runs[1].metrics.path.unlink()
    assert over_seeds.rows(grouped(runs))[1] == ["dcgan generator.width=4", "3", "4.5", "23.5 ± 4.95 (of 2)", "–"]


def test_the_same_numbers_in_each_format(runs):
    found = grouped(runs)
    rows = list(csv.DictReader(io.StringIO(over_seeds.as_csv(found))))
    assert [(row["setting"], row["mean"], row["seeds"]) for row in rows] == [
        ("dcgan generator.width=4", "23.0", "3"),
        ("dcgan generator.width=8", "10.0", "1"),
        ("dcgan generator.width=8", "0.5", "1"),
    ]
    assert float(rows[0]["std"]) == 13**0.5 and rows[1]["std"] == ""
    assert over_seeds.as_markdown(found).splitlines() == [
        "| setting | seeds | kimg | fid | recall |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| dcgan generator.width=4 | 3 | 4.5 | 23 ± 3.606 | – |",
        "| dcgan generator.width=8 | 1 | 4.5 | 10 | 0.5 |",
    ]
    latex = over_seeds.as_latex(found)
    assert "\\begin{tabular}{lrrrr}\n\\toprule\nsetting & seeds & kimg & fid & recall \\\\\n\\midrule" in latex
    assert "dcgan generator.width=4 & 3 & 4.5 & 23 $\\pm$ 3.606 & -- \\\\" in latex
    assert over_seeds.escaped("a_b & 5%") == "a\\_b \\& 5\\%"


def test_the_command_prints_and_writes_the_table(runs, tmp_path, capsys):
    names = [str(run.path) for run in runs]
    assert cli.run(["compare", *names, "--table", str(tmp_path / "new" / "table.md")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["dcgan", "generator.width=4", "3", "4.5", "23", "±", "3.606", "–"] in lines
    assert "| 23 ± 3.606 |" in (tmp_path / "new" / "table.md").read_text()
    assert cli.run(["compare", *names, "--table", "t.xls"]) == 2
    assert "--table t.xls: end its name in .csv, .md, .tex" in capsys.readouterr().err
