"""mien demo: train a generator on the built-in faces, and show its images, film and report, in a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.commands.verb_result import VerbResult


@dataclass(frozen=True)
class Demo(VerbResult):
    """The paths of the run, its last sample grid, its film and its report."""

    run: Path
    grid: Path
    film: Path
    report: Path

    def as_dict(self) -> dict[str, Any]:
        return {"run": str(self.run), "grid": str(self.grid), "film": str(self.film), "report": str(self.report)}

    def __str__(self) -> str:
        return "\n".join(
            [
                "Done: a generator that learned to generate faces. Look at",
                f"  its faces       {self.grid}",
                f"  the training    {self.film}",
                f"  the report      {self.report}",
                "Next",
                f"  generate more   mien generate {self.run} --seeds 0-99",
                f"  train longer    mien resume {self.run} --budget +20m",
                "  your images     mien train --data path/to/your/images --budget 30m",
                "  (after `make demo`, write .venv/bin/mien instead of mien)",
            ]
        )


def demo(*, budget: str = "240s", faces: int = 10_000, seed: int = 0, outdir: Path = Path("runs")) -> Demo:
    """Train on the built-in faces, then make the film and the report.

    Args:
        budget: How long to train: 240s, 20m, 100kimg.
        faces: Number of training images.
        seed: The same seed gives the same bits on the same machine (for a budget in kimg).
        outdir: Folder that holds the runs.
    """
    from mien.commands.report import report
    from mien.commands.train import train
    from mien.commands.video import video
    from mien.runs.directory import RunDirectory
    from mien.runtime.console import say
    from mien.trainer.run import Run

    say(f"mien renders {faces:,} anime-like faces, then trains a generator on them that knows faces of other styles.")
    trained = train(
        "r3gan-laptop", data=f"drawn:{faces}", init="faces", budget=budget, seed=seed, outdir=outdir, name="demo"
    )
    assert isinstance(trained, Run)  # one recipe, one run
    run = RunDirectory(trained.path)
    say("making the film and the report")
    film = video(str(run.path), kind="evolution")
    report(str(run.path))
    return Demo(run.path, run.sample_grids()[-1][1], film.files[0], run.report)
