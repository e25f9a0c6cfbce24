import json
from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures, colour_picture, numbered, zipped

from mien.data.layouts import default_resolution, detect
from mien.errors import DataError, FileError, UsageError


def test_flat_folder_in_order_without_junk(tmp_path: Path):
    add_pictures(tmp_path, ["b.png", "a.png", "c.jpg"])
    for junk in (".hidden.png", "Thumbs.db", "__MACOSX/a.png", ".DS_Store"):
        (tmp_path / junk).parent.mkdir(exist_ok=True)
        (tmp_path / junk).write_bytes(b"x")
    (tmp_path / "notes.md").write_text("x")
    layout = detect(tmp_path)
    assert layout.kind == "flat folder" and layout.entries == ["a.png", "b.png", "c.jpg"]
    assert layout.describe().splitlines() == [
        f"{tmp_path}: flat folder, 3 images",
        "no labels; 1 other files ignored",
    ]


def test_nested_folders_and_shards_are_no_classes(tmp_path: Path):
    add_pictures(tmp_path / "deep", ["a/x/1.png", "a/2.png", "b/y/3.png"])
    assert detect(tmp_path / "deep").kind == "nested folder"
    add_pictures(tmp_path / "ffhq", ["00000/1.png", "00000/2.png", "01000/3.png", "01000/4.png"])
    assert detect(tmp_path / "ffhq").kind == "nested folder"
    add_pictures(tmp_path / "one-each", ["ann/1.png", "bob/2.png"])
    assert detect(tmp_path / "one-each").kind == "nested folder"


def test_class_folders_give_one_hot_labels_by_sorted_name(tmp_path: Path):
    add_pictures(tmp_path, ["smile/1.png", "smile/2.png", "frown/1.png", "frown/2.png", "frown/3.png"])
    layout = detect(tmp_path)
    assert layout.kind == "class folders" and layout.label_names == ("frown", "smile")
    assert layout.labels is not None and layout.labels.dtype == np.float32
    assert layout.labels.tolist() == [[1, 0]] * 3 + [[0, 1]] * 2


def test_training_part_only(tmp_path: Path):
    names = [f"{part}/{kind}/{n}.png" for part in ("train", "val") for kind in "ab" for n in range(3)]
    layout = detect(add_pictures(tmp_path, names))
    assert layout.kind == "class folders" and len(layout) == 6 and layout.label_names == ("a", "b")
    assert "6 images left out" in layout.describe()


def test_pairs_in_two_folders(tmp_path: Path):
    names = [f"{side}/{number}{ending}" for side, ending in (("A", ".png"), ("B", ".jpg")) for number in range(4)]
    layout = detect(add_pictures(tmp_path, [*names, "A/test/9.png", "B/test/9.jpg"]))
    assert layout.kind == "pairs in folders A and B" and len(layout) == 4 and not layout.paired
    assert layout.entries == [f"B/{number}.jpg" for number in range(4)]
    assert layout.sources == [f"A/{number}.png" for number in range(4)]
    assert "4 pairs" in layout.describe() and "2 images left out in A/test, B/test" in layout.describe()


@pytest.mark.parametrize("top", ["", "edges/"])
def test_pairs_in_two_folders_below_a_split(top, tmp_path: Path):
    names = [f"{top}{side}/{split}/{number}.png" for side in "AB" for split in ("train", "val") for number in range(3)]
    layout = detect(add_pictures(tmp_path, names))
    assert layout.entries == [f"{top}B/train/{number}.png" for number in range(3)]
    assert layout.sources == [f"{top}A/train/{number}.png" for number in range(3)]


def test_folders_of_other_names_are_classes(tmp_path: Path):
    layout = detect(add_pictures(tmp_path, ["A/0.png", "A/1.png", "A/2.png", "B/2.png", "B/3.png", "B/4.png"]))
    assert layout.kind == "class folders" and layout.label_names == ("A", "B")


