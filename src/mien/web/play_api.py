"""What the page Play fetches: what a model can do, images of scenes, files to save, and scenes from saved files."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec
import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from mien.errors import FileError, MienError, UsageError
from mien.media.image_files import encode, read_facts, to_image
from mien.media.pixels import enlarged, grid, visible_scale
from mien.runs.directory import RunDirectory
from mien.runtime import typed_json
from mien.runtime.typed_json import number
from mien.web.models import one_thread, snapshot_of
from mien.web.shelf import SNAPSHOT, NotFound, changed_at, numbered

if TYPE_CHECKING:
    from mien.inference.generator import Generator
    from mien.inference.scene import Scene
    from mien.web.app import Studio

MOST_SCENE = 1 << 14  # characters of a scene
LARGEST_FILM = 60_000_000  # pixels, over all frames
FRAMES, FPS = 20, 20  # of a film, from seed to seed


class Described(TypedDict, total=False):
    """A scene as a page sends it; see `Scene`."""

    seeds: list[int]
    truncation: float
    requested: dict[str, str]
    directions: dict[str, float]
    at: float | None
    style: int | None
    layers: str
    latent: str


def scene_of(request: Request) -> Scene:
    """Return the scene of the query. Raises UsageError."""
    from mien.inference.scene import Scene

    text = request.query_params.get("scene", "{}")
    if len(text) > MOST_SCENE:
        raise UsageError("the scene is too long")
    described = typed_json.decode(text, Described, "the scene", UsageError)
    return Scene(**{**described, "seeds": tuple(described.get("seeds", [0]))})  # type: ignore[arg-type]  # Described has the fields of Scene


def routes(studio: Studio) -> Iterator[tuple[Any, ...]]:
    """Yields (path, function[, method])."""
    models = studio.models

    def run_of(request: Request) -> RunDirectory:
        return studio.shelf.run(request.path_params["id"])

    def model(request: Request, body: bytes) -> Any:
        run = run_of(request)
        with models.lock:
            found = models.load(run, snapshot(request))
        return {
            **described(found, run),
            "snapshots": numbered(run.snapshots, SNAPSHOT),
            "best": bool(run.best_snapshots()),
        }

    def images(request: Request, body: bytes) -> Any:
        run, scene = run_of(request), scene_of(request)
        with models.lock, one_thread():
            pixels = scene.images(models.generator(run, snapshot(request)), run.path, quick=True)
        columns = math.ceil(math.sqrt(len(pixels)))
        file = io.BytesIO()
        to_image(grid(pixels, columns, gap=0)).save(file, "PNG", compress_level=1)
        return Response(file.getvalue(), media_type="image/png", headers={"x-columns": str(columns)})

    def file(request: Request, body: bytes) -> Any:
        run, scene = run_of(request), scene_of(request)
        with models.lock:
            generator = models.generator(run, snapshot(request))
            pixels = scene.images(generator, run.path)
        name, data = saved(scene, generator, pixels)
        return attachment(data, "image/png", name)

    def film(request: Request, body: bytes) -> Any:
        run, scene = run_of(request), scene_of(request)
        ending = request.path_params["ending"]
        with models.lock:
            data = film_of(scene, models.generator(run, snapshot(request)), run, ending)
        return attachment(
            data, {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}[ending], f"walk.{ending}"
        )

    def command(request: Request, body: bytes) -> Any:
        run, chosen = run_of(request), snapshot(request)
        snapshot_of(run, chosen)  # it exists
        return {"command": scene_of(request).command(str(run.path), plain_kimg(chosen) or None)}

    def scene_of_file(request: Request, body: bytes) -> Any:
        return read_scene(studio, body)

    yield "/api/run/{id}/model", model
    yield "/api/run/{id}/images", images
    yield "/api/run/{id}/file", file
    yield "/api/run/{id}/film/{ending:str}", film
    yield "/api/run/{id}/command", command
    yield "/api/scene", scene_of_file, "POST"


def snapshot(request: Request) -> str:
    return request.query_params.get("snapshot", "")


def plain_kimg(name: str) -> str:
    """ "000200.064" -> "200.064"; "000000.500" -> "0.500"."""
    whole, point, rest = name.partition(".")
    return f"{int(whole)}{point}{rest}" if whole.isdecimal() else name


def attachment(data: bytes, kind: str, name: str) -> Response:
    return Response(data, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def described(model: Any, run: RunDirectory) -> dict[str, Any]:
    """Return what a page must know of a model to show its controls."""
    from mien.inference.generator import Generator
    from mien.inference.latents.synthesis import w_of

    common = {"run": run.name, "kimg": model.images / 1000, "height": model.resolution[0], "width": model.resolution[1]}
    if not isinstance(model, Generator):
        return {**common, "kind": "translator", "routes": {to: len(way) for to, way in model.routes.items()}}
    w = w_of(model, [0])
    return {
        **common,
        "kind": "generator",
        "layers": w.shape[1] if w.dim() == 3 else 0,
        "condition": condition_of(model),
        "directions": directions_of(run),
        "latents": latents_of(run),
    }


def condition_of(generator: Generator) -> dict[str, Any] | None:
    """Return the condition's kind, and what it can request; None without one."""
    from mien.data.attributes import BINARY, attributes_of

    condition = generator.recipe.condition
    if condition is None or generator.labels is None:
        return None
    if condition.kind == "class":
        return {"kind": "class", "names": condition.names}
    if condition.kind == "attributes":
        found = attributes_of(condition.names, generator.labels.cpu().numpy())
        return {
            "kind": "attributes",
            "attributes": [{"name": one.name, "values": one.values, "binary": one.values == BINARY} for one in found],
        }
    return {"kind": "condition" if condition.kind == "own" else "text"}


