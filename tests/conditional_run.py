"""A run of a tiny conditional generator, as training would leave it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from mien import recipes
from mien.conditioning.condition import Condition
from mien.conditioning.text.words import Words
from mien.config import serialization
from mien.runs.directory import RunDirectory
from mien.runs.snapshot import save_snapshot
from mien.runtime.atomic_files import write_json

LATENT, EMBEDDED = 8, 4
CLASSES = Condition("class", 3, ("a", "b", "c"), embedding_dim=EMBEDDED)
ATTRIBUTES = Condition("attributes", 3, ("hair=black", "hair=pink", "glasses"), embedding_dim=EMBEDDED)
TEXTS = Condition("text", Words.dim, encoder="words", embedding_dim=EMBEDDED, noise=0.7)

SMALL = ("resolution=16x16", f"generator.latent_dim={LATENT}", "generator.width=4")


def conditional_run(outdir: Path, condition: Condition, recipe: str = "dcgan") -> RunDirectory:
    """outdir/00005-…: labels of which each has another picture; of texts, two."""
    name = f"00005-{recipe}-{condition.kind}"
    run = RunDirectory(outdir / name)
    run.snapshots.mkdir(parents=True)
    own = ("generator.w_dim=5",) if recipe == "stylegan2" else ()
    small = replace(recipes.find(recipe).override((*SMALL, *own)), condition=condition)
    write_json(run.recipe, serialization.encode(small))
    torch.manual_seed(5)
    network = small.build_generator()
    for parameter in network.parameters():  # fresh weights of 0.02 draw plain gray: larger ones draw pictures
        if parameter.dim() > 1 and recipe != "stylegan2":
            parameter.data.mul_(8)
    kept = torch.eye(3) if condition.kind != "text" else torch.from_numpy(Words()(["pink hair", "silver hair"]))
    header = {"recipe": serialization.encode(small), "run": name, "images": 3000}
    tensors = {"G": dict(network.state_dict()), "labels": {"kept": kept}}
    save_snapshot(run.snapshots / "kimg-000003.safetensors", tensors, header)
    return run
