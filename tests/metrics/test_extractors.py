"""From weight files to features; and what is refused."""

import hashlib

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mien.errors import FileError
from mien.metrics.extractors import EXTRACTORS, load_extractor, read_tensors
from mien.metrics.networks.efficientnet_lite import EfficientNetLite0
from mien.metrics.networks.inception import Inception
from mien.metrics.resize import resize

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def inception(tmp_path_factory):
    """-> (a file as it is published, with random weights; the network they are of)"""
    torch.manual_seed(0)
    network = Inception().eval()
    for name, tensor in network.state_dict().items():
        if name.endswith(("running_mean", "bn.bias")):
            tensor.normal_(0, 0.1)
        if name.endswith(("running_var", "bn.weight")):
            tensor.uniform_(0.5, 1.5)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save({key: value for key, value in network.state_dict().items() if "num_batches" not in key}, path)
    return path, network


def test_inception(inception):
    path, network = inception
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 24, 3), np.uint8)
    extractor = load_extractor("inception", path, "legacy", CPU)
    found = extractor(pixels)
    with torch.inference_mode():
        features, logits = network((resize(torch.from_numpy(pixels), 299, 299, "legacy") - 128) / 128)
    assert found["features"].shape == (2, 2048) and found["logits"].shape == (2, 1008)
    assert torch.allclose(found["features"], features, rtol=1e-4, atol=1e-5 * float(features.abs().max()))
    assert torch.allclose(found["logits"], logits, rtol=1e-4, atol=1e-4 * float(logits.abs().max()))
    assert extractor.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() and not extractor.published
    assert extractor.key() == f"inception {extractor.sha256} legacy cpu"


def test_published_files():
    assert EXTRACTORS["inception"].sha256[:8] == "6726825d"  # as in the published file's own name
    assert EXTRACTORS["efficientnet-lite0"].sha256[:8] == "57934424"
    assert EXTRACTORS["mobilenet-v2"].sha256[:8] == "b0353104"


def test_files_of_other_networks(inception, tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    save_file(EfficientNetLite0().state_dict(), tmp_path / "ours.safetensors")
    (tmp_path / "text.pth").write_text("no weights")
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    for name, path, words in [
        ("efficientnet-lite0", inception[0], "does not hold the weights of efficientnet-lite0"),
        ("inception", tmp_path / "other.safetensors", "does not hold the weights of inception"),
        ("inception", tmp_path / "ours.safetensors", "does not hold the weights of inception"),
        ("inception", tmp_path / "text.pth", "cannot be read as weights"),
        ("inception", tmp_path / "list.pth", "holds no dictionary of tensors"),
        ("inception", tmp_path / "absent.pth", "cannot be read"),
    ]:
        with pytest.raises(FileError, match=words) as caught:
            load_extractor(name, path, "clean", CPU)
        assert "\n" not in str(caught.value)


def test_code_in_a_file_of_weights_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(FileError, match="cannot be read as weights"):
        read_tensors(tmp_path / "evil.pth")
    assert not (tmp_path / "written").exists()
