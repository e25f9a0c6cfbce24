"""What folders say: splits in any case and at any depth, pairs and domains of other tools, classes, strays."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import add_pictures, colour_picture

from mien.data.layouts import detect
from mien.data.parts import divide, few, kind_of
from mien.data.prepare import prepare

TRAIN = ("train", "Train", "TRAINING", "train_set", "Train-Images", "train2017", "trainset")
KEPT = ("test", "Test", "TESTING", "Val", "valid", "Validation", "dev", "test_set", "val2017", "hold-out")
NEITHER = ("train_old", "trainA", "testB", "tester", "smile", "training day", "valid_until", "")


def test_names_of_parts():
    assert {kind_of(name) for name in TRAIN} == {"train"}
    assert {kind_of(name) for name in KEPT} == {"kept"}
    assert {kind_of(name) for name in NEITHER} == {None}


def pictures(*folders, count=4):
    return [f"{folder}/{n}.png" if folder else f"{n}.png" for folder in folders for n in range(count)]


def learned(*folders, count=4):
    """The folders that are learned, and all notes."""
    found = divide(pictures(*folders, count=count))
    kept = [folder for folder in folders if not found.leaves_out(folder) and folder not in found.strays]
    return kept, [found.logical[folder] for folder in kept], "; ".join(found.notes)


@pytest.mark.parametrize("train", TRAIN)
@pytest.mark.parametrize("kept", ["Test", "val", "Validation"])
def test_only_the_training_part_is_learned(train, kept):
    assert learned(train, kept) == ([train], [""], f"4 images left out in {kept}")
    found = learned(f"set/{train}/a", f"set/{train}/b", f"set/{kept}/a")
    assert found == ([f"set/{train}/a", f"set/{train}/b"], ["set/a", "set/b"], f"4 images left out in set/{kept}")


def test_parts_below_classes():
    found = learned("a/train", "a/test", "b/train", "b/test")
    assert found == (["a/train", "b/train"], ["a", "b"], "8 images left out in a/test, b/test")


def test_a_folder_whose_name_begins_alike_is_not_taken_in():
    assert learned("train", "train_old") == (["train"], [""], "4 images left out in train_old")
    assert learned("train", "train_old", "test")[0] == ["train"]


def test_classes_called_so_are_told():
    kept, logical, notes = learned("a", "b", "test")
    assert kept == logical == ["a", "b", "test"] and notes.startswith("warning: test beside a, b is learned as one of")
    kept, _, notes = learned("car", "bus", "train")
    assert kept == ["car", "bus", "train"] and notes.startswith("warning: train beside bus, car is learned")


def test_without_a_training_part():
    assert learned("val", "test") == (
        ["val", "test"], ["", ""], "warning: there is no train beside test, val, so they are learned",
    )  # fmt: skip
    assert learned("faces", "faces/test") == (["faces"], ["faces"], "4 images left out in faces/test")


def test_few():
    assert few(1, 9) and few(2, 9) and not few(3, 9) and not few(1, 3) and few(50, 1000) and not few(51, 1000)


def test_thousands_of_parts_are_one_note():
    folders = [f"{n}/{part}" for n in range(2000) for part in ("train", "test")]
    kept, _, notes = learned(*folders, count=1)
    assert len(kept) == 2000 and len(notes) < 200 and notes.startswith("2,000 images left out in ")


# --- classes and strays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stray", ["preview.png", "a/deep/x.png"])
def test_a_stray_picture_loses_no_classes(stray, tmp_path: Path):
    layout = detect(add_pictures(tmp_path, [*pictures("a", "bb"), stray]))
    assert layout.kind == "class folders" and layout.label_names == ("a", "bb") and len(layout) == 8
    assert f"1 image in no class folder left out, as {stray}" in layout.describe()


def test_many_strays_are_no_strays(tmp_path: Path):
    layout = detect(add_pictures(tmp_path, pictures("", "a", "bb")))
    assert layout.kind == "nested folder" and len(layout) == 12


def test_a_stray_beside_the_one_folder_and_beside_parts(tmp_path: Path):
    layout = detect(add_pictures(tmp_path / "one", ["preview.png", *pictures("set/x", "set/y")]))
    assert layout.label_names == ("x", "y")
    layout = detect(add_pictures(tmp_path / "two", ["preview.png", *pictures("Train/x", "Train/y", "Test/x")]))
    assert layout.label_names == ("x", "y") and len(layout) == 8 and "1 image beside Train" in layout.describe()


# --- pairs and domains ------------------------------------------------------------------------------------------------

PAIRS = {
    "1_A 1_B": ("1_A", "1_B"),
    "a b": ("a", "b"),
    "input target": ("input", "target"),
    "Input Target": ("Input", "TARGET"),
    "source target": ("set/source", "set/target"),
    "inside train": ("train/A", "train/B"),
    "around train": ("A/Train", "B/Train"),
    "domains": ("domainA", "domainB"),
}


@pytest.mark.parametrize("a, b", PAIRS.values(), ids=PAIRS)
def test_pairs_as_other_tools_name_them(a, b, tmp_path: Path):
    more = [name.replace("rain", "est") for name in pictures(a, b) if "rain" in name]
    layout = detect(
        add_pictures(tmp_path, [*pictures(a, b), *(name.replace("Test", "Val") for name in more)]), "paired"
    )
    assert layout.kind == "pairs in folders A and B" and len(layout) == 4
    assert layout.sources == pictures(a) and layout.entries == pictures(b)


@pytest.mark.parametrize(
    "names", [("trainA", "trainB"), ("TrainA", "TrainB"), ("train_a", "train_b"), ("set/TRAIN-A", "set/TRAIN-B")]
)
def test_domains_in_any_case(names, tmp_path: Path):
    a, b = names
    tests = [name.lower().replace("train", "test") for name in names]
    layout = detect(add_pictures(tmp_path, [*pictures(a, b), *pictures(*tests, count=2)]))
    assert layout.kind == "unpaired trainA/trainB" and layout.sources == pictures(a) and layout.entries == pictures(b)
    assert "4 images left out" in layout.describe()


def test_two_folders_of_other_names_are_two_sets_for_those_that_want_them(tmp_path: Path):
    add_pictures(tmp_path, [*pictures("A/train"), *(f"B/train/b{n}.png" for n in range(3))])
    assert detect(tmp_path).label_names == ("A", "B") and detect(tmp_path, "none").label_names == ("A", "B")
    layout = detect(tmp_path, "unpaired")
    assert layout.kind == "unpaired trainA/trainB" and len(layout.sources or ()) == 4 and len(layout) == 3
    assert "for recipes that want sources (pix2pix, cyclegan): two sets" in detect(tmp_path).describe()


# --- twice as wide as high --------------------------------------------------------------------------------------------


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Images red on the left and blue on the right."""
    folder = tmp_path / "wide"
    folder.mkdir()
    for n in range(4):
        picture = colour_picture(n, (32, 16))
        picture.paste((255, 0, n), (0, 0, 16, 16))
        picture.paste((0, n, 255), (16, 0, 32, 16))
        picture.save(folder / f"{n}.png")
    return folder


