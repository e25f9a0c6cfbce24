"""mien resume: go on with a run, bit by bit as if it had never stopped."""

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
    """Go on with a stopped or finished run, always into the same directory.

    Args:
        run: A run's path, number or name, or "last".
        budget: A new end (2h, 500kimg), or so much more (+2h, +100kimg). What the run began with if left out.
        data: Where the images are now, if they moved.
        metrics: Evaluate while training by other metrics: fid,kid. none: no longer. As before if left out.
        set: Change a setting of the recipe from here on: generator.optimizer.lr=1e-4. May be given often.
        code: Your file that the run's recipe or metrics come from, if they do; once for each file.
        device: auto, cpu, cuda or cuda:1.
        outdir: Folder that holds the runs.
    """
    from mien.trainer import launch

    return launch.resume(
        run, budget=budget, data=data, metrics=metrics, changes=set, code=code, device=device, outdir=outdir
    )