def test_unpaired(tmp_path: Path):
    parts = [
        "trainA/1.png",
        "trainA/2.png",
        "trainA/3.png",
        "trainB/1.png",
        "trainB/2.png",
        "testA/1.png",
        "testB/9.png",
    ]
    layout = detect(add_pictures(tmp_path, ["set/" + name for name in parts]))
    assert layout.kind == "unpaired trainA/trainB"
    assert layout.sources == [f"set/trainA/{n}.png" for n in (1, 2, 3)]
    assert layout.entries == ["set/trainB/1.png", "set/trainB/2.png"]
    assert "3 images A, 2 images B" in layout.describe()


def test_side_by_side_pairs(tmp_path: Path):
    add_pictures(tmp_path, ["train/1.png", "train/2.png", "val/3.png"], size=(40, 20))
    layout = detect(tmp_path)
    assert layout.paired and layout.kind == "paired A|B" and layout.entries == ["train/1.png", "train/2.png"]
    colour_picture(9, (30, 20)).save(tmp_path / "train/4.png")
    assert detect(tmp_path).kind == "flat folder"


def test_stylegan_class_numbers_and_vectors(tmp_path: Path):
    add_pictures(tmp_path, ["00000/a.png", "00000/b.png", "00000/c.png"])
    rows: list = [["00000/a.png", 2], ["00000/b.png", 0]]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": rows}))
    layout = detect(zipped(tmp_path, tmp_path.with_suffix(".zip")))
    assert layout.kind == "stylegan dataset.json" and layout.label_names == ("0", "1", "2")
    assert layout.labels is not None and layout.labels.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0]]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": [["00000/a.png", [0.5, 1]], ["00000/b.png", [0, 0]]]}))
    layout = detect(tmp_path)
    assert layout.labels is not None and layout.labels.tolist() == [[0.5, 1], [0, 0], [0, 0]]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": None}))
    assert detect(tmp_path).labels is None


def test_metadata_csv_blocks_captions_and_empty_labels(tmp_path: Path):
    add_pictures(tmp_path, numbered(4, "faces/"))
    (tmp_path / "metadata.csv").write_text(
        "file_name,hair,smiling,text\n"
        'faces/0000.png,black,1,"a girl, in the rain"\nfaces/0001.png,,0,b\n'
        "faces/0002.png,aqua,1,c\nfaces/gone.png,red,1,d\n"
    )
    layout = detect(tmp_path)
    assert layout.kind == "metadata.csv" and layout.label_names == ("hair=aqua", "hair=black", "smiling")
    assert layout.labels is not None
    assert layout.labels.tolist() == [[0, 1, 1], [0, 0, 0], [1, 0, 1], [0, 0, 0]]
    assert layout.captions == ["a girl, in the rain", "b", "c", ""]
    assert "1 row of metadata.csv without an image, as faces/gone.png" in layout.describe()


def test_metadata_jsonl_and_split(tmp_path: Path):
    add_pictures(tmp_path, numbered(3))
    rows = [{"file_name": f"000{n}.png", "split": "test" if n == 2 else "train", "hair": "ab"[n % 2]} for n in range(3)]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    layout = detect(tmp_path)
    assert layout.entries == ["0000.png", "0001.png"] and layout.label_names == ("hair=a", "hair=b")


@pytest.mark.parametrize("text", ["", "name,hair\na,b\n", "file_name,hair\nnowhere.png,b\n"])
def test_useless_metadata_is_refused(tmp_path: Path, text: str):
    add_pictures(tmp_path, numbered(2))
    (tmp_path / "metadata.csv").write_text(text)
    with pytest.raises(DataError, match=r"metadata\.csv"):
        detect(tmp_path)


@pytest.mark.parametrize(
    "place", ["img_align_celeba/list_attr_celeba.txt", "list_attr_celeba.txt", "Anno/list_attr_celeba.txt"]
)
def test_celeba_attributes_inside_or_beside(tmp_path: Path, place: str):
    add_pictures(tmp_path / "img_align_celeba", ["000001.jpg", "000002.jpg", "000003.jpg"])
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("2\nBald Smiling\n000001.jpg -1  1\n000002.jpg  1 -1\n")
    layout = detect(tmp_path / "img_align_celeba")
    assert layout.kind == "celeba attributes" and layout.label_names == ("Bald", "Smiling")
    assert layout.labels is not None and layout.labels.tolist() == [[0, 1], [1, 0], [0, 0]]


