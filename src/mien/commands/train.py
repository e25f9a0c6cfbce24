"""mien train: learn faces from pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.trainer.multi_run import Runs
    from mien.trainer.run import Run


def train(
    recipe: tyro.conf.Positional[str] = "auto",
    *,
    data: str,
    recipes: str | None = None,
    resolution: str | None = None,
    batch: int | None = None,
    init: str | None = None,
    freeze_d: int | None = None,
    augment: str = "auto",
    cond: Literal["none", "class", "attributes", "text"] = "none",
    encoder: str | None = None,
    budget: str = "20m",
    seed: int = 0,
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    outdir: Path = Path("runs"),
    name: str | None = None,
    device: str = "auto",
    tick: float = 1.0,
    checkpoint_every: str = "2m",
    metrics: str | None = None,
    metrics_every: float | None = None,
    metrics_num: int = 2500,
    metrics_share: float = 0.1,
    detector: str | None = None,
    dry_run: bool = False,
) -> Run | Runs:
    """Learn faces from a folder of pictures, a zip, or the built-in drawn faces.

    Args:
        recipe: What to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of pictures, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Several to train one after the other, each with the whole budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the pictures if left out.
        batch: Pictures a step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or snapshot; from its recipe, too, unless
            RECIPE is given. At another resolution the layers that fit are taken over.
        freeze_d: Leave so many first layers of the discriminator as --init brings them: for small sets.
        augment: What D sees of pictures: none, diffaugment or ada; auto: the recipe's own, or one for few pictures.
        cond: Draw by the pictures' classes, attributes or captions, so that mien generate can ask for them.
        encoder: Of captions: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        budget: How long: 30m, 2h, 200kimg (thousand pictures seen) or 50ep (epochs).
        seed: Same seed, same machine: same bits.
        set: Change a setting of the recipe: discriminator_terms.r1.weight=5. May be given often.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda or cuda:1.
        tick: kimg until the first samples and statistics; the gaps widen later.
        checkpoint_every: At least so much time between two checkpoints: 2m, 30s.
        metrics: Evaluate while training: fid,afd. The best generator by the first one is kept.
        metrics_every: kimg until the first evaluation; the gaps widen later. Five ticks if left out.
        metrics_num: How many pictures an evaluation draws, and of how many real ones.
        metrics_share: At most this share of the time goes into evaluations; 1: each that is due.
        detector: Of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        dry_run: Say what would happen, train nothing.
    """
    from mien.trainer.launch import start
    from mien.trainer.multi_run import start_each

    flags: dict[str, Any] = {
        "data": data,
        "resolution": resolution,
        "batch": batch,
        "init": init,
        "freeze_d": freeze_d,
        "augment": augment,
        "cond": cond,
        "encoder": encoder,
        "budget": budget,
        "seed": seed,
        "changes": set,
        "outdir": outdir,
        "name": name,
        "device": device,
        "tick": tick,
        "checkpoint_every": checkpoint_every,
        "metrics": metrics,
        "metrics_every": metrics_every,
        "metrics_num": metrics_num,
        "metrics_share": metrics_share,
        "detector": detector,
        "dry_run": dry_run,
    }
    if recipes is None:
        return start(recipe, **flags)
    if recipe != "auto":
        raise UsageError(f"{recipe} and --recipes {recipes}: name the recipes in one place")
    return start_each(recipes, **flags)
