"""Start files: what a run leaves for other trainings to start from."""

import hashlib
import json

import pytest
import torch
from fake_run import make_run

from mien.errors import FileError, UsageError
from mien.runs.checkpoint import save_checkpoint
from mien.runs.snapshot import load_snapshot
from mien.runs.start_file import in_16_bits, networks, write_start
from mien.runtime.atomic_files import write_json


@pytest.fixture
def run(tmp_path):
    """A run with one checkpoint of two networks, whose kernels need more than 16 bits."""
    made = make_run(tmp_path, rows=1, samples=(0,))
    torch.manual_seed(0)
    nets = {name: {"0.weight": torch.randn(4, 3, 3, 3), "0.bias": torch.randn(4)} for name in ("G", "D", "G_ema")}
    nets["D"]["1.num_batches_tracked"] = torch.tensor(7)
    more = {"generator_optimizer": {"m": torch.ones(9)}, "statistics": {"x": torch.ones(1)}}
    more["memory"] = {"p": torch.ones(())}
    state = {"images": 4500, "steps": {}, "statistics": {}, "seconds": 1.0, "seed": 3, "world_size": 1}
    save_checkpoint(made.checkpoints / "kimg-000004.500", {**nets, **more}, state)
    write_json(made.config, {"data": "/somebody/pictures/faces.zip"})
    write_json(made.environment, {"mien": "0.2.0"})
    made.nets = nets
    return made


def test_networks_and_averages_come_back_and_nothing_else(run, tmp_path):
    path = tmp_path / "starts" / "tiny-16.safetensors"
    facts = write_start(run, path)
    groups, header = load_snapshot(path)
    assert groups.keys() == {"G", "trained.G", "trained.D"}  # "G" is the average, as in every snapshot
    found = networks(groups)
    assert found.keys() == run.nets.keys()
    for name, group in run.nets.items():
        assert found[name]["0.weight"].dtype == torch.float16
        assert torch.equal(found[name]["0.weight"], group["0.weight"].half())
        assert torch.equal(found[name]["0.bias"], group["0.bias"]) and found[name]["0.bias"].dtype == torch.float32
    assert found["D"]["1.num_batches_tracked"] == 7 and found["D"]["1.num_batches_tracked"].dtype == torch.int64
    assert header["run"] == "tiny-16" and header["images"] == 4500 and header["data"] == "faces.zip"
    written = json.loads(path.with_suffix(".json").read_text())
    assert written == facts and str(tmp_path) not in json.dumps(written)
    assert written["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (written["recipe"], written["seed"], written["mien"]) == ("dcgan", 3, "0.2.0")


def test_a_network_may_stay_out(run, tmp_path):
    write_start(run, tmp_path / "a.safetensors", ("D", "G"))
    assert networks(load_snapshot(tmp_path / "a.safetensors")[0]).keys() == {"G_ema"}


def test_numbers_that_float16_does_not_hold_keep_32_bits():
    large = torch.tensor([[1.0, 65505.0 + 100]])
    assert torch.equal(in_16_bits(large), large) and in_16_bits(large).dtype == torch.float32


def test_runs_that_cannot_give_one_are_refused(run, tmp_path):
    recipe = json.loads(run.recipe.read_text())
    write_json(run.recipe, {**recipe, "condition": {"kind": "class"}})
    with pytest.raises(UsageError, match="has a condition"):
        write_start(run, tmp_path / "a.safetensors")
    write_json(run.recipe, recipe)
    (run.checkpoints / "kimg-000004.500" / "manifest.json").unlink()
    with pytest.raises(FileError, match="has no checkpoint yet"):
        write_start(run, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()
