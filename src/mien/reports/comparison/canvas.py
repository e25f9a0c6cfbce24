"""Two pens for one drawing: SVG text, and pixels by Pillow. Places are (x, y) in the drawing's units, y downwards."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Literal, Protocol

from PIL import Image, ImageDraw, ImageFont

Place = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

SHARPNESS = 2  # pixels to a unit
OVERSAMPLING = 2  # Pillow draws lines without soft edges: drawn larger, then reduced


class Canvas(Protocol):
    def line(self, places: Sequence[Place], colour: str, width: float) -> None: ...
    def dot(self, place: Place, colour: str, radius: float) -> None: ...
    def text(self, place: Place, words: str, size: float, anchor: Anchor, colour: str, turned: bool = False) -> None:
        """`place` is on the baseline's middle height; turned: upwards along the vertical axis."""

    def file(self) -> bytes:
        """The whole picture file."""


class SVGCanvas:
    def __init__(self, width: int, height: int):
        self.size, self.parts = (width, height), [f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def line(self, places: Sequence[Place], colour: str, width: float) -> None:
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
        look = f'stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"'
        self.parts.append(f'<polyline points="{points}" fill="none" {look}/>')

    def dot(self, place: Place, colour: str, radius: float) -> None:
        self.parts.append(f'<circle cx="{place[0]:.2f}" cy="{place[1]:.2f}" r="{radius:g}" fill="{colour}"/>')

    def text(self, place: Place, words: str, size: float, anchor: Anchor, colour: str, turned: bool = False) -> None:
        x, y = place
        turn = f' transform="rotate(-90 {x:.2f} {y:.2f})"' if turned else ""
        look = f'font-size="{size:g}" text-anchor="{anchor}" dominant-baseline="central" fill="{colour}"{turn}'
        self.parts.append(f'<text x="{x:.2f}" y="{y:.2f}" {look}>{escape(words)}</text>')

    def file(self) -> bytes:
        width, height = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        )
        return "\n".join([f'{head} font-family="sans-serif">', *self.parts, "</svg>", ""]).encode()


class PixelCanvas:
    def __init__(self, width: int, height: int):
        self.zoom = SHARPNESS * OVERSAMPLING
        self.image = Image.new("RGB", (width * self.zoom, height * self.zoom), "#ffffff")
        self.draw = ImageDraw.Draw(self.image)

    def place(self, place: Place) -> Place:
        return place[0] * self.zoom, place[1] * self.zoom

    def line(self, places: Sequence[Place], colour: str, width: float) -> None:
        self.draw.line([self.place(one) for one in places], colour, round(width * self.zoom), joint="curve")

    def dot(self, place: Place, colour: str, radius: float) -> None:
        self.draw.circle(self.place(place), radius * self.zoom, colour)

    def text(self, place: Place, words: str, size: float, anchor: Anchor, colour: str, turned: bool = False) -> None:
        font = ImageFont.load_default(size * self.zoom)
        if not turned:
            side = {"start": "lm", "middle": "mm", "end": "rm"}[anchor]
            self.draw.text(self.place(place), words, colour, font, side)
            return
        left, top, right, bottom = font.getbbox(words, anchor="lt")
        strip = Image.new("L", (round(right - left), round(bottom - top)))
        ImageDraw.Draw(strip).text((0, 0), words, 255, font, "lt")
        strip = strip.transpose(Image.Transpose.ROTATE_90)
        share = {"start": 1.0, "middle": 0.5, "end": 0.0}[anchor]
        x, y = self.place(place)
        self.image.paste(colour, (round(x - strip.width / 2), round(y - share * strip.height)), strip)

    def file(self) -> bytes:
        buffer = io.BytesIO()
        self.image.reduce(OVERSAMPLING).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()
