"""How many faces `mien data align` finds, and how near the eyes come to one place.

    python benchmarks/align.py FOLDER.zip [photos.zip:trainA …] [--resolution 128] [--margin 0.25] [--num 200]

Every picture is searched and its largest face aligned. Then MTCNN looks for the eyes in the aligned pictures anew, as
they are and mirrored: the distance of each eye from the mean place of all such eyes, as a share of the side, is what
an aligned set leaves to a generator. The distance by the landmarks that the crop was made from is given beside it; it
is small by construction, for the crop was fitted to these.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mien.data.files import Files, open_files
from mien.faces.choosing import finder
from mien.faces.face import Face
from mien.faces.placing import place
from mien.faces.sampling import readable
from mien.faces.warp import warp
from mien.images import parse_resolution

AT_ONCE = 16
COLUMNS = (
    *("pictures", "found", "several", "fitted", "seen again", "mean", "median", "95 %", "within 2 %"),
    *("mirrored: mean", "mirrored: within 2 %", "pictures/s"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", help="folder, zip or tar; behind a colon, a folder in it")
    parser.add_argument("--resolution", default="128")
    parser.add_argument("--margin", type=float, default=0.25)
    parser.add_argument("--num", type=int, help="so many pictures of each set, evenly spread")
    given = parser.parse_args()
    print(" | ".join(("| set", *COLUMNS)) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for text in given.sets:
        print(measured(text, parse_resolution(given.resolution), given.margin, given.num), flush=True)


def measured(text: str, size: tuple[int, int], margin: float, num: int | None) -> str:
    path, _, below = text.partition(":")
    files = open_files(Path(path))
    names = [name for name in files.pictures if name.startswith(below)]
    if num:
        names = [names[row] for row in np.linspace(0, len(names) - 1, min(num, len(names))).astype(int)]
    find = finder("photo", torch.device("cpu"))
    crops, own, found, several, seconds = [], [], 0, 0, 0.0
    for start in range(0, len(names), AT_ONCE):
        pictures = loaded(files, names[start : start + AT_ONCE])
        began = time.process_time()
        seen = find([np.asarray(picture) for picture in pictures])
        for picture, faces in zip(pictures, seen):
            found, several = found + bool(faces), several + (len(faces) > 1)
            if faces:
                placed = place(faces[0], size, margin)
                crops.append(warp(picture, placed))
                own.append(placed.in_crop(eyes(faces[0])))
        seconds += time.process_time() - began
    side = min(size)
    again = in_crops(find, crops)
    mirrored = in_crops(find, [crop[:, ::-1] for crop in crops])
    mirrored = (np.array([size[1], 0]) + np.array([-1, 1]) * mirrored)[:, ::-1]
    fitted, (seen_mean, seen_median, seen_high, near) = spread(np.array(own), side)[0], spread(again, side)
    mirrored_mean, _, _, mirrored_near = spread(mirrored, side)
    return (
        f"| {Path(path).name} {below} | {len(names):,} | {found / len(names):.1%} | {several} | {fitted:.2%} | "
        f"{len(again) / len(crops):.1%} | {seen_mean:.2%} | {seen_median:.2%} | {seen_high:.2%} | {near:.1%} | "
        f"{mirrored_mean:.2%} | {mirrored_near:.1%} | {len(names) / seconds:.0f} |"
    )


def loaded(files: Files, names: list[str]) -> list[Image.Image]:
    return [picture for name in names if (picture := readable(files, name)) is not None]


def eyes(face: Face) -> np.ndarray:
    assert face.points is not None
    return face.points[:2]


def in_crops(find, crops: list[np.ndarray]) -> np.ndarray:
    """[M,2,2]: the eyes of the face that is nearest to the middle, in each crop where there is one."""
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
    return np.array([eyes(face) for face in faces])


def spread(places: np.ndarray, side: int) -> tuple[float, float, float, float]:
    """[N,2,2] -> the distances of both eyes from their mean places, as shares of the side: mean, median, 95 %; and the
    share of eyes within 2 %"""
    distances = np.hypot(*(places - places.mean(0)).transpose(2, 0, 1)) / side
    return (
        float(distances.mean()),
        float(np.median(distances)),
        float(np.quantile(distances, 0.95)),
        float((distances < 0.02).mean()),
    )


if __name__ == "__main__":
    main()
