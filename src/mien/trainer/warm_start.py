"""Warm start: `mien train --init RUN` starts from the networks of another run.

Resolution and condition may differ. Columns that read z, an embedded label or a label (hair=pink) are copied by name.
Inputs that the old network lacks keep their new initialization.

Any other layer is copied if the old network has a layer of the same shapes in the same order. Networks for different
resolutions differ on the side of the image. So of several alignments mien takes the one that agrees from the base
(4 x 4) on: there a generator begins and a discriminator ends.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import replace

import torch
from torch import Tensor

from mien.conditioning.condition import Condition
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.protocols import noise_generator
from mien.recipes.recipe import Recipe
from mien.trainer.init_source import Source
from mien.training.layers import by_layer, common, size
from mien.training.state import Training

State = dict[str, Tensor]
"""One network's tensors by name."""

Axes = dict[int, list[str]]
"""Names of the positions along some axes of a tensor: {1: ["z 0", "z 1", …, "label 0", …]}."""

ADDED = "condition:"
"""Prefix of the tensors that a condition adds to a network. They are copied by name alone."""


def copy_weights(training: Training, recipe: Recipe, origin: Source) -> list[str]:
    """Copy the weights that fit, and return a line for each network. recipe: of the new run.

    Raises UsageError if no layer fits.
    """
    lines, taken = [], 0
    targets = {**training.networks, **{f"{name}_ema": module for name, module in training.ema.modules.items()}}
    named = {True: [generator_axes(one) for one in (origin.recipe, recipe)],
             False: [discriminator_axes(one) for one in (origin.recipe, recipe)]}  # fmt: skip
    for name, network in targets.items():
        # A snapshot has averaged generators only; they start both the generators and their averages.
        found = origin.tensors.get(name) or origin.tensors.get(f"{name}_ema")
        if found is None:
            lines.append(f"{name} starts with new weights: {origin.name} has none")
            continue
        kept = training.given[base].names if (base := name.removesuffix("_ema")) in training.given else frozenset()
        found, own = (
            {key: part for key, part in side.items() if key not in kept} for side in (found, network.state_dict())
        )
        old, new = unwrapped(found, origin.recipe), unwrapped(own, recipe)
        whole = sum(tensor.numel() for tensor in new.values())
        generates = name.removesuffix("_ema") in training.game.generators
        fits = copy_named(old, new, *named[generates]) + copy_layers(old, new, base_first=generates)
        taken += fits
        if not name.endswith("_ema"):
            lines.append(f"{name} takes over {fits:,} of its {whole:,} numbers ({fits / whole:.0%})")
    if not taken:
        raise UsageError(f"--init {origin.name}: no layer of its {origin.recipe.name} fits: train the same recipe")
    lost = origin.recipe.condition if recipe.condition is None else None
    without = f", without its condition: --cond {lost.kind} would copy it" if lost else ""
    return [f"{origin}{without}", *lines]


# --- tensors with named columns ---------------------------------------------------------------------------------------


def unwrapped(tensors: State, recipe: Recipe) -> State:
    """Return the network's tensors, named as without a condition, and with a prefix those of the condition."""
    if recipe.condition is None:
        return dict(tensors)
    own = ("generator.", "discriminator.")
    return {key.partition(".")[2] if key.startswith(own) else ADDED + key: part for key, part in tensors.items()}


def generator_axes(recipe: Recipe) -> dict[str, Axes]:
    """Return the names along the axes that read the latent: in any network they grow with `latent_dim`."""
    known = inspect.signature(recipe.generator.network.of).parameters
    if "latent_dim" not in known:
        return {}
    plain = replace(recipe, condition=None)
    one = plain.build_generator()
    length = noise_generator(one).latent_dim
    longer = Spec(recipe.generator.network.of, **{**recipe.generator.network.arguments, "latent_dim": length + 1})
    other = plain.replace(generator=longer).build_generator().state_dict()
    z, embedded = [f"z {number}" for number in range(length)], embedded_names(recipe.condition)
    axes = {
        key: {axis: [*z, *embedded] for axis, size in enumerate(tensor.shape) if size != other[key].shape[axis]}
        for key, tensor in one.state_dict().items()
        if tensor.shape != other[key].shape
    }
    return axes | {f"{ADDED}embedding.weight": {0: embedded, 1: label_names(recipe.condition)}}


def discriminator_axes(recipe: Recipe) -> dict[str, Axes]:
    """Return the names along the axes of the projection (with or without spectral norm) and of the classifier."""
    names, normed = label_names(recipe.condition), "embedding.parametrizations.weight"
    axes = {"embedding.weight": {1: names}, "classifier.weight": {0: names}, "classifier.bias": {0: names}}
    axes |= {f"{normed}.original": {1: names}, f"{normed}.0._u": {}, f"{normed}.0._v": {0: names}}
    return {ADDED + key: named for key, named in axes.items()}


def embedded_names(condition: Condition | None) -> list[str]:
    return [f"label {number}" for number in range(condition.embedding_dim)] if condition else []


def label_names(condition: Condition | None) -> list[str]:
    """Return the names of the label's numbers. Those of a text have the encoder's name: another encoder differs."""
    if condition is None:
        return []
    numbers = range(condition.dim)
    return list(condition.names) or [f"{condition.encoder}, {number} of {condition.dim}" for number in numbers]


def copy_named(old: State, new: State, old_axes: dict[str, Axes], new_axes: dict[str, Axes]) -> int:
    """Copy numbers by name from `old` into `new`, in place, and return their count.

    `new` may have further names. The copied tensors are removed from both dictionaries.
    """
    count = 0
    for key in old_axes.keys() & new_axes.keys() & old.keys() & new.keys():
        theirs, ours = names_of(old[key], old_axes[key]), names_of(new[key], new_axes[key])
        if any(one != other for axis, (one, other) in enumerate(zip(theirs, ours)) if axis not in new_axes[key]):
            continue
        shared = [[name for name in other if name in one] for one, other in zip(map(set, theirs), ours)]
        new[key][index_of(ours, shared)] = old[key][index_of(theirs, shared)].to(new[key].device)
        count += math.prod(map(len, shared))
        del old[key], new[key]
    return count


def names_of(tensor: Tensor, axes: Axes) -> list[list[str]]:
    """Return the names along each axis: positions ("0", "1", …) where `axes` has none."""
    return [axes.get(axis, list(map(str, range(length)))) for axis, length in enumerate(tensor.shape)]


def index_of(names: list[list[str]], shared: list[list[str]]) -> tuple[Tensor, ...]:
    """Return the index that selects the shared names of each axis from a tensor whose axes have these names."""
    found = []
    for own, chosen in zip(names, shared, strict=True):
        at = {name: place for place, name in enumerate(own)}
        found.append(torch.tensor([at[name] for name in chosen], dtype=torch.long))
    return torch.meshgrid(*found, indexing="ij")


# --- layers in order --------------------------------------------------------------------------------------------------


def copy_layers(found: State, state: State, base_first: bool) -> int:
    """Copy layers from `found` into `state`, in place, and return the count of numbers."""
    old, new = ([layer for name, layer in by_layer(side).items() if not name.startswith(ADDED)]
                for side in (found, state))  # fmt: skip
    if not base_first:
        old, new = old[::-1], new[::-1]
    pairs = common(old, new)
    for one, other in pairs:
        for name, tensor in new[other].items():
            tensor.copy_(old[one][name])
    return sum(size(new[other]) for _, other in pairs)
