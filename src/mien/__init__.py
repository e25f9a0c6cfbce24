"""mien learns faces from a folder of images and generates new ones.

    run = mien.train("dcgan", data="faces", budget="30m")
    G = mien.load(run)
    G(seeds=range(16))  # -> [PIL.Image]

Every verb of the command line is a function here, with the same arguments and the same checks. `mien data check` is
`mien.check_data`, `mien submit hw6` is `mien.submit_hw6`. Numbers, paths, lists and runs may stand where the command
line has text: `mien.generate(run, seeds=[0, 1])`. A mistake raises a MienError that names the argument. The losses and
the metrics are functions, too, for any training loop: `mien.losses.r1_penalty`, `mien.metrics.fid`. A verb that an
installed package adds is a function here, too.

`__init__.pyi` has the types, for editors and type checkers; `python tests/stub.py` writes it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0.dev0"

_SAME_NAME = (
    *("compare", "demo", "directions", "doctor", "env", "evaluate", "export", "generate", "gradients", "interpolate"),
    *("lab", "log", "mix", "neighbours", "project", "report", "reproduce", "resume", "serve", "studio", "train"),
    *("translate", "video", "weights"),
)
"""No room may bear a verb's name: once imported, it would stand in the function's place."""

VERBS = {
    **{name: (f"mien.commands.{name}", name) for name in _SAME_NAME},
    "align_data": ("mien.commands.data_align", "align"),
    "check_data": ("mien.commands.data_check", "check"),
    "check_submission": ("mien.commands.submit", "check"),
    "label_data": ("mien.commands.data_label", "label"),
    "list_recipes": ("mien.commands.recipes", "recipes"),
    "prepare_data": ("mien.commands.data_prepare", "prepare"),
    "submit_hw6": ("mien.commands.submit", "hw6"),
}
"""Name here -> the verb's module, and its function there."""

_OTHERS = {
    "DryRun": ("mien.trainer.run", "DryRun"),
    "Generator": ("mien.inference.generator", "Generator"),
    "MienError": ("mien.errors", "MienError"),
    "Run": ("mien.trainer.run", "Run"),
    "Translator": ("mien.inference.translator", "Translator"),
    "create_networks": ("mien.recipes.create_networks", "create_networks"),
    "load": ("mien.trainer.run", "load"),
}
_ROOMS = ("losses", "metrics", "recipes")

__all__ = sorted([*VERBS, *_OTHERS, *_ROOMS])


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: `import mien` stays light."""
    if name in _ROOMS:
        return import_module(f"mien.{name}")
    if name in VERBS:
        from mien.commands.python_api import checked, plain

        module, function = VERBS[name]
        found = checked(f"mien.{name}")(plain(getattr(import_module(module), function)))
    elif name in _OTHERS:
        module, function = _OTHERS[name]
        found = getattr(import_module(module), function)
    else:
        found = _installed(name)
    globals()[name] = found  # the next look finds the same object
    return found


def _installed(name: str) -> Any:
    """The verb that an installed package adds under this name."""
    if not name.startswith("_"):
        from mien.commands.installed_verbs import find_installed, load
        from mien.commands.python_api import checked

        verb = find_installed(name)
        if verb is not None:
            return checked(f"mien.{name}")(load(verb))
    raise AttributeError(f"module 'mien' has no attribute {name!r}")


def __dir__() -> list[str]:
    from mien.commands.installed_verbs import installed_verbs

    return [*__all__, *(verb.name for verb in installed_verbs() if not verb.refused), "__version__"]
