"""A trained generator: `G = load("runs/00007-dcgan-faces64")`, then `G(seeds=range(16))`.

A seed's image depends on the seed alone, not on the other seeds or the batch size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from html import escape
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mien.conditioning import own, requests
from mien.conditioning.labels import encoded
from mien.config import serialization
from mien.config.renamed import OldName
from mien.errors import FileError, UsageError
from mien.media.html_images import STRIP, strip
from mien.media.image_files import to_image
from mien.media.pixels import to_pixels
from mien.protocols import is_style_generator, noise_generator
from mien.recipes.recipe import Recipe, from_json
from mien.runs import tensor_files
from mien.runs.directory import RunDirectory, find
from mien.runs.snapshot import load_snapshot
from mien.runtime.device import to_device

BATCH = 64


class Generator:
    """The EMA generator of a run, in evaluation mode.

    run: the run's name. images: number of real images that the discriminator was shown. resolution: (height, width).
    labels: [M,K], those of the training, or the requested ones; None without a condition.
    """

    def __init__(
        self,
        recipe: Recipe,
        run: str,
        images: int,
        tensors: dict[str, Tensor],
        device: torch.device,
        labels: Tensor | None = None,
    ):
        self.recipe, self.run, self.images, self.device, self.labels = recipe, run, images, device, labels
        self.resolution, self.channels = recipe.resolution, recipe.channels
        self.network = recipe.build_generator()
        tensor_files.fill(self.network, tensors, f"the snapshot of {run}")
        to_device(self.network, device, recipe.channels_last).eval().requires_grad_(False)
        self.noise_generator = noise_generator(self.network)  # the same network, as a typed function
        self.latent_dim = self.noise_generator.latent_dim

    def load(self, tensors: dict[str, dict[str, Tensor]]) -> None:
        """Replace the weights by those of another snapshot of the same run."""
        self.network.load_state_dict(tensors["G"])

    def __call__(
        self,
        seeds: Iterable[int],
        truncation: float = 1.0,
        *,
        class_: str | int | None = None,
        attributes: requests.AttributeRequest | None = None,
        text: str | None = None,
        condition: str | None = None,
    ) -> list[Image.Image]:
        """One image for each seed: mode RGB, or L for a grayscale generator. The keywords: see `conditioned_on`."""
        generator = self.conditioned_on(class_=class_, attributes=attributes, text=text, condition=condition)
        return [to_image(pixels) for pixels in generator.pixels(list(seeds), truncation)]

    def _repr_html_(self) -> str:
        """HTML for a notebook: the run, and the images of seeds 0 to 7."""
        images = [to_image(pixels) for pixels in self.pixels(range(STRIP), batch_size=STRIP)]
        about = f"{self.run} at {self.images / 1000:g} kimg: seeds 0 to {STRIP - 1}"
        return f"<div>{escape(about)}</div>{strip(images, about)}"

    def conditioned_on(
        self,
        *,
        class_: str | int | None = None,
        attributes: requests.AttributeRequest | None = None,
        text: str | None = None,
        condition: str | None = None,
    ) -> Generator:
        """The same generator, conditioned on a class, on attributes ({"hair": "silver", "smile": True}), on a
        text, or on what a condition of your own makes of a text.

        The seed chooses the values of all other attributes from the training labels. Raises UsageError.
        """
        requested = {"class": class_, "attributes": attributes, "text": text, "condition": condition}
        flags = [kind for kind, value in requested.items() if value is not None]
        if not flags:
            return self
        known = self.recipe.condition
        if known is None or self.labels is None:
            cure = "my_pose.py:Pose" if flags[0] == "condition" else flags[0]
            raise UsageError(f"--{flags[0]}: {self.run} was trained without a condition: train with --cond {cure}")
        flag = "condition" if known.kind == "own" else known.kind
        if flags != [flag]:
            by = serialization.class_name(type(known)) if known.kind == "own" else known.kind
            raise UsageError(f"--{flags[0]}: {self.run} was trained with --cond {by}: use --{flag}")
        if class_ is not None:
            return self.with_labels(requests.of_class(known, class_))
        if attributes is not None:
            return self.with_labels(requests.with_attributes(known, self.labels, attributes))
        if condition is not None:
            return self.with_labels(own.requested(known, condition))
        return self.with_labels(torch.from_numpy(encoded([text or ""], known)))

    def with_labels(self, labels: Tensor) -> Generator:
        """The same generator with other labels [M,K]: each seed chooses one of them."""
        other = copy(self)
        other.labels = labels
        return other

    def pixels(self, seeds: Sequence[int], truncation: float = 1.0, batch_size: int = BATCH) -> np.ndarray:
        """Images of the seeds, uint8 [N,H,W,C]."""
        return np.concatenate(list(self.stream(seeds, truncation, batch_size)))

    @torch.inference_mode()
    def stream(self, seeds: Sequence[int], truncation: float = 1.0, batch_size: int = BATCH) -> Iterator[np.ndarray]:
        """Yields uint8 [<=batch_size,H,W,C], so that any number of images fits in memory."""
        for start in range(0, len(seeds), batch_size):
            chosen = list(seeds[start : start + batch_size])
            # Every batch has the same size: PyTorch chooses kernels by shape, and they differ in the last bit.
            padded = chosen + [0] * (batch_size - len(chosen))
            w = self.mapping(self.latents(padded), truncation)
            yield to_pixels(self.synthesis(w))[: len(chosen)]

    def latents(self, seeds: Iterable[int]) -> Tensor:
        """Latents [N, latent_dim]: each row is N(0, I) from its own seed, the same on every device.

        With a condition: [N, latent_dim + K], where the seed also chooses one of `labels` for its row.
        """
        return torch.stack([self.latent(seed) for seed in seeds]).to(self.device)

    def latent(self, seed: int) -> Tensor:
        z, index = self.sample(seed)
        return z if self.labels is None else torch.cat([z, self.labels[index]])

    def sample(self, seed: int) -> tuple[Tensor, int]:
        """(z [latent_dim], the index in `labels` that the seed chooses). The index is 0 without a condition."""
        random = torch.Generator().manual_seed(seed)
        z = torch.randn(self.latent_dim, generator=random)
        return z, 0 if self.labels is None else int(torch.randint(len(self.labels), (), generator=random))

    def mapping(self, latents: Tensor, truncation: float = 1.0) -> Tensor:
        """Latents -> w. truncation moves w towards its mean: less variety, fewer broken images.

        Without a mapping network w is z, whose mean is 0.
        """
        if not is_style_generator(self.noise_generator):
            return latents * truncation
        if self.labels is None:
            return self.noise_generator.mapping(latents, truncation=truncation)
        z, label = latents[:, : self.latent_dim], latents[:, self.latent_dim :]
        return self.noise_generator.mapping(z, label, truncation=truncation)

    def synthesis(self, w: Tensor) -> Tensor:
        """w -> images, float [N,C,H,W] in or near [-1, 1]."""
        generator = self.noise_generator
        return generator.synthesis(w) if is_style_generator(generator) else generator(w)

    asked, telling, drawn = OldName("conditioned_on"), OldName("with_labels"), OldName("sample")


def load(
    run: str | Path | RunDirectory,
    snapshot: str | int | None = None,
    *,
    outdir: Path = Path("runs"),
    code: str | Path | None = None,
    device: str | torch.device | None = None,
) -> Generator:
    """A generator from a run (path, number, name or "last") or from a `.safetensors` snapshot file.

    snapshot: a kimg ("200"), "best" (by the metrics of the training) or a file; None: the newest. code: the user's
    Python file, if the run's recipe comes from one. Raises UsageError or FileError, in one line.
    """
    if code is not None:
        serialization.add_user_file(code)
    path = snapshot_path(run, snapshot, outdir)
    tensors, header = load_snapshot(path)
    chosen = torch.device(device) if device else torch.device("cuda" if torch.cuda.is_available() else "cpu")
    recipe, labels = from_json(header["recipe"], path), tensors.get("labels", {}).get("kept")
    if recipe.sources != "none":
        raise UsageError(f"{header['run']} translates images ({recipe.name}): use mien translate {run} IMAGE")
    if "G" not in tensors:
        raise FileError(f"{path} is damaged: it holds no generator")
    check_labels(recipe, labels, path)
    return Generator(recipe, header["run"], header["images"], tensors["G"], chosen, labels)


def check_labels(recipe: Recipe, labels: Tensor | None, path: Path) -> None:
    """Raises FileError if a snapshot's labels do not fit its recipe."""
    expected = recipe.condition.dim if recipe.condition else None
    if labels is None and expected is None:
        return
    found = None if labels is None else list(labels.shape)
    if (
        labels is None
        or not labels.is_floating_point()
        or labels.dim() != 2
        or labels.shape[1] != expected
        or not len(labels)
    ):
        raise FileError(f"{path} is damaged: its labels have shape {found}, not rows of {expected} numbers")


