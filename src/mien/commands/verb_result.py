"""The base of what every verb returns: a frozen dataclass with `as_dict()` for --json and `__str__` as its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any, ClassVar

IMAGES = (".png", ".jpg", ".webp", ".gif")


class VerbResult:
    """The base of a verb's result. Jupyter shows the images whose paths the fields hold, and the text."""

    _repr_pretty_: ClassVar[Callable[..., None]]

    def __init_subclass__(cls) -> None:
        """Without this method in the class itself, IPython would print the `__repr__` of the dataclass."""
        cls._repr_pretty_ = print_text

    def _repr_html_(self) -> str:
        return f'{images_html(self)}<pre style="white-space:pre-wrap">{escape(str(self))}</pre>'


def print_text(result: Any, printer: Any, cycle: bool) -> None:
    """Print the result's text in IPython."""
    printer.text(str(result))


def images_html(result: Any) -> str:
    """One large image, or a strip of up to eight; "" if the result has no images."""
    from PIL import Image

    from mien.media.html_images import STRIP, image_tag, strip

    images = []
    for path in image_files(vars(result).values()):
        try:
            with Image.open(path) as image:
                images.append(image.convert("RGB"))
        except OSError:
            continue
        if len(images) == STRIP:
            break
    if len(images) == 1:
        return image_tag(images[0], str(result).partition("\n")[0])
    return strip(images, str(result).partition("\n")[0])


def image_files(values: Any) -> Iterator[Path]:
    """Yields the image files that the fields name or that lie in a named folder; a run's folder gives none."""
    for value in values:
        if isinstance(value, list | tuple):  # a str in a list is a name inside a folder or an archive
            yield from image_files(part for part in value if isinstance(part, Path))
        elif isinstance(value, Path) and value.is_dir() and not (value / "recipe.json").exists():
            yield from sorted(path for path in value.iterdir() if path.suffix in IMAGES)
        elif isinstance(value, str | Path) and str(value).endswith(IMAGES) and Path(value).is_file():
            yield Path(value)
