"""How a training starts and goes on: device, recipe, pictures, run directory, then the session."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mien import (
    augmenting,
    choice,
    conditioning,
    console,
    distributed,
    generation,
    recipes,
    spec,
    transfer,
    translation,
)
from mien.budget import Budget, duration, parse_budget, parse_duration
from mien.data.layouts import default_resolution, detect, is_drawn
from mien.data.prepare import prepare
from mien.data.prepared import PreparedSet
from mien.device import join
from mien.errors import UsageError
from mien.exams import ExamPlan, Exams
from mien.images import parse_resolution, resolution_text
from mien.opening import first_lines
from mien.papers import environment, note_command, write_papers
from mien.recipe import Recipe, from_json
from mien.restore import restore
from mien.run.directory import RunDirectory, create, find
from mien.run.files import read_json
from mien.session import Plan, Session

BASE = 64  # pixels a side where neither recipe nor pictures say another size


@dataclass(frozen=True)
class Run:
    """A training that ended: where it is and how far it came (images seen, seconds trained)."""

    path: Path
    state: str
    images: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {"run": str(self.path), "state": self.state, "images": self.images, "seconds": self.seconds}

    def __str__(self) -> str:
        samples = RunDirectory(self.path).sample_grids()
        draw = "translate {} PICTURE" if translation.translates(self.path) else "generate {} --seeds 0-99"
        lines = [
            f"{self.state} at {self.images / 1000:.1f} kimg after {duration(self.seconds)}: {self.path}",
            *([f"  look at    {samples[-1][1]}"] if samples else []),
            f"  draw       mien {draw.format(self.path)}",
            f"  report     mien report {self.path}",
            f"  go on      mien resume {self.path} --budget +20m",
        ]
        return "\n".join(lines)

    def load(self, snapshot: str | int | None = None) -> generation.Generator:
        """The run's generator."""
        return generation.load(self.path, snapshot)


# --- the roads --------------------------------------------------------------------------------------------------------


