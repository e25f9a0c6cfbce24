"""MTCNN's cascade: P-Net proposes windows in a pyramid of sizes, R-Net sorts them out, O-Net adds the landmarks.
A second look at each face turned upright makes these more exact (`upright.py`)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad

from mien.faces.boxes import corrected, squared, suppressed
from mien.faces.face import Face, largest_first
from mien.faces.upright import seen_upright
from mien.faces.weights import load_mtcnn
from mien.networks.mtcnn import Output, Proposal, Refinement
from mien.runtime.device import to_device

STEP = 0.709  # from one size of the pyramid to the next: half the area
LEAST_SIDE = 20  # pixels of the smallest face that the networks can tell
SURE = (0.6, 0.7, 0.7)  # the probability that each network asks for
OVERLAP, OVERLAP_IN_LEVEL = 0.7, 0.5
AT_ONCE = 1 << 18  # pixels of the images that go through P-Net together: more leave the processor's caches
CROPS_AT_ONCE = 512
WIDER = 3  # the border of the second look, as a multiple


@dataclass(frozen=True)
class Windows:
    """Windows of several images. rows: int [N], whose. boxes [N,4], scores [N], edges [N,4]"""

    rows: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    edges: np.ndarray

    def __getitem__(self, kept: np.ndarray) -> Windows:
        return Windows(self.rows[kept], self.boxes[kept], self.scores[kept], self.edges[kept])


class MTCNN:
    """smallest: the smallest face to look for, as a share of the image's shorter side, but at least 20 px.

    border: pixels repeated around each image before it is searched, as a share of its shorter side: without them a
    face that fills its image is missed.

    twice: look for the landmarks once more, in the upright face.
    """

    def __init__(
        self,
        networks: tuple[Proposal, Refinement, Output],
        device: torch.device | None = None,
        smallest: float = 0.06,
        border: float = 0.15,
        twice: bool = True,
    ):
        self.device = device or torch.device("cpu")
        for network in networks:  # channels-last: half the time of the pools and the thin convolutions
            to_device(network, self.device, channels_last=True)
        self.proposal, self.refinement, self.output = networks
        self.smallest, self.border, self.twice = smallest, border, twice

    @classmethod
    def load(cls, folder: Path, device: torch.device, smallest: float) -> MTCNN:
        return cls(load_mtcnn(folder), device, smallest)

    @property
    def name(self) -> str:
        return f"MTCNN (faces from {self.smallest:.0%} of the shorter side)"

    def __call__(self, pictures: list[np.ndarray]) -> list[list[Face]]:
        """See `Finder`. Images of one size go through the networks together. One without a face is looked at again
        with a wider border, which helps where the face is larger than its image."""
        found = self.once(pictures, self.border)
        missed = [row for row, faces in enumerate(found) if not faces]
        for row, faces in zip(missed, self.once([pictures[row] for row in missed], WIDER * self.border)):
            found[row] = faces
        return found

    def once(self, pictures: list[np.ndarray], border: float) -> list[list[Face]]:
        smaller = [self.reduced(picture) for picture in pictures]
        sizes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for row, (picture, _) in enumerate(smaller):
            sizes[picture.shape[:2]].append(row)
        found: list[list[Face]] = [[] for _ in pictures]
        for (height, width), rows in sizes.items():
            step = max(1, AT_ONCE // (height * width))
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                for row, faces in zip(part, self.find([smaller[row][0] for row in part], border)):
                    pixels, factor = smaller[row]
                    image = Image.fromarray(pixels)
                    if self.twice:
                        faces = [seen_upright(self.output, image, face, self.device) for face in faces]
                    found[row] = [face.scaled(factor) for face in faces]
        return found

    def reduced(self, picture: np.ndarray) -> tuple[np.ndarray, float]:
        """The image no larger than O-Net needs for the smallest face, and the factor back to its own pixels."""
        height, width = picture.shape[:2]
        factor = self.smallest * min(height, width) / self.output.side
        if factor <= 1:
            return picture, 1.0
        size = (round(width / factor), round(height / factor))
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX)), factor

    @torch.inference_mode()
    def find(self, pictures: list[np.ndarray], border_share: float) -> list[list[Face]]:
        """Images of one size -> the faces of each."""
        height, width = pictures[0].shape[:2]
        border = round(border_share * min(height, width))
        stacked = torch.from_numpy(np.stack(pictures)).to(self.device).permute(0, 3, 1, 2).float()
        images = pad(stacked.sub_(127.5).div_(128), [border] * 4, mode="replicate")
        least = max(LEAST_SIDE, self.smallest * min(height, width))
        windows = self.first_two(images, least)
        found: list[list[Face]] = [[] for _ in pictures]
        for row, box, score, points in self.conclude(images, windows):
            found[row].append(Face(box - border, score, points - border))
        return [largest_first(faces) for faces in found]

    def first_two(self, images: Tensor, least: float) -> Windows:
        """P-Net and R-Net, on images no larger than R-Net needs for the smallest face. least: its side in pixels."""
        height, width = images.shape[2:]
        scale = min(1.0, self.refinement.side / least)
        size = (round(height * scale), round(width * scale))
        small = images if scale == 1 else interpolate(images, size, mode="area")
        windows = self.refine(small, self.propose(small, least * scale))
        windows.boxes[:] *= np.tile([width / size[1], height / size[0]], 2)
        return windows

    def propose(self, images: Tensor, least: float) -> Windows:
        """least: pixels of the smallest face."""
        height, width = images.shape[2:]
        scale, parts = self.proposal.side / least, []
        while min(height, width) * scale >= self.proposal.side:
            size = (round(height * scale), round(width * scale))
            parts.append(self.level(interpolate(images, size, mode="area"), (width / size[1], height / size[0])))
            scale *= STEP
        if not parts:
            return Windows(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0), np.zeros((0, 4)))
        windows = Windows(*(np.concatenate([getattr(one, name) for one in parts]) for name in vars(parts[0])))
        windows = each(windows, OVERLAP)
        return Windows(windows.rows, squared(corrected(windows.boxes, windows.edges)), windows.scores, windows.edges)

    def level(self, image: Tensor, factors: tuple[float, float]) -> Windows:
        """One size of the pyramid. factors: from its pixels to the picture's, across and down."""
        probabilities, edges = self.proposal(image)
        places = (probabilities >= SURE[0]).nonzero(as_tuple=True)
        rows, down, across = (place.cpu().numpy() for place in places)
        corner = np.stack([across, down], 1).astype(np.float64) * self.proposal.stride
        boxes = np.concatenate([corner, corner + self.proposal.side], 1) * np.tile(factors, 2)
        chosen = edges.permute(0, 2, 3, 1)[places].double().cpu().numpy()
        return each(Windows(rows, boxes, probabilities[places].double().cpu().numpy(), chosen), OVERLAP_IN_LEVEL)

    def refine(self, images: Tensor, windows: Windows) -> Windows:
        if not len(windows.rows):
            return windows
        crops, boxes = cut(images, windows.rows, windows.boxes, self.refinement.side)
        judged = [
            self.refinement(crops[start : start + CROPS_AT_ONCE]) for start in range(0, len(crops), CROPS_AT_ONCE)
        ]
        scores, edges = (torch.cat(part).double().cpu().numpy() for part in zip(*judged))
        windows = Windows(windows.rows, boxes, scores, edges)[scores >= SURE[1]]
        windows = each(windows, OVERLAP)
        return Windows(windows.rows, squared(corrected(windows.boxes, windows.edges)), windows.scores, windows.edges)

    def conclude(self, images: Tensor, windows: Windows) -> list[tuple[int, np.ndarray, float, np.ndarray]]:
        """(picture, box, score, landmarks) of each face."""
        if not len(windows.rows):
            return []
        crops, boxes = cut(images, windows.rows, windows.boxes, self.output.side)
        judged = [self.output(crops[start : start + CROPS_AT_ONCE]) for start in range(0, len(crops), CROPS_AT_ONCE)]
        scores, edges, points = (torch.cat(part).double().cpu().numpy() for part in zip(*judged))
        points = boxes[:, None, :2] + points * (boxes[:, None, 2:] - boxes[:, None, :2])
        sure = np.flatnonzero(scores >= SURE[2])
        faces = Windows(windows.rows[sure], corrected(boxes[sure], edges[sure]), scores[sure], edges[sure])
        kept = kept_of_each(faces, OVERLAP, of_smaller=True)
        return [(int(faces.rows[one]), faces.boxes[one], float(faces.scores[one]), points[sure[one]]) for one in kept]


