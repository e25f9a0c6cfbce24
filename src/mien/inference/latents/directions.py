"""Directions in which a generator's images change most, found without labels.

SeFa (Shen and Zhou 2021): the eigenvectors of A^T A, A being the weights that read the latent: a step along the first
changes their answer most. PCA (Härkönen et al. 2020): the principal components of w; where there is no mapping, those
of the first activations, each brought back to z by regression.
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

SAMPLED = 3000  # seeds that PCA and the spread of w are measured on
SPARE, ROUNDS = 10, 6  # components beyond those that are wanted, and power iterations, until they stand still
FILE = "directions.safetensors"  # in a run's folder

Method = Literal["sefa", "pca"]


class Named(TypedDict):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    share: NotRequired[float | None]


class Beside(TypedDict):
    """The .json beside a file of directions, which people may change."""

    directions: list[Named]


@dataclass(frozen=True)
class Directions:
    """w [K, …]: what is added to w for a strength of 1, one standard deviation of all w along that direction. names: a
    number where the user has given none. shares: of all change that the method counts, largest first."""

    w: Tensor
    names: tuple[str, ...]
    shares: tuple[float, ...]
    method: Method


def discover(
    generator: Generator, method: Method, count: int, layers: list[int] | None, hold: bool = False
) -> Directions:
    """layers: those that a direction moves, of a generator with a latent for each; None: all. hold: leave the label as
    it is, where it stands in the latent beside z. Raises UsageError."""
    layered = has_layers(generator)
    sample = w_of(generator, range(SAMPLED))
    sample = sample[:, 0] if layered else sample
    free, held = split_label(generator, sample) if hold else (sample, sample[:, :0])
    if count > free.shape[1]:
        raise UsageError(f"--count {count}: this generator's latent has {free.shape[1]} directions in all")
    if method == "sefa":
        vectors, shares = eigenvectors(of_weights(generator, layers)[:, : free.shape[1]], count)
    elif layered:
        vectors, shares = eigenvectors(sample - sample.mean(0), count)
    else:
        vectors, shares = regressed(first_activations(generator)(sample), free, count)
    w = pad(vectors, (0, held.shape[1]))  # of z ~ N(0, I), one standard deviation along whichever
    if layered:
        w = vectors * (sample @ vectors.T).std(0)[:, None]
        mask = torch.zeros(w_of(generator, [0]).shape[1], 1, device=w.device)
        mask[layers if layers is not None else slice(None)] = 1.0
        w = w[:, None] * mask
    return Directions(w, tuple(map(str, range(count))), tuple(shares.tolist()), method)


def of_weights(generator: Generator, layers: list[int] | None) -> Tensor:
    found = weights_of(generator, layers)
    if not len(found):
        raise UsageError(
            "--method sefa: no layer of this generator reads its latent by weights alone: use --method pca"
        )
    return found


def eigenvectors(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """rows [R,D] -> the `count` first eigenvectors of rows^T rows [count,D], of length 1, and their shares [count]."""
    rows = rows.double()
    values, vectors = torch.linalg.eigh(rows.T @ rows)
    return turned(vectors.T.flip(0)[:count]).float(), (values.flip(0) / values.sum())[:count]


def regressed(activations: Tensor, z: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """activations [N,P] of z [N,D] -> the directions of z that move along the principal components, of length 1, and
    the components' shares."""
    centred = activations - activations.mean(0)
    with torch.random.fork_rng():  # only the largest are wanted: found from a random start (Halko et al. 2011)
        torch.manual_seed(0)
        places, spread, _ = torch.svd_lowrank(centred, 2 * count + SPARE, niter=ROUNDS)
    back = places[:, :count].T @ (z - z.mean(0))
    return turned(back / back.norm(dim=1, keepdim=True)), (spread**2 / centred.square().sum())[:count]


def turned(vectors: Tensor) -> Tensor:
    """[K,D]: an eigenvector's sign means nothing; its entry furthest from 0 is made positive, lest one flips."""
    furthest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * furthest.sign()


# --- names ------------------------------------------------------------------------------------------------------------


