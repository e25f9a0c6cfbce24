import errno
import subprocess
import zlib

import numpy as np
import pytest

from mien.data import arrays
from mien.errors import FileError


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], capture_output=True)
    if done.returncode:
        pytest.skip("only root may mount")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.parametrize("dtype, shape", [(np.uint8, (5, 4, 3, 3)), (np.float32, (7, 2)), (np.uint8, (0, 4, 4, 3))])
def test_a_written_array_is_what_numpy_writes(tmp_path, dtype, shape):
    array = (np.arange(np.prod(shape)) % 251).astype(dtype).reshape(shape)
    np.save(tmp_path / "numpy.npy", array)
    arrays.write(tmp_path / "ours.npy", dtype, shape, np.array_split(array, 3))
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpy.npy").read_bytes()


def test_rows_come_to_their_places_and_others_stay_zero(tmp_path):
    arrays.create(tmp_path / "a.npy", np.float32, (6, 2))
    file = arrays.RowFile(tmp_path / "a.npy")
    file.begin(2, 5)
    file[2], file[4] = (1, 2), (5, 6)
    file.end()
    file.begin(5, 9)  # beyond the end there is nothing to write
    file[5] = (7, 8)
    file.end()
    assert np.load(tmp_path / "a.npy").tolist() == [[0, 0], [0, 0], [1, 2], [0, 0], [5, 6], [7, 8]]


def test_a_disk_that_takes_a_part_is_asked_for_the_rest(tmp_path):
    arrays.create(tmp_path / "a.npy", np.uint8, (4, 5))
    file = arrays.RowFile(tmp_path / "a.npy")
    whole = file.file

    class Slow:
        seek = staticmethod(whole.seek)

        @staticmethod
        def write(data):
            return whole.write(data[:3])

    file.file = Slow()
    file.begin(0, 4)
    file.rows[:] = np.arange(20).reshape(4, 5)
    file.end()
    assert np.load(tmp_path / "a.npy").ravel().tolist() == list(range(20))


def test_a_full_disk_is_an_error_at_once_and_while_writing(small_disk):
    with pytest.raises(OSError, match="0 MB free") as found:
        arrays.create(small_disk / "a.npy", np.uint8, (100, 1000))
    assert found.value.errno == errno.ENOSPC and not list(small_disk.iterdir())
    arrays.create(small_disk / "a.npy", np.uint8, (50, 1000))
    (small_disk / "other").write_bytes(bytes(40_000))  # somebody else takes the room
    file = arrays.RowFile(small_disk / "a.npy")
    file.begin(0, 50)
    file.rows[:] = 1
    with pytest.raises(OSError) as found:  # and no SIGBUS
        file.end()
    assert found.value.errno == errno.ENOSPC


def test_sums_are_of_blocks_and_tell_where_a_byte_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "BLOCK", 100)
    path = tmp_path / "a"
    path.write_bytes(bytes(range(250)))
    expected = [zlib.crc32(bytes(range(start, min(start + 100, 250)))) for start in (0, 100, 200)]
    assert arrays.sums(path) == expected
    arrays.check(path, expected)
    for changed, near in ((b"\x00" + bytes(range(1, 250)), None), (bytes(range(249)), "200"), (bytes(251), "0")):
        path.write_bytes(changed)
        if near is None:
            arrays.check(path, expected)
            continue
        with pytest.raises(FileError, match=f"damaged near byte {near}:"):
            arrays.check(path, expected)
    path.unlink()
    with pytest.raises(FileError, match="cannot be read"):
        arrays.check(path, expected)


def test_of_a_large_file_evenly_spread_blocks_are_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "BLOCK", 10)
    monkeypatch.setattr(arrays, "MOST_CHECKED", 3)
    path = tmp_path / "a"
    path.write_bytes(bytes(95))
    expected = arrays.sums(path)
    assert len(expected) == 10
    for byte, seen in ((0, True), (45, True), (94, True), (15, False)):  # of blocks 0, 4, 9; and 1
        path.write_bytes(bytes(byte) + b"x" + bytes(94 - byte))
        if seen:
            with pytest.raises(FileError, match=f"damaged near byte {byte // 10 * 10}:"):
                arrays.check(path, expected)
        else:
            arrays.check(path, expected)
    for size in (80, 101):
        path.write_bytes(bytes(size))
        with pytest.raises(FileError, match="damaged near byte"):
            arrays.check(path, expected)
