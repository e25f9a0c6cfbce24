"""A training session: the one place where the loop meets the run directory.

It drives the loop and decides after each round what is due: statistics, samples, snapshots, checkpoints, the end.
Ticks depend on images alone, so a run that was stopped and resumed writes the rows and pictures that one without a
stop would have written; only checkpoints follow the clock, and writing one changes nothing.
"""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from mien.conditioning.labels import kept, labels_of
from mien.config.budget import Budget, duration
from mien.data.batches import Batches, derive_seed
from mien.data.prepared import PreparedSet
from mien.errors import DivergenceError, MienError, OutOfMemory, RoundTooLarge, UsageError, in_brief, is_out_of_memory
from mien.recipes.recipe import Recipe
from mien.runs.directory import RunDirectory
from mien.runtime import distributed, signals
from mien.runtime.console import Line, progress_line, say
from mien.trainer.intervals import Ticks
from mien.trainer.run_writer import SAMPLES, RunWriter
from mien.trainer.translation_data import examples
from mien.trainer.validation import Abandoned, Exams
from mien.training.loop import Progress, train

STATISTICS_GROWTH, SAMPLE_GROWTH, SNAPSHOT_GROWTH, EXAM_GROWTH = 0.005, 0.12, 1.0, 0.12  # how gaps of ticks widen
CHECKPOINT_COST = 50  # a checkpoint that took one second is followed by at least 50 seconds of training
AGREE_SECONDS, AGREE_ROUNDS = 1.0, 64  # between two agreements of several processes on whether to stop, at most
STATUS_EVERY = 5.0  # seconds
ANNOUNCE_AFTER = 15.0  # seconds of training that make a fair guess of the end


class Stopped(MienError):
    """A signal ended the training after it was saved; the exit code is 128 + signal."""

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.exit_code = 128 + number


@dataclass(frozen=True)
class Plan:
    """tick: images before the first statistics, samples and snapshot. checkpoint_seconds: at least so long between
    two checkpoints."""

    budget: Budget
    seed: int = 0
    tick: int = 1000
    checkpoint_seconds: float = 120.0


