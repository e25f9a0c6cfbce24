"""The metadata of a run: files that explain the folder and do not change while the run trains."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mien import __version__
from mien.config import serialization
from mien.data.prepared import PreparedSet
from mien.recipes.recipe import Recipe
from mien.runs.directory import RunDirectory
from mien.runtime import distributed, typed_json
from mien.runtime.atomic_files import io_errors, write_json, write_text


def write_metadata(
    run: RunDirectory, recipe: Recipe, pictures: PreparedSet, data: str, code: Sequence[Path] = ()
) -> None:
    """Write the environment, the data card, the user's own code (also the files `code`) and README.md."""
    write_json(run.environment, environment())
    write_json(run.data, {"data": data, "lines": pictures.describe(), "info": pictures.info})
    for path in {*serialization.user_files(serialization.encode(recipe)), *(path.resolve() for path in code)}:
        with io_errors(run.code):
            run.code.mkdir(exist_ok=True)
            shutil.copy(path, run.code / path.name)
    write_text(run.path / "README.md", readme(run))


def write_recipe(run: RunDirectory, recipe: Recipe) -> None:
    """Write recipe.json, which makes a folder a run. It comes last: a run that has it can be resumed."""
    write_json(run.recipe, serialization.encode(recipe))


def append_command(run: RunDirectory) -> None:
    """Append to command.txt: one line for the start and one for each resume."""
    old = typed_json.read_bytes(run.command).decode(errors="replace") if run.command.exists() else ""
    write_text(run.command, old + command_line() + "\n")


def command_line() -> str:
    """Return the command as typed, or a comment if Python's API was used."""
    program = Path(sys.argv[0]).name
    if program in ("mien", "__main__.py"):
        return shlex.join(["mien", *sys.argv[1:]])
    return f"# from Python: {program or 'interactive'}"


def environment() -> dict[str, str]:
    return {
        "mien": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "processes": str(distributed.world_size()),
    }


def readme(run: RunDirectory) -> str:
    return f"""# {run.name}

A training run of mien {__version__}. This folder is complete and can be moved.

| file | what |
|---|---|
| `samples/fakes000200.png` | images of the same 64 latents after 200 kimg (200,000 real images shown to D) |
| `reals.png` | real images, as the discriminator gets them |
| `snapshots/kimg-000200.safetensors` | the generator (moving average), its recipe in the header |
| `checkpoints/kimg-000200/` | everything that `mien resume` needs |
| `stats.jsonl`, `events.jsonl` | one row a tick; the events with their time |
| `metrics.jsonl`, `best.json` | evaluations; the best generator by the first metric |
| `recipe.json`, `config.json`, `data.json`, `environment.json` | recipe, options, data, machine |
| `command.txt`, `command.json` | the commands as typed; the options of `mien train` |
| `init.json` | the networks that it started from, if they were not random |
| `status.json`, `latest.json`, `log.txt` | state and progress |

    mien generate {run.path} --seeds 0-99
    mien report {run.path}
    mien resume {run.path}
"""
