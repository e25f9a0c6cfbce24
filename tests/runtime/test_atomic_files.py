import json
import os

import pytest

from mien.errors import FileError
from mien.runtime import atomic_files
from mien.runtime.atomic_files import write_bytes, write_json, write_text
from mien.runtime.typed_json import read


def test_what_is_written_is_read(tmp_path):
    write_json(tmp_path / "a.json", {"text": "ä", "number": 0.1, "list": [1, None]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"text": "ä", "number": 0.1, "list": [1, None]}
    write_text(tmp_path / "b.txt", "first")
    write_text(tmp_path / "b.txt", "second")
    assert (tmp_path / "b.txt").read_text() == "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.txt"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_trouble_before_the_rename_leaves_the_old_file_whole(tmp_path, monkeypatch, moment):
    path = tmp_path / "state.json"
    write_bytes(path, b"old")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if moment == "fsync":
            patch.setattr(atomic_files.os, "fsync", full)
        else:
            patch.setattr(atomic_files.Path, "replace", full)
        with pytest.raises(FileError, match=r"state.json: No space left on device"):
            write_bytes(path, b"new and longer")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_kill_before_the_rename_leaves_the_old_file_whole(tmp_path):
    """A real one: the child is gone between writing and renaming, without any clean-up."""
    path = tmp_path / "state.json"
    write_bytes(path, b"old")
    child = os.fork()
    if child == 0:
        atomic_files.Path.replace = lambda *names: os._exit(9)
        write_bytes(path, b"new")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert path.read_bytes() == b"old"
    write_bytes(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_data_are_on_disk_before_their_name_is(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, atomic_files.Path.replace
    monkeypatch.setattr(atomic_files.os, "fsync", lambda handle: (order.append("sync"), fsync(handle))[1])
    monkeypatch.setattr(atomic_files.Path, "replace", lambda *names: (order.append("rename"), replace(*names))[1])
    write_bytes(tmp_path / "a", b"x")
    assert order == ["sync", "rename"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1', b"\xff\xfe\x00", b"nope"])
def test_damaged_json_is_named(tmp_path, content):
    (tmp_path / "status.json").write_bytes(content)
    with pytest.raises(FileError, match=r"status.json is damaged: "):
        read(tmp_path / "status.json", dict)


def test_missing_json_is_named(tmp_path):
    with pytest.raises(FileError, match=r"status.json: No such file or directory"):
        read(tmp_path / "status.json", dict)
