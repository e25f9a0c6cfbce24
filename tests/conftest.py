"""What the tests share: tiny pictures and networks, a reader of faces, one cache, one thread, no waits for the disk."""

import os
import pickle

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: sums on several threads differ in the last bit; children inherit it
os.environ["NO_COLOR"] = "1"

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

from mien.evaluation.attribute_classifier import train_attribute_classifier
from mien.metrics.modes import AttributeClassifier

SIZE = 16

# The tests write thousands of small files. To wait 8 ms for the disk at each takes longer than to train.
# The order of writes is tested (runtime/test_atomic_files.py); processes that tests start do wait for the disk.
os.fsync = lambda handle: None

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """One cache for the whole session: its entries are keyed by path, time and size, so tests do not meet in it."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache, monkeypatch):
    """No test reads or writes the user's own cache; child processes inherit it."""
    monkeypatch.setenv("MIEN_CACHE", str(cache))


def picture_folder(folder: Path, count: int = 48, size: int = SIZE, seed: int = 0) -> Path:
    """`count` PNG files of smooth random blobs, the same for a seed on every machine."""
    folder.mkdir(parents=True)
    random = np.random.Generator(np.random.Philox(seed))
    for index in range(count):
        coarse = random.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(coarse).resize((size, size), Image.Resampling.BILINEAR).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """A folder of 48 pictures of 16 x 16 pixels."""
    return picture_folder(tmp_path_factory.mktemp("pictures") / "faces")


@pytest.fixture(scope="session")
def tiny():
    """`--set` changes that make any DCGAN recipe train a round in milliseconds."""
    return ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


def made_once(name: str, tmp_path_factory, make: Callable[[Path], None]) -> Path:
    """The file that `make(path)` writes, made once for all workers of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with FileLock(folder / f"{name}.lock"):
        if not (folder / name).exists():
            make(folder / f"{name}.part")
            (folder / f"{name}.part").rename(folder / name)
    return folder / name


@pytest.fixture(scope="session")
def face_reader(tmp_path_factory):
    """A classifier of the built-in faces' attributes at 32 pixels. It learned from 1,500 faces of its own seed."""
    return reader_of_faces("face-reader", tmp_path_factory)


def reader_of_faces(name: str, tmp_path_factory, learned: int = 1500, pencil: bool = False) -> AttributeClassifier:
    def learn(file: Path) -> None:
        file.write_bytes(pickle.dumps(train_attribute_classifier(32, 32, learned, held_out=300, pencil=pencil)))

    return pickle.loads(made_once(name, tmp_path_factory, learn).read_bytes())
