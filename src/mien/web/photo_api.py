"""What pages do with a user's photo: translate it into the other domain, or find its latent."""

from __future__ import annotations

import io
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from mien.errors import DataError, MienError, UsageError
from mien.media.image_files import to_image
from mien.runs.directory import RunDirectory
from mien.web.datasets import plain_name
from mien.web.models import one_thread
from mien.web.play_api import snapshot
from mien.web.runs_api import whole_number
from mien.web.shelf import NotFound

if TYPE_CHECKING:
    from mien.inference.generator import Generator
    from mien.web.app import Studio

MOST_STEPS = 2000
SEARCHES = 20  # that are remembered


@dataclass
class Search:
    """A search for a photo's latent. share: done, 0 to 1. file: of the latent, in RUN/projected/; "" before the end."""

    share: float = 0.0
    file: str = ""
    trouble: str = ""
    error: float = 0.0


def routes(studio: Studio) -> Iterator[tuple[Any, ...]]:
    """Yields (path, function, method)."""
    models = studio.models
    searches: OrderedDict[str, Search] = OrderedDict()

    def run_of(request: Request) -> RunDirectory:
        return studio.shelf.run(request.path_params["id"])

    def translate(request: Request, body: bytes) -> Any:
        from mien.inference.translator import Translator

        with models.lock:
            model = models.load(run_of(request), snapshot(request))
            if not isinstance(model, Translator):
                raise UsageError(f"{model.run} generates from noise: open it under Play")
            pixels = decoded(body, *model.resolution, model.channels)
            with one_thread():
                found = model(pixels[None], model.domain(request.query_params.get("to") or None))
        file = io.BytesIO()
        to_image(np.concatenate([pixels, *(one[0] for one in found)], axis=1)).save(file, "PNG", compress_level=1)
        return Response(file.getvalue(), media_type="image/png", headers={"x-images": str(1 + len(found))})

    def project(request: Request, body: bytes) -> Any:
        run, steps = run_of(request), whole_number(request, "steps") or 200
        if steps > MOST_STEPS:
            raise UsageError(f"a search has at most {MOST_STEPS} steps here: use mien project for more")
        if any(one.share < 1 and not one.trouble for one in searches.values()):
            raise UsageError("a search runs already: wait for its end")
        with models.lock:
            generator = models.generator(run, snapshot(request))
        pixels = decoded(body, *generator.resolution, generator.channels)
        search, name = Search(), secrets.token_hex(6)
        searches[name] = search
        while len(searches) > SEARCHES:
            searches.popitem(last=False)
        photo = plain_name(request.query_params.get("name", "photo"))
        threading.Thread(target=find, args=(search, run, generator, pixels, photo, steps), daemon=True).start()
        return {"search": name}

    def progress(request: Request, body: bytes) -> Any:
        name = request.path_params["search"]
        if name not in searches:
            raise NotFound("this search is over: the studio was started again")
        return vars(searches[name])

    yield "/api/run/{id}/translate", translate, "POST"
    yield "/api/run/{id}/project", project, "POST"
    yield "/api/search/{search}", progress


def decoded(data: bytes, height: int, width: int, channels: int) -> np.ndarray:
    """Return uint8 [height,width,channels] of a file, by the decoder of training, with its limits. Raises DataError."""
    from mien.data.decode import BadImage, decode_image

    try:
        pixels = decode_image(data, "the image", height, width)
    except BadImage as error:
        raise DataError(f"the image cannot be used: {error}") from None
    return pixels if channels == 3 else np.asarray(Image.fromarray(pixels).convert("L"))[..., None]


def find(search: Search, run: RunDirectory, generator: Generator, pixels: np.ndarray, photo: str, steps: int) -> None:
    """Find the latent of a photo, as `mien project` does, and write it to RUN/projected/."""
    from mien.inference.latents import inversion, perceptual
    from mien.inference.latents.files import save_w

    def progress(done: int, steps: int) -> None:
        search.share = 0.99 * done / max(1, steps)

    try:
        look = perceptual.installed(generator.device)
        found = inversion.project(generator, pixels, steps, 0, look, progress)
        path = run.path / "projected" / f"{photo.rpartition('.')[0] or photo}.safetensors"
        path.parent.mkdir(exist_ok=True)
        facts = {"photo": photo, "error": round(found.error, 3), "start": round(found.start, 3), "steps": steps}
        save_w(path, "latents", found.w, generator, {**facts, "seed": 0, "features": perceptual.NAME if look else None})
        search.error, search.file, search.share = found.error, path.name, 1.0
    except (MienError, OSError, RuntimeError, MemoryError) as error:
        search.trouble = str(error).partition("\n")[0] or "out of memory"