def start(
    recipe: str,
    *,
    data: str,
    resolution: str | None,
    batch: int | None,
    init: str | None,
    freeze_d: int | None,
    augment: str,
    cond: str,
    encoder: str | None,
    budget: str,
    seed: int,
    changes: tuple[str, ...],
    outdir: Path,
    name: str | None,
    device: str,
    tick: float,
    checkpoint_every: str,
    metrics: str | None,
    metrics_every: float | None,
    metrics_num: int,
    metrics_share: float,
    detector: str | None,
    dry_run: bool,
) -> Run:
    """`mien train`; its arguments are explained there."""
    place = join(device)
    origin = transfer.source(init, outdir) if init else None
    if recipe != "auto":
        chosen, why = recipes.find(recipe), ["as you asked"]
    elif origin:
        chosen, why = origin.recipe, ["as the run that it starts from"]
    else:
        chosen, why = choose(data, resolution, place, parse_budget(budget, 1).seconds)
    least = 1 if chosen.batch_size == 1 else 2  # a recipe made for single pictures has no batch norm to starve
    chosen = conditioning.asked(chosen, cond, detect(data), encoder)
    chosen = augmenting.asked(chosen, augment, changes)
    if chosen.auxiliary and chosen.condition is None:
        raise UsageError("auxiliary is the weight of naming labels: add --cond class, attributes or text")
    if freeze_d is not None:
        if origin is None:
            raise UsageError("--freeze-d belongs to --init RUN: layers that nothing has trained would stay noise")
        chosen = chosen.override((f"frozen_layers={freeze_d}",))
    if batch is not None:
        chosen = replace(chosen, batch_size=batch)
    if chosen.batch_size < least:
        why_not = "batch norm needs 2 pictures or more" if least == 2 else "it must be at least 1"
        raise UsageError(f"--batch {chosen.batch_size} is too small: {why_not}")
    if not 1 <= tick * 1000 < float("inf"):
        raise UsageError(f"--tick {tick} is no number of kimg: it must be at least 0.001")
    parse_budget(budget, 1)  # a slip in a flag is told before the pictures are prepared
    every = parse_duration(checkpoint_every, "--checkpoint-every")
    exams = None
    if metrics is not None:
        first = 5 * tick if metrics_every is None else metrics_every
        exams = ExamPlan(metrics, round(first * 1000), metrics_num, metrics_share, detector)
    elif metrics_every is not None or detector is not None:
        raise UsageError("--metrics-every and --detector belong to --metrics: add --metrics fid")
    label = name or f"{chosen.name}-{data_name(data)}"
    if not re.fullmatch(r"[\w.+-]{1,100}", label):
        raise UsageError(f"--name {label!r} must be 1 to 100 letters, digits, '.', '_', '+' and '-'")
    from_json(spec.encode(chosen), recipe)  # refuses what recipe.json could not hold, or resume could not read
    size = parse_resolution(resolution or resolution_text(*default_size(chosen, data)))
    chosen = replace(chosen, resolution=size)
    chosen.build_game()  # a size that its networks cannot have is told before the pictures are prepared, too
    pictures = translation.fitting(chosen, prepared(data, *size))
    chosen = replace(chosen, channels=pictures.images.shape[-1])
    chosen = augmenting.settled(chosen, augment, changes, len(pictures.images), place)
    plan = Plan(parse_budget(budget, len(pictures.images)), seed, round(tick * 1000), every)
    session = Session(RunDirectory(outdir / f"NNNNN-{label}"), chosen, pictures, plan, place)
    begun = []
    if origin:
        begun = transfer.begin_from(session.training, chosen, origin)
        session.training.synchronize()
    enrol(session, exams, chosen, data, place)
    if dry_run:
        first_lines(session, chosen, pictures, why, begun)
        return Run(session.run.path, "dry run: nothing was trained,", 0, 0.0)

    # Made last: a mistake in a flag leaves no directory behind.
    if session.exams:
        session.exams.rehearse()
    run = RunDirectory(distributed.from_first(create(outdir, label).path if distributed.rank() == 0 else Path()))
    session.move_to(run)
    if session.record:
        run.lock()
        write_papers(run, chosen, pictures, data)
        facts = {"budget": budget, "seed": seed, "data": lasting(data), "recipe": chosen.name, "started": time.time()}
        facts |= {"init": init, "tick": plan.tick, "checkpoint_every": checkpoint_every, "exams": exams and vars(exams)}
        session.record.status(
            "starting",
            0.0,
            **facts,
            budget_images=finite(plan.budget.images),
            budget_seconds=finite(plan.budget.seconds),
        )
        session.record.event("started", init=begun)
        if origin:
            session.checkpoint()  # what is resumed after a kill must not depend on the other run any more
    return carry_out(session, chosen, pictures, why, begun)


def go_on(
    run: str,
    *,
    budget: str | None,
    data: str | None,
    metrics: str | None,
    code: Path | None,
    device: str,
    outdir: Path,
) -> Run:
    """`mien resume`; its arguments are explained there."""
    directory = find(run, outdir)
    place = join(device)
    if distributed.rank() == 0:
        directory.lock()
    if code is not None:
        spec.add_user_file(code)
    recipe, status = from_json(read_json(directory.recipe), directory.recipe), directory.read_status()
    pictures = translation.fitting(recipe, prepared(data or status["data"], *recipe.resolution))
    if pictures.images.shape[-1] != recipe.channels:
        raise UsageError(
            f"--data: the run was trained on {recipe.channels}-channel pictures; these have {pictures.images.shape[-1]}"
        )
    done = Budget(status.get("budget_images") or float("inf"), status.get("budget_seconds") or float("inf"))
    plan = Plan(done, status["seed"], status["tick"], parse_duration(status["checkpoint_every"], "checkpoint_every"))
    session = Session(directory, recipe, pictures, plan, place)
    exams = exams_of(status, metrics)
    enrol(session, exams, recipe, data or status["data"], place)
    if session.exams:
        session.exams.rehearse()
    restore(session)
    session.plan = replace(plan, budget=new_budget(budget, done, session, len(pictures.images)))
    if session.record:
        session.record.event("resumed", data=data or status["data"])
        session.record.status(
            "starting",
            session.seconds,
            data=data or status["data"],
            exams=exams and vars(exams),
            budget_images=finite(session.plan.budget.images),
            budget_seconds=finite(session.plan.budget.seconds),
        )
    if pictures.info.get("sha256") != read_json(directory.data)["info"].get("sha256"):
        console.say("warning: the pictures are not those that this run began with; it goes on with the new ones")
    before, now = read_json(directory.environment), environment()
    for name in ("torch", "threads", "gpu"):  # what the last bit of a sum depends on
        if before.get(name) != now[name]:
            console.say(f"warning: {name} was {before.get(name)}, now {now[name]}: the bits will not be the same")
    return carry_out(session, recipe, pictures, ["as the run began"])


