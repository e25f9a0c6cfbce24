"""Face detectors with one small interface: uint8 images -> whether each image contains a face.

A cascade finds faces from the size of its window upwards. Images are therefore first resized to the side for which the
settings were chosen. A rate then means the same at every resolution.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mien.config.serialization import add_user_file
from mien.errors import FileError, UsageError
from mien.metrics.networks.pretrained import ANIME_CASCADE, absent, find

if TYPE_CHECKING:
    from cv2 import CascadeClassifier

ANIME_FILE = "lbpcascade_animeface.xml"
HUMAN_FILE = "haarcascade_frontalface_alt2.xml"


class Detector(Protocol):
    """A face detector. name: the detector with its settings, as printed with each number."""

    @property
    def name(self) -> str: ...

    def key(self) -> str | None:
        """Everything that the detector's results depend on. None: the results may change at any time."""

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Return for each image whether it contains a face: uint8 [N,H,W,3] -> bool [N]."""


@dataclass(frozen=True)
class Cascade:
    """OpenCV's cascade classifier (Viola and Jones 2001) on equalized gray.

    side: the shorter side, in pixels, to which images are resized. border: replicated pixels around the resized image.
    smallest: the smallest face, in pixels.
    """

    path: Path
    side: int
    border: int = 0
    scale_factor: float = 1.1
    neighbours: int = 5
    smallest: int = 22

    @property
    def name(self) -> str:
        border = f" with a border of {self.border}" if self.border else ""
        details = f"scaleFactor {self.scale_factor:g}, minNeighbors {self.neighbours}, minSize {self.smallest}"
        return f"{self.path.name} at {self.side} px{border}, {details}"

    def key(self) -> str:
        return f"{self.name} {hashlib.sha256(self.path.read_bytes()).hexdigest()}"

    @cached_property
    def classifier(self) -> CascadeClassifier:
        need_opencv()
        import cv2

        found = cv2.CascadeClassifier()
        # Read from memory: OpenCV prints its own errors about files, and cannot open every path.
        storage = cv2.FileStorage()
        try:
            storage.open(self.path.read_text(), cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
            usable = found.read(storage.getFirstTopLevelNode())
        except (OSError, UnicodeDecodeError, cv2.error):
            usable = False
        if not usable:
            raise FileError(f"--detector {self.path} is not a cascade that OpenCV can read: name another file")
        return found

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        return np.array([self.finds(image) for image in pixels], bool)

    def finds(self, image: np.ndarray) -> bool:
        """Return whether the image uint8 [H,W,3] contains a face."""
        return len(self.boxes(image)) > 0

    def boxes(self, image: np.ndarray) -> np.ndarray:
        """Return the faces as float64 [N,4] (left, top, right, bottom), in pixels of the image uint8 [H,W,3]."""
        need_opencv()
        import cv2

        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = self.side / min(gray.shape)
        if scale != 1:
            size = (round(gray.shape[1] * scale), round(gray.shape[0] * scale))
            gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        if self.border:
            sides = (self.border, self.border, self.border, self.border)
            gray = cv2.copyMakeBorder(gray, *sides, cv2.BORDER_REPLICATE)
        faces = self.classifier.detectMultiScale(
            cv2.equalizeHist(gray),
            scaleFactor=self.scale_factor,
            minNeighbors=self.neighbours,
            minSize=(self.smallest, self.smallest),
        )
        corners = np.array(faces, np.float64).reshape(-1, 4)
        corners[:, 2:] += corners[:, :2]
        within: np.ndarray = (corners - self.border) / scale
        return within


@dataclass(frozen=True)
class Own:
    """A user's function: uint8 [N,H,W,3] -> N booleans."""

    name: str
    function: Callable[[np.ndarray], object]

    def key(self) -> None:
        return None

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        found = np.asarray(self.function(pixels))
        if found.shape != (len(pixels),):
            raise UsageError(f"--detector {self.name} returned shape {found.shape} for {len(pixels)} images")
        return found.astype(bool)


def anime(path: Path) -> Cascade:
    """Return nagadomi's cascade for drawn faces. It finds 95 to 97 % of real drawn faces at 64 px, and no human
    face.
    """
    return Cascade(path, side=64)


def human() -> Cascade:
    """Return OpenCV's cascade for photos of frontal faces. It finds 99 % of human faces, 4 to 7 % of drawn faces."""
    need_opencv()
    from cv2.data import haarcascades

    return Cascade(Path(haarcascades) / HUMAN_FILE, side=128, border=32, smallest=44)


def own(text: str) -> Own:
    """Return the detector of "my_detector.py:function"."""
    path, _, name = text.rpartition(":")
    function = getattr(add_user_file(path), name, None)
    if not callable(function):
        raise UsageError(f"--detector {text}: {path} has no function {name!r}")
    return Own(text, function)


def choose_detector(text: str | None) -> Detector:
    """Return the detector "anime", "human", a cascade's .xml file or "my_detector.py:function". None: anime."""
    if text in (None, "anime"):
        path = find(ANIME_CASCADE)
        if path is None:
            raise FileError(f"{absent(ANIME_CASCADE)}; or take another: --detector human")
        return anime(path)
    if text == "human":
        return human()
    if text.rpartition(":")[0].endswith(".py"):
        return own(text)
    path = Path(text).expanduser()
    if path.suffix != ".xml":
        raise UsageError(f"--detector {text!r} is unknown: use anime, human, a cascade.xml or my_detector.py:function")
    if not path.is_file():
        raise FileError(f"--detector {path} is not a file")
    return anime(path) if path.name == ANIME_FILE else replace(human(), path=path)


def need_opencv() -> None:
    """Check that OpenCV is installed. Raises UsageError."""
    try:
        import cv2  # noqa: F401
    except ImportError:
        raise UsageError("this detector needs OpenCV, which is not installed: pip install 'mien[metrics]'") from None
