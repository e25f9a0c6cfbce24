"""Validation: evaluate the averaged generator while it is trained, within a share of the time.

A validation generates from its own seeds with its own copy of the generator. So the training has the same bits with
and without it. The images shown decide when one is due. The clock decides only whether there is time for it, which
changes metrics.jsonl alone. Several processes share the batches, and rank 0 computes the values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet
from mien.errors import MienError, in_brief, is_out_of_memory
from mien.evaluation.attribute_classifier import with_attribute_classifier
from mien.evaluation.evaluate import Row, rows_of, score
from mien.evaluation.image_sets import ImageSet, generated_by, image_set_of
from mien.evaluation.resolve import choose_metrics
from mien.evaluation.translated_sets import chosen_sources, target_images, towards, translated
from mien.inference.generator import Generator
from mien.inference.translator import Translator
from mien.metrics.choose_extractor import choose_extractor
from mien.metrics.metric import current_text
from mien.recipes.recipe import Recipe
from mien.runtime import distributed
from mien.trainer.config import ValidationConfig

BATCH = 32  # the default of mien evaluate, so that both give the same digits
CONDITIONS = ("metric", "settings", "n_real", "n_fake", "extractor_sha256", "resize", "data_sha256")
TRIED = 3  # batches of the longer trial


class ValidationSkipped(Exception):
    """A validation that was not finished, because of the given reason or because the training stops."""


class Validator:
    """Evaluates the averaged generator. Raises UsageError or FileError, in one line, for a missing image or file."""

    def __init__(
        self,
        plan: ValidationConfig,
        recipe: Recipe,
        data: str,
        device: torch.device,
        generators: dict[str, nn.Module],
        labels: Tensor | None = None,
        layout: Layout | None = None,
    ):
        """Prepare the real images and the metrics. layout: of the data, if it was detected already."""
        self.plan = plan
        metrics = choose_metrics(plan.metrics, plan.detector)
        states = {name: dict(module.state_dict()) for name, module in generators.items()}
        self.drawer: Generator | Translator
        self.pairs: PreparedSet | None = None  # of a translation
        if recipe.sources == "none":
            self.drawer = Generator(recipe, "", 0, states["G"], device, labels)
            self.real = image_set_of(data, recipe.resolution, plan.num, layout)
        else:
            self.drawer = Translator(recipe, "", 0, states, device)
            to = next(iter(self.drawer.routes))
            self.real = target_images(self.drawer, data, plan.num, to, layout)
            self.pairs = towards(self.drawer, data, to, layout)
        self.metrics = with_attribute_classifier(metrics, self.real)
        reads_features = any(metric.reads != "pixels" for metric in self.metrics)
        self.extractor = choose_extractor("auto", "clean", None, device) if reads_features else None
        self.cost = 0.0  # seconds that a validation takes
        self.spent = 0.0  # seconds of all validations of this session
        self.skipped = 0  # for lack of time
        self.failed = 0  # for lack of memory

    def dry_run(self) -> None:
        """Evaluate one and three batches on rank 0, without writing the rows.

        So an error comes before the training starts, and the time of the first validation is known.
        """
        if distributed.rank() > 0:
            return
        self.look(BATCH)
        short, long = self.look(BATCH), self.look(TRIED * BATCH)
        more = self.plan.num / BATCH / distributed.world_size() - 1
        self.cost = short + (long - short) / (TRIED - 1) * max(0.0, more)

    def look(self, count: int) -> float:
        """-> seconds"""
        begun = time.monotonic()
        score(self.real, self.fake(count), self.metrics, self.extractor, BATCH)
        return time.monotonic() - begun

    def fake(self, count: int, rank: int = 0, processes: int = 1) -> ImageSet:
        """Return the generated images, or the batches of them that one of several processes makes."""
        if isinstance(self.drawer, Translator):
            assert self.pairs is not None
            chosen = share(list(chosen_sources(self.pairs, count)), rank, processes)
            return translated(self.drawer, self.pairs, np.array(chosen, int), next(iter(self.drawer.routes)))
        seeds = share(list(range(count)), rank, processes)
        return generated_by(self.drawer, seeds, f"0-{count - 1}", 1.0, self.real)

    def affordable(self, seconds: float) -> bool:
        """Return whether there is time for one more validation, `seconds` into the session; count it if not."""
        fits = self.plan.share == 1 or self.spent + self.cost <= self.plan.share * (seconds + self.cost)
        self.skipped += not fits
        return fits

    def run(self, generators: dict[str, nn.Module], run: str, images: int, stop: Callable[[], bool]) -> list[Row]:
        """Return the rows for metrics.jsonl on rank 0, and [] on the others. All processes call it.

        stop: called after each batch. Raises ValidationSkipped on rank 0, also if memory does not suffice: it may still
        suffice for the training.
        """
        begun = time.monotonic()
        # Batch norm's statistics are those of one process. The weights are equal.
        distributed.broadcast([buffer for module in generators.values() for buffer in module.buffers()])
        try:
            parts = distributed.collected(self.own_rows(generators, stop))
            if distributed.rank() > 0:
                return []
            for part in parts:
                if isinstance(part, MienError | ValidationSkipped):
                    raise part
            self.drawer.run, self.drawer.images = run, images
            fake, of_fake = self.fake(self.plan.num), joined([part for part in parts if isinstance(part, dict)])
            return score(self.real, fake, self.metrics, self.extractor, BATCH, of_fake)
        except Exception as error:
            if not isinstance(error, ValidationSkipped) and not is_out_of_memory(error):
                raise
            skipped = error if isinstance(error, ValidationSkipped) else out_of_memory(error)
            self.failed += bool(str(skipped))
            raise skipped from None
        finally:
            self.cost = time.monotonic() - begun
            self.spent += self.cost

    def own_rows(
        self, generators: dict[str, nn.Module], stop: Callable[[], bool]
    ) -> dict[str, Tensor] | MienError | ValidationSkipped:
        """Return what the metrics read of this process's batches, or why it did not get there, for rank 0 to raise."""

        def batches(size: int) -> Iterator[np.ndarray]:
            for pixels in fake.batches(size):
                if stop():
                    raise ValidationSkipped
                yield pixels

        try:
            self.drawer.load({name: dict(module.state_dict()) for name, module in generators.items()})
            fake = self.fake(self.plan.num, distributed.rank(), distributed.world_size())
            if fake.count == 0:
                return {}
            return rows_of(replace(fake, batches=batches), self.metrics, self.extractor, BATCH)
        except (MienError, ValidationSkipped) as error:
            return error
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return out_of_memory(error)

    def left_out(self) -> str:
        """Return how many validations were due but left out, in words."""
        reasons = {
            f"to stay within {self.plan.share:.0%} of the time (--metrics-share)": self.skipped,
            "for lack of memory": self.failed,
        }
        return ", ".join(
            f"left out {count} time{'' if count == 1 else 's'} {why}" for why, count in reasons.items() if count
        )


