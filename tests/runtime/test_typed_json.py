"""What comes from a file that nobody trusts is one line, whatever stands there."""

import json
import os
from pathlib import Path
from typing import NotRequired, TypedDict

import msgspec
import pytest

from mien.errors import DataError, FileError
from mien.runtime import typed_json
from mien.runtime.typed_json import Count, Row, Seconds, decode, read, rows


class Status(TypedDict):
    images: Count
    seconds: Seconds
    exams: NotRequired[Row | None]
    labels: NotRequired[list[tuple[str, int | None]]]


class Frozen(msgspec.Struct, frozen=True):
    name: str
    width: int = 8


def test_what_fits_is_given():
    assert decode(b'{"images": 3, "seconds": 1}', Status, "f") == {"images": 3, "seconds": 1.0}
    assert decode('{"name": "a"}', Frozen, "f") == Frozen("a")


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"images": "many", "seconds": 1}', 'images is "many", not a whole number'),
        ('{"images": -3, "seconds": 1}', "images is -3, not a whole number of at least 0"),
        ('{"images": 1e300, "seconds": 1}', "images is 1e300, not a whole number"),
        ('{"images": true, "seconds": 1}', "images is true, not a whole number"),
        ('{"images": 1, "seconds": -0.5}', "seconds is -0.5, not a number of at least 0"),
        ('{"images": 1, "seconds": null}', "seconds is null, not a number"),
        ('{"seconds": 1}', "it says nothing of images"),
        ('{"images": 1, "seconds": 1, "labels": [["a", 1], ["b", "x"]]}', 'labels[1][1] is "x", not a whole number'),
        ('{"images": 1, "seconds": 1, "labels": [["a"]]}', 'labels[0] is ["a"], not a list of length 2'),
        ("[1]", "it is [1], not an object"),
        ("null", "it is null, not an object"),
        ("", "it is empty"),
        ("{", "it is not JSON in UTF-8"),
        ('{"images": NaN}', "it is not JSON in UTF-8"),
        ('{"images": 1, "seconds": Infinity}', "it is not JSON in UTF-8"),
        ('{"images": 1, "seconds": 1e400}', "seconds: number out of range"),
        ('{"images": %s, "seconds": 1}' % ("1" * 400), "of at most"),
        ('{"images": %s, "seconds": 1}' % ("1" * 100_000), "images: integer value out of range"),
        ('{"images": "\\ud800", "seconds": 1}', "surrogate"),
        ('{"images": ' + "[" * 100_000, "images is a list, not a whole number"),
        ('{"other": ' + '{"a":' * 100_000, "more than 48 deep"),
    ],
)
def test_what_does_not_fit_is_one_line(text, words):
    with pytest.raises(FileError) as told:
        decode(text.encode(), Status, "runs/7/status.json")
    line = str(told.value)
    assert line.startswith("runs/7/status.json is damaged: ") and words in line
    assert "\n" not in line and len(line) < 250


@pytest.mark.parametrize(
    "data", [b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"\xff": 1}', b'{"a\x00": 1}', b"\x00" * 99]
)
def test_other_encodings_are_one_line(data):
    with pytest.raises(FileError, match="not JSON in UTF-8"):
        decode(data, dict[str, object], "x.json")


def test_depth_is_limited_where_any_value_may_stand():
    fits = "[" * 48 + "]" * 48
    assert decode(fits, list, "x.json")
    with pytest.raises(FileError, match="48 deep"):
        decode(f"[{fits}]", list, "x.json")


def test_the_caller_may_choose_the_error():
    with pytest.raises(DataError):
        decode(b"{", Status, "dataset.json", DataError)


def test_rows_that_are_cut_or_odd_are_left_out():
    data = b'{"images": 1}\n\xff\xfe\n[1]\n{"images": {}}\n{"a": ["x"]}\n' + b"[" * 10_000 + b'\n{"images": 2'
    assert rows(data, Row) == [{"images": 1}, {"a": ["x"]}]


def test_a_pipe_or_a_folder_in_place_of_a_file_is_told_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    for path in (tmp_path / "pipe.json", tmp_path / "folder.json", Path("/dev/zero"), tmp_path / "none.json"):
        with pytest.raises(FileError, match=path.name):
            read(path, Status)
    with pytest.raises(FileError, match="null byte"):
        read(tmp_path / "a\0.json", Status)


def test_a_file_beyond_its_size_is_not_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileError, match="larger than 1,000 bytes"):
        typed_json.read_bytes(path, 1000)


def test_a_path_that_is_not_utf_8_comes_back_as_it_was_written():
    text = json.dumps({"name": "set\udcff", "width": 3})
    assert decode(text, Frozen, "f") == Frozen("set\udcff", 3)
    for odd in ('{"name": "\\udcff", "width": "\\udcfe"}', '{"name": "\\udcff'):
        with pytest.raises(FileError, match="f is damaged"):
            decode(odd, Frozen, "f")
    for number in ("NaN", "1e999", "-Infinity"):
        with pytest.raises(FileError, match="not a finite number"):
            decode(f'{{"x": "\\udcff", "images": 1, "seconds": {number}}}', Status, "f")
    with pytest.raises(FileError, match="deep"):
        decode('["\\udcff",' + "[" * 5000 + "]" * 5001, list, "f")


def test_rows_of_version_0_1_0_may_hold_nan():
    data = (
        b'{"a": NaN, "b": 1}\n{"a": 1e999}\n{"a": NaN, "b": 1e999}\n{"a": [NaN, {}]}\n{"a": NaN\n'
        + b"[" * 10**5
        + b"NaN"
    )
    assert typed_json.rows(data, typed_json.Row) == [{"a": None, "b": 1}]
