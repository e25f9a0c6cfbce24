"""Runs in each process of torchrun: trains without a stop, and with one; tells what its own networks hold.

python -m torch.distributed.run --nproc-per-node 2 tests/two_ranks.py DATA OUTDIR REPORTS
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import short_of_memory
import torch
import torch.distributed as dist
from exact import begin

import mien
from mien import recipes
from mien.recipes.schedules import schedules_end
from mien.runtime import distributed
from mien.runtime.console import Line
from mien.trainer import calibration
from mien.trainer.trainer import Trainer
from mien.trainer.validation import Validator

CHANGES = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
STYLE = ("generator.width=1", "generator.most=8", "generator.w_dim=8", "discriminator.width=1", "discriminator.most=8")
OWN = {"metrics": f"{Path(__file__).with_name('own_metric.py')}:brightness", "metrics_num": 40, "metrics_share": 1.0}
CASES = {
    "reused": ("dcgan", CHANGES),
    "own": ("dcgan", (*CHANGES, "game.reuse_fakes=false", "discriminator.updates=2", "bf16_gradients=true")),
    "style": ("stylegan2-laptop", STYLE),
    "pools": ("cyclegan", ("generator.width=1", "generator.blocks=1", "discriminator.width=1", "game.pool=20")),
}
torch.set_num_threads(1)


def sums(session: Trainer) -> dict[str, str]:
    """sha256 of every tensor of this process's training."""
    return {
        f"{group}/{name}": hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()
        for group, tensors in session.training.tensors().items()
        for name, tensor in tensors.items()
    }


def fell(data: Path, outdir: Path) -> dict[str, object]:
    """A NaN in the second process alone, which writes no file; each time until the rates are half as high."""
    after_round = Trainer.after_round

    def broken(self: Trainer, line: Line) -> None:
        if distributed.rank() == 1 and self.training.images >= 48 and self.recipe.rate_factor > 0.5:
            with torch.no_grad():
                next(self.training.networks["G"].parameters())[0, 0, 0, 0] = float("nan")
        after_round(self, line)

    Trainer.after_round = broken  # type: ignore[method-assign]
    run = begin(data, outdir, "dcgan", CHANGES, "80img")
    Trainer.after_round = after_round  # type: ignore[method-assign]
    return {"state": run.state, "images": run.images, "run": str(run.path)}


def calibrated(data: Path, outdir: Path, sessions: list[Trainer]) -> dict[str, object]:
    """A training by time whose schedules follow the budget. The second process finds itself three times as fast."""
    measure = calibration.measure
    calibration.measure = lambda setup, seconds: measure(setup, seconds) * (1 + 2 * distributed.rank())
    begin(
        data, outdir, "r3gan-laptop", ("generator.width=16", "generator.latent_dim=8", "discriminator.width=16"), "1s"
    )
    calibration.measure = measure
    (session,) = sessions
    ends = [session.budget.images, schedules_end(session.recipe), session.clock.before[1]]
    return {"ends": ends, "images": session.training.images, "sums": sums(session)}


def within_an_engine(data: Path, outdir: Path) -> None:
    """An engine has made a process group. A training joins it twice, and leaves it as it was."""
    dist.init_process_group("gloo")
    for end in ("16img", "24img"):
        run = begin(data, outdir, "dcgan", CHANGES, end, auto_resume=True)
        assert distributed.world_size() == 1 and distributed.heartbeat is None
    total = torch.tensor(dist.get_rank() + 1)
    dist.all_reduce(total)
    assert (dist.get_world_size(), int(total), run.images) == (2, 3, 24)
    (state,) = (run.path / "checkpoints").glob("kimg-000000.024/state.json")
    assert json.loads(state.read_text())["world_size"] == 2
    dist.destroy_process_group()


def main() -> None:
    data, outdir, reports = map(Path, sys.argv[1:])
    within_an_engine(data, outdir / "engine")  # first: torchrun's store would still have the addresses of another group
    sessions: list[Trainer] = []
    train = Trainer.train

    def watched(self: Trainer) -> None:
        sessions.append(self)
        train(self)

    Trainer.train = watched  # type: ignore[method-assign]
    evaluated: list[int] = []
    own_rows = Validator.own_rows

    def counted(self: Validator, *given: Any) -> Any:
        rows = own_rows(self, *given)
        evaluated.append(len(rows["brightness"]))
        return rows

    Validator.own_rows = counted  # type: ignore[method-assign]
    stop, distributed.stop = distributed.stop, lambda: None  # several trainings in one process group
    found = {}
    for case, (recipe, changes) in CASES.items():
        per_round = 8 * recipes.find(recipe).override(changes).updates_per_round
        exams = {**OWN, "metrics_every": 0.064} if case == "reused" else {}
        more = exams or {"tick": 0.016}
        rounds, stop_at = (17, 9) if exams else (7, 3)
        end = f"{rounds * per_round}img"
        given = data.with_name("two-sets") if recipes.find(recipe).sources == "unpaired" else data
        whole = begin(given, outdir / case / "whole", recipe, changes, end, **more)
        stopped = begin(given, outdir / case / "stopped", recipe, changes, f"{stop_at * per_round}img", **more)
        own = {"code": Path(__file__).with_name("own_metric.py")} if exams else {}
        mien.resume(str(stopped.path), budget=end, **own)
        found[case] = {"runs": [str(whole.path), str(stopped.path)], "sums": [sums(session) for session in sessions]}
        batches = sessions[0].batches
        found[case]["pictures"] = batches.chosen(batches.indices, 0).tolist()
        found[case]["evaluated"] = list(evaluated)
        found[case]["writes"] = [session.writer is not None for session in sessions]
        sessions.clear()
    found["fell"] = fell(data, outdir / "fell")
    found["fell"]["sums"] = [sums(session) for session in sessions]
    sessions.clear()
    found["calibrated"] = calibrated(data, outdir / "calibrated", sessions)
    found["short"] = short_of_memory.runs(data, outdir / "short", CHANGES)
    (reports / f"{distributed.rank()}.json").write_text(json.dumps(found))
    distributed.barrier()
    stop()


if __name__ == "__main__":
    main()
