"""MTCNN's cascade: P-Net proposes windows in a pyramid of sizes, R-Net rejects most, O-Net adds the landmarks.

A second pass on each face, turned upright, makes the landmarks more exact (`upright.py`).
"""

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
from mien.faces.upright import refined_upright
from mien.faces.weights import load_mtcnn
from mien.networks.mtcnn import Output, Proposal, Refinement
from mien.runtime.device import to_device

STEP = 0.709  # from one size of the pyramid to the next: half the area
LEAST_SIDE = 20  # pixels of the smallest face that the networks can find
SURE = (0.6, 0.7, 0.7)  # the smallest probability that passes each network
OVERLAP, OVERLAP_IN_LEVEL = 0.7, 0.5
AT_ONCE = 1 << 18  # pixels per batch of P-Net: larger batches do not fit into the processor's caches
CROPS_AT_ONCE = 512
WIDER = 3  # the border of the second search, as a multiple of the first


@dataclass(frozen=True)
class Windows:
    """Windows of several images. rows: int [N], the image of each. boxes [N,4], scores [N], edges [N,4]."""

    rows: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    edges: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Windows:
        return Windows(self.rows[chosen], self.boxes[chosen], self.scores[chosen], self.edges[chosen])


class MTCNN:
    """The finder for photographs (Zhang et al. 2016).

    smallest: the smallest face to find, as a share of the image's shorter side, but at least 20 px. border: width of a
    border of repeated pixels, as a share of the shorter side: without it, faces that fill their image are not found.
    twice: compute the landmarks again, on the upright face.
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

    def __call__(self, images: list[np.ndarray]) -> list[list[Face]]:
        """The faces of each image; see `Finder`. Images of one size form a batch.

        An image without a face is searched again with a wider border, for faces that are larger than their image.
        """
        found = self.once(images, self.border)
        missed = [row for row, faces in enumerate(found) if not faces]
        for row, faces in zip(missed, self.once([images[row] for row in missed], WIDER * self.border)):
            found[row] = faces
        return found

    def once(self, images: list[np.ndarray], border: float) -> list[list[Face]]:
        smaller = [self.reduced(image) for image in images]
        sizes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for row, (pixels, _) in enumerate(smaller):
            sizes[pixels.shape[:2]].append(row)
        found: list[list[Face]] = [[] for _ in images]
        for (height, width), rows in sizes.items():
            step = max(1, AT_ONCE // (height * width))
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                for row, faces in zip(part, self.find([smaller[row][0] for row in part], border)):
                    pixels, factor = smaller[row]
                    image = Image.fromarray(pixels)
                    if self.twice:
                        faces = [refined_upright(self.output, image, face, self.device) for face in faces]
                    found[row] = [face.scaled(factor) for face in faces]
        return found

    def reduced(self, image: np.ndarray) -> tuple[np.ndarray, float]:
        """(the image, reduced as far as O-Net allows for the smallest face; the factor back to its pixels)."""
        height, width = image.shape[:2]
        factor = self.smallest * min(height, width) / self.output.side
        if factor <= 1:
            return image, 1.0
        size = (round(width / factor), round(height / factor))
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX)), factor

    @torch.inference_mode()
    def find(self, images: list[np.ndarray], border_share: float) -> list[list[Face]]:
        """Images of one size -> the faces of each."""
        height, width = images[0].shape[:2]
        border = round(border_share * min(height, width))
        stacked = torch.from_numpy(np.stack(images)).to(self.device).permute(0, 3, 1, 2).float()
        padded = pad(stacked.sub_(127.5).div_(128), [border] * 4, mode="replicate")
        least = max(LEAST_SIDE, self.smallest * min(height, width))
        windows = self.first_two(padded, least)
        found: list[list[Face]] = [[] for _ in images]
        for row, box, score, points in self.conclude(padded, windows):
            found[row].append(Face(box - border, score, points - border))
        return [largest_first(faces) for faces in found]

    def first_two(self, images: Tensor, least: float) -> Windows:
        """The windows that pass P-Net and R-Net. least: side of the smallest face in pixels.

        Images are reduced as far as R-Net allows for the smallest face.
        """
        height, width = images.shape[2:]
        scale = min(1.0, self.refinement.side / least)
        size = (round(height * scale), round(width * scale))
        small = images if scale == 1 else interpolate(images, size, mode="area")
        windows = self.refine(small, self.propose(small, least * scale))
        windows.boxes[:] *= np.tile([width / size[1], height / size[0]], 2)
        return windows

    def propose(self, images: Tensor, least: float) -> Windows:
        """The windows of P-Net, over all sizes of the pyramid. least: side of the smallest face in pixels."""
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
        """The windows at one size of the pyramid. factors: from its pixels to the image's, (across, down)."""
        probabilities, edges = self.proposal(image)
        places = (probabilities >= SURE[0]).nonzero(as_tuple=True)
        rows, down, across = (place.cpu().numpy() for place in places)
        corner = np.stack([across, down], 1).astype(np.float64) * self.proposal.stride
        boxes = np.concatenate([corner, corner + self.proposal.side], 1) * np.tile(factors, 2)
        chosen = edges.permute(0, 2, 3, 1)[places].double().cpu().numpy()
        return each(Windows(rows, boxes, probabilities[places].double().cpu().numpy(), chosen), OVERLAP_IN_LEVEL)

    def refine(self, images: Tensor, windows: Windows) -> Windows:
        """The windows that pass R-Net."""
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
        """(image, box, score, landmarks) of each face that passes O-Net."""
        if not len(windows.rows):
            return []
        crops, boxes = cut(images, windows.rows, windows.boxes, self.output.side)
        judged = [self.output(crops[start : start + CROPS_AT_ONCE]) for start in range(0, len(crops), CROPS_AT_ONCE)]
        scores, edges, points = (torch.cat(part).double().cpu().numpy() for part in zip(*judged))
        points = boxes[:, None, :2] + points * (boxes[:, None, 2:] - boxes[:, None, :2])
        sure = np.flatnonzero(scores >= SURE[2])
        faces = Windows(windows.rows[sure], corrected(boxes[sure], edges[sure]), scores[sure], edges[sure])
        remaining = remaining_of_each(faces, OVERLAP, of_smaller=True)
        return [
            (int(faces.rows[one]), faces.boxes[one], float(faces.scores[one]), points[sure[one]]) for one in remaining
        ]


