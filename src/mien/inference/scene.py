"""A scene: all that images depend on besides the weights. A page, a command line and a saved image name it."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.conditioning import requests
from mien.errors import UsageError
from mien.inference.generator import Generator
from mien.inference.latents.directions import Step, shift
from mien.inference.latents.files import load_w
from mien.inference.latents.interpolation import circle, cubic
from mien.inference.latents.latent_source import facts_of
from mien.inference.latents.style_mixing import mix_styles, parse_layers
from mien.inference.latents.synthesis import has_layers, split_label, stream, w_of
from mien.inference.seeds import LARGEST, check_truncation
from mien.media.pixels import to_pixels

MOST = 256  # images of a scene
STRONGEST = 100.0  # of a step along a direction
PROJECTED, FILE_NAME = "projected", r"\w[\w.-]{0,120}\.safetensors"
KINDS = ("class", "attributes", "text", "condition")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Raises UsageError for a value that is out of range.

    seeds: of the images; the stations of a path if `at` is given. truncation: see `Generator.mapping`. requested:
    class, attributes, text or condition -> its text, as the flag takes it. directions: name -> strength. at: the place
    on the path; 0 is the first seed, 1.5 lies halfway between the second and the third. style: the seed that gives the
    layers `layers` ("0-3"; "": half of them, four at most). latent: a file in the run's folder projected/, in place
    of the seeds.
    """

    seeds: tuple[int, ...] = (0,)
    truncation: float = 1.0
    requested: dict[str, str] = field(default_factory=dict)
    directions: dict[str, float] = field(default_factory=dict)
    at: float | None = None
    style: int | None = None
    layers: str = ""
    latent: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.seeds) <= MOST:
            raise UsageError(f"--seeds: a scene has 1 to {MOST} seeds, not {len(self.seeds)}")
        for seed in (*self.seeds, *([] if self.style is None else [self.style])):
            if not 0 <= seed <= LARGEST:
                raise UsageError(f"--seeds {seed} is out of range: a seed is 0 to {LARGEST}")
        check_truncation(self.truncation)
        if unknown := self.requested.keys() - set(KINDS):
            raise UsageError(f"--{min(unknown)} is no condition: use --{', --'.join(KINDS)}")
        for name, strength in self.directions.items():
            if not abs(strength) <= STRONGEST:
                raise UsageError(f"--direction {name}={strength:g} is out of range: at most {STRONGEST:g}")
        if self.latent and (not re.fullmatch(FILE_NAME, self.latent) or self.at is not None):
            raise UsageError(
                f"--latent {self.latent[:80]!r} is not a file that mien project wrote, for images of its own"
            )
        if self.at is not None and not 0 <= self.at <= len(self.seeds) - 1:
            raise UsageError(f"the place {self.at:g} is not on a path through {len(self.seeds)} seeds")

    # --- images ------------------------------------------------------------------------------------------------------

    def conditioned(self, generator: Generator) -> Generator:
        """The generator, conditioned on what the scene requests. Raises UsageError."""
        attributes = self.requested.get("attributes")
        return generator.conditioned_on(
            class_=self.requested.get("class"),
            attributes=None if attributes is None else requests.parse(attributes),
            text=self.requested.get("text"),
            condition=self.requested.get("condition"),
        )

    @torch.inference_mode()
    def w(self, generator: Generator, folder: Path | None, quick: bool = False) -> Tensor:
        """w [N, …], N = 1 with `at`. folder: the run's, with its directions.

        quick: without the padding that makes the bits independent of N. The last bits may differ then.
        """
        generator = self.conditioned(generator)

        def of(seeds: Sequence[int]) -> Tensor:
            if quick:
                return generator.mapping(generator.latents(seeds), self.truncation)
            return w_of(generator, seeds, self.truncation)

        w = self.found(generator, folder) if self.latent else of(self.seeds)
        if self.at is not None:
            w = point_of(generator, w, self.at)
        if self.style is not None:
            if not has_layers(generator):
                raise UsageError(f"{generator.run} has one latent for all layers, so no styles can be mixed")
            w = mix_styles(w, of([self.style]), self.chosen_layers(w.shape[1]))[:, 0]
        steps = [Step(name, strength, None) for name, strength in self.directions.items() if strength]
        by = shift(generator, steps, folder)
        return w if by is None else w + by

    def found(self, generator: Generator, folder: Path | None) -> Tensor:
        """The latents of `latent`. Raises UsageError or FileError."""
        if folder is None:
            raise UsageError("--latent: a snapshot file has no folder of latents: name the run")
        return load_w(folder / PROJECTED / self.latent, "latents", generator, "--latent")

    def chosen_layers(self, count: int) -> list[int]:
        return parse_layers(self.layers or None, count, min(4, count // 2))

    @torch.inference_mode()
    def images(self, generator: Generator, folder: Path | None, quick: bool = False) -> np.ndarray:
        """uint8 [N,H,W,C]; the bits of `mien generate`, unless `quick`."""
        w = self.w(generator, folder, quick)
        return to_pixels(generator.synthesis(w)) if quick else np.concatenate(list(stream(generator, w.split(64))))

    # --- files and command lines -------------------------------------------------------------------------------------

    def facts(self, generator: Generator) -> dict[str, Any]:
        """The facts that a saved image stores: those of `mien generate`, and "at", "style" and "layers"."""
        one = len(self.seeds) == 1 and self.at is None
        seeds = {"seed": self.seeds[0]} if one else {"seeds": list(self.seeds)}
        found = {**seeds, **facts_of(generator), "truncation": self.truncation, **self.requested}
        if self.latent:
            found = {"latent": 0, **facts_of(generator), "file": self.latent}
        if moved := {name: strength for name, strength in self.directions.items() if strength}:
            found["directions"] = moved
        if self.at is not None:
            found["at"] = self.at
        if self.style is not None:
            found |= {"style": self.style, "layers": self.layers}
        return found

    def command(self, run: str, snapshot: str | None) -> str:
        """The command that writes the same images. snapshot: as --snapshot takes it; None: the newest."""
        base = ["--snapshot", snapshot] if snapshot else []
        flags = [word for kind, text in self.requested.items() for word in (f"--{kind}", text)]
        flags += ["--trunc", f"{self.truncation:g}"] if self.truncation != 1 else []
        seeds = seeds_text(self.seeds)
        if self.latent:
            moved = [word for name, by in self.directions.items() if by for word in ("--direction", f"{name}={by:g}")]
            file = str(Path(run) / PROJECTED / self.latent)
            return shlex.join(["mien", "generate", run, *base, "--latent", file, *moved, "--output", "latent.png"])
        if self.style is not None:
            layers = ["--layers", self.layers] if self.layers else []
            return shlex.join(
                ["mien", "mix", run, *base, "--rows", seeds, "--columns", str(self.style), *layers, *flags]
            )
        if self.at is not None:
            return shlex.join(["mien", "interpolate", run, *base, "--seeds", seeds, *flags])
        for name, strength in self.directions.items():
            flags += ["--direction", f"{name}={strength:g}"] if strength else []
        grid = ["--grid"] if len(self.seeds) > 1 else ["--output", f"seed{self.seeds[0]:04d}.png"]
        return shlex.join(["mien", "generate", run, *base, "--seeds", seeds, *flags, *grid])


def point_of(generator: Generator, stations: Tensor, at: float) -> Tensor:
    """The point [1, …] at `at` of the path through stations [S, …]. z follows great circles, w a smooth curve."""
    here = min(int(at), max(0, len(stations) - 2))
    if len(stations) == 1 or at == here:
        return stations[here : here + 1]
    parts = [part[:, None] for part in split_label(generator, stations)]
    return torch.cat([(cubic if part.dim() == 4 else circle)(part, here, at - here, False) for part in parts], -1)


def from_facts(facts: Mapping[str, Any]) -> Scene:
    """The scene that an image's facts describe. Raises UsageError if they describe none."""
    latent = facts.get("file", "") if facts.get("latent") == 0 else ""
    seeds = [facts["seed"]] if "seed" in facts else [0] if latent else facts.get("seeds")
    if not isinstance(seeds, list) or not all(isinstance(seed, int) and not isinstance(seed, bool) for seed in seeds):
        raise UsageError("this image does not name the seeds that it was generated from")
    scene = Scene(
        seeds=tuple(seeds), latent=str(latent), requested={kind: str(facts[kind]) for kind in KINDS if kind in facts}
    )
    numbers = {name: facts[name] for name in ("truncation", "at") if facts.get(name) is not None}
    directions = facts.get("directions") or {}
    try:
        steps = {str(name): float(strength) for name, strength in directions.items()}
        numbers = {name: float(number) for name, number in numbers.items()}
        style = None if facts.get("style") is None else int(facts["style"])
    except (AttributeError, TypeError, ValueError):
        raise UsageError("this image's facts are damaged: its numbers are no numbers") from None
    if not all(map(math.isfinite, [*steps.values(), *numbers.values()])):
        raise UsageError("this image's facts are damaged: its numbers are not finite")
    layers = facts.get("layers")
    return replace(scene, directions=steps, style=style, layers=layers if isinstance(layers, str) else "", **numbers)


def seeds_text(seeds: Sequence[int]) -> str:
    """[0, 1, 2, 7] -> "0-2,7"."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)
