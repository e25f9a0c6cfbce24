"""All options of a training. The command line, `mien.train` and config.json are derived from this class."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from mien.config.budget import parse_budget, parse_duration
from mien.errors import UsageError
from mien.runs.records import Text

OnTrouble = Literal["none", "stop", "rollback"]
DEFAULT_BUDGET = "20m"
CONDS = ("none", "class", "attributes", "text")


@dataclass(frozen=True)
class TrainConfig:
    """The options of `mien train`. Raises UsageError for an impossible value.

    Args:
        recipe: Recipe to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Recipes to train one after the other, each with the full budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images per step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or file. Without RECIPE, its recipe is
            used, too. At another resolution the layers that fit are copied. faces: networks that know the built-in
            faces, if mien has some for this recipe (the default without RECIPE). none: start from chance.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small data sets. Needs --init.
        augment: Augmentation for the discriminator: none, diffaugment or ada. auto: the recipe's own, or one for few
            images.
        cond: Condition: none, class, attributes, text (captions) or your own my_pose.py:Pose. mien generate can then
            request its values.
        encoder: Text encoder: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (see CONTRIBUTING.md). May be given several times.
        budget: Length of the training: 30m, 2h, 200kimg (thousand real images) or 50ep (epochs). 200kimg,2h: the first
            of both.
        total_budget: Length of all trainings of --recipes, --sweep and --seeds together, in place of --budget. Each
            gets an equal share.
        seed: Same seed, same machine: same bits.
        seeds: Train once with each of these seeds: 0,1,2 or 0-4. mien compare then shows mean and spread.
        sweep: Train once with each of these values: generator.width=16,32. Several sweeps, --seeds and --recipes give
            every combination, each with the full budget. May be repeated.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be repeated.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        tick: kimg until the first samples and statistics. The intervals grow later.
        checkpoint_every: Least time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume uses the one before it.
        metrics: Evaluate during training: fid,afd. The best generator by the first metric is saved.
        metrics_every: kimg until the first evaluation. The intervals grow later. Five ticks if left out.
        metrics_num: Number of generated images per evaluation, and the largest number of real images.
        metrics_share: Largest share of the time for evaluations, above 0, at most 1. 1: no evaluation is skipped.
        detector: Face detector of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        hold_out: Hold N images out of the training. The doctor compares what the discriminator says of them.
        on_trouble: What to do if the doctor finds a trouble. none: say so. stop: save and end. rollback: go back to a
            checkpoint before it and apply the first remedy, at most three times.
        stop_at_plateau: End the training if the first metric has stopped to gain. Needs --metrics.
        log: Mirror numbers and sample grids into trackers: csv, tensorboard, trackio, wandb; several with commas. A
            process of its own does it, so the training does not wait.
        auto_resume: Continue the run of this --name if there is one, else start it. If it is finished, say so. The same
            command does all three, for SLURM, Kubernetes and other engines that repeat it.
        dry_run: Print what would happen, but train nothing.
    """

    recipe: tyro.conf.Positional[str] = "auto"
    _: KW_ONLY
    data: Text
    recipes: str | None = None
    resolution: str | None = None
    batch: int | None = None
    init: str | None = None
    freeze_d: int | None = None
    augment: str = "auto"
    cond: Text = "none"
    encoder: str | None = None
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    budget: str = DEFAULT_BUDGET
    total_budget: str | None = None
    seed: int = 0
    seeds: str | None = None
    sweep: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    outdir: Path = Path("runs")
    name: str | None = None
    device: str = "auto"
    tick: float = 1.0
    checkpoint_every: str = "2m"
    checkpoint_keep: int = 2
    metrics: Text | None = None
    metrics_every: float | None = None
    metrics_num: int = 2500
    metrics_share: float = 0.1
    detector: Text | None = None
    hold_out: int = 0
    on_trouble: OnTrouble = "none"
    stop_at_plateau: bool = False
    log: Text | None = None
    auto_resume: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.recipes is not None and self.recipe != "auto":
            raise UsageError(f"{self.recipe} and --recipes {self.recipes}: name the recipes in one place")
        if self.seeds is not None and self.seed != 0:
            raise UsageError(f"--seed {self.seed} and --seeds {self.seeds}: name the seeds in one place")
        if self.total_budget is not None:
            self.check_total_budget(self.total_budget)
        if self.cond not in CONDS and not self.own_cond:
            raise UsageError(f"--cond {self.cond} is none of {', '.join(CONDS)}, or your own as my_pose.py:Pose")
        if self.auto_resume and not self.name:
            raise UsageError("--auto-resume needs --name, which says which run to continue: add --name NAME")
        parse_budget(self.budget, 1)
        parse_duration(self.checkpoint_every, "--checkpoint-every")
        if self.checkpoint_keep < 1:
            raise UsageError(f"--checkpoint-keep {self.checkpoint_keep} is too small: it must be at least 1")
        if not 1 <= self.tick * 1000 < float("inf"):
            raise UsageError(f"--tick {self.tick} is not a number of kimg: it must be at least 0.001")
        if self.hold_out != 0 and self.hold_out < 16:
            raise UsageError(f"--hold-out {self.hold_out} is too small: the doctor needs 16 images or more")
        if self.stop_at_plateau and self.metrics is None:
            raise UsageError("--stop-at-plateau needs --metrics: add --metrics fid")
        _ = self.validation

    def check_total_budget(self, total: str) -> None:
        """Raises UsageError unless --total-budget is an amount and has trainings to share it."""
        parse_budget(total, 1, "--total-budget")
        if not self.is_series:
            raise UsageError(f"--total-budget {total} is for --recipes, --sweep or --seeds: write --budget {total}")
        if self.budget != DEFAULT_BUDGET:
            raise UsageError(f"--budget {self.budget} and --total-budget {total}: leave one of them out")

    @property
    def is_series(self) -> bool:
        """Return whether these options mean several trainings."""
        return self.recipes is not None or self.seeds is not None or bool(self.sweep)

    @property
    def own_cond(self) -> str:
        """Return the file of a condition of the user's own, "" if there is none."""
        path = self.cond.rpartition(":")[0]
        return path if path.endswith(".py") else ""

    @property
    def files(self) -> list[Path]:
        """Return the user's files that are loaded before the data are read: each may hold a layout."""
        return [*self.code, *([Path(self.own_cond)] if self.own_cond else [])]

    @property
    def first_tick(self) -> int:
        """Return the images before the first statistics, samples and snapshot."""
        return round(self.tick * 1000)

    @property
    def checkpoint_seconds(self) -> float:
        """Return the least seconds between two checkpoints."""
        return parse_duration(self.checkpoint_every, "--checkpoint-every")

    @property
    def validation(self) -> ValidationConfig | None:
        """Return the options of the validation, or None if nothing is evaluated while training."""
        if self.metrics is None:
            if self.metrics_every is not None or self.detector is not None:
                raise UsageError("--metrics-every and --detector need --metrics: add --metrics fid")
            return None
        kimg = 5 * self.tick if self.metrics_every is None else self.metrics_every
        if not 1 <= kimg * 1000 < float("inf"):
            raise UsageError(f"--metrics-every {kimg:g} is not a number of kimg: it must be at least 0.001")
        if self.metrics_num < 2:
            raise UsageError(f"--metrics-num {self.metrics_num} is too small: it must be at least 2")
        if not 0 < self.metrics_share <= 1:
            share = self.metrics_share
            raise UsageError(f"--metrics-share {share:g} is not a share of the time: it must be over 0 and at most 1")
        return ValidationConfig(self.metrics, round(kimg * 1000), self.metrics_num, self.metrics_share, self.detector)


@dataclass(frozen=True)
class ValidationConfig:
    """The options of the validation.

    metrics: "fid,afd"; the first one decides which generator is the best. every: images before the first validation;
    the intervals grow like those of the samples. num: generated images, and at most as many real images. share: the
    largest share of the training time. detector: the face detector of afd.
    """

    metrics: str
    every: int
    num: int = 2500
    share: float = 0.1
    detector: str | None = None
