"""mien resume: continue a run, with the same bits as without the stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

if TYPE_CHECKING:
    from mien.trainer.run import Run


def resume(
    run: tyro.conf.Positional[str],
    *,
    budget: str | None = None,
    data: str | None = None,
    metrics: str | None = None,
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    device: str = "auto",
    outdir: Path = Path("runs"),
) -> Run:
    """Continue a stopped or finished run in its folder.

    Args:
        run: A run's path, number or name, or "last".
        budget: New total (2h, 500kimg), or an addition (+2h, +100kimg). If left out: the budget of the run.
        data: The training images, if they moved.
        metrics: New metrics for the rest of the training: fid,kid. none: stop evaluating. If left out: as before.
        set: Change a setting of the recipe from now on: generator.optimizer.lr=1e-4. May be given several times.
        code: Your Python file, if the run's recipe or metrics come from one. Once for each file.
        device: auto, cpu, cuda or cuda:1.
        outdir: Folder that holds the runs.
    """
    from mien.trainer import launch

    return launch.resume(
        run, budget=budget, data=data, metrics=metrics, changes=set, code=code, device=device, outdir=outdir
    )