class Trainer:
    """Recipe, pictures and a run directory, ready to train on one device."""

    exams: Exams | None = None  # only rank 0 holds some

    def __init__(self, run: RunDirectory, recipe: Recipe, pictures: PreparedSet, plan: Plan, device: torch.device):
        world = distributed.world_size()
        if recipe.batch_size % world:
            raise UsageError(f"--batch {recipe.batch_size} cannot be shared by {world} processes: make it a multiple")
        self.run, self.plan, self.recipe, self.device = run, plan, recipe, device
        self.batch_size = recipe.batch_size
        make_deterministic()
        self.training = recipe.build(device, derive_seed(plan.seed, "networks"))
        self.training.synchronize()
        labels = labels_of(recipe.condition, pictures)
        self.labels = kept(labels)
        is_first = distributed.rank() == 0
        self.record = RunWriter(run, recipe, self.training, plan.seed, device, self.labels) if is_first else None
        if self.record and recipe.sources != "none":
            self.record.examples = examples(recipe, pictures, device)
        self.batches = Batches(
            pictures.images,
            labels,
            batch_size=recipe.batch_size,
            seed=plan.seed,
            rank=distributed.rank(),
            world_size=world,
            device=device,
            mirror=recipe.mirror,
            jitter=recipe.jitter,
            sources=None if recipe.sources == "none" else pictures.sources,
            paired=recipe.sources == "paired",
            channels_last=recipe.channels_last,
        )
        self.seconds = 0.0  # trained so far, all sessions of the run together
        self.signal: int | None = None
        self.trouble = ""  # what stopped being finite, if anything
        self.shown: dict[str, float] = {}  # the last known statistics: just after a tick there are none

    def move_to(self, run: RunDirectory) -> None:
        """Write into this directory from now on: it is made once everything else has proved right."""
        self.run = run
        if self.record:
            self.record.run = run

    def adopt(self, recipe: Recipe) -> None:
        """Go on by this recipe, which differs from the one before only in what players are told at any time."""
        self.recipe = recipe
        if self.record:
            self.record.recipe = recipe
        for player in self.training.players:
            player.rate_factor, player.parts = recipe.rate_factor, recipe.parts

    def begin_again(self) -> None:
        """The training as it was before its first round."""
        fresh = self.recipe.build(self.device, derive_seed(self.plan.seed, "networks"))
        self.training.load(fresh.tensors(), fresh.numbers())
        self.training.synchronize()

    # --- the road -------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Until the budget is spent. Raises Stopped after a signal, DivergenceError when numbers are no longer finite.
        Nothing that is not finite has then been written, and `restore` can put the session back to its last
        checkpoint, as it can after a RoundTooLarge."""
        training = self.training
        with self.stoppable():
            self.begin()
            with progress_line() as line:
                for number, progress in enumerate(() if self.spent() else self.rounds()):
                    training.images = progress.images
                    training.statistics.add(progress.statistics)
                    self.seconds = time.monotonic() - self.started
                    self.after_round(line)
                    if self.should_stop(number):
                        break
            self.finish()

    def rounds(self) -> Iterator[Progress]:
        """The loop's. Raises RoundTooLarge, on all processes, where one does not fit into the memory of any."""
        training, end = self.training, self.plan.budget.images
        try:
            yield from train(training.players, self.batches, self.batch_size, training.ema, end, training.images)
            return
        except OutOfMemory as error:  # another process has told it
            failed = error
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            failed = distributed.tell(RoundTooLarge(in_brief(error)))
        raise failed.with_traceback(None)  # out here, without the frames that hold on to the tensors of the round

    def begin(self) -> None:
        images, tick = self.training.images, self.plan.tick
        self.statistics_due = Ticks(tick, STATISTICS_GROWTH, images).due
        self.sample_due = Ticks(tick, SAMPLE_GROWTH, images).due
        self.snapshot_due = Ticks(tick, SNAPSHOT_GROWTH, images).due
        self.exam_due = Ticks(self.exams.plan.every, EXAM_GROWTH, images).due if self.exams else None
        self.session_start = (images, self.seconds)
        self.agreement_due = 0
        distributed.advice = f"; its last checkpoint is whole: mien resume {self.run.path}"
        self.trouble = ""
        if self.record and self.sound():
            if images == 0:
                self.record.reals(self.batches.pixels[self.batches.indices(0, SAMPLES)].cpu().numpy())
                self.record.sample(0)
            self.record.status("running", self.seconds)
        self.last_checkpoint = self.last_status = time.monotonic()
        self.checkpoint_cost = 0.0
        self.started_here = time.monotonic()
        self.started = self.started_here - self.seconds
        self.announced = math.isinf(self.plan.budget.images)  # the first lines told the end of a budget in time

    def after_round(self, line: Line) -> None:
        images = self.training.images
        if self.statistics_due(images):
            self.write_statistics()
            self.training.statistics.reset()
        if self.record is None:
            return
        sample, snapshot = self.sample_due(images), self.snapshot_due(images)
        exam, checkpoint = self.exam_due and self.exam_due(images), self.is_checkpoint_due()
        if self.trouble or ((sample or snapshot or exam or checkpoint) and not self.sound()):
            return
        if sample:
            self.record.sample(sample)
        if snapshot:
            self.record.snapshot(snapshot)
        if exam:
            self.hold_exam()
        if checkpoint:
            self.checkpoint()
        now = time.monotonic()
        if not self.announced and now - self.started_here >= ANNOUNCE_AFTER:
            self.announced = True
            end = datetime.datetime.now() + datetime.timedelta(seconds=self.remaining())
            say(f"end      expected at {end:%H:%M} ({end:%d %B}), at {self.speed():.0f} img/s")
        if line.due():
            line.show(self.plan.budget.share(images, self.seconds), self.progress_text())
        if now - self.last_status >= STATUS_EVERY:
            self.last_status = now
            self.record.status("running", self.seconds)

    def hold_exam(self) -> None:
        """Where its share of the time allows. The other processes wait for the gradients of the next step."""
        assert self.exams and self.record
        if not self.exams.affordable(self.seconds - self.session_start[1]):
            return
        try:
            rows = self.exams.hold(
                self.training.ema.modules, self.run.name, self.training.images, lambda: self.signal is not None
            )
        except Abandoned as reason:
            if str(reason):
                say(f"warning: metrics left out at {self.kimg()}: {reason}")
            return
        self.record.exam(rows)
        found = ", ".join(f"{row['metric']} {row['value']:.4g}" for row in rows if row["value"] is not None)
        say(f"metrics  at {self.kimg()}: {found} ({self.exams.cost:.0f} s)")

    def finish(self) -> None:
        """Save, then say how it ended. The end is seldom a tick: its grid and snapshot carry the exact number."""
        self.write_statistics(final=True)
        self.sound()
        self.trouble = distributed.from_first(self.trouble)
        self.refuse_trouble()
        if self.record:
            if self.training.images != self.session_start[0] or not self.record.is_shown():
                self.record.sample(self.training.images)
                self.record.snapshot(self.training.images)
            if self.record.saved_at != self.training.images:
                self.checkpoint()
            self.record.mark_latest()
            self.record.status("finished" if self.signal is None else "stopped", self.seconds)
        if self.exams and (left_out := self.exams.left_out()):
            say(f"metrics  {left_out}")
        distributed.barrier()
        if self.signal is not None:
            name = signals.name_of(self.signal)
            raise Stopped(f"{name}: saved at {self.kimg()}; go on with: mien resume {self.run.path}", self.signal)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Signals ask this session to stop after the round. A second Ctrl-C ends it with what was saved before."""

        def ask(number: int) -> None:
            self.signal = number

        try:
            with signals.handled(ask, self.last_words):
                yield
        except signals.Interrupted as again:
            raise Stopped(self.last_words(), again.exit_code - 128) from None

    def last_words(self) -> str:
        saved = self.record.saved_at if self.record else -1
        what = f"the last checkpoint is of {saved / 1000:.1f} kimg" if saved >= 0 else "nothing was saved yet"
        return f"second Ctrl-C: ended at once; {what}; go on with: mien resume {self.run.path}"

    # --- decisions ------------------------------------------------------------------------------------------------

    def spent(self) -> bool:
        budget = self.plan.budget
        return self.training.images >= budget.images or self.seconds >= budget.seconds

    def should_stop(self, number: int) -> bool:
        """Several processes must leave the loop after the same round, so they agree about once a second: on rank 0's
        clock, on a signal that any of them got, and on the round when they agree again."""
        if distributed.world_size() > 1:
            if self.training.images >= self.plan.budget.images:
                return True
            if number < self.agreement_due:
                return False
        a_round = (time.monotonic() - self.started_here) / (number + 1)
        spent, self.trouble, pause = distributed.from_first(
            (self.spent(), self.trouble, max(1, min(AGREE_ROUNDS, int(AGREE_SECONDS / max(a_round, 1e-9)))))
        )
        self.agreement_due = number + pause
        agreed = distributed.largest(self.signal or 0)
        if agreed:  # else a signal that has come meanwhile waits for the next agreement
            self.signal = agreed
        self.refuse_trouble()
        return spent or agreed > 0

    def is_checkpoint_due(self) -> bool:
        since = time.monotonic() - self.last_checkpoint
        return since >= max(self.plan.checkpoint_seconds, CHECKPOINT_COST * self.checkpoint_cost)

    def sound(self) -> bool:
        """Whether all numbers are finite, asked before anything is written; if not, nothing is until `restore`."""
        if not self.trouble:
            self.trouble = few(self.training.wrong())
        return not self.trouble

    def refuse_trouble(self) -> None:
        if self.trouble:
            raise DivergenceError(f"{self.trouble} stopped being finite by {self.kimg()}", self.run.path)

    def checkpoint(self) -> None:
        assert self.record is not None
        begun = time.monotonic()
        self.record.checkpoint(self.seconds)
        self.last_checkpoint = time.monotonic()
        self.checkpoint_cost = self.last_checkpoint - begun

    def write_statistics(self, final: bool = False) -> None:
        """Every process finds the same values here; one that is not finite is written nowhere."""
        values = self.training.statistics.read()
        self.trouble = self.trouble or few([name for name, value in values.items() if not math.isfinite(value)])
        if self.record and values and not self.trouble:
            self.record.statistics(values, self.seconds, self.speed(), final)

    # --- words ----------------------------------------------------------------------------------------------------

    def kimg(self) -> str:
        return f"{self.training.images / 1000:.1f} kimg"

    def speed(self) -> float:
        """Images a second in this session."""
        images, seconds = self.session_start
        return (self.training.images - images) / max(self.seconds - seconds, 1e-9)

    def remaining(self) -> float:
        """Seconds to the end of the budget at this session's speed."""
        by_images = (self.plan.budget.images - self.training.images) / max(self.speed(), 1e-9)
        return max(0.0, min(by_images, self.plan.budget.seconds - self.seconds))

    def progress_text(self) -> str:
        values = self.shown = {**self.shown, **self.training.statistics.read()}
        parts = [self.kimg(), f"{self.speed():.0f} img/s", f"{duration(self.remaining())} left"]
        if {"discriminator/loss", "generator/loss"} <= values.keys():
            parts.append(f"loss D {values['discriminator/loss']:.2f} G {values['generator/loss']:.2f}")
        if {"D(real)", "D(fake)", "D(fake) after"} <= values.keys():
            before, after = values["D(fake)"], values["D(fake) after"]
            parts.append(f"D(real) {values['D(real)']:.2f} D(fake) {before:.2f} → {after:.2f}")
        return "  ".join(parts)


def few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def make_deterministic() -> None:
    """Same seed, same machine, same bits: on CUDA, cuDNN picks its kernels without trying them out."""
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
