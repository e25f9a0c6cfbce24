"""mien directions: find the latent directions that change images most, without labels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from mien.commands.shared_flags import RequestFlags, RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError
from mien.runtime.printable import count_text

MOST, COLUMNS = 400, 7  # rows of the sheet; images in a row, the middle one unchanged


@dataclass(frozen=True)
class Discovered(VerbResult):
    """The directions, largest share first. changes: the attribute that each changes most (--label-directions)."""

    path: Path
    picture: Path
    method: str
    names: list[str]
    shares: list[float]
    changes: list[str]
    run: str

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path), "picture": str(self.picture)}

    def __str__(self) -> str:
        changes = [f"   {words}" for words in self.changes] or [""] * len(self.names)
        table = zip(self.names, self.shares, changes, strict=True)
        rows = [f"  {name:<12} {share:6.1%} of the change by {self.method}{words}" for name, share, words in table]
        hint = f"mien generate {self.run} --direction {self.names[0]}=2"
        return "\n".join([f"{self.path}, shown in {self.picture}", *rows, f"use one: {hint}"])


@takes_groups
def directions(
    request_flags: RequestFlags,
    run_flags: RunFlags,
    *,
    method: Literal["sefa", "pca"] = "sefa",
    count: int = 8,
    strength: float = 3.0,
    layers: str | None = None,
    seeds: str | None = None,
    latent: Path | None = None,
    trunc: float = 1.0,
    scale: int | None = None,
    name: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    label_directions: bool = False,
    output: Path | None = None,
) -> Discovered:
    """Find directions in latent space, show them on a sheet, and save them for mien generate --direction.

    Args:
        method: sefa computes directions from the first layer's weights. pca computes them from w, or from the first
            layer's activations, of many seeds.
        count: Number of directions, the strongest first.
        strength: Strength of the sheet's first and last column, in standard deviations.
        layers: Change only these layers: 0-3 or 0,2,5-7. Needs a generator with a latent for each layer. If left out:
            all.
        seeds: Seeds of the images on the sheet. If left out: 0-1.
        latent: Show the latents of this file (mien project) instead of seeds.
        trunc: Truncation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image of the sheet this many times. If left out, mien chooses it.
        name: Name a direction: 0=smile. May be given several times. Earlier names stay.
        label_directions: List the attribute that each direction changes most. mien first trains a classifier for
            this. Only for runs on the built-in faces.
        output: A .safetensors file. If left out: directions.safetensors in the run's folder. The names and the sheet
            are written beside it.
    """
    from dataclasses import replace

    from mien.evaluation.attribute_classifier import train_attribute_classifier
    from mien.inference.latents.direction_labels import changes
    from mien.inference.latents.directions import FILE, discover, earlier_names, named, save, shown
    from mien.inference.latents.files import load_w, tensors_place
    from mien.inference.latents.style_mixing import parse_layers
    from mien.inference.latents.synthesis import has_layers, images_of, w_of
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.contact_sheet import Names, image_table
    from mien.media.image_files import encode
    from mien.media.pixels import check_scale
    from mien.runtime.atomic_files import write_bytes

    if not (count >= 1 and 0 < strength <= 100):
        raise UsageError(f"--count {count} --strength {strength:g}: count is 1 or more, strength above 0, to 100")
    if latent and (seeds or trunc != 1.0):
        raise UsageError("--latent excludes --seeds and --trunc: the latents of a file are used unchanged")
    numbers = parse_seeds(seeds or "0-1")
    check_truncation(trunc)
    check_scale(scale)
    run, outdir = run_flags.run, run_flags.outdir
    if label_directions:
        check_built_in(run, outdir)
    generator, requested = request_flags.apply(run_flags.load()), request_flags.given
    path = tensors_place(output, run, outdir, FILE)
    layered = has_layers(generator)
    if layers is not None and not layered:
        raise UsageError(f"--layers {layers}: {generator.run} has one latent for all layers: leave --layers out")
    chosen = parse_layers(layers, w_of(generator, [0]).shape[1], 0) if layers is not None else None
    w = load_w(latent, "latents", generator, "--latent") if latent else w_of(generator, numbers, trunc)
    shows = [f"latent {row}" for row in range(len(w))] if latent else [f"seed {seed}" for seed in numbers]
    if count * len(w) > MOST:
        each = count_text(len(w), "image")
        raise UsageError(f"--count {count} with {each} per direction: the sheet has at most {MOST} rows")
    found = discover(generator, method, count, chosen, hold=bool(requested))
    found = replace(found, names=named(earlier_names(path, found), name))
    strengths = [strength * (2 * column / (COLUMNS - 1) - 1) for column in range(COLUMNS)]
    moved = shown(w, found, strengths)
    cells = images_of(generator, moved.flatten(0, 2)).reshape(-1, COLUMNS, *generator.resolution, generator.channels)
    rows = [f"{one}, {who}" for one in found.names for who in shows]
    picture = path.with_suffix(".png")
    save(path, found, generator)
    facts = {"run": generator.run, "kimg": generator.images / 1000, "method": method, "strengths": strengths}
    facts |= requested
    columns = [f"{step:+g}" if step else "0" for step in strengths]
    sheet, facts["scale"] = image_table(cells, Names(rows, columns, column_axis="strength"), scale)
    write_bytes(picture, encode(sheet, "png", facts))
    meant = (
        [str(one) for one in changes(generator, found.w, train_attribute_classifier(*generator.resolution))]
        if label_directions
        else []
    )
    return Discovered(path, picture, method, list(found.names), list(found.shares), meant, run)


def check_built_in(run: str, outdir: Path) -> None:
    """Raises UsageError for a run on other images than the built-in faces."""
    from mien.runs.directory import RunDirectory, folder_for_files

    folder = folder_for_files(run, outdir)
    data = RunDirectory(folder).trained_on() if folder else "a snapshot file"
    if not re.fullmatch(r"drawn(:\d+)?", str(data)):
        raise UsageError(
            f"--label-directions needs a run on the built-in faces, not {data}: leave it out, or train on --data drawn"
        )