def test_sidecar_captions_and_tags(tmp_path: Path):
    add_pictures(tmp_path / "captions", numbered(3))
    for n, text in enumerate(["A girl smiles, in the rain.", "A boy on a bicycle.", ""]):
        (tmp_path / "captions" / f"000{n}.txt").write_text(text)
    layout = detect(tmp_path / "captions")
    assert layout.kind == "sidecar captions" and layout.labels is None
    assert layout.captions == ["A girl smiles, in the rain.", "A boy on a bicycle.", ""]
    add_pictures(tmp_path / "tags", numbered(4))
    for n, text in enumerate(
        ["1girl, red hair, smile", "1girl, smile, hat", "1girl, blue hair, hat", "1girl, smile, rare"]
    ):
        (tmp_path / "tags" / f"000{n}.txt").write_text(text)
    layout = detect(tmp_path / "tags")
    assert layout.kind == "sidecar tags" and layout.label_names == ("hat", "smile")
    assert layout.labels is not None and layout.labels.tolist() == [[0, 1], [1, 1], [1, 0], [0, 1]]


def test_drawn_names():
    assert len(detect("drawn")) == 20_000 and detect("drawn").size is None
    assert len(detect("drawn:50")) == 50
    assert default_resolution(detect("drawn:50@128"), 64) == (128, 128)
    assert default_resolution(detect("drawn@96x80"), 64) == (96, 80)
    for wrong in ("drawn:", "drawn:x", "drawn:0", "drawn:5@4"):
        with pytest.raises(UsageError, match="--data drawn"):
            detect(wrong)
    with pytest.raises(UsageError, match="write drawn-lines, drawn-lines:50000"):
        detect("drawn-lines:x")
    pairs, unpaired = detect("drawn-lines:50@128"), detect("drawn-unpaired:40")
    assert (pairs.kind, len(pairs), pairs.size) == ("drawn-lines", 50, (128, 128)) and not pairs.paired
    assert "50 pairs\n" in pairs.describe() and "line drawings as sources" in pairs.describe()
    assert "40 images A, 40 images B\n" in unpaired.describe()
    varied = detect("drawn-varied:40@48")
    assert (varied.kind, len(varied), varied.size, varied.captions) == ("drawn-varied", 40, (48, 48), None)
    assert "no labels; faces that fill the frame" in varied.describe()


def test_default_resolution_keeps_a_common_size_that_is_not_square(tmp_path: Path):
    faces = add_pictures(tmp_path / "orl", numbered(3), size=(92, 112))
    assert default_resolution(detect(faces), 64) == (112, 92)
    assert default_resolution(detect(faces), 48) == (48, 48)  # 92 is over 1.5 x 48
    colour_picture(9, (100, 100)).save(faces / "other.png")
    assert default_resolution(detect(faces), 64) == (64, 64)
    square = add_pictures(tmp_path / "square", numbered(3), size=(80, 80))
    assert default_resolution(detect(square), 64) == (64, 64)


def test_what_is_missing_is_named_with_the_nearest_name(tmp_path: Path):
    add_pictures(tmp_path / "faces", numbered(1))
    with pytest.raises(FileError, match=r"facse does not exist; did you mean .*/faces\?"):
        detect(tmp_path / "facse")
    with pytest.raises(FileError, match="does not exist: give a folder"):
        detect(tmp_path / "qqq" / "x")


def test_no_pictures_says_what_was_found(tmp_path: Path):
    with pytest.raises(DataError, match="it is empty"):
        detect(tmp_path)
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(DataError, match=r"found 1 \.csv"):
        detect(tmp_path)
    (tmp_path / "faces.zip").write_bytes(b"x")
    with pytest.raises(DataError, match=r"name the archive itself, as in .*faces\.zip"):
        detect(tmp_path)
    picture = add_pictures(tmp_path / "p", ["a.png"]) / "a.png"
    with pytest.raises(DataError, match="is a single file, neither zip nor tar"):
        detect(picture)
