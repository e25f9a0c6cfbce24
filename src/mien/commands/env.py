"""mien env: show versions, processor, GPU and folders, for a bug report."""

from __future__ import annotations

from dataclasses import dataclass

from mien.commands.verb_result import VerbResult


@dataclass(frozen=True)
class Environment(VerbResult):
    rows: dict[str, str]

    def as_dict(self) -> dict[str, str]:
        return self.rows

    def __str__(self) -> str:
        return "\n".join(f"{name:<12} {value}" for name, value in self.rows.items())


def env() -> Environment:
    """Show versions, processor, GPU and folders."""
    from importlib.metadata import version

    from mien.data.prepare import cache_root
    from mien.runtime.device import listed
    from mien.trainer.run_metadata import environment

    libraries = {name: version(name) for name in ("numpy", "pillow", "safetensors", "msgspec", "tyro", "rich")}
    return Environment({**environment(), "devices": listed(), **libraries, "cache": str(cache_root())})