def cut(images: Tensor, rows: np.ndarray, boxes: np.ndarray, side: int) -> tuple[Tensor, np.ndarray]:
    """The windows as [N,3,side,side], black beyond the image; and the boxes in whole pixels that were cut."""
    height, width = images.shape[2:]
    whole = np.rint(boxes).astype(int)
    whole[:, 2:] = np.maximum(whole[:, 2:], whole[:, :2] + 1)
    crops = []
    for row, (left, top, right, bottom) in zip(rows, whole):
        inside = images[row, :, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        beyond = [max(-left, 0), max(right - width, 0), max(-top, 0), max(bottom - height, 0)]
        if min(inside.shape[1:]) == 0:  # a window that a correction has thrown out of the image
            crops.append(images.new_full((3, side, side), -1.0))
            continue
        crop = pad(inside, beyond, value=-1.0)[None] if any(beyond) else inside[None]
        crops.append(interpolate(crop, (side, side), mode="bilinear", antialias=True)[0])
    return torch.stack(crops), whole.astype(np.float64)


def each(windows: Windows, most: float) -> Windows:
    """Suppression within each image."""
    return windows[kept_of_each(windows, most)]


def kept_of_each(windows: Windows, most: float, of_smaller: bool = False) -> np.ndarray:
    kept = [np.zeros(0, np.int64)]
    for row in np.unique(windows.rows):
        own = np.flatnonzero(windows.rows == row)
        kept.append(own[suppressed(windows.boxes[own], windows.scores[own], most, of_smaller)])
    return np.concatenate(kept)