def snapshot_path(run: str | Path | RunDirectory, snapshot: str | int | None, outdir: Path) -> Path:
    """The file of a run's snapshot; see `load`. Raises UsageError or FileError."""
    if not isinstance(run, RunDirectory):
        if Path(run).suffix == ".safetensors":
            if not Path(run).is_file():
                raise FileError(f"{run} is not a file")
            return Path(run)
        run = find(run, outdir)
    if snapshot == "best":
        best = run.read_best()
        if best is None:
            raise UsageError(f"--snapshot best: {run.path} has no best.json: train with --metrics fid")
        return run.path / best["snapshot"]
    if snapshot is not None and Path(str(snapshot)).is_file():
        return Path(str(snapshot))
    found = run.snapshot_files()
    if not found:
        raise FileError(f"{run.path} has no snapshot yet: the first comes after 1 kimg, or when training stops")
    if snapshot is None:
        return found[-1]
    integer, point, fraction = str(snapshot).partition(".")  # 80.384 kimg: kimg-000080.384.safetensors
    for path in found:
        if path.stem == f"kimg-{integer.zfill(6)}{point}{fraction}":
            return path
    there = ", ".join(path.stem.removeprefix("kimg-").lstrip("0") or "0" for path in found)
    raise UsageError(f"--snapshot {snapshot}: {run.path} has no snapshot at that kimg, only at {there}")
