"""The latents of the images to generate: of seeds or of a file, with or without steps along directions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mien.inference.generator import BATCH, Generator
from mien.inference.latents.directions import Step, shift
from mien.inference.latents.files import load_w
from mien.inference.latents.synthesis import of_seeds, stream
from mien.runs.directory import folder_for_files


@dataclass(frozen=True)
class Source:
    """Latents with their names.

    kind: "seed" or "latent". numbers: the seeds, or the row numbers in the file. batches: w [<=BATCH, …], to be read
    once. about: facts that every image file stores.
    """

    generator: Generator
    kind: str
    numbers: Sequence[int]
    batches: Iterable[Tensor]
    about: dict[str, Any]

    def images(self) -> Iterator[np.ndarray]:
        """Yields images, uint8 [<=BATCH,H,W,C]."""
        return stream(self.generator, self.batches)

    def moved(self, steps: Sequence[Step], run: str, outdir: Path) -> Source:
        """The source moved along directions: those in the run's folder, unless a step names a file."""
        by = shift(self.generator, steps, folder_for_files(run, outdir))
        if by is None:
            return self
        strengths = {step.name: step.strength for step in steps}
        return replace(self, batches=(w + by for w in self.batches), about={**self.about, "directions": strengths})


def from_seeds(
    generator: Generator, seeds: Sequence[int], truncation: float, requested: dict[str, str] | None = None
) -> Source:
    """The latents of seeds. requested: the requested condition, which every image file stores."""
    facts = {**facts_of(generator), "truncation": truncation, **(requested or {})}
    return Source(generator, "seed", seeds, of_seeds(generator, seeds, truncation), facts)


def from_file(generator: Generator, path: Path) -> Source:
    """The latents of a file. Raises FileError or UsageError."""
    w = load_w(path, "latents", generator, "--latent")
    facts = {**facts_of(generator), "file": path.name}
    return Source(generator, "latent", range(len(w)), w.split(BATCH), facts)


def facts_of(generator: Generator) -> dict[str, Any]:
    """Facts about the generator that every image file stores."""
    return {"run": generator.run, "recipe": generator.recipe.name, "kimg": generator.images / 1000}
