"""Resume: each recipe, stopped at a random round and resumed, has the bits of a run without a stop.

The stop is by turns the end of a smaller budget, TERM, or SIGKILL. Networks are as small as their recipes allow.
"""

from __future__ import annotations

import random
import shutil
import signal
from pathlib import Path

import children
import harness

from mien import recipes

SMALL = {
    "generator": {"width": 2, "latent_dim": 8, "most": 8, "w_dim": 8, "blocks": 1},
    "discriminator": {"width": 2, "most": 8, "blocks": 1},
}
SMALLEST = {"gan": "48"}  # recipes that cannot draw 16 pixels
ROUNDS = 12


def names() -> list[str]:
    return sorted(recipes.known())


def changes_of(name: str) -> tuple[str, ...]:
    """Returns the settings that make a recipe small, of those that it has."""
    chosen, found = recipes.find(name), []
    if chosen.schedules_follow_budget:  # trainings of different lengths are compared
        found.append("schedules_follow_budget=false")
    for side, settings in SMALL.items():
        for setting, value in settings.items():
            change = f"{side}.{setting}={value}"
            try:
                chosen.override((change,))
            except Exception:  # it has no such setting
                continue
            found.append(change)
    return tuple(found)


def pictures_for(folder: Path) -> tuple[Path, Path, Path]:
    """Returns (a folder of images, pairs side by side, two domains)."""
    from PIL import Image

    data, pairs, two = folder / "data", folder / "pairs", folder / "two"
    if not data.exists():
        children.pictures(data)
        pairs.mkdir()
        for path in sorted(data.iterdir()):
            with Image.open(path) as one:
                both = Image.new("RGB", (2 * one.width, one.height))
                both.paste(one.convert("L").convert("RGB"), (0, 0))
                both.paste(one, (one.width, 0))
                both.save(pairs / path.name)
        for domain in ("trainA", "trainB"):
            shutil.copytree(data, two / domain)
    return data, pairs, two


def words_of(name: str, pictures: Path, outdir: Path, images: int) -> list[str]:
    """Returns the words of a training of this many images with this recipe, in its smallest size."""
    data, pairs, two = pictures_for(pictures)
    recipe = recipes.find(name)
    given = {"none": data, "paired": pairs, "unpaired": two}[recipe.sources]
    more = ["--cond", "attributes"] if recipe.needs_condition or recipe.condition else []
    if more:
        given = Path("drawn:24@16")
    made = children.training(given, outdir, f"{images}img", recipe=name, changes=changes_of(name))
    if name in SMALLEST:
        made[made.index("--resolution") + 1] = SMALLEST[name]
    return [*made, *more]


def case(index: int, draws: random.Random, folder: Path) -> str | None:
    name = names()[index % len(names())]
    per_round = 8 * recipes.find(name).updates_per_round
    stop, how = draws.randrange(1, ROUNDS), ("budget", "TERM", "KILL")[index // len(names()) % 3]

    def words(outdir: str, rounds: int) -> list[str]:
        return words_of(name, folder.parent, folder / outdir, rounds * per_round)

    code, err = children.mien(folder / "w", *words("whole", ROUNDS))
    if code != 0:
        return f"{name}: exit {code}: {err[-400:]}"
    run = folder / "stopped" / "00000-run"
    if how == "budget":
        code, err = children.mien(folder / "f", *words("stopped", stop))
    else:
        number = signal.SIGTERM if how == "TERM" else signal.SIGKILL
        child = children.start(folder / "f", *words("stopped", ROUNDS), before=lambda: signal_after(stop, number))
        code, err = child.wait(), child.err()
    if code not in (0, 143, -signal.SIGKILL):
        return f"{name}, {how} after round {stop}: exit {code}: {err[-400:]}"
    code, err = children.mien(folder / "r", "resume", str(run), "--budget", f"{ROUNDS * per_round}img")
    if code != 0:
        return f"{name}, {how} after round {stop}: resume ends with {code}: {err[-400:]}"
    wrong = children.differences(folder / "whole" / "00000-run", run)
    return f"{name}, {how} after round {stop}: {wrong}" if wrong else None


def signal_after(rounds: int, number: signal.Signals) -> None:
    """Sends this process a signal after this many rounds."""
    import os

    from mien.trainer import trainer

    after_round, done = trainer.Trainer.after_round, 0

    def counted(self: trainer.Trainer, line: object) -> None:
        nonlocal done
        done += 1
        after_round(self, line)  # type: ignore[arg-type]
        if done == rounds:
            os.kill(os.getpid(), number)

    trainer.Trainer.after_round = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    harness.main("resume", case, default_count=3 * len(names()), quick_count=3)
