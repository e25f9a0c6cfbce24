"""Directions in which a generator's images change most, found without labels.

SeFa (Shen and Zhou 2021): the eigenvectors of A^T A, where A are the weights that read the latent. A step along the
first eigenvector changes their output most. PCA (Härkönen et al. 2020): the principal components of w. Without a
mapping network: those of the first activations, each mapped back to z by regression.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NotRequired, TypedDict

import msgspec
import torch
from torch import Tensor
from torch.nn.functional import pad

from mien.errors import FileError, UsageError
from mien.inference.generator import Generator
from mien.inference.latents.files import Facts, load_w, save_w
from mien.inference.latents.linear_layers import first_activations, weights_of
from mien.inference.latents.synthesis import has_layers, split_label, w_of
from mien.runs import tensor_files
from mien.runtime import typed_json
from mien.runtime.atomic_files import write_json

SAMPLED = 3000  # seeds for PCA and for the standard deviation of w
SPARE, ROUNDS = 10, 6  # additional components, and power iterations: enough for stable components
FILE = "directions.safetensors"  # in a run's folder

Method = Literal["sefa", "pca"]


class Named(TypedDict):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    share: NotRequired[float | None]


class Beside(TypedDict):
    """The .json beside a file of directions. Users may edit its names."""

    directions: list[Named]


@dataclass(frozen=True)
class Directions:
    """K directions, the largest share first.

    w: [K, …], added to w for strength 1, which is one standard deviation of w along the direction. names: the user's
    name of each, or its number. shares: its share of the total variance or squared gain.
    """

    w: Tensor
    names: tuple[str, ...]
    shares: tuple[float, ...]
    method: Method


def discover(
    generator: Generator, method: Method, count: int, layers: list[int] | None, hold: bool = False
) -> Directions:
    """The `count` first directions of a generator. Raises UsageError.

    layers: the layers that a direction changes, of a generator with a latent for each layer; None: all. hold: no
    direction changes the label that stands beside z in the latent.
    """
    layered = has_layers(generator)
    sample = w_of(generator, range(SAMPLED))
    sample = sample[:, 0] if layered else sample
    free, held = split_label(generator, sample) if hold else (sample, sample[:, :0])
    if count > free.shape[1]:
        raise UsageError(f"--count {count}: this generator's latent has only {free.shape[1]} directions")
    if method == "sefa":
        vectors, shares = eigenvectors(of_weights(generator, layers)[:, : free.shape[1]], count)
    elif layered:
        vectors, shares = eigenvectors(sample - sample.mean(0), count)
    else:
        vectors, shares = regressed(first_activations(generator)(sample), free, count)
    w = pad(vectors, (0, held.shape[1]))  # z ~ N(0, I) has standard deviation 1 along every direction
    if layered:
        w = vectors * (sample @ vectors.T).std(0)[:, None]
        mask = torch.zeros(w_of(generator, [0]).shape[1], 1, device=w.device)
        mask[layers if layers is not None else slice(None)] = 1.0
        w = w[:, None] * mask
    return Directions(w, tuple(map(str, range(count))), tuple(shares.tolist()), method)


def of_weights(generator: Generator, layers: list[int] | None) -> Tensor:
    found = weights_of(generator, layers)
    if not len(found):
        raise UsageError("--method sefa: no layer of this generator is linear in its latent: use --method pca")
    return found


def eigenvectors(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """rows [R,D] -> (the `count` first unit eigenvectors [count,D] of rows^T rows, their shares [count])."""
    rows = rows.double()
    values, vectors = torch.linalg.eigh(rows.T @ rows)
    return turned(vectors.T.flip(0)[:count]).float(), (values.flip(0) / values.sum())[:count]


def regressed(activations: Tensor, z: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """activations [N,P] of z [N,D] -> (unit directions of z along the principal components, the components' shares)."""
    centred = activations - activations.mean(0)
    with torch.random.fork_rng():  # only the largest components, by a randomized method (Halko et al. 2011)
        torch.manual_seed(0)
        scores, spread, _ = torch.svd_lowrank(centred, 2 * count + SPARE, niter=ROUNDS)
    back = scores[:, :count].T @ (z - z.mean(0))
    return turned(back / back.norm(dim=1, keepdim=True)), (spread**2 / centred.square().sum())[:count]


def turned(vectors: Tensor) -> Tensor:
    """[K,D] with the largest entry of each row positive. The sign of an eigenvector is arbitrary."""
    furthest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * furthest.sign()


# --- names ------------------------------------------------------------------------------------------------------------


def named(names: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """names, some replaced by the user's ("0=smile"). Raises UsageError."""
    result = list(names)
    for text in given:
        found = re.fullmatch(r"(\d{1,6})=([^=:,\s]+)", text)
        if not found or (found[2].isdecimal() and found[2] != found[1]):
            raise UsageError(f"--name {text!r} is not NUMBER=WORD: write 0=smile")
        if int(found[1]) >= len(result):
            raise UsageError(f"--name {text}: there are directions 0 to {len(result) - 1}: request more by --count")
        result[int(found[1])] = found[2]
    if twice := {name for name in result if result.count(name) > 1}:
        raise UsageError(f"--name: two directions have the name {twice.pop()}: give each another name")
    return tuple(result)


# --- files ------------------------------------------------------------------------------------------------------------


def save(path: Path, found: Directions, generator: Generator) -> None:
    """Write `path`, and a .json beside it with the names, which users may edit."""
    save_w(path, "directions", found.w, generator, {"method": found.method})
    rows = [{"name": name, "share": round(share, 6)} for name, share in zip(found.names, found.shares)]
    facts = {"run": generator.run, "kimg": generator.images / 1000, "method": found.method}
    write_json(path.with_suffix(".json"), {**facts, "directions": rows})


def names_beside(path: Path, count: int) -> tuple[str, ...]:
    """The names in the .json beside `path`; numbers without one. Raises FileError unless they are `count` names."""
    beside = path.with_suffix(".json")
    if not beside.exists():
        return tuple(map(str, range(count)))
    names = tuple(row["name"] for row in typed_json.read(beside, Beside)["directions"])
    if len(names) != count or len(set(names)) < count:
        raise FileError(f"{beside} must hold {count} different names: let mien directions write it again")
    return names


def earlier_names(path: Path, found: Directions) -> tuple[str, ...]:
    """Names that the user gave to the same directions earlier; numbers if there are none."""
    if not path.is_file():
        return found.names
    try:
        tensors, _ = tensor_files.read(path, Facts)
        same = torch.equal(tensors["w"], found.w.cpu())
    except (FileError, KeyError, RuntimeError):  # the file is replaced anyway
        return found.names
    return names_beside(path, len(found.names)) if same else found.names


@dataclass(frozen=True)
class Step:
    """A step along a direction: `--direction smile=2`, `--direction 0=-1`, `--direction FILE:smile=2`."""

    name: str
    strength: float
    file: Path | None


def parse_step(text: str) -> Step:
    """The step that a text describes. Raises UsageError."""
    name, _, number = text.rpartition("=")
    file, _, name = name.rpartition(":")
    try:
        strength = float(number)
    except ValueError:
        strength = math.nan
    if not name or not math.isfinite(strength):
        raise UsageError(f"--direction {text!r} is not NAME=STRENGTH: write smile=2, or 0=-1.5")
    return Step(name, strength, Path(file) if file else None)


def shift(generator: Generator, steps: Sequence[Step], folder: Path | None) -> Tensor | None:
    """The sum of the steps, to be added to each w; None for no steps. Raises UsageError or FileError.

    folder: the run's folder; None for a snapshot file.
    """
    total = None
    for step in steps:
        path = step.file or (folder / FILE if folder else None)
        flag = f"--direction {step.name}={step.strength:g}:"
        if path is None:
            raise UsageError(f"{flag} a snapshot file has no directions: name a file of directions, FILE:{step.name}=2")
        if not path.is_file():
            raise UsageError(f"{flag} {path} does not exist: make it with mien directions")
        w = load_w(path, "directions", generator, "--direction")
        names = names_beside(path, len(w))
        if step.name not in names and not (step.name.isdecimal() and int(step.name) < len(w)):
            raise UsageError(f"{flag} {path} has no direction {step.name}, only {', '.join(names)}")
        index = names.index(step.name) if step.name in names else int(step.name)
        total = step.strength * w[index] + (0.0 if total is None else total)
    return total


def shown(w: Tensor, found: Directions, strengths: Sequence[float]) -> Tensor:
    """w [N, …] -> [K,N,S, …]: each latent, moved along each direction by each strength."""
    steps = torch.tensor(strengths, device=w.device).reshape(-1, *[1] * (w.dim() - 1))
    return w[None, :, None] + (steps * found.w[:, None])[:, None]
