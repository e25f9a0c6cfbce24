"""mien neighbours: drawn faces beside the real ones that they are nearest to: was anything learned by heart?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError

MOST = 64  # rows of a sheet
BATCH = 32


@dataclass(frozen=True)
class Neighbours(VerbResult):
    """sheet: the image. seeds: of its rows. found: for pixels and for features the nearest real images' index,
    distance and whether mirrored, and the usual distance between real ones. words: what it comes to."""

    sheet: str
    run: str
    kimg: float
    real: int
    seeds: list[int]
    found: list[dict[str, Any]]
    words: list[str]

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def __str__(self) -> str:
        head = f"{len(self.seeds)} faces of {self.run} among {self.real:,} real ones: {self.sheet}"
        return "\n".join([head, *self.words])


@takes_groups
def neighbours(
    run_flags: RunFlags,
    *,
    seeds: str = "0-11",
    trunc: float = 1.0,
    data: str | None = None,
    num_real: int | None = None,
    extractor: str = "auto",
    weights: Path | None = None,
    device: str = "auto",
) -> Neighbours:
    """Find the real images that drawn ones are nearest to, by pixels and by features; the report shows them.

    Args:
        seeds: Which images are drawn: 0-11, or 1,5,9-12.
        trunc: Truncation of the drawn images.
        data: The images that were trained on, if they moved.
        num_real: Look among at most this many real images, spread evenly. All if left out.
        extractor: auto, inception or efficientnet-lite0, as in mien evaluate.
        weights: File of the extractor's weights. The one in the cache if left out.
        device: auto, cpu, cuda or cuda:1.
    """
    import numpy as np
    import torch

    from mien.evaluation.feature_cache import extract_features, feature_streams
    from mien.evaluation.image_sets import own_data, pictures_of
    from mien.evaluation.nearest_neighbours import by_pixels, in_blocks, in_words, nearest, sheet
    from mien.inference.generator import load
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.image_files import encode
    from mien.media.pixels import as_rgb
    from mien.metrics.choose_extractor import choose_extractor
    from mien.metrics.fid import FID
    from mien.runs.directory import find
    from mien.runtime.atomic_files import write_bytes, write_json
    from mien.runtime.device import pick_device

    run = run_flags.run
    chosen = parse_seeds(seeds)
    check_truncation(trunc)
    if len(chosen) > MOST:
        raise UsageError(f"--seeds {seeds!r} names {len(chosen):,} pictures: a sheet has {MOST} rows at most")
    directory, place = find(run, run_flags.outdir), pick_device(device)
    generator = load(directory, run_flags.snapshot, code=run_flags.code, device=place)
    data = data or own_data(run, run_flags.outdir)
    side = pictures_of(data, generator.resolution, num_real or 2**62)
    if side.count < 2:
        raise UsageError(f"{data} holds 1 picture: neighbours need 2 or more")
    network = choose_extractor(extractor, "clean", weights, place)
    features = extract_features(
        side, feature_streams([FID()], network), {"features"}, BATCH, "extracting features of real pictures"
    )["features"]
    pictures = np.concatenate(list(side.batches(1024)))
    drawn = as_rgb(generator.pixels(chosen, trunc))
    mirror = generator.recipe.data.mirror

    def look(pixels: np.ndarray) -> Any:
        return torch.cat([network(part)["features"] for part in np.array_split(pixels, 1 + len(pixels) // BATCH)])

    levels = "levels of 255, root mean square"
    found = [
        nearest(drawn, pictures, by_pixels, in_blocks(pictures), mirror, "pixels", levels),
        nearest(drawn, pictures, look, [features], mirror, f"features of {network.name}", "Euclidean"),
    ]
    path = directory.neighbours.with_suffix(".png")
    result = Neighbours(
        str(path),
        directory.name,
        generator.images / 1000,
        side.count,
        chosen,
        [one.as_dict() for one in found],
        in_words(found, [f"seed {seed}" for seed in chosen]),
    )
    write_bytes(path, encode(sheet(drawn, pictures, found), "png", {"run": directory.name, "images": generator.images}))
    write_json(directory.neighbours, result.as_dict())
    return result
