"""Archives that lie, each refused in one line; and odd ones that are right, read as their own tools read them."""

import bz2
import io
import os
import socket
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from folders import add_pictures, numbered
from hostile import Entry, Zip, pax, tar_file, tar_header

from mien.data import members
from mien.data.files import fingerprint, open_files
from mien.data.prepare import prepare
from mien.errors import DataError
from mien.runtime.printable import in_one_line

HUGE = 0xFFFFFFFF
WIDE = b"\x01\x00\x18\x00"  # the 64-bit field: size, packed, offset
SPARSE = {"GNU__sparse__map": "0,1", "GNU__sparse__size": "1"}
A = Entry(b"a.png")

ZIPS = {
    "an offset beyond the end": (Zip([Entry(offset=5000)]), "beyond the end"),
    "a size beyond the end": (Zip([Entry(packed=5000, size=5000)]), "beyond the end"),
    "two sizes of what is stored": (Zip([Entry(size=3)]), "two sizes"),
    "members over each other": (Zip([A, Entry(b"b.png", offset=0)]), "over each other"),
    "a member within another": (Zip([Entry(data=b"x" * 90), Entry(b"b.png", offset=20)]), "over each other"),
    "a NUL in a name": (Zip([Entry(b"a.png\0.exe")]), "no name of a file"),
    "no name": (Zip([Entry(b"")]), "no name of a file"),
    "an unknown version": (Zip([Entry(version=99)]), "version 9.9"),
    "encrypted names": (Zip([Entry(flags=0x2000)]), "is encrypted"),
    "a 64-bit size that is missing": (Zip([Entry(size=HUGE, packed=HUGE)]), "64-bit size is missing"),
    "a 64-bit size of all": (Zip([Entry(size=HUGE, packed=HUGE, extra=WIDE + b"\xff" * 24)]), "beyond"),
    "another count": (Zip([A], count=7), "lists 1 files where it promises 7"),
    "a table before the file": (Zip([A], length=4000), "before the file"),
    "a table that begins elsewhere": (Zip([A], length=20), "is broken at entry 0"),
    "one of several disks": (Zip([A], disk=3), "join the parts"),
    "a link": (Zip([Entry(attributes=0o120777 << 16)]), "is a link"),
    "a bomb": (Zip([Entry(method=8, size=1 << 25)]), "zip bomb"),
    "backslashes that lead out": (Zip([Entry(b"a\\..\\..\\x.png")]), "leads out"),
}  # fmt: skip

TARS = {
    "a negative size": (tar_header(b"a.png", b"\xff" * 12), "no number"),
    "a size of letters": (tar_header(b"a.png", b"9z"), "no number"),
    "a size beyond the end": (tar_header(b"a.png", 99999), "beyond the end"),
    "a size of 88 bits": (tar_header(b"a.png", b"\x80" + b"\xff" * 11), "beyond the end"),
    "a broken header within": (tar_file(b"a.png", b"x") + b"broken" * 200, "header at byte 1,024 is broken"),
    "a negative size in pax": (pax(size="-1024") + tar_file(b"a.png", b"x"), "no size"),
    "a record without end": (tar_file(b"p", b"99 path=x\n", b"x") + tar_file(b"a", b""), "extended header is broken"),
    "a record of no length": (tar_file(b"p", b"0 path=x\n", b"x") + tar_file(b"a", b""), "extended header is broken"),
    "a name of a gigabyte": (tar_header(b"L", 1 << 30, b"L"), "longer than a name"),
    "a sparse map": (pax(**SPARSE) + tar_file(b"a.png", b"x"), "no ordinary file"),
    "an old sparse file": (tar_file(b"a.png", b"x", b"S"), "no ordinary file"),
    "a part of several": (tar_file(b"a.png", b"x", b"M"), "no ordinary file"),
    "a pipe": (tar_file(b"a.png", b"", b"6"), "no ordinary file"),
    "a NUL in a name": (pax(path="a\0.png") + tar_file(b"a.png", b"x"), "no name of a file"),
    "a path that leads out": (pax(path="../../a.png") + tar_file(b"a.png", b"x"), "leads out"),
    "a prefix that leads out": (tar_file(b"a.png", b"x", prefix=b"/etc"), "leads out"),
    "an end within an entry": (pax(path="b.png"), "ends within"),
}


