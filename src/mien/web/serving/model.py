"""What a server makes of a request: typed requests in, rows of latents or sources, images and their facts out."""

from __future__ import annotations

import base64
import io
from collections.abc import Hashable
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import torch
from msgspec import UNSET, UnsetType
from PIL import Image

from mien.data.decode import BadImage, open_image, upright
from mien.errors import DataError, UsageError
from mien.inference.generator import Generator
from mien.inference.seeds import LARGEST
from mien.inference.translator import Translator
from mien.media.image_files import encode, to_image
from mien.media.pixels import LARGEST_SIDE, grid, to_pixels
from mien.runtime import typed_json

Format = Literal["png", "webp", "json"]
MOST_LATENT = 1000.0  # the largest number of a given latent: no network meets larger ones
MOST_TEXT = 1000  # characters
FORMATS: dict[str, Format] = {"png": "png", "webp": "webp", "json": "json"}
TYPES = {"png": "image/png", "webp": "image/webp", "json": "application/json"}


class Generate(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request for images, by seeds or by latents. The condition as in `Generator.conditioned_on`.

    A field that is left out is UNSET; null is an error.
    """

    seeds: list[int | float] | UnsetType = UNSET
    latents: list[list[Annotated[float, msgspec.Meta(ge=-MOST_LATENT, le=MOST_LATENT)]]] | UnsetType = UNSET
    truncation: Annotated[float, msgspec.Meta(ge=0, le=2)] = 1.0
    class_: str | UnsetType = msgspec.field(default=UNSET, name="class")
    attributes: dict[str, str | bool] | UnsetType = UNSET
    text: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)] | UnsetType = UNSET
    condition: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)] | UnsetType = UNSET
    format: Format = "png"

    @property
    def requested(self) -> dict[str, Any]:
        """The requested condition: {"class": "smile"}; {} without one."""
        named = {"class": self.class_, "attributes": self.attributes, "text": self.text, "condition": self.condition}
        return {name: value for name, value in named.items() if value is not UNSET}

    @property
    def sources(self) -> list[dict[str, int]]:
        """The origin of each image: its seed, or its place in `latents`."""
        if self.latents is not UNSET:
            return [{"latent": place} for place in range(len(self.latents))]
        return [{"seed": int(seed)} for seed in ([0] if self.seeds is UNSET else self.seeds)]

    def __post_init__(self) -> None:
        """Check the seeds: in JSON, 5.0 is a whole number, too."""
        for place, seed in enumerate([] if self.seeds is UNSET else self.seeds):
            if not 0 <= seed <= LARGEST or seed != int(seed):
                raise ValueError(f"seeds[{place}] is {seed}, not a whole number of 0 to {LARGEST}")


def read_generate(data: bytes) -> Generate:
    """Return the request of a JSON body. Raises DataError, in one line that names the field."""
    return typed_json.decode(data, Generate, "the request", DataError)


def generate_of(fields: dict[str, Any]) -> Generate:
    """Return the request of these fields. Raises DataError."""
    return read_generate(msgspec.json.encode(fields))


def rows_of(generator: Generator, request: Generate, most: int) -> np.ndarray:
    """Return w [N,…] of a request. Raises UsageError.

    The label of the latent in place i is the one that seed i chooses.
    """
    if request.seeds is not UNSET and request.latents is not UNSET:
        raise UsageError("seeds and latents exclude each other: leave one of them out")
    sources, latents = request.sources, request.latents
    if not 1 <= len(sources) <= most:
        name = "seeds" if latents is UNSET else "latents"
        raise UsageError(f"{name} has {len(sources)} rows: one request takes 1 to {most}")
    named = {"class_" if name == "class" else name: value for name, value in request.requested.items()}
    known = generator.recipe.condition
    if known and known.kind == "class" and named.get("class_", known.names[0]) not in known.names:
        # mien generate takes a class's number, too; in JSON that would be a second name for one thing.
        raise UsageError(f"class {named['class_'][:40]!r} is unknown: there are {', '.join(known.names)}")
    one = generator.conditioned_on(**named)
    if latents is UNSET:
        z = one.latents([source["seed"] for source in sources])
    else:
        if wrong := [len(row) for row in latents if len(row) != one.latent_dim]:
            raise UsageError(f"latents has a row of {wrong[0]} numbers: this generator takes {one.latent_dim}")
        z = torch.tensor(latents, dtype=torch.float32, device=one.device)
        if one.labels is not None:
            labels = [one.labels[one.sample(place)[1]] for place in range(len(sources))]
            z = torch.cat([z, torch.stack(labels).to(z)], 1)
    with torch.inference_mode():
        return one.mapping(z, request.truncation).cpu().numpy()


def forward(model: Generator | Translator, key: Hashable, rows: np.ndarray) -> np.ndarray:
    """Return images uint8 [N,H,W,C]: of w, or of sources uint8 [N,H,W,C] with the target domain as `key`."""
    if isinstance(model, Translator):
        assert isinstance(key, tuple)
        return model(rows, key[0])[0]
    with torch.inference_mode():
        return to_pixels(model.synthesis(torch.from_numpy(rows).to(model.device)))


def source_of(translator: Translator, data: bytes) -> np.ndarray:
    """Return a sent image as uint8 [1,H,W,C]. Raises DataError for one that cannot be read or is too large."""
    try:
        opened = open_image(data, "image")
        if max(opened.size) > LARGEST_SIDE:
            raise DataError(f"the image is {opened.width}x{opened.height}: each side must be at most {LARGEST_SIDE}")
        image = upright(opened, opened.height, opened.width)
    except BadImage as error:
        raise DataError(f"the image cannot be read: {error}") from None
    pixels = np.asarray(image if translator.channels == 3 else image.convert("L"))
    return pixels.reshape(1, *pixels.shape[:2], translator.channels)


def answer(images: np.ndarray, format: Format, facts: dict[str, Any], each: list[dict[str, Any]]) -> bytes:
    """Return the body of an answer: one image, a sheet of several, or JSON with every image in base64.

    each: facts of each image, for example its seed.
    """
    if format == "json":
        parts = [
            {**own, "type": "image/png", "data": base64.b64encode(png(to_image(pixels))).decode()}
            for own, pixels in zip(each, images, strict=True)
        ]
        return msgspec.json.encode({**facts, "images": parts})
    if len(images) == 1:
        return encode(to_image(images[0]), format, {**facts, **each[0]})
    return encode(to_image(grid(images)), format, {**facts, "images": each})


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
