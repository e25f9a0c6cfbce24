"""mien directions: ways in which a generator's images change most, found without labels, to name and to walk."""

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

MOST, COLUMNS = 400, 7  # rows of the sheet; images in a row, the middle one as it was


@dataclass(frozen=True)
class Discovered(VerbResult):
    """names, shares: of the directions, largest first. changes: with --label-directions what each changes most."""

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
        rows = [f"  {name:<12} {share:6.1%} of what {self.method} counts{words}" for name, share, words in table]
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
    """Find directions in the latent space, show them on a sheet, and keep them for mien generate --direction.

    Args:
        method: sefa reads the first weights; pca looks at what many seeds make of w or of the first layer.
        count: How many, the strongest first.
        strength: Of the sheet's first and last column, in standard deviations.
        layers: Move only these layers, 0-3 or 0,2,5-7, of a generator with a latent for each. All if left out.
        seeds: Whose images are shown, 0-1 if left out.
        latent: Show latents of a file (mien project) instead.
        trunc: Below 1 less variety and fewer broken images on the sheet.
        scale: Enlarge each image of the sheet this many times. Until it is easy to see if left out.
        name: Name a direction: 0=smile. May be given often; earlier names are kept.
        label_directions: Say which attribute each direction changes most, by a classifier that is trained first. For
            runs on the built-in faces.
        output: A .safetensors file; directions.safetensors in the run's folder if left out. Names and sheet lie beside.
    """
    from dataclasses import replace

    from mien.evaluation.attribute_classifier import train_attribute_classifier
    from mien.inference.latents.direction_labels import changes
    from mien.inference.latents.directions import FILE, discover, kept_names, named, save, shown
    from mien.inference.latents.files import load_w, tensors_place
    from mien.inference.latents.style_mixing import parse_layers
    from mien.inference.latents.synthesis import draw, has_layers, w_of
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.contact_sheet import Names, picture_table
    from mien.media.image_files import encode
    from mien.media.pixels import check_scale
    from mien.runtime.atomic_files import write_bytes

    if not (count >= 1 and 0 < strength <= 100):
        raise UsageError(f"--count {count} --strength {strength:g}: count is 1 or more, strength above 0, to 100")
    if latent and (seeds or trunc != 1.0):
        raise UsageError("--latent excludes --seeds and --trunc: its latents are shown as they are")
    numbers = parse_seeds(seeds or "0-1")
    check_truncation(trunc)
    check_scale(scale)
    run, outdir = run_flags.run, run_flags.outdir
    if label_directions:
        check_built_in(run, outdir)
    generator, asked = request_flags.apply(run_flags.load()), request_flags.given
    path = tensors_place(output, run, outdir, FILE)
    layered = has_layers(generator)
    if layers is not None and not layered:
        raise UsageError(f"--layers {layers}: {generator.run} has one latent for all layers: leave --layers out")
    chosen = parse_layers(layers, w_of(generator, [0]).shape[1], 0) if layers is not None else None
    w = load_w(latent, "latents", generator, "--latent") if latent else w_of(generator, numbers, trunc)
    shows = [f"latent {row}" for row in range(len(w))] if latent else [f"seed {seed}" for seed in numbers]
    if count * len(w) > MOST:
        raise UsageError(f"--count {count} with {len(w)} pictures each: the sheet has {MOST} rows at most")
    found = discover(generator, method, count, chosen, hold=bool(asked))
    found = replace(found, names=named(kept_names(path, found), name))
    strengths = [strength * (2 * column / (COLUMNS - 1) - 1) for column in range(COLUMNS)]
    moved = shown(w, found, strengths)
    cells = draw(generator, moved.flatten(0, 2)).reshape(-1, COLUMNS, *generator.resolution, generator.channels)
    rows = [f"{one}, {who}" for one in found.names for who in shows]
    picture = path.with_suffix(".png")
    save(path, found, generator)
    facts = {"run": generator.run, "kimg": generator.images / 1000, "method": method, "strengths": strengths, **asked}
    columns = [f"{step:+g}" if step else "0" for step in strengths]
    sheet, facts["scale"] = picture_table(cells, Names(rows, columns, column_axis="strength"), scale)
    write_bytes(picture, encode(sheet, "png", facts))
    meant = (
        [str(one) for one in changes(generator, found.w, train_attribute_classifier(*generator.resolution))]
        if label_directions
        else []
    )
    return Discovered(path, picture, method, list(found.names), list(found.shares), meant, run)


def check_built_in(run: str, outdir: Path) -> None:
    from mien.inference.latents.files import folder_of
    from mien.runs.directory import RunDirectory

    folder = folder_of(run, outdir)
    data = RunDirectory(folder).trained_on() if folder else "a snapshot file"
    if not re.fullmatch(r"drawn(:\d+)?", str(data)):
        raise UsageError(
            f"--label-directions knows the built-in faces alone, not {data}: leave it out, or train with --data drawn"
        )