def test_wide_pictures_are_pairs_only_for_recipes_that_want_them(wide):
    assert [detect(wide, wish).paired for wish in (None, "none", "paired", "unpaired")] == [True, False, True, True]
    assert "other recipes learn entire images" in detect(wide).describe()
    assert "learned as entire images" in detect(wide, "none").describe()
    assert detect(wide, "paired").describe().splitlines()[1] == "no labels"


@pytest.mark.parametrize("order", [(None, "none", "paired"), ("none", "paired", None), ("paired", None, "none")])
def test_the_prepared_sets_of_both_readings_are_two(wide, order, tmp_path: Path):
    for wish in (*order, *order):
        ready = prepare(wide, 8, 16 if wish == "none" else 8, sources=wish, cache=tmp_path / "cache")
        left, right = ready.images[0, 4, 1], ready.images[0, 4, -2]
        assert (ready.sources is None) == (wish == "none") and right[2] > 200
        assert (left[0] > 200) == (wish == "none")


def test_both_readings_at_one_size(wide, tmp_path: Path):
    whole, pairs = (prepare(wide, 8, 8, sources=wish, cache=tmp_path / "cache") for wish in ("none", "paired"))
    assert whole.path != pairs.path and whole.sources is None and pairs.sources is not None
    assert prepare(wide, 8, 8, cache=tmp_path / "cache").path == pairs.path


def test_usual_pictures_are_prepared_once(tmp_path: Path):
    add_pictures(tmp_path / "set", pictures(""))
    paths = {
        prepare(tmp_path / "set", 8, 8, sources=wish, cache=tmp_path / "c").path for wish in ("none", None, "paired")
    }
    assert len(paths) == 1


def test_wide_pictures_keep_their_classes_for_recipes_of_noise(tmp_path: Path):
    add_pictures(tmp_path, pictures("smile", "frown"), size=(32, 16))
    assert detect(tmp_path).paired and detect(tmp_path, "none").label_names == ("frown", "smile")