def named(names: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """names with the user's ("0=smile") in their places. Raises UsageError."""
    result = list(names)
    for text in given:
        found = re.fullmatch(r"(\d{1,6})=([^=:,\s]+)", text)
        if not found or (found[2].isdecimal() and found[2] != found[1]):
            raise UsageError(f"--name {text!r} names no direction: write its number and a word, 0=smile")
        if int(found[1]) >= len(result):
            raise UsageError(f"--name {text}: there are directions 0 to {len(result) - 1}: ask for more by --count")
        result[int(found[1])] = found[2]
    if twice := {name for name in result if result.count(name) > 1}:
        raise UsageError(f"--name: two directions are called {twice.pop()}: a name is for one")
    return tuple(result)


# --- files ------------------------------------------------------------------------------------------------------------


def save(path: Path, found: Directions, generator: Generator) -> None:
    """path, and a .json beside it that says the names, for people to read and to change."""
    save_w(path, "directions", found.w, generator, {"method": found.method})
    rows = [{"name": name, "share": round(share, 6)} for name, share in zip(found.names, found.shares)]
    facts = {"run": generator.run, "kimg": generator.images / 1000, "method": found.method}
    write_json(path.with_suffix(".json"), {**facts, "directions": rows})


def names_beside(path: Path, count: int) -> tuple[str, ...]:
    """Raises FileError where the names do not belong to `count` directions."""
    beside = path.with_suffix(".json")
    if not beside.exists():
        return tuple(map(str, range(count)))
    names = tuple(row["name"] for row in typed_json.read(beside, Beside)["directions"])
    if len(names) != count or len(set(names)) < count:
        raise FileError(f"{beside} must give each of {count} directions a name of its own: mien directions writes it")
    return names


def kept_names(path: Path, found: Directions) -> tuple[str, ...]:
    """Names that were given to the very same directions earlier; numbers where there are none."""
    if not path.is_file():
        return found.names
    try:
        tensors, _ = tensor_files.read(path, Facts)
        same = torch.equal(tensors["w"], found.w.cpu())
    except (FileError, KeyError, RuntimeError):  # whatever stands there is about to be replaced
        return found.names
    return names_beside(path, len(found.names)) if same else found.names


@dataclass(frozen=True)
class Step:
    """Some way along a direction. `--direction smile=2`, `--direction 0=-1`, `--direction FILE:smile=2`."""

    name: str
    strength: float
    file: Path | None


def parse_step(text: str) -> Step:
    """Raises UsageError naming --direction."""
    name, _, number = text.rpartition("=")
    file, _, name = name.rpartition(":")
    try:
        strength = float(number)
    except ValueError:
        strength = math.nan
    if not name or not math.isfinite(strength):
        raise UsageError(f"--direction {text!r} is no step: write a direction's name or number and how far, smile=2")
    return Step(name, strength, Path(file) if file else None)


def shift(generator: Generator, steps: Sequence[Step], folder: Path | None) -> Tensor | None:
    """[…]: what is added to each w; None for no steps. folder: the run's, None for a snapshot alone. Raises UsageError
    or FileError."""
    total = None
    for step in steps:
        path = step.file or (folder / FILE if folder else None)
        flag = f"--direction {step.name}={step.strength:g}:"
        if path is None:
            raise UsageError(f"{flag} a snapshot file has no directions beside it: name theirs, FILE:{step.name}=2")
        if not path.is_file():
            raise UsageError(f"{flag} {path} does not exist: make it with mien directions")
        w = load_w(path, "directions", generator, "--direction")
        names = names_beside(path, len(w))
        if step.name not in names and not (step.name.isdecimal() and int(step.name) < len(w)):
            raise UsageError(f"{flag} {path} has no such direction: there are {', '.join(names)}")
        place = names.index(step.name) if step.name in names else int(step.name)
        total = step.strength * w[place] + (0.0 if total is None else total)
    return total


def shown(w: Tensor, found: Directions, strengths: Sequence[float]) -> Tensor:
    """w [N, …] -> [K,N,S, …]: each latent, moved along each direction by each strength."""
    steps = torch.tensor(strengths, device=w.device).reshape(-1, *[1] * (w.dim() - 1))
    return w[None, :, None] + (steps * found.w[:, None])[:, None]
