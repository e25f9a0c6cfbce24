"""The resume of a training from a checkpoint, exact to the bit."""

from __future__ import annotations

import math
from collections.abc import Callable

from mien.errors import FileError
from mien.runs.checkpoint import Tensors, checkpoints, images_of, load_checkpoint
from mien.runs.directory import RunDirectory, best_snapshot, mark_best
from mien.runs.records import State
from mien.runtime import distributed, leftovers
from mien.runtime.atomic_files import io_errors
from mien.runtime.console import say
from mien.trainer.validation import alike
from mien.training.state import Training


def restore(run: RunDirectory, training: Training) -> State | None:
    """Load the newest undamaged checkpoint into the networks and return its state.

    Returns None for a run that was killed before its first checkpoint. It starts over, and gives the same results.
    """
    newest = newest_whole(run, training.wrong)
    if newest is None:
        say("warning: the run ended before its first checkpoint: it starts over from 0 kimg")
    return load(run, training, newest)


def load(run: RunDirectory, training: Training, newest: tuple[Tensors, State] | None) -> State | None:
    """Load a checkpoint, which may be None for a training that stands at its beginning, and return its state."""
    if newest is None:
        return None
    tensors, state = newest
    try:
        training.load(tensors, state)
    except (RuntimeError, KeyError, ValueError) as error:
        what = "the newest checkpoint holds other networks; put back the recipe that the run began with"
        raise FileError(f"{run.recipe} was changed: {what}") from error
    if said := other_processes(state, distributed.world_size()):
        say(f"warning: {said}")
    return state


def other_processes(state: State, now: int) -> str:
    """Return what differs from a training without a stop because of the number of processes, or "" for nothing."""
    before = state["world_size"]
    if before > 1 and not state.get("global_draws"):
        return f"an earlier version trained on {before} processes: on {now} it continues with other random numbers"
    if before != now:
        return f"{before} process(es) before, {now} now: the same batches and random numbers, but other roundings"
    return ""


def cut_back(run: RunDirectory, state: State | None) -> None:
    """Cut the run's files back to a checkpoint, or to the beginning. Only rank 0 does so, because it writes them."""
    if distributed.rank() == 0:
        with io_errors(run.path):
            rewind(run, state["images"] if state else 0)


def newest_whole(
    run: RunDirectory, wrong: Callable[[Tensors], list[str]] = lambda tensors: [], before: float = math.inf
) -> tuple[Tensors, State] | None:
    """Return the newest checkpoint whose checksums fit, of fewer than `before` images, or None if the run has none.

    A damaged checkpoint is skipped with a warning. So is one in which `wrong` finds numbers that are not finite:
    older versions of mien wrote them. Raises FileError if all checkpoints are damaged.
    """
    problems: list[str] = []
    for folder in reversed(checkpoints(run.checkpoints)):
        if images_of(folder) >= before:
            continue
        try:
            tensors, state = load_checkpoint(folder)
            if found := wrong(tensors):
                raise FileError(f"{folder / found[0]} holds a number that is not finite")
            return tensors, state
        except FileError as problem:
            problems.append(str(problem))
            say(f"warning: {problem}: skipping {folder.name}")
    if problems:
        raise FileError(f"{run.checkpoints}: every checkpoint is damaged: {problems[0]}")
    return None


def rewind(run: RunDirectory, images: int) -> None:
    """Remove rows, grids and snapshots that are newer than the checkpoint. The training writes them again.

    best.json gets the row that was the best then. After a kill in between, the next resume repeats all of it.
    """
    for folder in (run.path, run.samples, run.snapshots, run.checkpoints):
        leftovers.sweep(folder)
    run.stats.rewind(images)
    run.metrics.rewind(images)
    run.symptoms.rewind(images)
    late = [path for kimg, path in run.sample_grids() if round(kimg * 1000) > images]
    snapshots = [*run.snapshot_files(), *run.best_snapshots()]
    late += [path for path in snapshots if round(float(path.stem.partition("-")[2]) * 1000) > images]
    for path in late:
        path.unlink(missing_ok=True)
    best = run.read_best()
    if best is not None and best["images"] > images:
        kept = []
        for row in run.metrics.read():
            seen = row.get("images")
            if alike(row, best) and isinstance(seen, int) and best_snapshot(run, seen).is_file():
                kept.append(row)
        if kept:
            mark_best(run, kept[-1])
        else:
            run.best.unlink()
