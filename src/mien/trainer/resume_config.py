"""The options of a resume. The command line and `mien.resume` are derived from this class."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from mien.config.budget import parse_budget
from mien.errors import UsageError
from mien.trainer.config import OnTrouble


@dataclass(frozen=True)
class ResumeConfig:
    """The options of `mien resume`. Raises UsageError for an impossible value.

    Args:
        run: A run's path, number or name, or "last".
        budget: New total (2h, 500kimg), or an addition (+2h, +100kimg). If left out: the budget of the run.
        warm_restart: The learning rates start again from their first value, and all schedules end with the new budget.
            If left out: schedules that have ended stay at their last values.
        data: The training images, if they moved.
        metrics: New metrics for the rest of the training: fid,kid. none: stop evaluating. If left out: as before.
        on_trouble: From now on: none, stop or rollback, as in mien train. If left out: as before.
        stop_at_plateau: yes: end the training if the first metric has stopped to gain. no: do not. If left out: as
            before.
        set: Change a setting of the recipe from now on: generator.optimizer.lr=1e-4. May be given several times.
        code: Your Python file, if the run's recipe or metrics come from one. Once for each file.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        outdir: Folder that holds the runs.
    """

    run: tyro.conf.Positional[str]
    _: KW_ONLY
    budget: str | None = None
    warm_restart: bool = False
    data: str | None = None
    metrics: str | None = None
    on_trouble: OnTrouble | None = None
    stop_at_plateau: Literal["yes", "no"] | None = None
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    device: str = "auto"
    outdir: Path = Path("runs")

    def __post_init__(self) -> None:
        if self.budget is not None:
            parse_budget(self.budget.removeprefix("+"), 1)
        elif self.warm_restart:
            raise UsageError("--warm-restart needs --budget, at whose end the schedules end: add --budget +1h")

    @property
    def changes_nothing(self) -> bool:
        """Return whether the run continues exactly as it was started."""
        return not (self.budget or self.data or self.metrics or self.set)
