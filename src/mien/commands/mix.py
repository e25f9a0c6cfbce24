"""mien mix: mix styles: images with some layers from one seed and the other layers from another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.commands.shared_flags import RequestFlags, RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError

COARSE = 4  # layers of the first two sizes, which decide pose and shape (Karras et al. 2019, figure 3)
MOST = 1600  # images on a sheet


@dataclass(frozen=True)
class Mixed(VerbResult):
    path: Path
    rows: list[int]
    columns: list[int]
    layers: list[int]

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path)}

    def __str__(self) -> str:
        layers = ", ".join(map(str, self.layers))
        return f"{self.path}: {len(self.rows)} x {len(self.columns)} images, layers {layers} from the columns' seeds"


@takes_groups
def mix(
    request_flags: RequestFlags,
    run_flags: RunFlags,
    *,
    rows: str = "0-5",
    columns: str = "6-11",
    layers: str | None = None,
    trunc: float = 1.0,
    scale: int | None = None,
    output: Path | None = None,
) -> Mixed:
    """Generate a sheet of mixed images: some layers from the column's seed, the others from the row's seed.

    Args:
        rows: Seeds that give all other layers.
        columns: Seeds that give the layers of --layers.
        layers: Layers from the column's seed: 0-3 or 0,2,5-7. If left out: the first four, or the first half of fewer
            than eight.
        trunc: Truncation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image this many times. If left out, mien chooses it.
        output: A .png, .jpg or .webp file. If left out: generated/mix.png in the run's folder.
    """
    from mien.inference.latents.files import image_ending, place_for
    from mien.inference.latents.latent_source import facts_of
    from mien.inference.latents.style_mixing import parse_layers, with_parents
    from mien.inference.latents.synthesis import has_layers, images_of, w_of
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.contact_sheet import Names, image_table
    from mien.media.image_files import encode
    from mien.media.pixels import check_scale
    from mien.runtime.atomic_files import write_bytes

    down, across = parse_seeds(rows, "--rows"), parse_seeds(columns, "--columns")
    check_truncation(trunc)
    check_scale(scale)
    if (len(down) + 1) * (len(across) + 1) > MOST:
        raise UsageError(f"--rows {rows} --columns {columns}: a sheet has at most {MOST:,} images")
    run, outdir = run_flags.run, run_flags.outdir
    generator, requested = request_flags.apply(run_flags.load()), request_flags.given
    if not has_layers(generator):
        raise UsageError(
            f"{generator.run} ({generator.recipe.name}) has one latent for all layers, so no layers can be mixed: "
            f"mien interpolate {run} --seeds {down[0]},{across[0]} interpolates between two images instead"
        )
    path = place_for(output, run, outdir, "mix.png")
    ending = image_ending(path)
    one, other = w_of(generator, down, trunc), w_of(generator, across, trunc)
    chosen = parse_layers(layers, one.shape[1], min(COARSE, one.shape[1] // 2))
    w = with_parents(one, other, chosen)
    cells = images_of(generator, w.flatten(0, 1))
    names = [f"seed {seed}" for seed in down], [f"seed {seed}" for seed in across]
    table = cells.reshape(*w.shape[:2], *cells.shape[1:])
    sheet, scale = image_table(table, Names(["", *names[0]], ["", *names[1]]), scale, corner=False)
    facts = {**facts_of(generator), "truncation": trunc, **requested, "rows": down, "columns": across, "layers": chosen}
    facts["scale"] = scale
    write_bytes(path, encode(sheet, ending, facts))
    return Mixed(path, down, across, chosen)
