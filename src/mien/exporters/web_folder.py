"""A run as a folder of static files: one page that generates in the visitor's browser, by onnxruntime-web.

The folder needs no server but one that sends files, and nothing from elsewhere. The runtime comes from the npm package
`onnxruntime-web`, whose files are too large for mien's own package.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import torch

from mien.data.attributes import attributes_of
from mien.errors import UsageError
from mien.exporters import graphs, onnx_file, programs
from mien.exporters.usage import facts_of
from mien.inference.generator import Generator
from mien.inference.translator import OTHER, Translator
from mien.media.pixels import resolution_text

SEEDS = 64  # whose latents lie beside the page, so that it shows the images of `mien generate`
PAGE = ("index.html", "app.js", "style.css")
WASM = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
WEBGPU = ("ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm")
PLACES = (Path("node_modules/onnxruntime-web/dist"),)
CURE = "npm install onnxruntime-web here, or --runtime with the folder dist of that package"


def runtime_files(folder: Path | None) -> dict[str, Path]:
    """Return name -> file of onnxruntime-web: WebAssembly, and WebGPU if it is there. Raises UsageError without it."""
    places = PLACES if folder is None else (folder, folder / "dist")
    for place in places:
        if all((place / name).is_file() for name in WASM):
            gpu = WEBGPU if all((place / name).is_file() for name in WEBGPU) else ()
            return {name: place / name for name in (*WASM, *gpu)}
    where = f"--runtime {folder}" if folder else "--to web"
    raise UsageError(f"{where}: onnxruntime-web is not there ({', '.join(WASM)}): {CURE}")


def web_files(model: Generator | Translator, runtime: dict[str, Path], half: bool) -> dict[str, bytes]:
    """Return the folder's files but for the runtime. Raises FileError if a network differs from mien's numbers."""
    if isinstance(model, Translator):
        made = graphs.of_translator(model, half)
        names = {f"{OTHER[to]} to {to}": f"{graph.name}.onnx" for to, graph in zip(model.routes, made, strict=True)}
        own: dict[str, Any] = {"kind": "translator", "files": names}
        files: dict[str, bytes] = {}
    else:
        made = graphs.of_generator(model, False, half, False)
        own, files = generator_files(model)
    for graph in made:
        data, run = onnx_file.onnx_bytes(graph, facts_of(model, "fp16" if half else "fp32"), "")
        programs.largest_difference(graph, run, half)
        files[f"{graph.name}.onnx"] = data
    facts = {
        **own,
        "title": f"{model.recipe.name}: images in your browser",
        "resolution": model.resolution,
        "channels": model.channels,
        "webgpu": WEBGPU[0] in runtime,
        "card": card(model),
    }
    page = resources.files("mien.exporters") / "page"
    return {**files, "model.json": json.dumps(facts).encode(), **{name: (page / name).read_bytes() for name in PAGE}}


def generator_files(generator: Generator) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what the page must know of a generator, and the latents and labels of the first seeds."""
    rows = torch.stack([generator.latent(seed) for seed in range(SEEDS)]).float()
    z, labels = rows[:, : generator.latent_dim], rows[:, generator.latent_dim :]
    condition, attributes = generator.recipe.condition, []
    if condition and condition.names and generator.labels is not None:
        known = attributes_of(condition.names, generator.labels.cpu().numpy())
        attributes = [{"name": one.name, "values": one.values, "columns": one.columns} for one in known]
    own = {
        "kind": "generator",
        "files": {"image": "generator.onnx"},
        "latent_dim": generator.latent_dim,
        "label_dim": labels.shape[1],
        "seeds": SEEDS,
        "attributes": attributes,
    }
    files = {"latents.bin": z.contiguous().numpy().tobytes()}
    if labels.shape[1]:
        files["labels.bin"] = labels.contiguous().numpy().tobytes()
    return own, files


def card(model: Generator | Translator) -> list[tuple[str, str]]:
    """Return rows of (name, text) for the page."""
    condition = model.recipe.condition
    rows = [
        ("run", model.run),
        ("recipe", model.recipe.name),
        ("real images shown to the discriminator", f"{model.images / 1000:,g} thousand"),
        ("resolution", f"{resolution_text(*model.resolution)} px"),
        ("condition", f"{condition.kind}: {', '.join(condition.names)}" if condition else "none"),
        ("made with", f"mien {facts_of(model, 'fp32')['mien']}; onnxruntime-web (MIT licence) runs the network"),
    ]
    return [(name, text.removesuffix(": ")) for name, text in rows]
