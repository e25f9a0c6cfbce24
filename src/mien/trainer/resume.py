"""Going on from a checkpoint, bit by bit."""

from __future__ import annotations

from collections.abc import Callable

from mien.errors import FileError
from mien.runs.checkpoint import Tensors, checkpoints, load_checkpoint
from mien.runs.directory import RunDirectory, best_snapshot, mark_best
from mien.runs.records import State
from mien.runtime import distributed, leftovers
from mien.runtime.atomic_files import io_errors
from mien.runtime.console import say
from mien.trainer.validation import alike
from mien.training.state import Training


def restore(run: RunDirectory, training: Training) -> State | None:
    """Load the newest whole checkpoint into the networks; -> its state.

    None for a run that was killed before its first checkpoint: it starts over, a pure function of the seed.
    """
    newest = newest_whole(run, training.wrong)
    if newest is None:
        say("warning: the run ended before its first checkpoint: it starts over from 0 kimg")
    return load(run, training, newest)


def load(run: RunDirectory, training: Training, newest: tuple[Tensors, State] | None) -> State | None:
    """A checkpoint, or None for the beginning, where the training must then be already."""
    if newest is None:
        return None
    tensors, state = newest
    try:
        training.load(tensors, state)
    except (RuntimeError, KeyError, ValueError) as error:
        what = "the newest checkpoint holds other networks; put back the recipe that the run began with"
        raise FileError(f"{run.recipe} was changed: {what}") from error
    if state["world_size"] != distributed.world_size():
        now = distributed.world_size()
        say(f"warning: {state['world_size']} process(es) before, {now} now: the bits will not be the same")
    return state


def cut_back(run: RunDirectory, state: State | None) -> None:
    """Cut the run's files back to a checkpoint, or to the beginning: on rank 0, which writes them."""
    if distributed.rank() == 0:
        with io_errors(run.path):
            rewind(run, state["images"] if state else 0)


def newest_whole(
    run: RunDirectory, wrong: Callable[[Tensors], list[str]] = lambda tensors: []
) -> tuple[Tensors, State] | None:
    """The newest checkpoint whose sums fit; a damaged one is passed over, with a warning, for the one before it. So is
    one in which `wrong` finds something: older versions of mien wrote numbers that are not finite.

    Raises FileError when there are checkpoints and all are damaged.
    """
    problems: list[str] = []
    for folder in reversed(checkpoints(run.checkpoints)):
        try:
            tensors, state = load_checkpoint(folder)
            if found := wrong(tensors):
                raise FileError(f"{folder / found[0]} holds a number that is not finite")
            return tensors, state
        except FileError as problem:
            problems.append(str(problem))
            say(f"warning: {problem}: passing over {folder.name}")
    if problems:
        raise FileError(f"{run.checkpoints}: no checkpoint is whole: {problems[0]}")
    return None


def rewind(run: RunDirectory, images: int) -> None:
    """Drop rows, grids and snapshots from after the checkpoint: the training writes them again. best.json goes back to
    what was the best then. A kill in the midst of it is no harm: the next resume does it again."""
    for folder in (run.path, run.samples, run.snapshots, run.checkpoints):
        leftovers.sweep(folder)
    run.stats.rewind(images)
    run.metrics.rewind(images)
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
