"""Sets in shards have the images and the order of the set that they come from, at any number of processes."""

import json
import os
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest
import torch
from test_batches import numbered, numbers, stream

from mien.data import arrays, orders, shards
from mien.data.batches import Batches
from mien.data.layouts import detect
from mien.data.own_output import own_folders
from mien.data.prepare import prepare
from mien.data.prepared import PreparedSet, open_prepared, own_sum
from mien.data.shard_cache import ShardCache
from mien.data.shard_writer import write_shards
from mien.data.shards import ShardedImages, Source, shard_name
from mien.data.streamed_images import StreamedImages
from mien.errors import FileError, UsageError

ROWS = 6  # images in a shard


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shards, "PAUSE", 0.0)


@pytest.fixture
def whole(tmp_path: Path) -> PreparedSet:
    """A prepared set of 50 images with labels and captions."""
    faces = prepare("drawn:50@8", 8, 8, output=tmp_path / "whole")
    images = numbered(50, channels=3)
    np.save(tmp_path / "whole" / "images.npy", images)
    info = {**faces.info, "shape": list(images.shape), "height": 4, "width": 4}
    info["sums"] = {name: arrays.sums(faces.path / name) for name in info["sums"]}
    info["own_sum"] = own_sum(info)
    (faces.path / "dataset.json").write_text(json.dumps(info))
    return open_prepared(faces.path)


@pytest.fixture
def folder(whole: PreparedSet, tmp_path: Path) -> Path:
    """The same set in nine shards, the last of two images."""
    target = tmp_path / "shards"
    done = list(write_shards(whole, str(target), ROWS * whole.images[0].nbytes))
    assert done == [*range(ROWS, 50, ROWS), 50]
    return target


