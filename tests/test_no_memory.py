"""A file that does not fit into memory is not damaged: an older checkpoint must not take its place."""

import pytest
import torch
from safetensors.torch import save_file

from mien.data.decode import BadImage, blame
from mien.runs import checkpoint, tensor_files

STATE = {"images": 0, "steps": {}, "statistics": {}, "seconds": 0.0, "seed": 0, "world_size": 1}


def no_memory(*arguments):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")


def test_a_checkpoint_that_does_not_fit_is_not_passed_over(tmp_path, monkeypatch):
    checkpoint.save_checkpoint(tmp_path / "kimg-000001", {"G": {"weight": torch.ones(3)}}, STATE)
    monkeypatch.setattr(tensor_files, "load", no_memory)
    with pytest.raises(RuntimeError, match="allocate memory"):
        checkpoint.load_checkpoint(tmp_path / "kimg-000001")


def test_nor_is_any_other_file_of_tensors(tmp_path, monkeypatch):
    save_file({"weight": torch.ones(3)}, tmp_path / "some.safetensors", {"mien": "{}"})
    monkeypatch.setattr(tensor_files, "header_of", no_memory)
    with pytest.raises(RuntimeError, match="allocate memory"):
        tensor_files.read(tmp_path / "some.safetensors", dict)


def test_a_picture_is_bad_where_there_is_memory_for_it():
    blame(MemoryError(), 16 * 16)  # Pillow calls damage so, too
    blame(ValueError("broken"), 1 << 60)
    with pytest.raises(MemoryError):
        blame(MemoryError(), 1 << 58)
    assert not issubclass(MemoryError, BadImage)
