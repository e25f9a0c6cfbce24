"""A trained translator: images of any size into the other domain, and back if the run has a way back."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mien.config import serialization
from mien.errors import MienError, UsageError
from mien.games.game import Translation
from mien.inference.generator import snapshot_path
from mien.media.pixels import from_pixels, resolution_text, to_pixels
from mien.protocols import translation_generator
from mien.recipes.recipe import Recipe, from_json
from mien.runs import tensor_files
from mien.runs.directory import RunDirectory, find
from mien.runs.records import Header, Object
from mien.runs.snapshot import load_snapshot
from mien.runtime import typed_json
from mien.runtime.device import to_device

OTHER = {"A": "B", "B": "A"}
SMALLEST = 16  # pixels


def routes(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Target domain, by its name in the data -> the generators that lead there and back."""
    game = recipe.game.of
    assert issubclass(game, Translation)  # every game that reads sources
    own = game.routes
    return {OTHER[to]: path for to, path in own.items()} if recipe.data.direction == "BtoA" else own


class Translator:
    """The EMA generators of a run that translates, in evaluation mode.

    Images may have any size. Where a side cannot be halved often enough, the image is padded with its mirror image,
    and the result is cropped.
    """

    def __init__(
        self, recipe: Recipe, run: str, images: int, tensors: dict[str, dict[str, Tensor]], device: torch.device
    ):
        self.recipe, self.run, self.images, self.device = recipe, run, images, device
        self.resolution, self.channels, self.routes = recipe.resolution, recipe.channels, routes(recipe)
        self.networks: dict[str, nn.Module] = {}
        for name in {name: None for route in self.routes.values() for name in route}:
            network = recipe.build_generator().eval().requires_grad_(False)
            tensor_files.fill(network, tensors.get(name, {}), f"{name} in the snapshot of {run}")
            self.networks[name] = to_device(network, device, recipe.channels_last)

    def load(self, tensors: dict[str, dict[str, Tensor]]) -> None:
        """Replace the weights by those of another snapshot of the same run."""
        for name, network in self.networks.items():
            network.load_state_dict(tensors[name])

    @torch.inference_mode()
    def __call__(self, pixels: np.ndarray, to: str) -> list[np.ndarray]:
        """uint8 [N,H,W,C] -> the results, and the round trips if there is a way back; each of the same shape."""
        filled, (top, left) = padded(pixels, self.multiple)
        image, found = from_pixels(torch.from_numpy(filled).to(self.device)), []
        for name in self.routes[to]:
            image = self.networks[name](image)
            found.append(to_pixels(image)[:, top : top + pixels.shape[1], left : left + pixels.shape[2]])
        return found

    def _repr_html_(self) -> str:
        """HTML for a notebook: the run, and which ways it translates."""
        ways = " and ".join(f"{OTHER[to]} to {to}" for to in self.routes)
        size = resolution_text(*self.resolution)
        return f"<div>{escape(self.run)} at {self.images / 1000:g} kimg: translates {ways}, trained at {size} px</div>"

    @property
    def multiple(self) -> int:
        """Both sides of an image must be multiples of this number."""
        return max(translation_generator(network).multiple for network in self.networks.values())

    def domain(self, requested: str | None) -> str:
        """The target domain: `requested`, or the only one if None. Raises UsageError."""
        known = list(self.routes)
        if requested is None and len(known) == 1:
            return known[0]
        if requested not in known:
            cure = " or ".join(f"--to {to}" for to in known)
            found = "--to is missing" if requested is None else f"--to {requested}"
            ways = self.recipe.data.direction if len(known) == 1 else "both ways"
            raise UsageError(f"{found}: {self.run} translates {ways}: {cure}")
        return requested


def padded(pixels: np.ndarray, multiple: int) -> tuple[np.ndarray, tuple[int, int]]:
    """(uint8 [N,H,W,C] padded by reflection until both sides are multiples, (rows, columns) of padding before it).

    A side has at least SMALLEST pixels: the networks pad by reflection again at a quarter of the size.
    """
    sides = []
    for length in pixels.shape[1:3]:
        missing = -(-max(length, SMALLEST) // multiple) * multiple - length
        sides.append((missing // 2, missing - missing // 2))
    filled = np.pad(pixels, [(0, 0), *sides, (0, 0)], mode="reflect")
    return filled, (sides[0][0], sides[1][0])


def translates(run: str | Path | RunDirectory, outdir: Path = Path("runs")) -> bool:
    """Whether a run or a snapshot translates. False if it cannot be read: loading it then raises the error."""
    try:
        if str(run).endswith(".safetensors"):
            written = tensor_files.read_header(Path(str(run)), Header)["recipe"]
        else:
            written = typed_json.read((run if isinstance(run, RunDirectory) else find(run, outdir)).recipe, Object)
        return from_json(written).sources != "none"
    except MienError:
        return False


def load(
    run: str | Path | RunDirectory,
    snapshot: str | int | None = None,
    *,
    outdir: Path = Path("runs"),
    code: str | Path | None = None,
    device: str | torch.device | None = None,
) -> Translator:
    """A translator from a run; see `generator.load`. Raises UsageError for a run that generates from noise."""
    if code is not None:
        serialization.add_user_file(code)
    path = snapshot_path(run, snapshot, outdir)
    tensors, header = load_snapshot(path)
    recipe = from_json(header["recipe"], path)
    if recipe.sources == "none":
        raise UsageError(f"{header['run']} generates from noise ({recipe.name}): use mien generate")
    chosen = torch.device(device) if device else torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Translator(recipe, header["run"], header["images"], tensors, chosen)
