"""Files of latents and of directions: one tensor "w" each, and in the header what it is and whose."""

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
from mien.runs.directory import find
from mien.runs.records import Text
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.console import say
from mien.runtime.typed_json import Count

Kind = Literal["latents", "directions"]


class Facts(TypedDict):
    """The header of either file."""

    kind: Kind
    run: Text
    images: Count


def save_w(path: Path, kind: Kind, w: Tensor, generator: Generator, more: dict[str, Any]) -> None:
    """w [N, …] as `Generator.mapping` gives it; of directions, differences of such."""
    facts = {"kind": kind, "run": generator.run, "recipe": generator.recipe.name, "images": generator.images, **more}
    write_bytes(path, save({"w": w.detach().cpu().float().contiguous()}, {"mien": json.dumps(facts)}))


def load_w(path: Path, kind: Kind, generator: Generator, flag: str) -> Tensor:
    """[N, …] on the generator's device. Raises FileError for a file that is none, UsageError for one that belongs to
    another kind of generator; another run of the same shape is only told."""
    made = "mien project" if kind == "latents" else "mien directions"
    try:
        tensors, facts = tensor_files.read(path, Facts)
    except FileError as error:
        raise FileError(f"{flag} {error}: give a file that {made} wrote") from None
    if facts["kind"] != kind or "w" not in tensors:
        raise FileError(f"{flag} {path} holds no {kind}: give a file that {made} wrote")
    w = tensors["w"]
    if not (w.is_floating_point() and w.dim() > 1 and len(w) and bool(w.isfinite().all())):
        raise FileError(f"{flag} {path} is damaged: its numbers are no {kind}: let {made} write it again")
    w = w.float()
    shape, wanted = list(w.shape[1:]), list(w_of(generator, [0]).shape[1:])
    if shape != wanted:
        raise UsageError(f"{flag} {path} holds {kind} {shape} made for {facts['run']}; {generator.run} takes {wanted}")
    if (facts["run"], facts["images"]) != (generator.run, generator.images):
        theirs, ours = (f"{run} at {images / 1000:g} kimg" for run, images in
                        ((facts["run"], facts["images"]), (generator.run, generator.images)))  # fmt: skip
        say(f"{path} was made for {theirs}; with {ours} it may mean something else")
    return w.to(generator.device)


# --- places -----------------------------------------------------------------------------------------------------------


def folder_of(run: str, outdir: Path) -> Path | None:
    """The run's folder; None for a snapshot file alone."""
    return None if Path(run).suffix == ".safetensors" else find(run, outdir).path


def place_for(output: Path | None, run: str, outdir: Path, name: str) -> Path:
    """Where an image or a film goes; its folder exists then. Raises UsageError or FileError."""
    folder = folder_of(run, outdir)
    return ready(output or (folder / "generated" if folder else Path("generated")) / name)


def tensors_place(output: Path | None, run: str, outdir: Path, name: str) -> Path:
    """Where latents or directions go: a .safetensors file, beside which others of its name will lie."""
    if output is not None and output.suffix != ".safetensors":
        raise UsageError(f"--output {output} is no file of tensors: end it in .safetensors")
    return ready(output or (folder_of(run, outdir) or Path("generated")) / name)


def ready(path: Path) -> Path:
    """Before anything is computed: a mistake here should not cost the time of that."""
    if path.is_dir():
        raise UsageError(f"--output {path} is a folder: name the file")
    with io_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def picture_ending(path: Path) -> str:
    """png, jpg or webp, by the name of a image's file. Raises UsageError."""
    ending = path.suffix.lower().lstrip(".").replace("jpeg", "jpg")
    if ending not in FORMATS:
        raise UsageError(f"--output {path} is no picture's name: end it in .png, .jpg or .webp")
    return ending
