"""The trainer: the only place where the loop meets the run directory.

It runs the loop and decides after each round what is due: statistics, samples, snapshots, checkpoints, the end.
Ticks depend on images alone. So a run that was stopped and resumed writes the same rows and images as one without a
stop. Only checkpoints follow the clock, and writing one does not change the training.
"""

from __future__ import annotations

import datetime
import math
import time

from mien.config.budget import duration, exact_kimg
from mien.errors import DivergenceError
from mien.recipes.schedules import schedules_end
from mien.reports.doctor.diagnosis import Finding
from mien.runs import requests
from mien.runs.directory import RunDirectory
from mien.runtime import distributed, signals
from mien.runtime.console import Line, Part, progress_line, say
from mien.trainer import requested
from mien.trainer.clock import Clock
from mien.trainer.intervals import Ticks
from mien.trainer.rounds import rounds
from mien.trainer.run_writer import SAMPLES, RunWriter
from mien.trainer.setup import Setup
from mien.trainer.stopping import Alarm, Stopped, StoppedByDoctor, stoppable
from mien.trainer.validation import ValidationSkipped

STATISTICS_GROWTH, SAMPLE_GROWTH, SNAPSHOT_GROWTH = 0.005, 0.12, 1.0  # growth of the intervals
VALIDATION_GROWTH = 0.12
CHECKPOINT_COST = 50  # a checkpoint that took one second is followed by at least 50 seconds of training
AGREE_SECONDS, AGREE_ROUNDS = 1.0, 64  # longest time until the processes agree again whether to stop
STATUS_EVERY = 5.0  # seconds
ANNOUNCE_AFTER = 15.0  # seconds of training after which the end can be estimated


