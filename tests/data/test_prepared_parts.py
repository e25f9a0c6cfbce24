"""A set prepared in parts has the bits of one prepared at once, and a part that is missing or wrong is one line."""

from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures, colour_picture, numbered

from mien.data import prepared_parts
from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.data.prepared_parts import parse_part, parts_of, write_part
from mien.errors import DataError, FileError, UsageError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))


def classes(folder: Path) -> Path:
    """17 images of two classes, two of them damaged."""
    add_pictures(folder, [*numbered(9, "a/"), *numbered(8, "b/")])
    for name in ("a/0003.png", "b/0001.png"):
        (folder / name).write_bytes(b"no image")
    return folder


def gray(folder: Path) -> Path:
    for name in numbered(7):
        folder.mkdir(exist_ok=True)
        colour_picture(int(name[:4])).convert("L").save(folder / name)
    return folder


def pairs(folder: Path) -> Path:
    """Seven pairs of files, in which one image and another source are damaged."""
    add_pictures(folder, [*numbered(7, "A/"), *numbered(7, "B/")])
    for name in ("A/0002.png", "B/0005.png"):
        (folder / name).write_bytes(b"")
    return folder


def halves(folder: Path) -> Path:
    return add_pictures(folder, numbered(5), (40, 20))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("make, count", [(classes, 1), (classes, 3), (gray, 2), (pairs, 3), (halves, 2)])
def test_merged_parts_are_the_set_prepared_at_once(tmp_path: Path, make, count: int):
    data = make(tmp_path / "data")
    most_bad = 0.5
    whole = prepare(data, 8, 8, output=tmp_path / "whole", most_bad=most_bad)
    output = tmp_path / "merged"
    found = [write_part(detect(data), 8, 8, output, (number, count), workers=1) for number in range(count, 0, -1)]
    assert sum(files for _, files in found) == len(detect(data).entries) + len(detect(data).sources or [])
    merged = prepare(data, 8, 8, output=output, most_bad=most_bad, merge=True)
    assert files_of(merged.path) == files_of(whole.path)
    assert not parts_of(output).exists()
    assert prepare(data, 8, 8, output=output, most_bad=most_bad, merge=True).path == output  # again: it is there


@pytest.fixture
def two_of_three(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of images, and an output of which parts 1 and 3 of 3 are prepared."""
    data = add_pictures(tmp_path / "data", numbered(10))
    for number in (1, 3):
        write_part(detect(data), 8, 8, tmp_path / "set", (number, 3), workers=1)
    return data, tmp_path / "set"


def test_a_missing_part_is_named(two_of_three: tuple[Path, Path]):
    data, output = two_of_three
    with pytest.raises(FileError, match=r"set\.parts lacks part 2 of 3: prepare them with --part 2/3"):
        prepare(data, 8, 8, output=output, merge=True)
    assert not output.exists()


def test_an_interrupted_part_is_missing_and_leaves_nothing(two_of_three: tuple[Path, Path], monkeypatch):
    data, output = two_of_three

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(prepared_parts, "sums_of", cut)
        with pytest.raises(KeyboardInterrupt):
            write_part(detect(data), 8, 8, output, (2, 3), workers=1)
    with pytest.raises(FileError, match="lacks part 2 of 3"):
        prepare(data, 8, 8, output=output, merge=True)
    write_part(detect(data), 8, 8, output, (2, 3), workers=1)
    assert len(prepare(data, 8, 8, output=output, merge=True)) == 10


def test_a_damaged_part_is_named_and_prepared_again(two_of_three: tuple[Path, Path]):
    data, output = two_of_three
    write_part(detect(data), 8, 8, output, (2, 3), workers=1)
    path = parts_of(output) / "3-of-3" / "images.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    with pytest.raises(FileError, match=r"images\.npy is damaged .* prepare it again with --part 3/3"):
        prepare(data, 8, 8, output=output, merge=True)
    write_part(detect(data), 8, 8, output, (3, 3), workers=1)
    assert len(prepare(data, 8, 8, output=output, merge=True)) == 10


def test_a_part_that_is_there_is_not_decoded_again(two_of_three: tuple[Path, Path], monkeypatch):
    data, output = two_of_three
    monkeypatch.setattr(prepared_parts, "decode_images", None)
    assert write_part(detect(data), 8, 8, output, (1, 3))[1] == 3
    with pytest.raises(TypeError):
        write_part(detect(data), 8, 9, output, (1, 3))  # of another size


def test_parts_of_other_files_or_another_number_are_refused(two_of_three: tuple[Path, Path]):
    data, output = two_of_three
    write_part(detect(data), 8, 8, output, (2, 3), workers=1)
    with pytest.raises(FileError, match=r"1-of-3 is of other files, or of another --resolution: .* --part 1/3"):
        prepare(data, 8, 9, output=output, merge=True)
    write_part(detect(data), 8, 8, output, (2, 4), workers=1)
    with pytest.raises(FileError, match="holds parts of 3 and of 4: delete the wrong ones"):
        prepare(data, 8, 8, output=output, merge=True)
    with pytest.raises(FileError, match=r"other\.parts holds no parts"):
        prepare(data, 8, 8, output=output.with_name("other"), merge=True)


def test_too_many_damaged_images_are_refused_by_the_merge(tmp_path: Path):
    data = classes(tmp_path / "data")
    for number in (1, 2):
        write_part(detect(data), 8, 8, tmp_path / "set", (number, 2), workers=1)
    with pytest.raises(DataError, match="2 of 17 images cannot be decoded"):
        prepare(data, 8, 8, output=tmp_path / "set", merge=True)


def test_mistakes_in_the_flag():
    assert parse_part("3/8") == (3, 8)
    for text in ("0/8", "9/8", "3", "3/0", "a/b", "-1/8"):
        with pytest.raises(UsageError, match=f"--part {text} is not a part: write 3/8"):
            parse_part(text)
    with pytest.raises(UsageError, match=r"--part: drawn:10@8 .* needs no preparation from files"):
        write_part(detect("drawn:10@8"), 8, 8, Path("set"), (1, 2))


def test_parts_hold_all_files_in_order(tmp_path: Path):
    layout = detect(pairs(tmp_path / "data"))
    found = [prepared_parts.pieces(layout, number, 5) for number in range(1, 6)]
    assert np.concatenate([entries for entries, _ in found]).tolist() == layout.entries
    assert np.concatenate([others for _, others in found]).tolist() == layout.sources
