"""The second look for landmarks: stand-ins for O-Net whose answers are known."""

import numpy as np
import pytest
import torch
from PIL import Image

from mien.faces.face import Face
from mien.faces.mtcnn import MTCNN
from mien.faces.placing import MEAN
from mien.faces.upright import BELOW, SIDE, refined_upright
from mien.networks.mtcnn import Output, Proposal, Refinement

CPU = torch.device("cpu")
COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [0, 255, 255]])
MARK = 5  # pixels from a mark's middle to its edge


def points_of(middle, eyes):
    place = middle + eyes * MEAN
    return np.stack([place.real, place.imag], 1)


def face(points):
    return Face(np.array([10.0, 20.0, 90.0, 110.0]), 0.9, points)


class Marks:
    """Finds the five coloured marks; `off` is added to what it finds: an error of the network."""

    side = 48

    def __init__(self, off=(0.0, 0.0)):
        self.off = torch.tensor(off)

    def __call__(self, windows):
        return None, None, torch.stack([self.marks(one) for one in windows]) + self.off

    def marks(self, window):
        pixels = (window * 128 + 127.5).permute(1, 2, 0)
        places = []
        for colour in torch.tensor(COLOURS).float():
            weight = (1 - (pixels - colour).abs().amax(2) / 128).clamp(min=0)
            down, across = torch.meshgrid(*[torch.arange(self.side) + 0.5] * 2, indexing="ij")
            places.append(torch.stack([(across * weight).sum(), (down * weight).sum()]) / weight.sum() / self.side)
        # A network calls the eye on the window's right the right one, in a mirror image too.
        first, second = (1, 0) if places[0][0] > places[1][0] else (0, 1)
        left, right = (4, 3) if places[3][0] > places[4][0] else (3, 4)
        return torch.stack([places[row] for row in (first, second, 2, left, right)])


def drawn(points, size=160):
    down, across = np.mgrid[:size, :size] + 0.5
    pixels = np.zeros((size, size, 3), np.uint8)
    for (x, y), colour in zip(points, COLOURS):
        pixels[np.hypot(across - x, down - y) < MARK] = colour
    return Image.fromarray(pixels)


@pytest.mark.parametrize("eyes", [40 + 0j, 34 + 20j, 30 - 25j])
def test_the_second_look_finds_what_the_first_one_missed_by_some_pixels(eyes):
    points = points_of(80 + 60j, eyes)
    first = points + np.array([[3, -2], [1, 4], [0, 0], [-2, 1], [2, 2]])
    found = refined_upright(Marks(), drawn(points), face(first), CPU)
    assert np.abs(found.points - points).max() < 0.25
    assert found.score == 0.9 and found.box.tolist() == [10, 20, 90, 110]


def test_an_error_to_one_side_cancels_in_the_mirror_image():
    points = points_of(80 + 60j, 40)
    found = refined_upright(Marks(off=(0.05, 0.0)), drawn(points), face(points), CPU)
    assert np.abs(found.points - points).max() < 0.25
    down = refined_upright(Marks(off=(0.0, 0.05)), drawn(points), face(points), CPU)
    assert np.abs(down.points - points - np.array([0, 0.05 * SIDE * 40])).max() < 0.25


class Corner(Output):
    """Always sees all landmarks a quarter of the side from the top and in the middle."""

    def forward(self, windows):
        return (
            torch.ones(len(windows)),
            torch.zeros(len(windows), 4),
            torch.tensor([0.5, 0.25]).expand(len(windows), 5, 2),
        )


def test_the_detector_looks_twice_and_answers_in_the_pixels_of_the_picture():
    points = points_of(80 + 60j, 40)

    class Known(MTCNN):
        def find(self, pictures, border_share):
            assert pictures[0].shape == (400, 400, 3)  # half the side, at which the smallest face has O-Net's 48 px
            return [[face(points)] for _ in pictures]

    torch.manual_seed(0)
    finder = Known((Proposal(), Refinement(), Corner()), smallest=0.12)
    (found,) = finder([np.zeros((800, 800, 3), np.uint8)])[0]
    wanted = np.array([80, 60 + BELOW * 40 - SIDE * 40 / 4])
    assert np.allclose(found.points, 2 * wanted)
    assert found.box.tolist() == [20, 40, 180, 220]
    once = Known((Proposal(), Refinement(), Corner()), smallest=0.12, twice=False)
    (found,) = once([np.zeros((800, 800, 3), np.uint8)])[0]
    assert np.allclose(found.points, 2 * points)
