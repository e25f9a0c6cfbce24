"""A run directory made by hand, small and quick, as training would leave it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, PngImagePlugin

from mien import recipes
from mien.config import serialization
from mien.media.pixels import grid
from mien.recipes.recipe import Recipe
from mien.runs.directory import RunDirectory, kimg_name
from mien.runs.snapshot import save_snapshot
from mien.runtime.atomic_files import write_json

NAME = "00003-dcgan-tiny"


def tiny_recipe(channels: int = 3, resolution: tuple[int, int] = (16, 16)) -> Recipe:
    size = f"{resolution[0]}x{resolution[1]}"
    changes = (f"resolution={size}", f"channels={channels}", "generator.width=4", "discriminator.width=4")
    return recipes.find("dcgan").override(changes)


def make_run(
    outdir: Path, channels: int = 3, samples: tuple[int, ...] = (0, 1000, 2000, 4500), rows: int = 50, name: str = NAME
) -> RunDirectory:
    """outdir/00003-dcgan-tiny: snapshots at 2 and 4.5 kimg, grids at `samples` images, `rows` rows of statistics."""
    run = RunDirectory(outdir / name)
    run.samples.mkdir(parents=True)
    run.snapshots.mkdir()
    recipe = tiny_recipe(channels)
    write_json(run.recipe, serialization.encode(recipe))
    write_json(run.environment, {"torch": "2.13", "cores": "2", "gpu": "none"})
    info = {"count": 100, "resolution": [16, 16], "channels": channels, "skipped_count": 1}
    info["skipped"] = [{"file": "bad<1>.png", "reason": "not a picture"}]
    write_json(run.data, {"data": "faces", "lines": ["faces: 100 pictures", "16 x 16, colour"], "info": info})
    run.command.write_text("mien train dcgan --data faces --budget 5kimg\nmien resume last\n")
    state = {"state": "finished", "images": 4500, "seconds": 90.0, "budget": "5kimg", "seed": 0, "data": "faces"}
    write_json(run.status, {**state, "recipe": "dcgan"})
    run.events.append({"time": 1.7e9, "images": 0, "event": "started"})
    for index in range(rows):
        run.stats.append(statistics(index, rows))
    for images in (2000, 4500):
        network = seeded_generator(recipe, images)
        header = {"recipe": serialization.encode(recipe), "run": name, "images": images}
        path = run.snapshots / f"kimg-{kimg_name(images)}.safetensors"
        save_snapshot(path, {"G": dict(network.state_dict())}, header)
    for images in samples:
        save_grid(run.samples / f"fakes{kimg_name(images)}.png", images, channels)
    save_grid(run.reals, 0, channels)
    return run


def seeded_generator(recipe: Recipe, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    network = recipe.generator.network.build(resolution=recipe.resolution, channels=recipe.channels)
    for parameter in network.parameters():  # fresh weights of 0.02 draw plain gray: larger ones draw pictures
        if parameter.dim() > 1:
            parameter.data.mul_(8)
    return network


def statistics(index: int, rows: int) -> dict[str, float]:
    images = round(4500 * (index + 1) / rows)
    row: dict[str, float] = {"images": images, "kimg": images / 1000, "seconds": images / 50, "images_per_second": 50.0}
    row |= {"discriminator/loss": 1.2 - index / rows, "generator/loss": 1 + index / rows, "discriminator/r1": 0.1}
    return row | {"D(real)": 0.7, "D(fake)": 0.3, "D(fake) after": 0.2}


def save_grid(path: Path, images: int, channels: int) -> None:
    pixels = np.random.default_rng(images).integers(0, 256, (64, 16, 16, channels), np.uint8)
    facts = {"run": NAME, "recipe": "dcgan", "images": images, "columns": 8, "rows": 8}
    facts |= {"height": 16, "width": 16, "gap": 2}
    text = PngImagePlugin.PngInfo()
    text.add_text("mien", json.dumps(facts))
    sheet = grid(pixels, 8)
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(path, pnginfo=text)