class Trainer:
    """Trains the networks of `setup` to the end of the budget, and writes the run's files.

    seconds: trained so far, all sessions of the run together. saved_at: images of the newest checkpoint, -1 for none.
    """

    def __init__(self, run: RunDirectory, setup: Setup, seconds: float = 0.0, saved_at: int = -1):
        self.run, self.setup, self.recipe, self.budget = run, setup, setup.recipe, setup.budget
        self.training, self.batches, self.validator = setup.training, setup.batches, setup.validator
        self.writer = RunWriter(run, setup, saved_at) if distributed.rank() == 0 else None
        images, tick = self.training.images, setup.config.first_tick
        self.statistics_due = Ticks(tick, STATISTICS_GROWTH, images).due
        self.sample_due = Ticks(tick, SAMPLE_GROWTH, images).due
        self.snapshot_due = Ticks(tick, SNAPSHOT_GROWTH, images).due
        validation = setup.config.validation
        self.validation_due = Ticks(validation.every, VALIDATION_GROWTH, images).due if validation else None
        self.began_at, self.clock = images, Clock(images, seconds)
        self.agreement_due = 0  # the round
        self.last_checkpoint = self.last_status = self.last_look = time.monotonic()
        self.checkpoint_cost = 0.0  # seconds
        self.announced = self.budget.seconds < math.inf  # the summary names the end of a budget in time
        self.pause_requested = False  # as rank 0 saw it last
        self.signal: int | None = None
        self.trouble = ""  # what is no longer finite, if anything
        self.alarm: Finding | None = None  # what --on-trouble acts on
        self.plateau = ""  # why --stop-at-plateau ends the training
        self.shown: dict[str, float] = {}  # the last known statistics: just after a tick there are none

    # --- the road -------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Train until the budget is spent.

        Raises Stopped after a signal, DivergenceError for numbers that are not finite, RoundTooLarge, and with
        --on-trouble Alarm or StoppedByDoctor. The files hold only finite numbers, so `recovery` can continue
        from the last checkpoint.
        """
        training = self.training
        distributed.advice = f"; its last checkpoint is good: mien resume {self.run.path}"
        with stoppable(self.ask_to_stop, self.last_words):
            self.write_beginning()
            self.clock.start()
            self.last_checkpoint = self.last_status = time.monotonic()
            with progress_line() as line:
                for number, progress in enumerate(() if self.spent() else rounds(self.setup)):
                    training.images = progress.images
                    training.statistics.add(progress.statistics)
                    self.clock.end_round()
                    self.after_round(line)
                    if self.should_stop(number):
                        break
            self.finish()

    def write_beginning(self) -> None:
        if self.writer is None or not self.sound():
            return
        requests.clear(self.run)
        if self.training.images == 0:
            self.writer.reals(self.batches.pixels[self.batches.indices(0, SAMPLES)].cpu().numpy())
            self.writer.sample(0)
        self.writer.status("running", self.clock.seconds)

    def after_round(self, line: Line) -> None:
        images = self.training.images
        if self.statistics_due(images):
            self.write_statistics()
            self.training.statistics.reset()
        validation = bool(self.validation_due and self.validation_due(images))
        if self.writer is None:
            if validation:
                self.validate_if_affordable()
            return
        sample, snapshot, checkpoint = self.sample_due(images), self.snapshot_due(images), self.is_checkpoint_due()
        if self.trouble or ((sample or snapshot or validation or checkpoint) and not self.sound()):
            if validation:
                distributed.from_first(False)
            return
        if sample:
            self.writer.sample(sample)
        if snapshot:
            self.writer.snapshot(snapshot)
        if validation:
            self.validate_if_affordable()
        if checkpoint:
            self.checkpoint()
        now = time.monotonic()
        if now - self.last_look >= requested.LOOK_EVERY:
            self.last_look = now
            self.pause_requested = requested.follow(self)
        if not self.announced and self.clock.since_start() >= ANNOUNCE_AFTER:
            self.announced = True
            end = datetime.datetime.now() + datetime.timedelta(seconds=self.remaining())
            say(f"end      expected at {end:%H:%M} ({end:%d %B}), at {self.speed():.0f} img/s")
        if line.due():
            line.show(self.budget.share(images, self.clock.seconds), self.progress_text())
        if now - self.last_status >= STATUS_EVERY:
            self.last_status = now
            self.writer.status("running", self.clock.seconds)

    def validate_if_affordable(self) -> None:
        """Validate with all processes, if rank 0 finds that the share of the time allows it."""
        assert self.validator
        if distributed.from_first(self.writer is not None and self.validator.affordable(self.clock.in_session())):
            self.validate()

    def validate_at_end(self) -> None:
        """Validate once if the time of training allowed no validation at all."""
        if self.validator is None:
            return
        wanted = self.writer is not None and self.signal is None and not self.validator.failed
        names = {metric.name for metric in self.validator.metrics}
        if distributed.from_first(wanted and not names & {row.get("metric") for row in self.run.metrics.read()}):
            about = f", about {duration(self.validator.cost)}" if self.validator.cost >= 1 else ""
            say(
                f"metrics  there was no time for metrics while training: mien evaluates once now{about}; Ctrl-C ends it"
            )
            self.validate()

    def validate(self) -> None:
        """Evaluate the averaged generator. Each process makes its share, and rank 0 writes the rows."""
        assert self.validator
        try:
            rows = self.validator.run(
                self.training.ema.modules, self.run.name, self.training.images, lambda: self.signal is not None
            )
        except ValidationSkipped as reason:
            if str(reason):
                say(f"warning: metrics left out at {self.kimg()}: {reason}")
            return
        if self.writer is None:
            return
        self.writer.validation(rows)
        if self.setup.config.stop_at_plateau:
            self.plateau = self.writer.doctor.plateau(self.training.images, self.began_at)
        found = ", ".join(f"{row['metric']} {row['value']:.4g}" for row in rows if row["value"] is not None)
        say(f"metrics  at {self.kimg()}: {found} ({self.validator.cost:.0f} s)")

    def finish(self) -> None:
        """Save, then print how the training ended. The end is seldom a tick, so its files have an exact number."""
        self.write_statistics(final=True)
        self.sound()
        self.trouble = distributed.from_first(self.trouble)
        self.refuse_trouble()
        if self.writer:
            if self.training.images != self.began_at or not self.writer.is_shown():
                self.writer.sample(self.training.images, final=True)
                self.writer.snapshot(self.training.images)
            if self.writer.saved_at != self.training.images:
                self.checkpoint()
            self.writer.mark_latest()
            whole = self.signal is None and self.alarm is None
            self.writer.status("finished" if whole else "stopped", self.clock.seconds)
        self.validate_at_end()
        if self.validator and (left_out := self.validator.left_out()):
            say(f"metrics  {left_out}")
        if self.signal is None:
            self.say_if_schedules_go_on()
        distributed.barrier()
        if self.signal is not None:
            name, finished = signals.name_of(self.signal), self.run.read_status()["state"] == "finished"
            how = (
                "the signal came after the end of the training"
                if finished
                else f"continue with: mien resume {self.run.path}"
            )
            raise Stopped(f"{name}: saved at {self.kimg()}; {how}", self.signal)
        if self.alarm:
            raise StoppedByDoctor(
                f"{self.alarm.title} since {self.alarm.onset:g} kimg: saved at {self.kimg()}; what helps: mien doctor "
                f"{self.run.path}"
            )
        if self.plateau:
            say(f"stopped  {self.plateau}")

    def say_if_schedules_go_on(self) -> None:
        end = schedules_end(self.recipe)
        if self.recipe.schedules_follow_budget and self.training.images < end:
            what = f"the budget ended at {exact_kimg(self.training.images)}, before the schedules"
            say(f"schedule {what}; to finish them: mien resume {self.run.path} --budget {end}img")

    def ask_to_stop(self, number: int) -> None:
        """End the training after this round, because of the signal `number`."""
        self.signal = number

    def last_words(self) -> str:
        saved = self.writer.saved_at if self.writer else -1
        what = f"the last checkpoint is of {saved / 1000:.1f} kimg" if saved >= 0 else "nothing was saved yet"
        return f"second Ctrl-C: ended at once; {what}; continue with: mien resume {self.run.path}"

    # --- decisions ------------------------------------------------------------------------------------------------

    def spent(self) -> bool:
        return self.training.images >= self.budget.images or self.clock.seconds >= self.budget.seconds

    def should_stop(self, number: int) -> bool:
        """Return whether to stop after this round, in all processes alike. Raises Alarm if the training should go back.

        Several processes must leave the loop after the same round. So about once a second they agree on rank 0's
        clock, on a signal that any of them got, and on the round of the next agreement.
        """
        if distributed.world_size() > 1:
            if self.training.images >= self.budget.images:
                return True
            if number < self.agreement_due:
                return False
        a_round = self.clock.since_start() / (number + 1)
        again_after = max(1, min(AGREE_ROUNDS, int(AGREE_SECONDS / max(a_round, 1e-9))))
        if self.writer and self.setup.config.on_trouble != "none":
            self.alarm = self.writer.doctor.alarm
        spent, self.trouble, self.alarm, self.plateau, paused, again_after = distributed.from_first(
            (self.spent(), self.trouble, self.alarm, self.plateau, self.pause_requested, again_after)
        )
        self.agreement_due = number + again_after
        if paused and not spent and not self.trouble:
            requested.rest(self)
            self.pause_requested = False
        agreed = distributed.largest(self.signal or 0)
        if agreed:  # a signal that came meanwhile waits for the next agreement
            self.signal = agreed
        self.refuse_trouble()
        if spent or agreed or self.plateau:
            self.alarm = None  # the training ends, whatever the doctor says
            return True
        if self.alarm and self.setup.config.on_trouble == "rollback":
            raise Alarm(self.alarm)
        return self.alarm is not None

    def is_checkpoint_due(self) -> bool:
        since = time.monotonic() - self.last_checkpoint
        return since >= max(self.setup.config.checkpoint_seconds, CHECKPOINT_COST * self.checkpoint_cost)

    def sound(self) -> bool:
        """Return whether all numbers are finite. Called before a file is written."""
        if not self.trouble:
            self.trouble = few(self.training.wrong())
        return not self.trouble

    def refuse_trouble(self) -> None:
        if self.trouble:
            raise DivergenceError(f"{self.trouble} stopped being finite by {self.kimg()}", self.run.path)

    def checkpoint(self) -> None:
        assert self.writer is not None
        begun = time.monotonic()
        self.writer.checkpoint(self.clock.seconds)
        self.last_checkpoint = time.monotonic()
        self.checkpoint_cost = self.last_checkpoint - begun

    def write_statistics(self, final: bool = False) -> None:
        """Write the statistics, unless one is not finite. Every process finds the same values here."""
        values = self.training.statistics.read()
        self.trouble = self.trouble or few([name for name, value in values.items() if not math.isfinite(value)])
        if self.writer and values and not self.trouble:
            self.writer.statistics(values, self.clock.seconds, self.speed(), final)

    # --- words ----------------------------------------------------------------------------------------------------

    def kimg(self) -> str:
        return kimg(self.training.images)

    def speed(self) -> float:
        """Return the images a second of this session."""
        return self.clock.speed(self.training.images)

    def remaining(self) -> float:
        """Return the seconds to the end of the budget at this session's speed."""
        return self.clock.remaining(self.training.images, self.budget)

    def progress_text(self) -> list[Part]:
        """Return the parts of the progress line. A narrow terminal shows time left and the discriminator's loss."""
        values = self.shown = {**self.shown, **self.training.statistics.read()}
        parts = [(1, self.kimg()), (2, f"{self.speed():.0f} img/s"), (0, f"{duration(self.remaining())} left")]
        if {"discriminator/loss", "generator/loss"} <= values.keys():
            parts.append((0, f"loss D {values['discriminator/loss']:.2f}"))
            parts.append((3, f"G {values['generator/loss']:.2f}"))
        if {"D(real)", "D(fake)", "D(fake) after"} <= values.keys():
            before, after = values["D(fake)"], values["D(fake) after"]
            parts.append((4, f"D(real) {values['D(real)']:.2f}"))
            parts.append((5, f"D(fake) {before:.2f} → {after:.2f}"))
        return parts


def kimg(images: int) -> str:
    return f"{images / 1000:.1f} kimg"


def few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
