"""What the tests share: tiny pictures on disk, tiny networks, one cache, one thread."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: sums on several threads differ in the last bit; children inherit it
os.environ["NO_COLOR"] = "1"

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

SIZE = 16

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