def carry_out(
    session: Session, recipe: Recipe, pictures: PreparedSet, why: Sequence[str], begun: Sequence[str] = ()
) -> Run:
    run = session.run
    if session.record:
        console.log_to(run.log)
        note_command(run)
    first_lines(session, recipe, pictures, why, begun)
    try:
        session.train()
    except (torch.OutOfMemoryError, RuntimeError) as error:
        # On the processor PyTorch has no class of its own for it.
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        smaller = recipe.batch_size // 2
        raise UsageError(f"--batch {recipe.batch_size} does not fit into this memory: try --batch {smaller}") from None
    finally:
        console.log_to(None)
        run.unlock()
        distributed.stop()
    status = run.read_status()
    return Run(run.path, status["state"], status["images"], status["seconds"])


# --- what the flags come to -------------------------------------------------------------------------------------------


def choose(data: str, resolution: str | None, device: torch.device, seconds: float) -> tuple[Recipe, list[str]]:
    """A recipe for these pictures on this hardware in this time, and why."""
    layout = detect(data)
    size = parse_resolution(resolution) if resolution else default_resolution(layout, BASE)
    return choice.choose(choice.facts(size, len(layout), device, seconds))


def default_size(recipe: Recipe, data: str) -> tuple[int, int]:
    """(height, width): the recipe's where it is not square, else one that suits the pictures."""
    height, width = recipe.resolution
    return recipe.resolution if height != width else default_resolution(detect(data), height)


def prepared(data: str, height: int, width: int) -> PreparedSet:
    """The pictures, from the cache or prepared now; with several processes rank 0 prepares and the others wait."""
    if distributed.rank() > 0:
        distributed.barrier()
    with console.counted("preparing pictures") as progress:
        pictures = prepare(data, height, width, progress=progress)
    if distributed.rank() == 0:
        distributed.barrier()
    return pictures


def lasting(data: str) -> str:
    """The same data, named so that a resume from another folder finds it."""
    return data if is_drawn(data) else str(Path(data).expanduser().absolute())


def enrol(session: Session, plan: ExamPlan | None, recipe: Recipe, data: str, device: torch.device) -> None:
    """Let a session hold exams. Whatever they lack is told now."""
    if plan is not None and session.record:
        session.exams = Exams(plan, recipe, data, device, session.training.ema.modules, session.labels)


def exams_of(status: dict[str, Any], metrics: str | None) -> ExamPlan | None:
    """Those that a run began with, or with other metrics; "none" ends them."""
    before = status.get("exams")
    if metrics == "none" or (metrics is None and before is None):
        return None
    first = {"metrics": metrics or "", "every": 5 * status["tick"]}
    return ExamPlan(**{**first, **(before or {}), **({"metrics": metrics} if metrics else {})})


def data_name(data: str) -> str:
    """ "drawn:5000@64" -> "drawn"; "pictures/faces.zip" -> "faces"."""
    stem = detect(data).kind if is_drawn(data) else Path(data).absolute().name
    stem = re.sub(r"\.(zip|tgz|tar\.gz|tar)$", "", stem)
    return re.sub(r"[^\w-]+", "-", stem).strip("-") or "data"


def new_budget(text: str | None, old: Budget, session: Session, pictures: int) -> Budget:
    """The budget of a resumed run: as before, a new end, or so much more than is done."""
    if text is None:
        return old
    if text.startswith("+"):
        return parse_budget(text[1:], pictures).plus(session.training.images, session.seconds)
    return parse_budget(text, pictures)


def finite(number: float) -> float | None:
    """JSON has no infinity."""
    return number if number < float("inf") else None
