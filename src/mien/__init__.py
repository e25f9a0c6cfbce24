"""mien learns faces from a folder of pictures and draws new ones.

    run = mien.train("dcgan", data="faces", budget="30m")
    G = mien.load(run.path)
    G(seeds=range(16))  # -> [PIL.Image]

Every verb of the command line is a function here, with the same arguments and the same checks; those of `mien data`
and `mien submit` are in `mien.commands.data` and `mien.commands.submit`. Numbers, paths and lists may stand where the
command line has texts: `mien.generate(run, seeds=[0, 1])`. A mistake raises a MienError that names the argument.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0.dev0"

VERBS = (
    *("compare", "demo", "directions", "env", "evaluate", "generate", "gradients", "interpolate", "lab", "mix"),
    *("neighbours", "project", "report", "resume", "train", "translate", "video", "weights"),
)
"""No room of mien's may bear a verb's name: once imported, it would stand in the verb's place."""


def __getattr__(name: str) -> Any:
    """Verbs and `load` are imported when first asked for: `import mien` stays light."""
    from importlib import import_module

    if name in VERBS:
        from mien.python_api import checked

        verb = checked(f"mien.{name}")(getattr(import_module(f"mien.commands.{name}"), name))
        globals()[name] = verb  # the next look finds the same function
        return verb
    if name == "load":
        return import_module("mien.trainer.run").load
    if name == "Run":
        return import_module("mien.trainer.run").Run
    raise AttributeError(f"module 'mien' has no attribute {name!r}")
