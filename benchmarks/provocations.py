"""Trainings that provoke each trouble on purpose, and healthy ones: for benchmarks/doctor.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import mien
from mien.data.prepare import prepare
from mien.data.sampling import spread

HEALTHY = "healthy"
SIDE = 16
WIDER = ("generator.width=16", "discriminator.width=16")
TINY = ("generator.width=8", "discriminator.width=8")
SMALL_R3 = ("generator.width=16", "generator.group_width=8", "discriminator.width=16", "discriminator.group_width=8")
SNGAN = (*TINY, "discriminator.updates=2")
PIX = ("generator.width=4", "discriminator.width=8")
CYCLE = ("generator.width=8", "discriminator.width=8", "generator.blocks=2")
GP = (*TINY, "discriminator.updates=2")
FAST_G = ("generator.updates=10", "generator.optimizer.lr=2e-3")
STRONG_D = ("discriminator.updates=5", "discriminator.optimizer.lr=2e-3", "generator.optimizer.lr=1e-6")

R3GANS = ("r3gan-laptop", "r3gan", "r3gan-cifar10", "r3gan-ffhq256")

ANY = ("rate-too-high", "d-has-won", "d-underfits", "flat-images", "mode-collapse", "g-ahead", "getting-worse")
FEW = ("d-memorizes", "copies", "getting-worse", "d-has-won", "mode-dropping")
Maker = Callable[[str, Path], dict[str, Any]]


@dataclass(frozen=True)
class Provocation:
    """kind: the expected diagnosis. settings: of --set. allowed: others that may follow. make: other data and flags."""

    kind: str
    recipe: str
    settings: tuple[str, ...] = TINY
    allowed: tuple[str, ...] = ()
    kimg: float = 32.0
    make: Maker | None = None
    batch: int = 16

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.recipe}"


def few(count: int) -> Maker:
    """Return a maker of a set of `count` images, with 64 further ones that are held out."""

    def make(data: str, folder: Path) -> dict[str, Any]:
        return {"data": write_images(data, folder / f"few-{count}", count + 64), "hold_out": 64}

    return make


def one_image_label(data: str, folder: Path) -> dict[str, Any]:
    """Four labels; all images of the third one are the same negative."""
    pixels = prepare(data, SIDE, SIDE).images
    chosen, place = pixels[spread(len(pixels), 400)], folder / "labels"
    for index, image in enumerate(chosen):
        file = place / f"label-{index % 4}" / f"{index:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(255 - chosen[2] if index % 4 == 2 else image).save(file)
    return {"data": str(place), "cond": "class"}


def classes(data: str, folder: Path) -> dict[str, Any]:
    """Four labels without a meaning: a healthy conditional set."""
    pixels = prepare(data, SIDE, SIDE).images
    for index, image in enumerate(pixels[spread(len(pixels), 400)]):
        file = folder / "classes" / f"label-{index % 4}" / f"{index:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(image).save(file)
    return {"data": str(folder / "classes"), "cond": "class"}


def part_of_the_data(data: str, folder: Path) -> dict[str, Any]:
    """A generator that has learned the half on one side of the first principal component, and stays as it is."""
    pixels = prepare(data, SIDE, SIDE).images
    values = pixels.reshape(len(pixels), -1).astype(np.float64)
    component = np.linalg.svd(values - values.mean(0), full_matrices=False)[2][0]
    half = pixels[(values @ component).argsort()[: len(pixels) // 2]]
    place = folder / "half"
    place.mkdir(parents=True)
    for index, image in enumerate(half[spread(len(half), 400)]):
        picture(image).save(place / f"{index:04}.png")
    learned = mien.train(
        "dcgan", data=place, outdir=folder / "first", budget="48kimg", set=TINY, resolution="16", batch=16
    )
    return {"init": str(learned.path)}


def pairs(one_source: bool = False) -> Maker:
    """Return a maker of pairs: each image and itself upside down in gray; one_source: with one source for all."""

    def make(data: str, folder: Path) -> dict[str, Any]:
        pixels = prepare(data, SIDE, SIDE).images
        place = folder / "pairs"
        place.mkdir(parents=True)
        chosen = pixels[spread(len(pixels), 200)]
        for index, image in enumerate(chosen):
            source = (chosen[0] if one_source else image)[::-1].mean(2, keepdims=True).astype(np.uint8)
            both = [np.repeat(side, 3 // side.shape[-1], 2) for side in (source, image)]
            Image.fromarray(np.concatenate(both, 1)).save(place / f"{index:04}.png")
        return {"data": str(place)}

    return make


def picture(pixels: Any) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def write_images(data: str, place: Path, count: int) -> str:
    pixels = prepare(data, SIDE, SIDE).images
    place.mkdir(parents=True)
    for index, image in enumerate(pixels[spread(len(pixels), count)]):
        picture(image).save(place / f"{index:04}.png")
    return str(place)


PROVOCATIONS = (
    *(
        Provocation(HEALTHY, recipe, kimg=26)
        for recipe in ("dcgan", "dcgan-laptop", "hinge", "lsgan", "hw6", "hw6-two-steps")
    ),
    *(Provocation(HEALTHY, recipe, GP) for recipe in ("sngan", "wgan", "wgan-gp")),
    *(Provocation(HEALTHY, recipe, SMALL_R3, kimg=18) for recipe in R3GANS),
    *(Provocation(HEALTHY, recipe, TINY, kimg=18) for recipe in ("stylegan2-laptop", "stylegan2")),
    Provocation(HEALTHY, "acgan-laptop", kimg=26, make=classes),
    Provocation(HEALTHY, "acgan", WIDER, kimg=26, make=classes),
    *(
        Provocation(HEALTHY, recipe, PIX, kimg=4.8, make=pairs(), batch=4)
        for recipe in ("pix2pix-laptop", "pix2pix", "pix2pix-gan")
    ),
    Provocation(HEALTHY, "pix2pix-l1", PIX[:1], kimg=4.8, make=pairs(), batch=4),
    *(
        Provocation(HEALTHY, recipe, CYCLE, kimg=4.8, make=pairs(), batch=4)
        for recipe in ("cyclegan-laptop", "cyclegan")
    ),
    # G stays at its gray start.
    *(
        Provocation("flat-images", recipe, (*TINY, "generator.optimizer.lr=0", "generator.contrast=0.3"),
                    ("d-has-won", "d-memorizes"), kimg=10)
        for recipe in ("dcgan", "hinge", "lsgan")
    ),
    # G finds the one image that today's D likes best.
    *(
        Provocation("mode-collapse", recipe, (*TINY, *FAST_G), ANY, kimg=24)
        for recipe in ("dcgan", "lsgan", "hinge")
    ),
    # D makes many steps at a high rate, and G hardly moves.
    *(
        Provocation("d-has-won", recipe, (*TINY, *STRONG_D), ("flat-images", "mode-collapse", "d-memorizes"), kimg=16)
        for recipe in ("dcgan", "hw6", "lsgan")
    ),
    # A penalty holds D flat.
    Provocation("d-underfits", "dcgan-laptop", (*TINY, "discriminator.terms.r1.weight=100000"), ANY, kimg=26),
    Provocation("d-underfits", "r3gan-laptop", (
        *SMALL_R3, "discriminator.terms.r1.weight=100000", "discriminator.terms.r2.weight=100000",
    ), ANY, kimg=12, batch=8),
    # D learns, but much slower than G.
    *(
        Provocation("g-ahead", recipe, (*TINY, "generator.updates=3", "discriminator.optimizer.lr=1e-5"), ANY, kimg=24)
        for recipe in ("dcgan", "hinge", "lsgan")
    ),
    # Each step of G throws its weights about.
    *(
        Provocation("rate-too-high", recipe, (*TINY, "generator.optimizer.lr=1.0"), ANY, kimg=10)
        for recipe in ("dcgan", "hinge", "hw6")
    ),
    *(Provocation("not-finite", recipe, (*TINY, "rate_factor=1e15"), ANY, kimg=8) for recipe in ("lsgan", "wgan-gp")),
    # Eight images: D knows each of them.
    *(
        Provocation("d-memorizes", recipe, WIDER, FEW, 41, few(8))
        for recipe in ("dcgan-laptop", "lsgan", "dcgan")
    ),
    # One label has a single image, a quarter of the set.
    Provocation("label-collapse", "sngan", (*WIDER, "discriminator.updates=2"), ("getting-worse",), 60,
                one_image_label),
    Provocation("mode-dropping", "dcgan", (*TINY, "generator.optimizer.lr=0"), FEW, 60, part_of_the_data),
    # The L1 term compares the result with the source, and D's answer counts for nothing.
    *(
        Provocation("identity", recipe, (
            "generator.width=8", "discriminator.width=4", "generator.dropout=0", "generator.optimizer.lr.start=2e-3",
            "generator.terms.l1.b=source", "generator.loss_weight=0.001",
        ), (), 6, pairs(), 4)
        for recipe in ("pix2pix-laptop", "pix2pix")
    ),
    # No term ties a result to its source, and G finds the one image that D likes best; then one source for all.
    Provocation("one-target", "cyclegan-laptop", (
        *CYCLE, *(f"generator.terms.{term}_{side}.weight=0" for term in ("cycle", "identity") for side in "ab"),
        "generator.updates=5", "generator.optimizer.lr.start=2e-3",
    ), (), 6, pairs(), 4),
    Provocation("one-target", "pix2pix-laptop", PIX, (), 5.6, pairs(one_source=True), 4),
)  # fmt: skip
