"""Prints how many faces `mien data align` finds, and how near the eyes come to one position.

    python benchmarks/align.py FOLDER.zip [photos.zip:trainA …] [--resolution 128] [--margin 0.25] [--num 200]

mien searches every image and aligns its largest face. Three detectors then locate the eyes in the aligned images:
MTCNN's cascade without the second pass, which also made the crop; the same cascade in a mirrored crop of 150 px that
is 23 % wider and moved aside, so that every window and every pixel differs; and MediaPipe's face mesh by other authors
(the middle between an eye's corners), if mediapipe 0.10.14 is installed. The result is the distance of each eye from
the mean position of all eyes, as a share of the side. --once aligns without the second pass.
"""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mien.data.files import Files, open_files
from mien.faces.choosing import finder
from mien.faces.face import Face, Finder
from mien.faces.mtcnn import MTCNN
from mien.faces.placing import Placement, place
from mien.faces.sampling import readable
from mien.faces.warp import warp
from mien.media.pixels import parse_resolution

AT_ONCE = 16
WIDER, ASIDE, MOVED_SIDE = 1.23, 0.06 + 0.04j, 150
MESH_WIDER, MESH_SIDE = 1.3, 256
CORNERS = [[33, 133], [362, 263]]  # of the eyes, in MediaPipe's mesh
WITNESSES = ("cascade", "moved and mirrored", "MediaPipe")
COLUMNS = (
    *("images", "found", "several"),
    *(f"{name}: {what}" for name in WITNESSES for what in ("found", "mean", "median", "95 %", "within 2 %")),
    "images/s",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", help="folder, zip or tar; optionally a colon and a folder in it")
    parser.add_argument("--resolution", default="128")
    parser.add_argument("--margin", type=float, default=0.25)
    parser.add_argument("--num", type=int, help="number of images from each set, evenly spread")
    parser.add_argument("--once", action="store_true", help="align without the second pass on the upright face")
    given = parser.parse_args()
    print(" | ".join(("| set", *COLUMNS)) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for text in given.sets:
        print(measured(text, parse_resolution(given.resolution), given.margin, given.num, not given.once), flush=True)


def measured(text: str, size: tuple[int, int], margin: float, num: int | None, twice: bool) -> str:
    path, _, below = text.partition(":")
    files = open_files(Path(path))
    names = [name for name in files.images if name.startswith(below)]
    if num:
        names = [names[row] for row in np.linspace(0, len(names) - 1, min(num, len(names))).astype(int)]
    find = finder("photo", torch.device("cpu"))
    assert isinstance(find, MTCNN)
    cascade = finder("photo", torch.device("cpu"))
    assert isinstance(cascade, MTCNN)
    find.twice, cascade.twice = twice, False
    aligned: list[tuple[Image.Image, Placement]] = []
    found, several, seconds = 0, 0, 0.0
    for start in range(0, len(names), AT_ONCE):
        images = loaded(files, names[start : start + AT_ONCE])
        began = time.process_time()
        results = find([np.asarray(image) for image in images])
        for image, faces in zip(images, results):
            found, several = found + bool(faces), several + (len(faces) > 1)
            if faces:
                aligned.append((image, place(faces[0], size, margin)))
                warp(*aligned[-1])
        seconds += time.process_time() - began
    parts = [
        in_crops(cascade, [warp(*one) for one in aligned]),
        moved(cascade, aligned),
        by_mesh(aligned) if find_spec("mediapipe") else np.zeros((0, 2, 2)),
    ]
    columns = [
        f"{len(eyes) / len(aligned):.1%} | " + " | ".join(spread(eyes)) if len(eyes) else "– | – | – | – | –"
        for eyes in parts
    ]
    return (
        f"| {Path(path).name} {below} | {len(names):,} | {found / len(names):.1%} | {several} | "
        f"{' | '.join(columns)} | {len(names) / seconds:.0f} |"
    )


def around(placed: Placement, side: int, wider: float, aside: complex = 0j) -> Placement:
    """Returns a square crop around the same position: `wider` times its shorter side, moved by a share of it."""
    side_vector = placed.step * min(placed.size)
    return Placement(placed.centre + aside * side_vector, side_vector * wider / side, (side, side))


def moved(find: Finder, aligned: list[tuple[Image.Image, Placement]]) -> np.ndarray:
    crops = [warp(image, around(placed, MOVED_SIDE, WIDER, ASIDE))[:, ::-1] for image, placed in aligned]
    return (np.array([1, 0]) + np.array([-1, 1]) * in_crops(find, crops))[:, ::-1] * WIDER


def by_mesh(aligned: list[tuple[Image.Image, Placement]]) -> np.ndarray:
    from mediapipe.python.solutions.face_mesh import FaceMesh  # type: ignore[import-not-found]

    found = []
    with FaceMesh(static_image_mode=True, refine_landmarks=True, min_detection_confidence=0.2) as mesh:
        for image, placed in aligned:
            faces = mesh.process(warp(image, around(placed, MESH_SIDE, MESH_WIDER))).multi_face_landmarks
            if faces:
                points = np.array([(point.x, point.y) for point in faces[0].landmark])
                found.append([points[corners].mean(0) for corners in CORNERS])
    return np.array(found).reshape(-1, 2, 2) * MESH_WIDER


def loaded(files: Files, names: list[str]) -> list[Image.Image]:
    return [image for name in names if (image := readable(files, name)) is not None]


def eyes(face: Face) -> np.ndarray:
    assert face.points is not None
    return face.points[:2]


def in_crops(find: Finder, crops: list[np.ndarray]) -> np.ndarray:
    """Returns [M,2,2]: the eyes of the face nearest to the middle, for each crop with a face, as shares of its shorter
    side."""
    parts = [
        find([np.ascontiguousarray(crop) for crop in crops[start : start + AT_ONCE]])
        for start in range(0, len(crops), AT_ONCE)
    ]
    middle = np.array(crops[0].shape[1::-1]) / 2
    faces = [
        min(row, key=lambda face: np.hypot(*((face.box[:2] + face.box[2:]) / 2 - middle)))
        for part in parts
        for row in part
        if row
    ]
    return np.array([eyes(face) for face in faces]).reshape(-1, 2, 2) / min(crops[0].shape[:2])


def spread(points: np.ndarray) -> list[str]:
    """Takes [N,2,2] in shares of the side. Returns the distances of both eyes from their mean positions (mean, median,
    95 %) and the share of eyes within 2 %."""
    distances = np.hypot(*(points - points.mean(0)).transpose(2, 0, 1))
    values = (distances.mean(), np.median(distances), np.quantile(distances, 0.95))
    return [f"{value:.2%}" for value in values] + [f"{(distances < 0.02).mean():.1%}"]


if __name__ == "__main__":
    main()
