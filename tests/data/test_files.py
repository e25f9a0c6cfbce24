import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from folders import add_pictures, numbered, tarred, zipped

from mien.data import members
from mien.data.files import fingerprint, open_files
from mien.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add_pictures(tmp_path / "faces", [*numbered(3), "sub/x.png"])
    return tmp_path / "faces"


@pytest.mark.parametrize("kind", ["stored.zip", "deflated.zip", "a.tar", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_archives_give_the_same_bytes_as_the_folder(folder: Path, kind: str):
    path = folder.parent / kind
    if kind.endswith(".zip"):
        zipped(folder, path, zipfile.ZIP_STORED if kind == "stored.zip" else zipfile.ZIP_DEFLATED)
    else:
        mode = {"a.tar": "w", "a.tgz": "w:gz", "a.tar.bz2": "w:bz2", "a.tar.xz": "w:xz"}[kind]
        tarred(folder, path, mode)
    plain, packed = open_files(folder), open_files(path)
    assert packed.images == ["faces/" + name for name in plain.images]
    for name in plain.images:
        assert packed.read("faces/" + name) == plain.read(name)


@pytest.mark.parametrize("name", ["../out.png", "/abs.png", "a/../../out.png", "C:/x.png", "..\\out.png"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, b"x")
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    for kind in ("bad.zip", "bad.tar"):
        with pytest.raises(DataError, match="leads out of the archive"):
            open_files(tmp_path / kind)


def test_links_and_devices_are_refused(tmp_path: Path):
    entry = zipfile.ZipInfo("link.png")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(DataError, match=r"link\.png is a link"):
        open_files(tmp_path / "bad.zip")
    for kind, words in (
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "no ordinary"),
    ):
        member = tarfile.TarInfo("odd.png")
        member.type, member.linkname = kind, "/etc/passwd"
        with tarfile.open(tmp_path / "bad.tar", "w") as archive:
            archive.addfile(member)
        with pytest.raises(DataError, match=words):
            open_files(tmp_path / "bad.tar")


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bmp", b"\0" * (members.SMALL_ENTRY + 1))
        archive.writestr("b.bmp", b"1234")
    with pytest.raises(DataError, match="zip bomb"):
        open_files(bomb)
    monkeypatch.setattr(members, "MOST_BYTES_OF_ONE", 1000)
    with pytest.raises(DataError, match=r"a\.bmp unpacks to"):
        open_files(bomb)
    monkeypatch.undo()
    monkeypatch.setattr(members, "MOST_ENTRIES", 1)
    with pytest.raises(DataError, match="more than 1 entries"):
        open_files(bomb)
    monkeypatch.undo()
    with tarfile.open(tmp_path / "bomb.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("a.bmp")
        member.size = 2 * members.SMALL_ENTRY
        archive.addfile(member, io.BytesIO(b"\0" * member.size))
    with pytest.raises(DataError, match="over 200 times its size"):
        open_files(tmp_path / "bomb.tgz")
    monkeypatch.setattr(members, "MOST_RATIO", 10**6)
    monkeypatch.setattr(members, "MOST_BYTES_OF_ALL", 10)
    with pytest.raises(DataError, match="unpacks to"):
        open_files(bomb)


def test_encrypted_and_damaged_zips_are_refused(folder: Path):
    path = zipped(folder, folder.parent / "x.zip")
    data = bytearray(path.read_bytes())
    broken = folder.parent / "broken.zip"
    broken.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match="a zip whose end is missing"):
        open_files(broken)
    at = data.find(b"PK\x01\x02")
    while data[at + 24 : at + 28] == b"\0\0\0\0":  # past the folders
        at = data.find(b"PK\x01\x02", at + 4)
    data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="is encrypted"):
        open_files(path)


def test_a_wrong_checksum_is_noticed(folder: Path):
    path = zipped(folder, folder.parent / "x.zip", zipfile.ZIP_STORED)
    found = open_files(path)
    member = found.members["faces/0001.png"]
    data = bytearray(path.read_bytes())
    data[member.offset + 60] ^= 255
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged zip entry"):
        found.read("faces/0001.png")
    assert found.read("faces/0000.png")


def test_fingerprint_changes_with_the_files(folder: Path):
    seen = {fingerprint(folder)}
    assert fingerprint(folder) in seen
    (folder / "new.png").write_bytes(b"x")
    seen.add(fingerprint(folder))
    (folder / "new.png").write_bytes(b"xy")
    seen.add(fingerprint(folder))
    os.utime(folder / "new.png", ns=(1, 1))
    seen.add(fingerprint(folder))
    (folder / "new.png").rename(folder / "newer.png")
    seen.add(fingerprint(folder))
    assert len(seen) == 5


def test_a_link_to_a_folder_is_followed_and_a_circle_is_not(folder: Path):
    (folder.parent / "other").mkdir()
    add_pictures(folder.parent / "other", ["z.png"])
    (folder / "linked").symlink_to(folder.parent / "other")
    (folder / "circle").symlink_to(folder)
    (folder / "up").symlink_to(folder.parent)
    assert open_files(folder).images == [*numbered(3), "linked/z.png", "sub/x.png"]