@pytest.fixture
def bucket(folder: Path) -> str:
    """The same shards in a bucket, which fsspec keeps in memory."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    for path in folder.iterdir():
        system.pipe_file(f"/faces/{path.name}", path.read_bytes())
    return "memory://faces"


def order(images: np.ndarray, count: int, **more: int) -> list[int]:
    made = Batches(images, batch_size=10, seed=4, **more)
    return [number for batch in stream(made, count) for number in numbers(batch)]


def test_a_folder_and_a_bucket_are_the_set_they_came_from(whole: PreparedSet, folder: Path, bucket: str):
    for data in (str(folder), bucket):
        found = prepare(data, 4, 4)
        assert isinstance(found.images, ShardedImages) and found.info["sha256"] == whole.info["sha256"]
        assert np.array_equal(found.labels, whole.labels) and found.captions == whole.captions
        assert np.array_equal(found.images[:], whole.images) and np.array_equal(found.images[49], whole.images[49])
        assert np.array_equal(found.images[[7, 3, 49, 7]], whole.images[[7, 3, 49, 7]])
        assert detect(data).size == (4, 4) and len(detect(data)) == 50 and detect(data).label_names
        assert found.describe() == whole.describe()


def test_few_shards_give_the_order_of_the_whole_set(whole: PreparedSet, folder: Path, bucket: str):
    expected = order(whole.images, 12)  # of more than two epochs
    for data in (str(folder), bucket):
        assert order(prepare(data, 4, 4).images, 12) == expected


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "AT_ONCE", 2)


@pytest.mark.usefixtures("small_groups")
def test_each_epoch_has_every_image_once_from_few_shards_at_a_time(folder: Path, bucket: str):
    shown = order(prepare(bucket, 4, 4).images, 15)
    epochs = [shown[start : start + 50] for start in (0, 50, 100)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs) and epochs[0] != epochs[1] != epochs[2]
    assert order(prepare(str(folder), 4, 4).images, 15) == shown
    groups = [len({number // ROWS for number in epochs[0][start : start + 8]}) for start in range(0, 40, 12)]
    assert min(groups) <= 2 and epochs[0] != sorted(epochs[0])


@pytest.mark.usefixtures("small_groups")
def test_a_cut_in_mid_epoch_and_another_number_of_processes_change_nothing(bucket: str):
    images = prepare(bucket, 4, 4).images
    whole = Batches(images, batch_size=10, seed=4, mirror=True)
    expected = [whole.at(first, "d").image for first in range(0, 150, 10)]
    for cut in (30, 70, 140):
        resumed = Batches(prepare(bucket, 4, 4).images, batch_size=10, seed=4, mirror=True)
        found = [batch.image for batch in stream(resumed, (150 - cut) // 10, start=cut)]
        assert all(torch.equal(one, other) for one, other in zip(found, expected[cut // 10 :], strict=True))
    for world in (2, 5):
        parts = [Batches(images, batch_size=10, seed=4, rank=rank, world_size=world) for rank in range(world)]
        plain = Batches(images, batch_size=10, seed=4)
        for first in range(0, 150, 10):
            both = {number for part in parts for number in numbers(part.at(first, "d"))}
            assert both == set(numbers(plain.at(first, "d")))


@pytest.mark.usefixtures("small_groups")
def test_the_shards_of_this_group_and_of_the_next_are_fetched(bucket: str, tmp_path: Path):
    images = prepare(bucket, 4, 4).images
    made = Batches(images, batch_size=2, seed=4)
    assert isinstance(made.pixels, StreamedImages)
    made.at(0, "d")
    assert len(images.wanted) == 4
    first = set(images.wanted)
    made.at(14, "d")
    assert len(images.wanted) == 6 and first < images.wanted.keys()  # the group before stays, for a player behind
    made.at(26, "d")
    assert len(images.wanted) == 6 and len(first - images.wanted.keys()) == 2
    for future in images.wanted.values():
        future.result()
    assert len(list((tmp_path / "cache").rglob("images-*.npy"))) in (7, 8)  # one of them may have been given up


def test_the_cache_deletes_what_was_used_longest_ago(bucket: str, tmp_path: Path):
    source, cache = Source(bucket), ShardCache(tmp_path / "small")
    size = len(source.read(shard_name(0)))
    cache.limit = 3 * size
    cache.keep({shard_name(0)})
    for number in range(5):
        path = cache.get(shard_name(number), source)
        stamp = 10**9 * (number + 1)
        os.utime(path, ns=(stamp, stamp))
    there = sorted(path.name for path in (tmp_path / "small").glob("images-*"))
    assert there == [shard_name(number) for number in (0, 3, 4)]


def test_a_shard_is_fetched_once_and_checked(bucket: str, monkeypatch: pytest.MonkeyPatch):
    system = fsspec.filesystem("memory")
    read: list[str] = []
    cat = type(system).cat_file
    monkeypatch.setattr(
        type(system), "cat_file", lambda self, path, **more: read.append(path) or cat(self, path, **more)
    )
    order(prepare(bucket, 4, 4).images, 10)
    order(prepare(bucket, 4, 4).images, 10)
    assert sorted(path for path in read if "images" in path) == [f"/faces/{shard_name(number)}" for number in range(9)]
    shutil.rmtree(Path(os.environ["MIEN_CACHE"]))
    data = system.cat_file("/faces/images-00003.npy")
    system.pipe_file("/faces/images-00003.npy", data[:-1] + b"\x00")
    with pytest.raises(FileError, match=r"images-00003\.npy is damaged"):
        order(prepare(bucket, 4, 4).images, 10)


def test_a_bucket_that_fails_for_a_moment_is_asked_again(bucket: str, monkeypatch: pytest.MonkeyPatch):
    images, failures = prepare(bucket, 4, 4).images, iter([OSError("reset"), OSError("reset")])
    system = images.source.system
    cat = system.cat_file

    def sometimes(path: str) -> bytes:
        for error in failures:
            raise error
        return cat(path)

    monkeypatch.setattr(system, "cat_file", sometimes)
    first = np.empty((4, 4, 3), np.uint8)
    images.fetch(0)(first, 5)
    assert first[0, 1, 0] == 5
    monkeypatch.setattr(system, "cat_file", lambda path: (_ for _ in ()).throw(OSError("no route")))
    with pytest.raises(FileError, match=r"memory://faces/images-00001\.npy cannot be read or written \(no route\)"):
        images.fetch(1)


def test_mistakes_are_one_line(whole: PreparedSet, folder: Path, tmp_path: Path):
    with pytest.raises(FileError, match=r"memory://nothing/dataset\.json is missing"):
        prepare("memory://nothing", 4, 4)
    with pytest.raises(UsageError, match="nosuch://faces cannot be opened"):
        prepare("nosuch://faces", 4, 4)
    with pytest.raises(FileError, match=r"--shards .*shards holds a set already"):
        list(write_shards(whole, str(folder)))
    with pytest.raises(UsageError, match=r"--resolution 8x8: .* is prepared at 4x4"):
        prepare(str(folder), 8, 8)
    with pytest.raises(UsageError, match="--hold-out needs images in one file"):
        Batches(prepare(str(folder), 4, 4).images, batch_size=4, rows=np.arange(40))
    pairs = prepare("drawn-lines:4@8", 8, 8)
    with pytest.raises(UsageError, match=r"--shards: .* has sources"):
        list(write_shards(pairs, str(tmp_path / "no")))
    (folder / shard_name(2)).unlink()
    with pytest.raises(FileError, match=r"images-00002\.npy"):
        order(prepare(str(folder), 4, 4).images, 5)


def test_shards_among_images_are_not_learned():
    names = ["a.png", "set/dataset.json", "set/images-00000.npy", "set/labels.npy"]
    assert own_folders(names, lambda name: b"", Path("data")) == ("set",)