def cut(images: Tensor, rows: np.ndarray, boxes: np.ndarray, side: int) -> tuple[Tensor, np.ndarray]:
    """(the windows [N,3,side,side], black outside the image; their boxes in integer pixels)."""
    height, width = images.shape[2:]
    rounded = np.rint(boxes).astype(int)
    rounded[:, 2:] = np.maximum(rounded[:, 2:], rounded[:, :2] + 1)
    crops = []
    for row, (left, top, right, bottom) in zip(rows, rounded):
        inside = images[row, :, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        beyond = [max(-left, 0), max(right - width, 0), max(-top, 0), max(bottom - height, 0)]
        if min(inside.shape[1:]) == 0:  # a correction moved the window out of the image
            crops.append(images.new_full((3, side, side), -1.0))
            continue
        crop = pad(inside, beyond, value=-1.0)[None] if any(beyond) else inside[None]
        crops.append(interpolate(crop, (side, side), mode="bilinear", antialias=True)[0])
    return torch.stack(crops), rounded.astype(np.float64)


def each(windows: Windows, most: float) -> Windows:
    """Non-maximum suppression within each image."""
    return windows[remaining_of_each(windows, most)]


def remaining_of_each(windows: Windows, most: float, of_smaller: bool = False) -> np.ndarray:
    """int [M]: the windows that remain after suppression within each image."""
    remaining = [np.zeros(0, np.int64)]
    for row in np.unique(windows.rows):
        own = np.flatnonzero(windows.rows == row)
        remaining.append(own[suppressed(windows.boxes[own], windows.scores[own], most, of_smaller)])
    return np.concatenate(remaining)
