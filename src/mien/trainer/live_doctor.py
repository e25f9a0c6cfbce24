"""The doctor while training: symptoms of each sample grid, and a line when a diagnosis begins or ends.

It reads the images of a grid that is written anyway, so it changes no bits of the training. It does not wait for the
device: the images are on the processor already.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mien.reports.doctor.case import Case, routes
from mien.reports.doctor.diagnoses.stalled import ROWS, Stalled, last_gain
from mien.reports.doctor.diagnosis import Finding
from mien.reports.doctor.examination import examine
from mien.reports.doctor.grid_symptoms import Images, complete, grid_symptoms
from mien.reports.doctor.read_grids import groups_of, read_tiles
from mien.reports.doctor.translation_symptoms import SHOWN, translation_symptoms
from mien.reports.doctor.translation_symptoms import complete as complete_translations
from mien.reports.run_data import Row, numbers, rows
from mien.runs.directory import RunDirectory
from mien.runs.jsonl_log import GrowingLog
from mien.runtime.console import say
from mien.runtime.typed_json import number
from mien.trainer.probes import Probes
from mien.trainer.setup import Setup


class LiveDoctor:
    """Looks at each sample grid of a run. What it has said is in the run's events, so a resume says nothing twice."""

    def __init__(self, run: RunDirectory, setup: Setup, probes: Probes):
        self.run, self.recipe, self.budget, self.config = run, setup.recipe, setup.budget, setup.config
        self.probes = probes
        self.stats, self.metrics, self.events, self.rows_of_grids = (
            GrowingLog(log) for log in (run.stats, run.metrics, run.events, run.symptoms)
        )
        self.real: Images | None = None
        self.before: Images | None = None
        self.alarm: Finding | None = None  # the first trouble that this session has found

    def look(self, pixels: np.ndarray, images: int, final: bool = False) -> list[dict[str, Any]]:
        """Write a row of symptoms, say what has changed, and return the changes for events.jsonl.

        pixels: uint8 [N,H,W,C], the grid at `images`. final: of the end of a session, which a resume removes.
        """
        self.write_symptoms(pixels, images, final)
        case = self.case(images)
        now, said = examine(case), diagnoses_said(case.events)
        begun = [finding for finding in now.active if finding.name not in said]
        over = [name for name in said if name not in {finding.name for finding in now.active}]
        for finding in begun:
            say(f"doctor   {finding.line}; what helps: mien doctor {self.run.path}")
        for name in over:
            say(f"doctor   over: {said[name]}")
        self.alarm = self.alarm or next((finding for finding in begun if finding.severity == "trouble"), None)
        return [
            *({"diagnosis": one.name, "title": one.title, "active": True, "onset": one.onset} for one in begun),
            *({"diagnosis": name, "title": said[name], "active": False} for name in over),
        ]

    def case(self, images: int) -> Case:
        written = numbers(self.rows_of_grids.read())
        return Case(
            run=str(self.run.path),
            recipe=self.recipe,
            stats=rows(self.stats.read()),
            grids=complete(written),
            translations=complete_translations(written),
            metrics=rows(self.metrics.read()),
            events=self.events.read(),
            images=images,
            budget_images=self.budget.images if self.budget.images < float("inf") else 0.0,
            data=self.config.data,
            hold_out=self.config.hold_out,
        )

    def plateau(self, images: int, since: int) -> str:
        """Return why the training should end, in words, or "". Only evaluations after `since` images count."""
        case = self.case(images)
        new = [row for row in case.metrics if number(row, "images") > since]
        gain = last_gain(replace(case, metrics=new))
        stalled = Stalled().findings(case)
        return stalled[0].line if stalled and gain is not None and gain.since >= ROWS else ""

    def write_symptoms(self, pixels: np.ndarray, images: int, final: bool) -> None:
        """Append a row to symptoms.jsonl. The last tick may be the end of the session. It stays one look."""
        known = numbers(self.rows_of_grids.read())
        if known and known[-1]["kimg"] * 1000 >= images:
            return
        found = self.symptoms(pixels, known) if self.recipe.sources == "none" else self.of_translations(pixels)
        if found:
            before = round(known[-1]["kimg"] * 1000) if known else 0
            row = {"images": images, "kimg": images / 1000, **found, **self.probes.measure(pixels, images, before)}
            self.run.symptoms.append({**row, "final": True} if final else row)

    def symptoms(self, pixels: np.ndarray, known: list[dict[str, float]]) -> dict[str, float]:
        """Return the symptoms of a grid of images, {} if the real ones are missing. known: the rows before."""
        if self.real is None and (reals := read_tiles(self.run.reals)) is not None:
            self.real = Images(reals)
        if self.real is None or pixels.shape[1:] != self.real.pixels.shape[1:]:
            return {}
        fake = Images(pixels, groups_of(len(pixels), self.recipe.condition is not None))
        found = grid_symptoms(fake, self.real, self.before or self.last(known))
        self.before = fake
        return found

    def of_translations(self, pixels: np.ndarray) -> dict[str, float]:
        """Return the symptoms of a translator's grid, {} for a game that shows other rows."""
        many = routes(self.recipe)
        return translation_symptoms(pixels, many) if pixels.shape[2] % SHOWN == 0 and len(pixels) > many else {}

    def last(self, known: list[dict[str, float]]) -> Images | None:
        """Return the grid of the last row of symptoms, after a resume."""
        grids = dict(self.run.sample_grids())
        path = grids.get(known[-1]["kimg"]) if known else None
        pixels = read_tiles(path) if path else None
        return None if pixels is None else Images(pixels)


def diagnoses_said(events: list[Row]) -> dict[str, str]:
    """Return the names and titles of the diagnoses that hold by the events.

    A training that went back to a checkpoint forgets what was said after it.
    """
    said: dict[str, tuple[str, float]] = {}
    for row in events:
        kind, name, images = row.get("event"), row.get("diagnosis"), number(row, "images")
        if kind in ("resumed", "went back"):
            back_to = number(row, "to") if kind == "went back" else images
            said = {key: value for key, value in said.items() if value[1] <= back_to}
        if kind == "diagnosis" and isinstance(name, str):
            said.pop(name, None)
            if row.get("active"):
                said[name] = (str(row.get("title", name)), images)
    return {name: title for name, (title, _) in said.items()}