def directions_of(run: RunDirectory) -> list[dict[str, Any]]:
    """Return the directions that `mien directions` found: name, and share; [] if there are none, or damaged ones."""
    from mien.inference.latents.directions import FILE, Beside

    try:
        return [dict(row) for row in typed_json.read((run.path / FILE).with_suffix(".json"), Beside)["directions"]]
    except FileError:
        return []


def latents_of(run: RunDirectory) -> list[str]:
    """Return the files of latents that were found for photos, the newest last."""
    from mien.inference.scene import FILE_NAME, PROJECTED

    found = [path for path in (run.path / PROJECTED).glob("*.safetensors") if re.fullmatch(FILE_NAME, path.name)]
    return [path.name for path in sorted(found, key=changed_at)]


# --- files ------------------------------------------------------------------------------------------------------------


def saved(scene: Scene, generator: Generator, pixels: np.ndarray) -> tuple[str, bytes]:
    """Return (name, content) of a PNG that `mien reproduce` can generate again."""
    facts = scene.facts(generator)
    if len(pixels) == 1:
        name = (
            "between.png" if scene.at is not None else "latent.png" if scene.latent else f"seed{scene.seeds[0]:04d}.png"
        )
        return name, encode(to_image(pixels[0]), "png", facts)
    columns = math.ceil(math.sqrt(len(pixels)))
    rows = math.ceil(len(pixels) / columns)
    scale = visible_scale(generator.resolution, rows, columns)
    facts |= {"columns": columns, "rows": rows, "scale": scale}
    return "grid.png", encode(to_image(grid(enlarged(pixels, scale), columns)), "png", facts)


def film_of(scene: Scene, generator: Generator, run: RunDirectory, ending: str) -> bytes:
    """Return a film of the path through the scene's seeds, as GIF, WebP or MP4. Raises UsageError."""
    from dataclasses import replace

    import torch

    from mien.inference.latents.synthesis import stream
    from mien.media import animation

    if ending not in animation.ENDINGS:
        raise NotFound(f"there is no film in the format {ending[:20]!r}")
    count = (len(scene.seeds) - 1) * FRAMES + 1
    height, width = generator.resolution
    if count < 2 or count * height * width > LARGEST_FILM:
        raise UsageError("a film needs two seeds or more, and fewer than this")
    scale = max(1, min(visible_scale((height, width), 1, 1), math.isqrt(LARGEST_FILM // (count * height * width))))
    path = torch.cat([replace(scene, at=index / FRAMES).w(generator, run.path, quick=True) for index in range(count)])
    pixels = np.concatenate(list(stream(generator, path.split(64))))
    return animation.encode([animation.frame(one[None], 1, scale) for one in pixels], FPS, ending)


def read_scene(studio: Studio, data: bytes) -> dict[str, Any]:
    """Return {"run", "snapshot", "scene"} of a saved image, to set the page's controls. Raises UsageError."""
    from mien.inference.scene import from_facts

    try:
        with Image.open(io.BytesIO(data)) as image:
            facts = read_facts(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UsageError("this file is no image") from None
    if facts is None:
        raise UsageError("this image does not say how it was generated")
    scene = from_facts(facts)
    try:
        run = studio.shelf.run(str(facts.get("run")))
    except MienError:
        raise UsageError(f"this image comes from the run {str(facts.get('run'))[:80]}, which is not here") from None
    images = round(number(facts, "kimg") * 1000)
    at = next((one for one in numbered(run.snapshots, SNAPSHOT) if round(float(one) * 1000) == images), "")
    if not at and not any(path.stem.endswith(f"{images // 1000:06d}") for path in run.best_snapshots()):
        raise UsageError(f"{run.name} has no snapshot at {images / 1000:g} kimg any more")
    return {"run": run.name, "snapshot": at or "best", "scene": msgspec.to_builtins(scene)}
