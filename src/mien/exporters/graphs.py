"""Networks in the form that leaves mien: modules whose inputs and outputs have names, shapes and examples.

A generator of noise is one graph from z to images, or two: `mapping` (z -> w) and `synthesis` (w -> images). A
translator is one graph for each target domain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.func import functional_call

from mien.errors import UsageError
from mien.inference.generator import Generator
from mien.inference.translator import OTHER, Translator
from mien.networks.stylegan2 import StyleLayer
from mien.protocols import is_style_generator, translation_generator

IMAGE = "about -1 (black) to 1 (white)"
Inputs = tuple[Tensor, ...]


@dataclass(frozen=True)
class Value:
    """An input or an output. shape: a text is a dynamic dimension. about: range and meaning."""

    name: str
    shape: tuple[int | str, ...]
    about: str


@dataclass(frozen=True)
class Graph:
    """A module to export. Its forward takes one tensor for each of `inputs`.

    name: the stem of its file. example: inputs for a batch size, made from the seeds 0, 1, …; their image sizes change
    with the batch where they may. reference: what mien itself computes for them. dims: the dynamic dimensions by the
    names in the shapes, in units of `multiple` for height and width.
    """

    name: str
    module: nn.Module
    inputs: tuple[Value, ...]
    output: Value
    example: Callable[[int], Inputs]
    reference: Callable[[Inputs], Tensor]
    multiple: int = 1

    def dynamic_shapes(self) -> tuple[tuple[dict[int, Dim], ...]]:
        """Return what `torch.export` takes for a forward with `*inputs`."""
        known = {"batch": Dim("batch", min=1)}
        for side in ("height", "width"):
            known[side] = self.multiple * Dim(side, min=1) if self.multiple > 1 else Dim(side, min=1)
        return (
            tuple(
                {place: known[size] for place, size in enumerate(one.shape) if isinstance(size, str)}
                for one in self.inputs
            ),
        )


# --- modules ----------------------------------------------------------------------------------------------------------


class Mapping(nn.Module):
    """z [N,latent_dim], truncation [], label [N,K] of a conditional generator -> w. Always in float32.

    truncation is a tensor, which a graph may change; `mapping` itself takes only a constant. Both ends of the line from
    the mean to w have one mapping network; ONNX's optimizer joins the two.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network if is_style_generator(network) else None

    def forward(self, *inputs: Tensor) -> Tensor:
        z, truncation, *label = inputs
        if self.network is None or not is_style_generator(self.network):
            return z * truncation
        given = label[0] if label else None
        return torch.lerp(self.network.mapping(z, given, truncation=0.0), self.network.mapping(z, given), truncation)


class Synthesis(nn.Module):
    """w, and noise [N,1,H,W] for each of the named buffers -> images [N,C,H,W] in float32."""

    def __init__(self, network: nn.Module, noise: Sequence[str] = ()):
        super().__init__()
        self.images, self.noise = ImagesOfStyles(network), tuple(f"network.{name}" for name in noise)

    def forward(self, *inputs: Tensor) -> Tensor:
        own = next(self.images.parameters()).dtype
        w, *noise = (one.to(own) for one in inputs)
        image: Tensor = functional_call(self.images, dict(zip(self.noise, noise, strict=True)), (w,))
        return image.float()


class ImagesOfStyles(nn.Module):
    """The synthesis of a network as a forward, so that `functional_call` can replace its buffers."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, w: Tensor) -> Tensor:
        image: Tensor = self.network.synthesis(w) if is_style_generator(self.network) else self.network(w)
        return image


class Whole(nn.Module):
    """z, truncation, label of a conditional generator, noise -> images."""

    def __init__(self, mapping: Mapping, synthesis: Synthesis, latents: int):
        super().__init__()
        self.mapping, self.synthesis, self.latents = mapping, synthesis, latents

    def forward(self, *inputs: Tensor) -> Tensor:
        image: Tensor = self.synthesis(self.mapping(*inputs[: self.latents]), *inputs[self.latents :])
        return image


class Translation(nn.Module):
    """Source [N,C,H,W] -> image of the same shape, both in float32."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor:
        image: Tensor = self.network(inputs[0].to(next(self.network.parameters()).dtype))
        return image.float()


# --- graphs -----------------------------------------------------------------------------------------------------------


