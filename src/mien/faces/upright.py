"""The second pass for landmarks: O-Net on the upright face and on its mirror image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from mien.faces.face import Face
from mien.faces.placing import Placement, fitted
from mien.faces.warp import warp
from mien.networks.mtcnn import Output

SIDE, BELOW = 2.5, 0.3  # the window's side, and the distance from the eyes down to its centre, in eye distances
MIRRORED = [1, 0, 2, 4, 3]  # the order of the landmarks in a mirror image


@torch.inference_mode()
def refined_upright(output: Output, image: Image.Image, face: Face, device: torch.device) -> Face:
    """The face with new landmarks: the mean of those on the upright face and on its mirror image.

    The cascade's own window is not upright, and only near the face. The first landmarks give the upright window.
    """
    assert face.points is not None
    middle, eyes = fitted(face.points @ np.array([1, 1j]))
    size = output.side, output.side
    window = Placement(middle + eyes * BELOW * 1j, eyes * SIDE / output.side, size)
    pixels = torch.from_numpy(warp(image, window)).to(device).permute(2, 0, 1)[None].float().sub_(127.5).div_(128)
    both = torch.cat([pixels, pixels.flip(3)]).contiguous(memory_format=torch.channels_last)
    plain, mirror = output(both)[2].double().cpu().numpy()
    mirror = (np.array([1, 0]) + np.array([-1, 1]) * mirror)[MIRRORED]
    return replace(face, points=window.in_image((plain + mirror) / 2 * output.side))
