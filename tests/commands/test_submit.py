from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_run import make_run
from PIL import Image

from mien.commands.submit import check, fitted, hw6
from mien.errors import DataError, FileError, UsageError
from mien.exporters.hw6.pack import archive, best_quality, jpeg, pack
from mien.exporters.hw6.validate import COUNT, MAX_BYTES, problems

Entry = tuple[tarfile.TarInfo, bytes]


def noise(count: int, side: int = 64) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8))


@pytest.fixture(scope="module")
def good() -> list[Entry]:
    """The entries of a valid archive; all its pictures are the same."""
    data = jpeg(np.full((64, 64, 3), 200, np.uint8), 80, "4:2:0")
    return [entry(f"{number}.jpg", data) for number in range(1, COUNT + 1)]


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Entry:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


def written(path: Path, entries: list[Entry]) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return path


# --- packing ----------------------------------------------------------------------------------------------------------


def test_a_gray_run_becomes_a_valid_archive(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs", channels=1)
    made = hw6(str(run.path), trunc=0.8)
    assert made.path == str(run.path / "hw6.tgz")
    assert made.bytes == Path(made.path).stat().st_size < MAX_BYTES
    assert (made.pictures, made.truncation, made.kimg, made.resized_from) == (1000, 0.8, 4.5, "16")
    assert check(Path(made.path)).as_dict() == {"valid": True, "path": made.path, "bytes": made.bytes, "pictures": 1000}
    assert "Only the course's judge gives a score" in str(made)
    with tarfile.open(made.path) as tar:
        assert tar.getnames() == [f"{number}.jpg" for number in range(1, 1001)]
        assert {(info.mtime, info.uid, info.uname) for info in tar} == {(0, 0, "")}


def test_the_same_pictures_give_the_same_bytes() -> None:
    pictures = noise(8)
    assert pack(pictures).data == pack(pictures).data
    assert gzip.decompress(pack(pictures).data)[:5] == b"1.jpg"


def test_quality_is_the_highest_that_fits() -> None:
    pictures, limit = noise(10), 40_000
    found = best_quality(pictures, "4:4:4", limit)
    assert found is not None and len(found.data) < limit and 1 < found.quality < 95
    assert len(archive([jpeg(picture, found.quality + 1, "4:4:4") for picture in pictures])) >= limit


def test_the_nearer_subsampling_is_chosen() -> None:
    pictures = noise(10)
    both = [best_quality(pictures, name, 60_000) for name in ("4:4:4", "4:2:0")]
    assert pack(pictures, 60_000).error == min(found.error for found in both if found)


def test_what_cannot_fit_is_told() -> None:
    with pytest.raises(DataError, match="at any JPEG quality"):
        pack(noise(3), 500)


def test_other_sizes_become_the_middle_square() -> None:
    wide = np.zeros((1, 96, 128, 1), np.uint8)
    wide[:, :, 16:112] = 255  # only the middle 96 x 96 is white
    (picture,) = fitted([wide])
    assert picture.shape == (64, 64, 3) and picture.min() == 255


@pytest.mark.parametrize(
    ("flags", "words"),
    [({"seeds": "1-999"}, "gives 999 images"), ({"trunc": 3.0}, "trunc 3"), ({"output": Path()}, "is a folder")],
)
def test_mistakes(tmp_path: Path, flags: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        hw6(str(make_run(tmp_path).path), **flags)


# --- checking ---------------------------------------------------------------------------------------------------------


def other_jpeg(size: tuple[int, int] = (64, 64), mode: str = "RGB", format: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, format)
    return file.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda all: all[:-2], "2 of 1,000 images are missing: 999.jpg, 1000.jpg"),
        (lambda all: [*all, entry("readme.txt")], "readme.txt: does not belong there"),
        (lambda all: [*all, all[6]], "7.jpg: is there twice"),
        (lambda all: [entry("out", kind=tarfile.DIRTYPE), *all], "out: is a folder"),
        (lambda all: [entry("./1.jpg", all[0][1]), *all[1:]], "./1.jpg: must be named 1.jpg"),
        (lambda all: [entry("../../1.jpg", all[0][1]), *all[1:]], "../../1.jpg: must be named 1.jpg"),
        (lambda all: [entry("1.jpg", kind=tarfile.SYMTYPE, link="/etc/passwd"), *all[1:]], "1.jpg: is a link"),
        (lambda all: [*all[:-1], entry("1000.jpg", kind=tarfile.LNKTYPE, link="1.jpg")], "1000.jpg: is a link"),
        (lambda all: [entry("1.jpg", kind=tarfile.FIFOTYPE), *all[1:]], "1.jpg: is not a plain file"),
        (lambda all: [entry("1.jpg", other_jpeg((96, 96))), *all[1:]], "1.jpg: is 96x96, not 64x64"),
        (lambda all: [entry("1.jpg", other_jpeg(mode="L")), *all[1:]], "1.jpg: is of mode L, not RGB"),
        (lambda all: [entry("1.jpg", other_jpeg(format="PNG")), *all[1:]], "1.jpg: is not a JPEG"),
        (lambda all: [entry("1.jpg", all[0][1][:400]), *all[1:]], "1.jpg: is not a JPEG, or is damaged"),
        (lambda all: [entry("1.jpg"), *all[1:]], "1.jpg: is not a JPEG"),
        (lambda all: [*all, entry("a\n\x1b[31mb")], "a��[31mb: does not belong there"),
    ],
)
def test_faults(tmp_path: Path, good: list[Entry], change: Callable[[list[Entry]], list[Entry]], words: str) -> None:
    found = problems(written(tmp_path / "a.tgz", change(good)))
    assert len(found) == 1 and words in found[0]


