"""Images that are read from disk batch by batch: the same batches as from memory, and errors in one line."""

import numpy as np
import pytest
import torch
from test_batches import equal, numbered, stream

from mien.data import batches, stored_images
from mien.data.batches import Batches
from mien.data.mapped import read_array
from mien.data.stored_images import StoredImages
from mien.errors import FileError


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """48 images on disk, on a machine without memory for them."""
    monkeypatch.setattr(stored_images, "memory", lambda: 0)
    np.save(tmp_path / "images.npy", numbered(48, channels=3))
    return read_array(tmp_path / "images.npy", np.uint8, (48, 4, 4, 3))


@pytest.mark.parametrize("rows", [None, np.delete(np.arange(48), [0, 17, 47])])
def test_batches_from_disk_are_those_from_memory(mapped, rows):
    labels = np.arange(48, dtype=np.float32)[:, None]
    stored = Batches(mapped, labels, batch_size=7, mirror=True, rows=rows)
    assert isinstance(stored.pixels, StoredImages) and len(stored.pixels) == (48 if rows is None else 45)
    copied = Batches(np.array(mapped), labels, batch_size=7, mirror=True, rows=rows)
    assert isinstance(copied.pixels, torch.Tensor) and len(copied.pixels) == len(stored.pixels)
    for one, other in zip(stream(stored, 30), stream(copied, 30), strict=True):  # four epochs
        assert equal(one, other) and torch.equal(one.label, other.label)


def test_held_out_rows_never_appear(mapped):
    made = Batches(mapped, batch_size=9, rows=np.arange(1, 48, 2))
    shown = {int(value) for batch in stream(made, 8) for value in (batch.image[:, 0, 0, 1] + 1) * 127.5 + 0.5}
    assert shown == set(range(1, 48, 2))


def test_single_images_and_lists_of_them(mapped):
    stored = StoredImages(mapped)
    assert torch.equal(stored[5], torch.from_numpy(np.array(mapped[5])))
    for chosen in (np.array([3, 3, 40]), torch.tensor([3, 3, 40])):
        assert torch.equal(stored[chosen], torch.from_numpy(np.array(mapped[[3, 3, 40]])))


@pytest.mark.parametrize("rows", [None, np.arange(3, 45, 2)])
def test_pieces_make_the_complete_copy(mapped, rows, monkeypatch):
    monkeypatch.setattr(batches, "PIECE", 5)
    copy = batches.copied(mapped, rows, torch.device("cpu"))
    assert np.array_equal(copy.numpy(), mapped if rows is None else mapped[rows])


def test_what_fits_is_copied(mapped, monkeypatch):
    monkeypatch.setattr(stored_images, "memory", lambda: 4 * mapped.nbytes)
    assert isinstance(Batches(mapped, batch_size=4).pixels, torch.Tensor)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")  # two processes would hold two copies
    assert isinstance(Batches(mapped, batch_size=4).pixels, StoredImages)


def test_a_file_that_has_become_shorter_is_one_line(mapped, tmp_path):
    stored = StoredImages(mapped)
    with (tmp_path / "images.npy").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(FileError, match=r"images\.npy has become shorter: prepare the images again"):
        stored[np.array([47])]
