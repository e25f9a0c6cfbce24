"""Which devices a training may use, and what the messages say of those that are not there."""

import pytest
import torch

from mien.errors import UsageError
from mien.runtime import device
from mien.runtime.device import join, listed, pick_device, widest_float


@pytest.fixture
def mac(monkeypatch):
    monkeypatch.setitem(device.SEES, "mps", lambda: True)


def test_the_message_lists_what_there_is(monkeypatch):
    monkeypatch.setitem(device.SEES, "cuda", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU number {index}")
    assert listed() == "cpu, cuda:0 (GPU number 0), cuda:1 (GPU number 1)"
    with pytest.raises(
        UsageError, match=r"--device mps: .* only cpu, cuda:0 \(GPU number 0\), cuda:1 \(GPU number 1\)"
    ):
        pick_device("mps")


@pytest.mark.skipif(torch.accelerator.is_available(), reason="for a machine without a GPU")
@pytest.mark.parametrize("name, said", [
    ("gpu0", "--device 'gpu0' is unknown: there are cpu"),
    ("meta", "--device meta: mien computes on cpu, cuda, mps, xpu; there are cpu"),
    ("cuda", "--device cuda: PyTorch sees none here, only cpu"),
    ("xpu:1", "--device xpu:1: PyTorch sees none here, only cpu"),
])  # fmt: skip
def test_a_device_that_is_not_here_is_one_line(name, said):
    with pytest.raises(UsageError, match=said):
        pick_device(name)
    assert pick_device("auto") == torch.device("cpu")


def test_a_mac_trains_if_asked_and_says_what_its_gpu_lacks(mac, monkeypatch, capsys):
    assert pick_device("auto") == torch.device("cpu") and join("mps") == torch.device("mps")
    assert "mps: no float64" in capsys.readouterr().err
    monkeypatch.setattr(device.distributed, "start", lambda place: None)
    monkeypatch.setattr(device.distributed, "world_size", lambda: 2)
    with pytest.raises(UsageError, match="--device mps trains in one process"):
        join("mps")
    assert widest_float(torch.device("mps")) == torch.float32 and widest_float(torch.device("cpu")) == torch.float64
    assert not device.has_fast_bfloat16(torch.device("mps"))