def test_every_fault_is_told_and_the_exit_code_is_65(tmp_path: Path, good: list[Entry]) -> None:
    path = written(tmp_path / "a.tgz", [entry("1.jpg", b"no"), *good[1:-1], entry("x")])
    with pytest.raises(DataError) as caught:
        check(path)
    assert caught.value.exit_code == 65
    assert len(str(caught.value).splitlines()) == 4
    for words in ("3 faults", "1000.jpg", "1.jpg: is not a JPEG", "x: does not belong"):
        assert words in str(caught.value)


def test_many_faults_are_counted(tmp_path: Path, good: list[Entry]) -> None:
    found = problems(written(tmp_path / "a.tgz", [*good, *(entry(f"{number}.txt") for number in range(50))]))
    assert len(found) == 41 and found[-1] == "and 10 more faulty files"


def test_too_large(tmp_path: Path, good: list[Entry]) -> None:
    bulk = np.random.default_rng(0).bytes(900_000)
    found = problems(written(tmp_path / "a.tgz", [*good, *(entry(f"{name}", bulk) for name in "abc")]))
    assert "bytes: it must be under 2,000,000" in found[0] and len(found) == 4


def test_bombs_are_not_unpacked(tmp_path: Path, good: list[Entry]) -> None:
    bomb = tmp_path / "bomb.tgz"
    huge = tarfile.TarInfo("1.jpg")
    huge.size = 10**12
    bomb.write_bytes(gzip.compress(huge.tobuf() + bytes(70_000_000), 1))
    assert any("unpacks to over 64,000,000 bytes" in fault for fault in problems(bomb))
    # A long chain of "the name follows" headers makes tarfile call itself once for each.
    name = tarfile.TarInfo("x")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 1
    (tmp_path / "deep.tgz").write_bytes(gzip.compress((name.tobuf() + b"a".ljust(512, b"\0")) * 3000, 1))
    assert any("damaged" in fault for fault in problems(tmp_path / "deep.tgz"))
    flood = [*good, *(entry("x") for _ in range(3001))]
    assert any(
        "over 4,000 entries" in fault or "more faulty files" in fault for fault in problems(written(bomb, flood))
    )


BROKEN = {
    "nothing": b"",
    "no archive": b"no archive",
    "no tar": gzip.compress(b"no tar"),
    "cut short": gzip.compress(bytes(4096))[:-9],
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tgz").write_bytes(data)
    with pytest.raises(DataError, match="breaks the rules"):
        check(tmp_path / "a.tgz")


def test_cut_short(tmp_path: Path, good: list[Entry]) -> None:
    path = written(tmp_path / "a.tgz", good)
    path.write_bytes(path.read_bytes()[:-2000])
    assert any("damaged" in fault for fault in problems(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"a\.tgz: No such file"):
        check(tmp_path / "a.tgz")
