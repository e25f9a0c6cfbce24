import pytest
import torch

from mien.errors import FileError
from mien.runs.snapshot import load_snapshot, save_snapshot

HEADER = {"recipe": {"class": "x", "text": "ä"}, "run": "00001-a", "images": 64}


def states():
    weight = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0)).to(memory_format=torch.channels_last)
    return {"G_AB": {"layers.0.weight": weight, "steps": torch.tensor(3)}, "G_BA": {"layers.0.weight": weight + 1}}


def test_generators_and_header_come_back(tmp_path):
    path = tmp_path / "kimg-000001.safetensors"
    save_snapshot(path, states(), HEADER)
    found, header = load_snapshot(path)
    assert header == HEADER and found.keys() == {"G_AB", "G_BA"}
    for name, state in states().items():
        assert found[name].keys() == state.keys()
        assert all(torch.equal(found[name][key], value) for key, value in state.items())


def test_saved_twice_the_bytes_are_the_same(tmp_path):
    for name in ("a", "b"):
        save_snapshot(tmp_path / name, states(), HEADER)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "noise", "foreign", "no header json"])
def test_what_is_no_snapshot_is_named(tmp_path, damage):
    from safetensors.torch import save_file

    path = tmp_path / "kimg-000001.safetensors"
    save_snapshot(path, states(), HEADER)
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "foreign":
        save_file({"weight": torch.zeros(3)}, path)
    elif damage == "no header json":
        save_file({"weight": torch.zeros(3)}, path, {"mien": "{"})
    else:
        path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "noise": bytes(range(256)) * 9}[damage])
    with pytest.raises(FileError, match=r"kimg-000001.safetensors"):
        load_snapshot(path)