@pytest.mark.parametrize(
    "data, words", [*((z.bytes(), words) for z, words in ZIPS.values()), *TARS.values()], ids=[*ZIPS, *TARS]
)
def test_archives_that_lie_are_refused_in_one_line(tmp_path: Path, data: bytes, words: str):
    path = tmp_path / "archive"
    path.write_bytes(data)
    start = time.monotonic()
    with pytest.raises(DataError, match=words) as refused:
        open_files(path)
    assert time.monotonic() - start < 5
    assert str(path) in str(refused.value) and "\n" not in in_one_line(str(refused.value))
    fingerprint(path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    for path in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero"), Path("/dev/null")):
        for look in (open_files, fingerprint):
            with pytest.raises(DataError, match=r"is a (pipe|socket|device): give --data a folder"):
                look(path)
        with pytest.raises(DataError, match="is a"):
            prepare(path, 8, 8)


def test_a_sparse_file_of_4_gigabytes_is_refused(tmp_path: Path):
    with (tmp_path / "sparse.tar").open("wb") as file:
        file.truncate(1 << 32)
    start = time.monotonic()
    with pytest.raises(DataError, match="neither zip nor tar"):
        open_files(tmp_path / "sparse.tar")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zips_by_bzip2_and_lzma(tmp_path: Path, method: int):
    contents = {f"{index}.png": bytes([index]) * 999 + os.urandom(99) for index in range(5)}
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    found = open_files(tmp_path / "x.zip")
    assert {name: found.read(name) for name in found.images} == contents
    damaged = bytearray((tmp_path / "x.zip").read_bytes())
    damaged[found.members["3.png"].offset + 60] ^= 255
    (tmp_path / "x.zip").write_bytes(damaged)
    with pytest.raises(ValueError, match="damaged zip entry"):
        found.read("3.png")


def test_a_forged_lzma_dictionary_takes_no_memory(tmp_path: Path):
    data = b"\x09\x04\x05\x00\x5d\xff\xff\xff\xff" + b"\0" * 50
    (tmp_path / "x.zip").write_bytes(Zip([Entry(method=14, data=data, size=100)]).bytes())
    with pytest.raises(ValueError, match="damaged zip entry"):
        open_files(tmp_path / "x.zip").read("a.png")


def test_packed_bytes_beyond_the_promise_are_never_unpacked(tmp_path: Path):
    bomb = bz2.compress(b"\0" * (1 << 26))
    (tmp_path / "x.zip").write_bytes(Zip([Entry(method=12, data=bomb, size=100)]).bytes())
    with pytest.raises(ValueError, match="wrong checksum"):
        open_files(tmp_path / "x.zip").read("a.png")


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_are_read_as_tarfile_reads_them(tmp_path: Path, format_: int):
    long = "sub" * 20 + "/" + "n" * 90 + ".png"
    names = ["./a.png", "b/ü.png", long, *([] if format_ == tarfile.USTAR_FORMAT else ["x" * 250 + "/顔.png"])]
    contents = {name: os.urandom(700 + len(name)) for name in names}
    with tarfile.open(tmp_path / "x.tar", "w", format=format_) as archive:
        archive.addfile(tarfile.TarInfo("empty"))
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 0.5  # a fraction: pax writes it in a record
            archive.addfile(info, io.BytesIO(data))
        archive.addfile(tarfile.TarInfo("a.png"), None)  # a later one of the same name replaces it
    found = open_files(tmp_path / "x.tar")
    assert found.read("a.png") == b""
    assert {name: found.read(name) for name in found.images[1:]} == {
        name: data for name, data in contents.items() if name != "./a.png"
    }


def test_a_zip_as_the_last_file_of_a_tar_does_not_hide_the_tar(tmp_path: Path):
    (tmp_path / "x.tar").write_bytes(tar_file(b"a.png", b"x" * 512) + tar_file(b"b.zip", Zip([A]).bytes()))
    assert list(open_files(tmp_path / "x.tar").members) == ["a.png", "b.zip"]


def test_a_zip_behind_a_program_and_before_a_comment(tmp_path: Path):
    inner = Zip([Entry(b"sub\\a.png")], comment=b"PK\5\6" + b"?" * 40)
    (tmp_path / "x.zip").write_bytes(b"#!/bin/sh\n" * 50 + inner.bytes())
    assert open_files(tmp_path / "x.zip").read("sub/a.png") == b"picture"


def test_names_of_old_zips_and_of_flags_that_lie(tmp_path: Path):
    raw = ["顔/笑顔.png".encode("cp932"), "顔/表情.png".encode("cp932")]
    (tmp_path / "x.zip").write_bytes(Zip([Entry(name, data=name) for name in raw]).bytes())
    found = open_files(tmp_path / "x.zip")
    assert found.images == ["顔/笑顔.png", "顔/表情.png"] and found.read("顔/表情.png") == raw[1]
    (tmp_path / "y.zip").write_bytes(Zip([Entry(b"\xff.png", flags=0x800), Entry(b"\xfe.png", flags=0x800)]).bytes())
    assert open_files(tmp_path / "y.zip").images == ["%FE.png", "%FF.png"]


def test_names_that_only_look_alike_both_stay(tmp_path: Path):
    names = ["e\u0301.png", "\xe9.png", "sub\\x.png"]
    folder = add_pictures(tmp_path / "set", [*names, "sub/x.png", *numbered(3)])
    found = open_files(folder)
    assert found.images == [*numbered(3), "sub/x.png", "sub/x~2.png", "\xe9.png", "\xe9~2.png"]
    assert {found.read(name) for name in found.images} == {path.read_bytes() for path in folder.rglob("*.png")}
    assert len(prepare(folder, 8, 8)) == 7
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in folder.rglob("*.png"):
            archive.write(path, path.name)
    assert len(open_files(tmp_path / "x.zip").images) == 7


def test_more_entries_than_ever_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(members, "MOST_ENTRIES", 3)
    folder = add_pictures(tmp_path / "set", numbered(4))
    (tmp_path / "x.tar").write_bytes(b"".join(tar_file(b"%d.png" % index, b"x") for index in range(4)))
    for path in (folder, tmp_path / "x.tar"):
        with pytest.raises(DataError, match="more than 3 entries"):
            open_files(path)


def test_a_folder_as_deep_as_the_system_allows(tmp_path: Path):
    deep = "/".join(["d"] * 1200)
    (tmp_path / "set").mkdir()
    place = os.open(tmp_path / "set", os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(os.open("a.png", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)
    try:
        assert open_files(tmp_path / "set").images == [f"{deep}/a.png"]
    finally:  # pytest, which deletes old folders by recursion, could not
        subprocess.run(["rm", "-rf", tmp_path / "set"], check=True)
