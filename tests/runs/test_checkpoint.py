"""Checkpoints: whole, or not there. Every kind of damage is noticed."""

import json
import os

import pytest
import torch

from mien.errors import FileError
from mien.runs import checkpoint
from mien.runs.checkpoint import checkpoints, load_checkpoint, prune, save_checkpoint
from mien.runs.directory import RunDirectory, kimg_name
from mien.trainer.resume import newest_whole

FILES = ["D.safetensors", "G.safetensors", "state.json", "manifest.json"]


def content(number):
    """Every kind of tensor that a training holds: channels-last, 0-dimensional, integer, half."""
    weight = torch.full((2, 3, 4, 4), float(number)).to(memory_format=torch.channels_last)
    weight += torch.rand(weight.shape, generator=torch.Generator().manual_seed(number))
    return {
        "G": {"weight": weight, "steps": torch.tensor(number), "half": torch.ones(3, dtype=torch.bfloat16)},
        "D": {"weight": weight * 2, "requires": torch.nn.Parameter(weight[0] * 3)},
        "empty": {},
    }


def save(folder, number):
    path = folder / f"kimg-{kimg_name(number)}"
    save_checkpoint(path, content(number), state_of(number))
    return path


def state_of(number):
    return {"images": number, "steps": {}, "statistics": {}, "seconds": 1.5, "seed": 0, "world_size": 1}


def same(found, number):
    expected = content(number)
    return found.keys() == expected.keys() and all(
        found[group].keys() == expected[group].keys()
        and all(torch.equal(found[group][name], value) for name, value in expected[group].items())
        and all(found[group][name].dtype == value.dtype for name, value in expected[group].items())
        for group in expected
    )


@pytest.fixture
def run(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return RunDirectory(tmp_path)


def test_every_tensor_comes_back_bit_by_bit(tmp_path):
    path = save(tmp_path, 1000)
    tensors, state = load_checkpoint(path)
    assert same(tensors, 1000) and state == state_of(1000)
    assert sorted(file.name for file in path.iterdir()) == sorted([*FILES, "empty.safetensors"])
    assert set(json.loads((path / "manifest.json").read_text())) == {*FILES, "empty.safetensors"} - {"manifest.json"}
    assert list(tmp_path.iterdir()) == [path]


def damages(path):
    """(what, how) of a file."""
    data = path.read_bytes()
    yield "deleted", lambda: path.unlink()
    yield "emptied", lambda: path.write_bytes(b"")
    yield "cut", lambda: path.write_bytes(data[: len(data) // 2])
    yield "longer", lambda: path.write_bytes(data + b"x")
    yield "no json", lambda: path.write_bytes(b"[]")
    yield "nothing in it", lambda: path.write_bytes(b"{}")
    for place in range(0, len(data), max(1, len(data) // 40)):
        for bit in (0x01, 0x80):
            flipped = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
            yield f"bit at {place}", lambda flipped=flipped: path.write_bytes(flipped)


@pytest.mark.parametrize("name", FILES)
def test_each_damage_to_each_file_is_noticed_and_the_older_checkpoint_used(run, name, capsys):
    save(run.checkpoints, 1000)
    newest = save(run.checkpoints, 2000)
    originals = {file: (newest / file).read_bytes() for file in [*FILES, "empty.safetensors"]}
    for what, damage in damages(newest / name):
        damage()
        with pytest.raises(FileError) as caught:
            load_checkpoint(newest)
        assert str(newest) in str(caught.value) and "\n" not in str(caught.value), what
        tensors, state = newest_whole(run)
        assert state["images"] == 1000 and same(tensors, 1000), what
        for file, data in originals.items():
            (newest / file).write_bytes(data)
    assert newest_whole(run)[1]["images"] == 2000
    assert "warning" in capsys.readouterr().err


def test_a_stray_file_is_no_damage(run):
    (save(run.checkpoints, 1000) / ".DS_Store").write_bytes(b"x")
    assert newest_whole(run)[1]["images"] == 1000


def test_when_all_are_damaged_it_says_so(run):
    for number in (1000, 2000):
        (save(run.checkpoints, number) / "G.safetensors").write_bytes(b"")
    with pytest.raises(FileError, match=r"every checkpoint is damaged: .*G.safetensors is damaged"):
        newest_whole(run)


def test_no_checkpoint_is_no_trouble(run):
    assert newest_whole(run) is None


@pytest.mark.parametrize("moment", range(7))
def test_a_kill_at_any_moment_leaves_the_older_one_whole(run, moment):
    """The child vanishes at the n-th sync or rename of a save; a checkpoint is there in full or not at all."""
    save(run.checkpoints, 1000)
    child = os.fork()
    if child == 0:
        left = [moment]

        def perhaps(function):
            def replaced(*arguments):
                if left[0] == 0:
                    os._exit(9)
                left[0] -= 1
                return function(*arguments)

            return replaced

        checkpoint.write_bytes = perhaps(checkpoint.write_bytes)
        checkpoint.sync_folder = perhaps(checkpoint.sync_folder)
        save(run.checkpoints, 2000)
        os._exit(0)
    # five files, the folder, its parent: the seventh moment comes after the rename
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    there = [path.name for path in checkpoints(run.checkpoints)]
    assert there == (["kimg-000001"] if moment < 6 else ["kimg-000001", "kimg-000002"])
    assert newest_whole(run)[1]["images"] == (1000 if moment < 6 else 2000)
    save(run.checkpoints, 3000)
    prune(run.checkpoints, 2)
    assert not list(run.checkpoints.glob(".*")), "what the kill left is swept away"


def test_a_full_disk_leaves_nothing_half_written(run, monkeypatch):
    def full(path, data):
        raise FileError(f"{path}: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_bytes", full)
        with pytest.raises(FileError, match=r"No space left"):
            save(run.checkpoints, 1000)
    assert list(run.checkpoints.iterdir()) == []


def test_a_checkpoint_of_the_same_name_is_replaced(run):
    path = save(run.checkpoints, 1000)
    (path / "G.safetensors").write_bytes(b"damaged")
    save(run.checkpoints, 1000)
    assert same(load_checkpoint(path)[0], 1000)


def test_prune_keeps_the_newest(run):
    for number in (1000, 2000, 2064, 9000, 10_000):
        save(run.checkpoints, number)
    prune(run.checkpoints, 5)
    assert len(checkpoints(run.checkpoints)) == 5
    prune(run.checkpoints, 2)
    assert [path.name for path in checkpoints(run.checkpoints)] == ["kimg-000009", "kimg-000010"]


def test_prune_keeps_a_ladder_for_a_training_that_may_go_back(run):
    for number in range(1000, 41_000, 1000):
        save(run.checkpoints, number)
        prune(run.checkpoints, 2, ladder=4)
    names = [path.name for path in checkpoints(run.checkpoints)]
    assert names == ["kimg-000008", "kimg-000016", "kimg-000032", "kimg-000039", "kimg-000040"]


def test_newest_is_by_number(run):
    numbers = [64, 999, 1000, 1064, 9_999, 10_000, 999_999, 1_000_000, 12_345_678]
    for number in reversed(numbers):
        save(run.checkpoints, number)
    assert [load_checkpoint(path)[1]["images"] for path in checkpoints(run.checkpoints)] == numbers
