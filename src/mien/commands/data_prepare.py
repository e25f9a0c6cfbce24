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


@dataclass(frozen=True)
class PreparedPart(VerbResult):
    """One part of a prepared set, from `mien data prepare --part`: its folder, and the number of its files."""

    path: str
    part: int
    of: int
    files: int
    output: Path

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "output": str(self.output)}

    def __str__(self) -> str:
        what = f"part {self.part} of {self.of}: {self.files:,} files, prepared in {self.path}"
        return f"{what}\nwhen all parts are there: the same command with --merge in place of --part"


@dataclass(frozen=True)
class Sharded(VerbResult):
    """The set that `mien data prepare --shards` wrote: a folder or URL, and what it holds."""

    target: str
    description: list[str]
    images: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def __str__(self) -> str:
        what = f"{self.target}: {self.images:,} images in shards, {self.bytes:,} bytes"
        return "\n".join([*self.description, what, f"train on it: mien train --data {self.target}"])


@checked("mien.commands.data.prepare")
def prepare(
    path: tyro.conf.Positional[str],
    *,
    resolution: str | None = None,
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    output: Path | None = None,
    seed: int = 0,
    part: str | None = None,
    merge: bool = False,
    shards: str | None = None,
) -> Prepared | Zipped | PreparedPart | Sharded:
    """Decode, crop and resize the images of a data set once. `mien train` does this by itself too.

    Args:
        path: Folder, zip or tgz of images, or "drawn".
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        output: A new folder for the prepared set, or a .zip for the programs of the StyleGAN family. If left out: the
            cache.
        seed: Seed of the built-in faces. Another seed gives other faces.
        part: Prepare only one part of the set: 3/8 is the third of eight. So eight machines share the work. Needs
            --output, a folder that all of them see.
        merge: Make the set from the parts.
        shards: Copy the prepared set in shards to this new folder or URL (s3://bucket/faces). A training streams them
            from there.
    """
    from mien.config.serialization import add_user_file
    from mien.data.layouts import detect
    from mien.data.prepare import prepare as prepare_set
    from mien.data.prepared_parts import parse_part, write_part
    from mien.data.shard_writer import write_shards
    from mien.data.stylegan_zip import is_for_stylegan, zip_entries
    from mien.errors import UsageError
    from mien.media.image_output import check_output, write_zip
    from mien.runtime.console import counted

    for file in code:
        add_user_file(file)
    layout = detect(path)
    height, width = chosen_size(layout, resolution)
    archive = output if output is not None and output.suffix.lower() == ".zip" and not output.is_dir() else None
    if (part or merge) and (output is None or archive):
        raise UsageError(f"--{'part' if part else 'merge'} needs --output, a folder that all machines see")
    if shards and (part or archive):
        raise UsageError("--shards: make the complete set first, then give it as PATH")
    if part and merge:
        raise UsageError("--part and --merge: prepare all parts first, then merge them once")
    with counted("preparing") as progress:
        if part and output:
            number, of = parse_part(part)
            place, files = write_part(layout, height, width, output.expanduser(), (number, of), progress=progress)
            return PreparedPart(str(place), number, of, files, output)
        folder = None if archive else output
        ready = prepare_set(path, height, width, seed=seed, output=folder, progress=progress, merge=merge)
    if shards:
        with counted("writing shards") as progress:
            for done in write_shards(ready, shards):
                progress(done, len(ready))
        return Sharded(shards, ready.describe(), len(ready), ready.images.nbytes)
    if archive:
        check_output(archive, "zip")
        with counted("writing") as progress:
            write_zip(archive, zip_entries(ready, progress))
        size = archive.stat().st_size
        return Zipped(archive, ready.describe(), len(ready), size, is_for_stylegan(ready))
    return Prepared(str(ready.path), ready.describe(), ready.info)
