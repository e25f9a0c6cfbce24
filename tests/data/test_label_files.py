"""Label files as people have them: right labels, or one line that names the row; never silence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures, numbered

from mien.data.layouts import detect
from mien.errors import DataError, MienError


def labels_of(layout):
    """Image -> the names of its labels."""
    assert layout.labels is not None
    return {
        entry: {name for name, on in zip(layout.label_names, row) if on}
        for entry, row in zip(layout.entries, layout.labels)
    }


# --- tables -----------------------------------------------------------------------------------------------------------

TABLES = {
    "comma": ("metadata.csv", "file_name,hair\n0000.png,red\n0001.png,blue\n", "utf-8"),
    "semicolon": ("metadata.csv", "file_name;hair\n0000.png;red\n0001.png;blue\n", "utf-8"),
    "tab": ("metadata.csv", "file_name\thair\n0000.png\tred\n0001.png\tblue\n", "utf-8"),
    "tab in a tsv": ("Metadata.TSV", "hair\tfile_name\nred\t0000.png\nblue\t0001.png\n", "utf-8"),
    "bar": ("metadata.csv", "file_name|hair\n0000.png|red\n0001.png|blue\n", "utf-8"),
    "a spreadsheet's first line": ("metadata.csv", "sep=;\nfile_name;hair\n0000.png;red\n0001.png;blue\n", "utf-8"),
    "blanks": ("metadata.csv", " file_name , hair \n 0000.png , red \n\n0001.png, blue\n", "utf-8"),
    "crlf": ("METADATA.CSV", "File Name,hair\r\n0000.png,red\r\n0001.png,blue\r\n", "utf-8"),
    "bare cr": ("metadata.csv", "file_name,hair\r0000.png,red\r0001.png,blue\r", "utf-8"),
    "mark": ("metadata.csv", "file_name,hair\n0000.png,red\n0001.png,blue\n", "utf-8-sig"),
    "utf-16": ("metadata.csv", "file_name,hair\n0000.png,red\n0001.png,blue\n", "utf-16"),
    "utf-16 without a mark": ("metadata.csv", "file_name,hair\n0000.png,red\n0001.png,blue\n", "utf-16-le"),
    "backslashes": ("metadata.csv", "file_name,hair\n.\\0000.png,red\n./0001.png,blue\n", "utf-8"),
    "empty columns": ("metadata.csv", "file_name,hair,,\n0000.png,red,,\n0001.png,blue,,\n", "utf-8"),
    "another case": ("metadata.csv", "file_name,hair\n0000.PNG,red\n0001.Png,blue\n", "utf-8"),
    "lines of JSON": (
        "metadata.jsonl",
        '{"file_name": "0000.png", "hair": "red"}\n\n{"hair": "blue", "file_name": ".\\\\0001.png"}',
        "utf-8",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name, text, encoding", TABLES.values(), ids=TABLES)
def test_tables_as_programs_write_them(name, text, encoding, tmp_path: Path):
    add_pictures(tmp_path, numbered(3))
    (tmp_path / name).write_bytes(text.encode(encoding))
    layout = detect(tmp_path)
    assert labels_of(layout) == {"0000.png": {"hair=red"}, "0001.png": {"hair=blue"}, "0002.png": set()}
    assert "not read" not in layout.describe()


BAD_TABLES = {
    "commas in a text": (
        "file_name,text\n0000.png,a girl, in rain\n",
        r"metadata\.csv line 2 has 3 fields, not 2 \(file_name,text\): put a text",
    ),
    "a short row": ("file_name,hair\n0000.png,red\n0001.png\n", "line 3 has 1 fields, not 2"),
    "an open quote": ('file_name,text\n0000.png,a\n0001.png,"a girl\n', "line 3: "),
    "after a text of two lines": ('file_name,text\n0000.png,"a\nb"\n0001.png,a,b\n', "line 4 has 3 fields"),
    "no such column": ("name;hair\n0000.png;red\n", r"no column file_name \(its columns are name, hair\)"),
    "a column twice": ("file_name,hair,hair\n0000.png,red,red\n", "two columns hair"),
    "a heading alone": ("file_name,hair\n", "has no rows"),
    "other images": ("file_name,hair\nx.png,red\n", "it names 'x.png', an image there is '0000.png'"),
}  # fmt: skip


@pytest.mark.parametrize("text, message", BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_table_that_is_wrong_is_refused_by_its_line(text, message, tmp_path: Path):
    add_pictures(tmp_path, numbered(3))
    (tmp_path / "metadata.csv").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        detect(tmp_path)
    assert "\n" not in str(caught.value)


def test_quoted_texts_keep_their_commas_and_lines(tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    (tmp_path / "metadata.csv").write_text('file_name, text\n0000.png, "a girl, in the\nrain ""x"" "\n0001.png,b\n')
    assert detect(tmp_path).captions == ['a girl, in the rain "x"', "b"]


def test_what_pandas_and_spreadsheets_make_of_a_switch(tmp_path: Path):
    add_pictures(tmp_path, numbered(4))
    (tmp_path / "metadata.csv").write_text(
        "file_name,a,b,c,d\n0000.png,1.0,TRUE,Yes,red\n0001.png,0.0,FALSE,No,NaN\n0002.png,,,,\n0003.png,1.0,TRUE,No,red\n"
    )
    layout = detect(tmp_path)
    assert layout.label_names == ("a", "b", "c", "d=red") and layout.labels is not None
    assert layout.labels.tolist() == [[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 1]]


def test_not_utf8_is_told(tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    (tmp_path / "metadata.csv").write_bytes("file_name,mood\n0000.png,fröhlich\n0001.png,müde\n".encode("cp1252"))
    layout = detect(tmp_path)
    assert layout.label_names == ("mood=fröhlich", "mood=müde") and "read as Windows-1252" in layout.describe()


def test_rows_twice_and_rows_without_a_picture_are_counted(tmp_path: Path):
    add_pictures(tmp_path, numbered(3))
    (tmp_path / "metadata.csv").write_text(
        "file_name,hair\n0000.png,red\n0001.png,blue\ngone.png,red\n0000.png,blue\n0001.png,blue\n"
    )
    layout = detect(tmp_path)
    assert labels_of(layout)["0000.png"] == {"hair=blue"}
    assert "1 row of metadata.csv without an image, as gone.png" in layout.describe()
    twice = "2 rows of metadata.csv for an image named before, 1 with other values: 0000.png in line 2 and line 5"
    assert twice in layout.describe()


def test_a_table_in_each_folder(tmp_path: Path):
    add_pictures(tmp_path, ["x/0.png", "x/1.png", "y/0.png", "xx/0.png"])
    (tmp_path / "x/metadata.csv").write_text("file_name,hair\n0.png,red\n1.png,blue\n")
    (tmp_path / "y/metadata.csv").write_text("hair,file_name,age\nred,0.png,old\n")
    layout = detect(tmp_path)
    assert labels_of(layout) == {"x/0.png": {"hair=red"}, "x/1.png": {"hair=blue"}, "y/0.png": {"hair=red", "age=old"}}
    assert "1 image left out" in layout.describe()  # xx/ is not below x/


def test_the_table_of_the_test_is_not_read(tmp_path: Path):
    add_pictures(tmp_path, [f"{part}/{n}.png" for part in ("train", "test") for n in range(3)])
    for part in ("train", "test"):
        rows = "".join(f"{n}.png,{part}\n" for n in range(3))
        (tmp_path / part / "metadata.csv").write_text(f"file_name,from\n{rows}")
    layout = detect(tmp_path)
    assert layout.label_names == ("from=train",) and len(layout) == 3


def test_a_split_column_in_any_case(tmp_path: Path):
    add_pictures(tmp_path, numbered(3))
    (tmp_path / "metadata.csv").write_text("file_name,Split,hair\n0000.png,Train,a\n0001.png,TEST,b\n0002.png,,a\n")
    assert detect(tmp_path).entries == ["0000.png", "0002.png"]
    (tmp_path / "metadata.csv").write_text("file_name,split\n0000.png,test\n0001.png,test\n0002.png,val\n")
    assert len(detect(tmp_path)) == 3 and "no row of metadata.csv has the split train" in detect(tmp_path).describe()


def test_a_table_of_another_name_is_told(tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    (tmp_path / "labels.csv").write_text("file_name,hair\n0000.png,red\n")
    assert "labels.csv not read: name it metadata.csv" in detect(tmp_path).describe()


@pytest.mark.parametrize(
    "line, message",
    [
        ("[1]", "line 2"),
        ("{", "line 2"),
        ('{"hair": "red"}', 'line 2 has no file_name: a row is {"file_name"'),
        ('{"file_name": 3}', "line 2 has file_name is 3"),
    ],
)
def test_an_odd_line_of_json_is_named(line, message, tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "0000.png"}\n' + line + "\n")
    with pytest.raises(DataError) as caught:
        detect(tmp_path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_values_of_json_lines(tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    rows = [
        {"file_name": "0000.png", "smile": True, "tags": ["a", "b"], "box": {"x": 1}, "age": 3.0},
        {"file_name": "0001.png", "smile": False, "tags": ["a", "b"], "box": {"x": 2}, "age": None},
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    layout = detect(tmp_path)
    assert labels_of(layout) == {"0000.png": {"smile", "tags=a, b", "age=3"}, "0001.png": {"tags=a, b"}}
    assert "column box ignored (lists or objects)" in layout.describe()


# --- dataset.json -----------------------------------------------------------------------------------------------------


def dataset(folder: Path, rows, name: str = "dataset.json"):
    (folder / name).write_text(json.dumps({"labels": rows}))
    return detect(folder)


def test_class_names_numbers_and_other_forms(tmp_path: Path):
    add_pictures(tmp_path, ["a/0.png", "b/0.png", "b/1.png"])
    found = dataset(tmp_path, [["a\\0.png", "smile"], ["./b/0.png", "frown"], ["b/1.png", None]], "DATASET.json")
    assert labels_of(found) == {"a/0.png": {"smile"}, "b/0.png": {"frown"}, "b/1.png": set()}
    (tmp_path / "DATASET.json").unlink()
    assert labels_of(dataset(tmp_path, {"a/0.png": 1.0, "b/0.png": 0})) == {
        "a/0.png": {"1"}, "b/0.png": {"0"}, "b/1.png": set(),
    }  # fmt: skip
    found = dataset(tmp_path, [["a/0.png", [0.5, 1]], ["b/0.png", [1, 0]]])
    assert found.labels is not None and np.allclose(found.labels, [[0.5, 1], [1, 0], [0, 0]])


BAD_ROWS = [
    ([["a/0.png", 0], ["b/0.png"]], 'row 1 of labels is ["b/0.png"]: a row is ["folder/a.png", 3]'),
    ([["a/0.png", 0], 7], "row 1 of labels is 7: a row is"),
    ([["a/0.png", 0], [3, 1]], "row 1 of labels is [3,1]: a row is"),
    ([["a/0.png", 0], ["b/0.png", "x"]], "a class number in row 0, a class name in row 1"),
    ([["a/0.png", 0], ["b/0.png", True]], "row 1 of labels has true: a row is"),
    ([["a/0.png", 0], ["b/0.png", {"x": 1}]], 'row 1 of labels has {"x":1}: a row is'),
    ([["a/0.png", 0], ["b/0.png", -1]], "row 1 of labels has class number -1"),
    ([["a/0.png", 0], ["b/0.png", 10**9]], "row 1 of labels has class number 1000000000"),
    ([["a/0.png", [1]], ["b/0.png", [1, 2]]], "row 1 of labels has 2 numbers, row 0 has 1"),
    ([["a/0.png", [1]], ["b/0.png", ["x"]]], 'row 1 of labels has ["x"]: a vector holds numbers alone'),
    ([["x.png", 0]], "no name in dataset.json is an image: it names 'x.png', an image there is 'a/0.png'"),
    ("all", 'labels is "all", not a list'),
]  # fmt: skip


@pytest.mark.parametrize("rows, message", BAD_ROWS)
def test_an_odd_row_is_named_and_a_row_explained(rows, message, tmp_path: Path):
    add_pictures(tmp_path, ["a/0.png", "b/0.png"])
    with pytest.raises(MienError) as caught:
        dataset(tmp_path, rows)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_only_what_lies_below_the_folder_of_the_list(tmp_path: Path):
    add_pictures(tmp_path, ["set/0.png", "set/1.png", "set_old/0.png"])
    (tmp_path / "set/dataset.json").write_text(json.dumps({"labels": [["0.png", 0], ["1.png", 1]]}))
    layout = detect(tmp_path)
    assert layout.entries == ["set/0.png", "set/1.png"] and "1 image left out" in layout.describe()


def test_a_dataset_json_of_another_tool_is_told(tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    (tmp_path / "dataset.json").write_text('{"title": "faces"}')
    assert "dataset.json not read: it holds no labels" in detect(tmp_path).describe()


def test_rows_that_differ_are_told(tmp_path: Path):
    add_pictures(tmp_path, ["a.png", "b.png"])
    text = dataset(tmp_path, [["a.png", 0], ["b.png", 1], ["A.png", 1], ["gone.png", 0]]).describe()
    assert "1 row of dataset.json without an image, as gone.png" in text and "in row 0 and row 2" in text


# --- CelebA and sidecars ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n\n", "3\n", "3\nBald Smiling\n"])
def test_an_empty_list_of_celeba_is_one_line(text, tmp_path: Path):
    add_pictures(tmp_path, ["000001.jpg"])
    (tmp_path / "list_attr_celeba.txt").write_text(text)
    with pytest.raises(DataError, match="lists no image: it is empty or was cut"):
        detect(tmp_path)


CELEBA = "2\nBald Smiling\n000001.jpg -1  1\n000002.jpg  1 -1\n"


@pytest.mark.parametrize(
    "text, message",
    [
        ("2\nBald Smiling\n1.jpg -1 1\n2.jpg 1\n", "line 4 has 1 value for 2.jpg, not 2; the list was cut"),
        ("2\nBald Smiling\n000001.jpg -1 1 1\n000002.jpg 1 1\n", "line 3 has 3 values for 000001.jpg, not 2: "),
        ("2\nBald Smiling\n000001.jpg -1 x\n000002.jpg 1 1\n", "line 3 has the value 'x'"),
        ("1\nBald Smiling\n9.jpg -1 1\n", "lists none of the images there: it lists 9.jpg, an image is 000001.jpg"),
    ],
)  # fmt: skip
def test_a_damaged_list_of_celeba_is_one_line(text, message, tmp_path: Path):
    add_pictures(tmp_path, ["000001.jpg", "000002.jpg"])
    (tmp_path / "list_attr_celeba.txt").write_text(text)
    with pytest.raises(DataError) as caught:
        detect(tmp_path)
    assert message in str(caught.value)


@pytest.mark.parametrize("ending", ["jpg", "png", "JPG"])
@pytest.mark.parametrize(
    "place, text",
    [
        ("list_attr_celeba.txt", CELEBA),
        ("img_align_celeba/LIST_ATTR_CELEBA.TXT", CELEBA),
        ("list_attr_celeba.csv", "image_id,Bald,Smiling\n000001.jpg,-1,1\n000002.jpg,1,-1\n"),
        (
            "img_align_celeba/list_attr_celeba.csv",
            '"image_id";"Bald";"Smiling"\r\n000001.jpg;0;1\r\n000002.jpg;1;0\r\n',
        ),
    ],
)
def test_celeba_s_innermost_folder_finds_its_list(place, text, ending, tmp_path: Path):
    inner = tmp_path / "img_align_celeba" / "img_align_celeba"
    add_pictures(inner, [f"{n:06d}.{ending}" for n in (1, 2, 3)])
    (tmp_path / place).write_text(text)
    layout = detect(inner)
    assert layout.kind == "celeba attributes" and layout.labels is not None
    assert layout.label_names == ("Bald", "Smiling") and layout.labels.tolist() == [[0, 1], [1, 0], [0, 0]]
    assert "1 image not in list_attr_celeba" in layout.describe().lower()


def test_a_list_that_says_more_than_it_has_is_told(tmp_path: Path):
    add_pictures(tmp_path, ["000001.jpg"])
    (tmp_path / "list_attr_celeba.txt").write_text("202599\nBald\n000001.jpg 1\n")
    assert "has 202,599 images by its first line, but lists 1" in detect(tmp_path).describe()


def test_texts_beside_that_are_not_read_are_told(tmp_path: Path):
    add_pictures(tmp_path, numbered(6))
    (tmp_path / "0000.txt").write_text("a girl")
    assert "1 .txt beside images not read (for fewer than half of the images)" in detect(tmp_path).describe()
    for n in range(6):
        (tmp_path / f"000{n}.TXT").write_text("0 0.5 0.5 0.25 0.25\n")
    (tmp_path / "0000.txt").unlink()
    layout = detect(tmp_path)
    assert layout.captions is None and "6 .txt beside images not read (numbers, no words)" in layout.describe()


def test_texts_in_utf16_with_a_mark(tmp_path: Path):
    add_pictures(tmp_path, numbered(2))
    for n in range(2):
        (tmp_path / f"000{n}.txt").write_bytes("a girl smiles".encode("utf-16"))
    assert detect(tmp_path).captions == ["a girl smiles"] * 2
