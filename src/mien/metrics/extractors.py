"""Load an extractor from a file of published weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from mien.errors import FileError
from mien.metrics.features import Extractor, ready
from mien.metrics.networks import efficientnet_lite, inception, mobilenet_v2
from mien.metrics.networks.feature_network import FeatureNetwork
from mien.metrics.networks.folding import folded
from mien.metrics.resize import Resize


@dataclass(frozen=True)
class Kind:
    """Published weights. sha256: of the file. tensors_of: the file's content -> the state of the network."""

    network: Callable[[], FeatureNetwork]
    tensors_of: Callable[[dict[str, Tensor]], dict[str, Tensor]]
    sha256: str


EXTRACTORS = {
    "inception": Kind(
        inception.Inception,
        inception.tensors_of,
        "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    ),
    "efficientnet-lite0": Kind(
        efficientnet_lite.EfficientNetLite0,
        efficientnet_lite.tensors_of,
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "mobilenet-v2": Kind(
        mobilenet_v2.MobileNetV2,
        mobilenet_v2.tensors_of,
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    ),
}


def load_extractor(name: str, path: Path, resize: Resize, device: torch.device) -> Extractor:
    """Return the extractor with the weights of a file.

    name: a name of EXTRACTORS. path: .pth or .safetensors. Raises FileError if the file does not fit the network.
    """
    kind, sha256 = EXTRACTORS[name], sha256_of(path)
    network = kind.network()
    try:
        missing = network.load_state_dict(kind.tensors_of(read_tensors(path)), strict=False)
    except (RuntimeError, KeyError, ValueError, IndexError, AttributeError) as error:
        raise FileError(f"{path} does not hold the weights of {name} ({first_line(error)})") from error
    lacking = [key for key in missing.missing_keys if not key.endswith("num_batches_tracked")]
    if lacking or missing.unexpected_keys:
        odd = (lacking or missing.unexpected_keys)[0]
        raise FileError(f"{path} does not hold the weights of {name}: {odd} is {'missing' if lacking else 'unknown'}")
    return Extractor(ready(folded(network.eval()), device), sha256, resize, device, sha256 == kind.sha256)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file. Published weights are often pickles; only tensors are loaded, never code."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # loaders raise any exception on damaged or hostile files
        raise FileError(f"{path} cannot be read as weights: {first_line(error)}") from error
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise FileError(f"{path} holds no dictionary of tensors: give the file that the network's authors publish")
    return found


def sha256_of(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is not a regular file")
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
