"""mien data prepare: decode, crop and resize the images of a data set once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from mien.commands.python_api import checked
from mien.commands.shared_flags import chosen_size
from mien.commands.verb_result import VerbResult


@dataclass(frozen=True)
class Prepared(VerbResult):
    """The prepared set that `mien data prepare` wrote: its folder and its contents."""

    path: str
    description: list[str]
    info: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The path and all fields of dataset.json."""
        return {"path": self.path, **self.info}

    def __str__(self) -> str:
        return "\n".join([*self.description, f"prepared in {self.path}", f"train on it: mien train --data {self.path}"])


@dataclass(frozen=True)
class Zipped(VerbResult):
    """The zip of the StyleGAN family that `mien data prepare` wrote. for_stylegan: its own networks take the size."""

    path: Path
    description: list[str]
    images: int
    bytes: int
    for_stylegan: bool

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path)}

    def __str__(self) -> str:
        lines = [*self.description, f"{self.path}: {self.images:,} PNG files and dataset.json, {self.bytes:,} bytes"]
        if not self.for_stylegan:
            lines.append("  StyleGAN's own networks take squares only, with a side that is a power of two")
        return "\n".join([*lines, f"train on it: mien train --data {self.path}"])


@checked("mien.commands.data.prepare")
def prepare(
    path: tyro.conf.Positional[str],
    *,
    resolution: str | None = None,
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    output: Path | None = None,
    seed: int = 0,
) -> Prepared | Zipped:
    """Decode, crop and resize the images of a data set once. `mien train` does this by itself too.

    Args:
        path: Folder, zip or tgz of images, or "drawn".
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        output: A new folder for the prepared set, or a .zip for the programs of the StyleGAN family. If left out: the
            cache.
        seed: Seed of the built-in faces. Another seed gives other faces.
    """
    from mien.config.serialization import add_user_file
    from mien.data.layouts import detect
    from mien.data.prepare import prepare as prepare_set
    from mien.data.stylegan_zip import is_for_stylegan, zip_entries
    from mien.media.image_output import check_output, write_zip
    from mien.runtime.console import counted

    for file in code:
        add_user_file(file)
    height, width = chosen_size(detect(path), resolution)
    archive = output if output is not None and output.suffix.lower() == ".zip" and not output.is_dir() else None
    with counted("preparing") as progress:
        folder = None if archive else output
        ready = prepare_set(path, height, width, seed=seed, output=folder, progress=progress)
    if archive:
        check_output(archive, "zip")
        with counted("writing") as progress:
            write_zip(archive, zip_entries(ready, progress))
        size = archive.stat().st_size
        return Zipped(archive, ready.describe(), len(ready), size, is_for_stylegan(ready))
    return Prepared(str(ready.path), ready.describe(), ready.info)
