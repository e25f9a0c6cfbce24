"""What the runs of a comparison are called, and what differs between them."""

import json

import pytest
from fake_run import make_run, tiny_recipe

from mien.config import serialization
from mien.errors import UsageError
from mien.reports.comparison.entries import differing, read_entries, warnings
from mien.reports.metrics import measured
from mien.runtime.atomic_files import write_json


def runs(folder, *changes, names=None):
    """One hand-made run for each tuple of --set changes."""
    made = []
    for index, change in enumerate(changes):
        run = make_run(folder, rows=3, samples=(0, 4500), name=names[index] if names else f"0000{index}-x")
        write_json(run.recipe, serialization.encode(tiny_recipe().override(change)))
        made.append(run)
    return made


def test_only_what_differs_is_listed_with_the_defaults_of_the_classes(tmp_path):
    entries = read_entries(runs(tmp_path, (), ("generator.contrast=4", "discriminator.optimizer.lr=1e-3")))
    assert differing([entry.settings for entry in entries]) == {
        "generator.contrast": ["1", "4"],
        "discriminator.optimizer.lr": ["0.0002", "0.001"],
    }


def test_runs_of_one_recipe_are_told_apart_by_what_differs(tmp_path):
    two = read_entries(runs(tmp_path / "a", (), ("generator.width=8",)))
    assert [entry.label for entry in two] == ["dcgan generator.width=4", "dcgan generator.width=8"]
    many = ("generator.width=8", "batch_size=8", "mirror=true")
    many_differ = read_entries(runs(tmp_path / "b", (), many))
    assert [entry.label for entry in many_differ] == ["dcgan (00000-x)", "dcgan (00001-x)"]
    same = read_entries(runs(tmp_path / "c", (), ()))
    assert [entry.label for entry in same] == ["dcgan (00000-x)", "dcgan (00001-x)"]


def test_another_recipe_is_called_by_its_name(tmp_path):
    pair = runs(tmp_path, (), ("generator.width=8",))
    write_json(pair[1].recipe, {**json.loads(pair[1].recipe.read_text()), "name": "wgan"})
    assert [entry.label for entry in read_entries(pair)] == ["dcgan", "wgan"]


def test_parameters_are_counted_in_the_networks(tmp_path):
    """At 16 px and width 4: G 100*8*16 + 2*8 + 8*4*16 + 2*4 + 4*3*16, D 3*4*16 + 4*8*16 + 2*8 + 8*16."""
    (entry,) = read_entries(runs(tmp_path, ()))
    assert entry.parameters == (12_800 + 16 + 512 + 8 + 192, 192 + 512 + 16 + 128)


def test_a_recipe_of_a_users_file_is_compared_as_it_is_written(tmp_path):
    pair = runs(tmp_path, (), ())
    own = {
        **json.loads(pair[1].recipe.read_text()),
        "generator": {"class": "my_gan.py:Blob", "width": 9},
        "name": "blob",
    }
    write_json(pair[1].recipe, own)
    first, second = read_entries(pair)
    assert second.parameters is None and first.parameters is not None
    assert differing([first.settings, second.settings])["generator.width"] == ["4", "9"]


def test_a_run_named_twice_is_refused(tmp_path):
    (run,) = runs(tmp_path, ())
    with pytest.raises(UsageError, match="00000-x is named 2 times"):
        read_entries([run, run])


def test_doubts_are_said(tmp_path):
    pair = runs(tmp_path, (), ("resolution=32x16",))
    assert len(warnings(read_entries(pair[:1]))) == 0
    write_json(pair[1].init, {"name": "dcgan-64", "images": 180_000, "recipe": "dcgan", "data": "drawn:30000"})
    write_json(pair[1].data, {"data": "other", "info": {"sha256": "b"}})
    write_json(pair[1].environment, {"torch": "2.14", "cores": "64", "gpu": "none"})
    write_json(pair[1].status, {**json.loads(pair[1].status.read_text()), "state": "diverged"})
    said = warnings(read_entries(pair))
    assert [line.partition(" (")[0] for line in said] == [
        "the runs learned from different images",
        "the runs started from different networks",
        "the runs generate images of different sizes",
        "the runs had different machines or settings",
        "diverged: dcgan resolution=32x16",
    ]
    assert "faces" in said[0] and "other" in said[0] and "32x16" in said[2] and "cores, torch" in said[3]
    assert said[1].endswith(" random weights; dcgan resolution=32x16: dcgan-64 at 180 kimg, which learned drawn:30000)")


def test_rows_say_which_way_is_better(tmp_path):
    (run,) = runs(tmp_path, ())
    for images, fid, afd, own in ((1000, 50.0, 0.2, 1.0), (2000, 20.0, 0.6, 2.0), (3000, 30.0, 0.5, 3.0)):
        run.metrics.append({"images": images, "metric": "fid", "value": fid, "better": "lower"})
        run.metrics.append({"images": images, "metric": "afd", "value": afd, "better": "higher"})
        run.metrics.append({"images": images, "metric": "own", "value": own})
    (entry,) = read_entries([run])
    assert entry.metrics["fid"] == {"last": 30.0, "last_kimg": 3.0, "best": 20.0, "best_kimg": 2.0}
    assert entry.metrics["afd"] == {"last": 0.5, "last_kimg": 3.0, "best": 0.6, "best_kimg": 2.0}
    assert entry.metrics["own"] == {"last": 3.0, "last_kimg": 3.0}


def test_only_what_was_measured_in_the_same_way_is_one_metric(tmp_path):
    """Numbers of 2,500 and of 10,000 images do not make one curve; a second look at the same moment replaces the
    first, and rows come in the order of kimg."""
    (run,) = runs(tmp_path, ())
    row = {"metric": "fid", "better": "lower", "n_fake": 2500, "extractor": "inception", "resize": "clean"}
    for images, more in (
        (2000, {"value": 30.0}),
        (3000, {"value": 25.0}),
        (1000, {"value": 40.0}),
        (3000, {"value": 20.0, "n_fake": 10_000}),
        (3000, {"value": 26.0}),
        (3000, {"value": 10.0, "truncation": 0.7}),
        (4000, {"value": None}),
    ):
        run.metrics.append({**row, "images": images, **more})
    few, many, truncated = measured(read_entries([run])[0].run.metrics)
    assert (few.name, few.points) == ("fid (2,500 images, inception clean)", [(1.0, 40.0), (2.0, 30.0), (3.0, 26.0)])
    assert (many.how, many.best) == ("10,000 images, inception clean", (3.0, 20.0))
    assert truncated.how == "2,500 images, inception clean, truncation 0.7"
