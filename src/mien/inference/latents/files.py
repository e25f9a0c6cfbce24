"""Files of latents and of directions: one tensor "w", and its kind and run in the header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, TypedDict

from safetensors.torch import save
from torch import Tensor

from mien.errors import FileError, UsageError
from mien.inference.generator import Generator
from mien.inference.latents.synthesis import w_of
from mien.media.image_files import FORMATS
from mien.runs import tensor_files
from mien.runs.directory import folder_for_files
from mien.runs.records import Text
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.console import say
from mien.runtime.typed_json import Count

Kind = Literal["latents", "directions"]


class Facts(TypedDict):
    """The header of a file of latents or directions."""

    kind: Kind
    run: Text
    images: Count


def save_w(path: Path, kind: Kind, w: Tensor, generator: Generator, more: dict[str, Any]) -> None:
    """Write w [N, …]: latents as `Generator.mapping` gives them, or differences of them as directions."""
    facts = {"kind": kind, "run": generator.run, "recipe": generator.recipe.name, "images": generator.images, **more}
    write_bytes(path, save({"w": w.detach().cpu().float().contiguous()}, {"mien": json.dumps(facts)}))


def load_w(path: Path, kind: Kind, generator: Generator, flag: str) -> Tensor:
    """w [N, …] of a file, on the generator's device.

    Raises FileError for another kind of file, and UsageError for a w of another shape. Prints a note if the file comes
    from another run.
    """
    made = "mien project" if kind == "latents" else "mien directions"
    try:
        tensors, facts = tensor_files.read(path, Facts)
    except FileError as error:
        raise FileError(f"{flag} {error}: use a file that {made} wrote") from None
    if facts["kind"] != kind or "w" not in tensors:
        raise FileError(f"{flag} {path} holds no {kind}: use a file that {made} wrote")
    w = tensors["w"]
    if not (w.is_floating_point() and w.dim() > 1 and len(w) and bool(w.isfinite().all())):
        raise FileError(f"{flag} {path} is damaged: its numbers cannot be {kind}: let {made} write it again")
    w = w.float()
    shape, expected = list(w.shape[1:]), list(w_of(generator, [0]).shape[1:])
    if shape != expected:
        raise UsageError(f"{flag} {path} holds {kind} {shape} of {facts['run']}; {generator.run} needs {expected}")
    if (facts["run"], facts["images"]) != (generator.run, generator.images):
        theirs, ours = (f"{run} at {images / 1000:g} kimg" for run, images in
                        ((facts["run"], facts["images"]), (generator.run, generator.images)))  # fmt: skip
        say(f"{path} was made for {theirs}: with {ours} its effect may differ")
    return w.to(generator.device)


# --- paths ------------------------------------------------------------------------------------------------------------


def place_for(output: Path | None, run: str, outdir: Path, name: str) -> Path:
    """The path of an image or a film, whose folder now exists. Raises UsageError or FileError."""
    folder = folder_for_files(run, outdir)
    return ready(output or (folder / "generated" if folder else Path("generated")) / name)


def tensors_place(output: Path | None, run: str, outdir: Path, name: str) -> Path:
    """The path of a .safetensors file of latents or directions. Raises UsageError or FileError."""
    if output is not None and output.suffix != ".safetensors":
        raise UsageError(f"--output {output} is not a file of tensors: end it in .safetensors")
    return ready(output or (folder_for_files(run, outdir) or Path("generated")) / name)


def ready(path: Path) -> Path:
    """The path, whose folder now exists. Call it before any computation, so that a mistake costs no time."""
    if path.is_dir():
        raise UsageError(f"--output {path} is a folder: name the file")
    with io_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def image_ending(path: Path) -> str:
    """png, jpg or webp, by the name of an image file. Raises UsageError."""
    ending = path.suffix.lower().lstrip(".").replace("jpeg", "jpg")
    if ending not in FORMATS:
        raise UsageError(f"--output {path} is not the name of an image file: end it in .png, .jpg or .webp")
    return ending
