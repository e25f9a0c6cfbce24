"""mien translate: translate images into another domain, with a trained pix2pix or cyclegan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import DataError, FileError, UsageError
from mien.runtime.printable import count_text

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from mien.inference.translator import Translator

Read = tuple[str, bytes]


@dataclass(frozen=True)
class Translated(VerbResult):
    """path: the folder. files: names of the written files. skipped: unreadable image -> reason."""

    path: Path
    files: tuple[str, ...]
    skipped: dict[str, str]
    to: str
    run: str
    kimg: float

    def as_dict(self) -> dict[str, Any]:
        """All fields, as JSON types."""
        return {**vars(self), "path": str(self.path), "files": list(self.files)}

    def __str__(self) -> str:
        count = count_text(len(self.files), "image")
        lines = [f"{count} in {self.path}", f"  translated to {self.to} by {self.run} at {self.kimg:g} kimg"]
        return "\n".join([*lines, *(f"  skipped {name}: {reason}" for name, reason in self.skipped.items())])


@takes_groups
def translate(
    run_flags: RunFlags,
    images: tyro.conf.Positional[tuple[Path, ...]],
    *,
    to: Literal["A", "B"] | None = None,
    beside: bool = False,
    resize: bool = False,
    output: Path | None = None,
    format: Literal["png", "jpg", "webp"] = "png",
) -> Translated:
    """Translate images of any size; each result has the size of its source.

    Args:
        images: Images, folders of images, or archives.
        to: Target domain, A or B as in the data. Needed only if the run translates both ways.
        beside: Write source and result side by side, for cyclegan also the round trip.
        resize: First resize each image to the training's resolution, with the same aspect ratio.
        output: The folder for the results. If left out: "translated" in the run's folder.
        format: Format of the results: png (exact), jpg or webp.
    """
    from mien.inference.translator import load
    from mien.media.image_output import check_output, write_folder
    from mien.runs.directory import folder_for_files
    from mien.runtime.console import counted

    run, outdir = run_flags.run, run_flags.outdir
    given = list(read(images))
    translator = load(run, run_flags.snapshot, outdir=outdir, code=run_flags.code)
    target = translator.domain(to)
    folder = output or (folder_for_files(run, outdir) or Path()) / "translated"
    check_output(folder, "folder")
    skipped: dict[str, str] = {}
    files: list[str] = []

    def results() -> Iterator[tuple[str, bytes]]:
        with counted("translating") as progress:
            for done, (name, data) in enumerate(given, 1):
                made = translated(translator, name, data, target, beside, resize, format, skipped)
                if made is not None:
                    files.append(free(name, format, files))
                    yield files[-1], made
                progress(done, len(given))

    write_folder(folder, results())
    if not files:
        name, reason = next(iter(skipped.items()))
        raise DataError(
            f"{name} cannot be read: {reason}" + (", and no other image either" if len(skipped) > 1 else "")
        )
    return Translated(folder, tuple(files), skipped, target, translator.run, translator.images / 1000)


# --- images in ------------------------------------------------------------------------------------------------------


def read(paths: tuple[Path, ...]) -> Iterator[Read]:
    """Yields (name, bytes) of each image. Raises FileError or DataError."""
    from mien.data.files import is_image, open_files

    if not paths:
        raise UsageError("mien translate needs IMAGES: name images or a folder after the run")
    for path in paths:
        if not path.exists():
            raise FileError(f"{path} does not exist: name an image, a folder of images or an archive")
        if path.is_file() and is_image(path.name):
            yield path.name, path.read_bytes()
            continue
        files = open_files(path)
        if not files.images:
            raise DataError(f"{path} holds no image that mien can read")
        for name in files.images:
            yield name, files.read(name)


def free(name: str, ending: str, taken: list[str]) -> str:
    """ "a/b.jpg" -> "a-b.png"; the second of that name gets a number."""
    stem = str(Path(name).with_suffix("")).replace("/", "-")
    candidates = (f"{stem}{mark}.{ending}" for mark in ("", *(f"-{number}" for number in range(2, len(taken) + 3))))
    return next(candidate for candidate in candidates if candidate not in taken)


# --- results out ------------------------------------------------------------------------------------------------------


def translated(
    translator: Translator,
    name: str,
    data: bytes,
    to: str,
    beside: bool,
    resize: bool,
    ending: str,
    skipped: dict[str, str],
) -> bytes | None:
    """The result's file; None for an unreadable image, which is added to `skipped`."""
    import numpy as np

    from mien.data.decode import BadImage, open_image, upright
    from mien.media.image_files import encode, to_image
    from mien.media.pixels import grid

    try:
        opened = open_image(data, name)
        image = upright(opened, opened.height, opened.width)
    except BadImage as error:
        skipped[name] = str(error)
        return None
    source = pixels_of(image, translator, resize)
    try:
        made = [one[0] for one in translator(source[None], to)]
    except RuntimeError as error:  # torch has no exception class for this on the processor
        if "memory" not in str(error):
            raise
        raise UsageError(f"{name}, {image.width}x{image.height}, does not fit into memory: add --resize") from None
    shown = grid(np.stack([source, *made]), 1 + len(made)) if beside else made[0]
    facts = {"run": translator.run, "recipe": translator.recipe.name, "kimg": translator.images / 1000}
    return encode(to_image(shown), ending, {**facts, "source": name, "to": to})


def pixels_of(image: Image.Image, translator: Translator, resize: bool) -> np.ndarray:
    """RGB image -> uint8 [H,W,C] as the translator reads it. resize: until it just covers the training's resolution."""
    import numpy as np

    from mien.data.resample import lanczos

    if resize:
        height, width = translator.resolution
        factor = max(height / image.height, width / image.width)
        size = (max(width, round(image.width * factor)), max(height, round(image.height * factor)))
        pixels = lanczos(image, size, (0, 0, image.width, image.height))
    else:
        pixels = np.asarray(image)
    return pixels if translator.channels == 3 else to_gray(pixels)


def to_gray(pixels: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] -> [H,W,1]"""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
