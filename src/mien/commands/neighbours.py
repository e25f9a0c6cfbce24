"""mien neighbours: show generated images beside the nearest real ones, to detect memorization."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError
from mien.runtime.printable import count_text

MOST = 64  # rows of a sheet
BATCH = 32


@dataclass(frozen=True)
class Neighbours(VerbResult):
    """The nearest real images of generated ones.

    sheet: the image file. seeds: one for each row. found: one entry for pixels and one for features, see
    `Nearest.as_dict`. words: the result as text.
    """

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
        head = f"{count_text(len(self.seeds), 'image')} of {self.run} and {self.real:,} real ones: {self.sheet}"
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
    """Find the nearest real images of generated ones, by pixels and by features. The report shows them.

    Args:
        seeds: Seeds of the generated images: 0-11, or 1,5,9-12.
        trunc: Truncation of the generated images.
        data: The training images, if they moved.
        num_real: Compare with at most this many real images, spread evenly. If left out: all.
        extractor: auto, inception or efficientnet-lite0, as in mien evaluate.
        weights: File of the extractor's weights. If left out: the file in the cache.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
    """
    import numpy as np
    import torch

    from mien.evaluation.feature_cache import extract_features, feature_streams
    from mien.evaluation.image_sets import image_set_of, own_data
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
        raise UsageError(f"--seeds {seeds!r} names {len(chosen):,} images: a sheet has at most {MOST} rows")
    directory, place = find(run, run_flags.outdir), pick_device(device)
    generator = load(directory, run_flags.snapshot, code=run_flags.code, device=place)
    data = data or own_data(run, run_flags.outdir)
    side = image_set_of(data, generator.resolution, num_real or 2**62)
    if side.count < 2:
        raise UsageError(f"{data} holds 1 image: neighbours need 2 or more")
    network = choose_extractor(extractor, "clean", weights, place)
    features = extract_features(
        side, feature_streams([FID()], network), {"features"}, BATCH, "extracting features of real images"
    )["features"]
    real = np.concatenate(list(side.batches(1024)))
    generated = as_rgb(generator.pixels(chosen, trunc))
    mirror = generator.recipe.data.mirror

    def look(pixels: np.ndarray) -> Any:
        return torch.cat([network(part)["features"] for part in np.array_split(pixels, 1 + len(pixels) // BATCH)])

    levels = "levels of 255, root mean square"
    found = [
        nearest(generated, real, by_pixels, in_blocks(real), mirror, "pixels", levels),
        nearest(generated, real, look, [features], mirror, f"features of {network.name}", "Euclidean"),
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
    write_bytes(path, encode(sheet(generated, real, found), "png", {"run": directory.name, "images": generator.images}))
    write_json(directory.neighbours, result.as_dict())
    return result