def out_of_memory(error: Exception) -> ValidationSkipped:
    return ValidationSkipped(f"out of memory ({in_brief(error)})")


def share(items: list[Any], rank: int, processes: int) -> list[Any]:
    """Return the items of every batch that this process makes: batch `rank`, and every `processes`-th after it."""
    starts = range(rank * BATCH, len(items), processes * BATCH)
    return [item for start in starts for item in items[start : start + BATCH]]


def joined(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the rows of all processes in the order of the batches. parts: in the order of the ranks."""
    found = {}
    for name in parts[0]:
        batches = [part[name].split(BATCH) for part in parts if part]
        turns = range(max(len(own) for own in batches))
        found[name] = torch.cat([own[turn] for turn in turns for own in batches if turn < len(own)])
    return found


def alike(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two rows of metrics.jsonl are the same metric under the same conditions."""
    return all(current_text(row.get(key)) == current_text(other.get(key)) for key in CONDITIONS)


def is_better(row: Row, best: Mapping[str, Any] | None) -> bool:
    """Return whether a row is better than best.json. Rows under different conditions are not compared."""
    if row["value"] is None or best is None or not alike(row, best):
        return row["value"] is not None
    value, rival = float(row["value"]), float(best["value"])
    return value < rival if row["better"] == "lower" else value > rival
