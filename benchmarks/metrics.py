"""Prints the cost of an evaluation: the Fréchet step against scipy's, the Inception forward pass against a plain one,
and a complete evaluation against its extractor's forward passes.

    pip install scipy
    python benchmarks/metrics.py [--pairs 5] [--dimensions 2048] [--pictures 2560] [--batch 32] [--only PART]

The plain Inception takes a batch as it comes; mien's extractor takes eight images at a time. Each pair runs both sides
one after the other. Ratios are medians over pairs. Inception's weights are random: no time depends on them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mien.evaluation.evaluate import score
from mien.evaluation.image_sets import generated_by, image_set_of
from mien.inference.generator import Generator
from mien.metrics import find
from mien.metrics.features import AT_ONCE, Extractor, ready
from mien.metrics.fid import frechet, moments
from mien.metrics.networks.folding import folded
from mien.metrics.networks.inception import Inception
from mien.metrics.resize import resize
from mien.recipes import find as find_recipe

CPU = torch.device("cpu")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(name: str, plain: Callable[[], object], ours: Callable[[], object], pairs: int, aim: str) -> None:
    times = [(seconds(plain), seconds(ours)) for _ in range(pairs)]
    ratios = [slow / fast for slow, fast in times]
    slow, fast = (statistics.median(side) for side in zip(*times))
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{name}: {slow:.2f} s and {fast:.2f} s, ratio {statistics.median(ratios):.2f} ({spread}); aim {aim}")


def frechet_step(dimensions: int, pairs: int) -> None:
    from scipy.linalg import sqrtm

    random = torch.Generator().manual_seed(0)
    mix = torch.randn(dimensions, dimensions, generator=random, dtype=torch.float64) / dimensions**0.5
    real = torch.randn(4 * dimensions, dimensions, generator=random, dtype=torch.float64) @ mix
    fake = 1.1 * torch.randn(4 * dimensions, dimensions, generator=random, dtype=torch.float64) @ mix + 0.1
    one, two = moments(real), moments(fake)
    values = {}

    def general() -> None:
        root = sqrtm(one[1].numpy() @ two[1].numpy())
        trace = one[1].trace() + two[1].trace() - 2 * np.trace(root).real
        values["sqrtm"] = float((one[0] - two[0]).square().sum() + trace)

    def symmetric() -> None:
        values["mien"] = frechet(*one, *two)

    paired(f"Fréchet step at {dimensions} dimensions", general, symmetric, pairs, "8")
    relative = abs(values["mien"] / values["sqrtm"] - 1)
    print(f"  {values['sqrtm']:.9f} and {values['mien']:.9f}: {relative:.1e} apart")


def inception_forward(batch: int, pairs: int) -> None:
    torch.manual_seed(0)
    plain = Inception().eval().requires_grad_(False)
    quick = Inception()
    quick.load_state_dict(plain.state_dict())
    quick = ready(folded(quick.eval()), CPU)
    images = torch.randn(batch, 3, 299, 299)
    layout = images.contiguous(memory_format=torch.channels_last)
    found = {}

    @torch.no_grad()
    def plainly() -> None:
        found["plain"] = plain(images)[0]

    @torch.inference_mode()
    def quickly() -> None:
        found["quick"] = torch.cat([quick(part)[0] for part in layout.split(AT_ONCE)])

    plainly(), quickly()
    paired(f"Inception forward, {batch} pictures", plainly, quickly, pairs, "1.8")
    print(f"  features {float((found['plain'] - found['quick']).abs().max() / found['plain'].abs().max()):.1e} apart")


def evaluation(pictures: int, batch: int, pairs: int, names: str) -> None:
    """Prints the time to evaluate N images of a DCGAN of full width against real ones with cached features. The
    extractor's own forward time is its network alone, on resized images, N/batch times."""
    torch.manual_seed(0)
    network = ready(folded(Inception().eval()), CPU)
    extractor = Extractor(network, "0" * 64, "clean", CPU)  # type: ignore[arg-type]
    recipe = find_recipe("dcgan")
    drawer = recipe.generator.network.build(resolution=recipe.resolution, channels=3)
    generator = Generator(recipe, "benchmark", 0, dict(drawer.state_dict()), CPU)
    fake = generated_by(generator, list(range(pictures)), f"0-{pictures - 1}", 1.0)
    real = image_set_of(f"drawn:{pictures}@64", (64, 64), pictures)
    metrics = [find(name) for name in names.split(",")]
    score(real, fake, metrics, extractor, batch)
    pixels = torch.from_numpy(next(fake.batches(batch)))
    images = network.prepare(resize(pixels, 299, 299, "clean")).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward() -> None:
        for _ in range(pictures // batch):
            for part in images.split(AT_ONCE):
                network(part)

    def whole() -> None:
        score(real, fake, metrics, extractor, batch)

    times = [(seconds(whole), seconds(forward)) for _ in range(pairs)]
    ratios = [total / alone for total, alone in times]
    total, alone = (statistics.median(side) for side in zip(*times))
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(
        f"evaluating {pictures} pictures ({names}): {total:.1f} s, the forward passes alone {alone:.1f} s, "
        f"ratio {statistics.median(ratios):.2f} ({spread}); aim 1.15 or less"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--dimensions", type=int, default=2048)
    parser.add_argument("--pictures", type=int, default=2560)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--metrics", default="fid")
    parser.add_argument("--only", choices=("frechet", "forward", "evaluation"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MIEN_CACHE"] = str(Path(scratch))
        print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
        if args.only in (None, "frechet"):
            frechet_step(args.dimensions, args.pairs)
        if args.only in (None, "forward"):
            inception_forward(args.batch, args.pairs)
        if args.only in (None, "evaluation"):
            evaluation(args.pictures, args.batch, max(1, args.pairs // 3), args.metrics)


if __name__ == "__main__":
    main()