def of_generator(generator: Generator, split: bool, half: bool, noise_inputs: bool) -> list[Graph]:
    """Return the graph of a generator, or with `split` those of its mapping and its synthesis.

    half: weights and computation in float16; inputs and outputs stay float32. noise_inputs: the noise of each style
    layer is an input. Otherwise it is the fixed noise of the snapshot, as in `mien generate`. Raises UsageError for a
    generator without mapping or noise.
    """
    if split and not is_style_generator(generator.noise_generator):
        raise UsageError(f"--split: {generator.recipe.name} has no mapping network: leave it out")
    network = deepcopy(generator.network).cpu()
    mapper = Mapping(network)
    if half:  # the mapping stays in float32: it has few weights, and an error in w is an error in every layer
        network = deepcopy(network).half()
    conditional = generator.labels is not None
    layers = {f"{name}.noise": one for name, one in network.named_modules() if isinstance(one, StyleLayer)}
    if noise_inputs and not layers:
        raise UsageError(f"--noise input: {generator.recipe.name} has no layers of noise: leave it out")
    layers = layers if noise_inputs else {}
    noise = tuple(
        Value(f"noise_{place}", ("batch", 1, *one.noise.shape[2:]), "standard normal; zeros switch it off")
        for place, one in enumerate(layers.values())
    )
    fixed = [one.noise.float() for one in layers.values()]
    latents = [
        Value("z", ("batch", generator.latent_dim), "standard normal"),
        Value("truncation", (), "0 (every image is the mean) to 2; 1: as trained"),
    ]
    if generator.labels is not None:
        latents.append(Value("label", ("batch", generator.labels.shape[1]), "the condition; zeros: nothing is known"))
    shape = tuple(generator.mapping(generator.latents([0])).shape[1:])
    w = Value("w", ("batch", *shape), "a point of the latent space w")
    image = Value("image", ("batch", generator.channels, *generator.resolution), IMAGE)

    def latent_inputs(batch: int) -> Inputs:
        """Truncation is 1 for one image and smaller for more."""
        rows = generator.latents(range(batch)).cpu()
        z, label = rows[:, : generator.latent_dim], rows[:, generator.latent_dim :]
        return (z, torch.tensor(1 - (batch - 1) / 16), *([label] if conditional else []))

    def noise_of(batch: int) -> list[Tensor]:
        return [one.repeat(batch, 1, 1, 1) for one in fixed]

    def w_of(inputs: Inputs) -> Tensor:
        z, truncation, *label = inputs
        return generator.mapping(torch.cat([z, *label], 1).to(generator.device), float(truncation))

    def images_of(w: Tensor) -> Tensor:
        return generator.synthesis(w.to(generator.device)).cpu()

    if not split:
        whole = Whole(mapper, Synthesis(network, tuple(layers)), len(latents))
        return [
            Graph(
                "generator",
                whole,
                (*latents, *noise),
                image,
                lambda batch: (*latent_inputs(batch), *noise_of(batch)),
                lambda inputs: images_of(w_of(inputs[: len(latents)])),
            )
        ]
    return [
        Graph("mapping", mapper, tuple(latents), w, latent_inputs, lambda inputs: w_of(inputs).cpu()),
        Graph(
            "synthesis",
            Synthesis(network, tuple(layers)),
            (w, *noise),
            image,
            lambda batch: (w_of(latent_inputs(batch)).cpu().contiguous(), *noise_of(batch)),
            lambda inputs: images_of(inputs[0]),
        ),
    ]


def of_translator(translator: Translator, half: bool) -> list[Graph]:
    """Return a graph for each target domain."""
    found = []
    height, width = translator.resolution
    for to, route in translator.routes.items():
        eager = translator.networks[route[0]]
        network = deepcopy(eager).cpu()
        multiple = translation_generator(network).multiple
        sides = f"height and width: multiples of {multiple}" if multiple > 1 else "any height and width"

        def example(batch: int, multiple: int = multiple) -> Inputs:
            """Sources of the training's resolution; for more than one image, larger by one multiple."""
            random, more = torch.Generator().manual_seed(batch), multiple if batch > 1 else 0
            size = (batch, translator.channels, height + more, width + more)
            return (torch.rand(size, generator=random) * 2 - 1,)

        def reference(inputs: Inputs, eager: nn.Module = eager) -> Tensor:
            image: Tensor = eager(inputs[0].to(translator.device))
            return image.cpu()

        source = Value("source", ("batch", translator.channels, "height", "width"), f"{IMAGE}; {sides}")
        image = Value("image", source.shape, IMAGE)
        name = f"translate-{OTHER[to]}-to-{to}"
        module = Translation(network.half() if half else network)
        found.append(Graph(name, module, (source,), image, example, reference, multiple))
    return found
