"""The finish of a varied face: light, bloom, softness and colour grading, on the reduced image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mien.data.synthetic.dice import Dice

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Finish:
    """How an image is finished. Lengths are shares of the shorter side."""

    light: tuple[float, float]  # how much brighter the right and the lower edge are than the middle
    bloom: float  # share of the blurred image
    bloom_radius: float
    saturation: float
    contrast: float
    brightness: float
    gains: tuple[float, float, float]  # of red, green and blue
    veil: tuple[float, float, float]  # a colour over all, 0 to 255
    veil_share: float
    blur: float
    sharp: float
    grain: float

    @classmethod
    def sample(cls, dice: Dice) -> "Finish":
        """Return a random finish: mild ones most often, gray ones in 8 of 100."""
        gray = dice.chance(0.08)
        strong = dice.chance(0.15)
        warm, rosy = dice.bell(0.16 if strong else 0.07), dice.bell(0.08 if strong else 0.03)
        return cls(
            light=(dice.bell(0.25), dice.bell(0.25)),
            bloom=dice.uniform(0.0, 0.3),
            bloom_radius=dice.uniform(0.02, 0.08),
            saturation=0.0 if gray else 1.0 + dice.bell(0.5) - 0.1,
            contrast=1.08 + dice.bell(0.3),
            brightness=dice.bell(40.0) - 4,
            gains=(1.03 + warm, 0.99 - 0.5 * rosy, 0.97 - warm),
            veil=(dice.uniform(0, 255), dice.uniform(0, 255), dice.uniform(0, 255)),
            veil_share=0.0 if gray else dice.uniform(0.05, 0.25) if strong else 0.0,
            blur=dice.uniform(0.0, 0.01) if dice.chance(0.4) else 0.0,
            sharp=dice.uniform(0.2, 1.4) if dice.chance(0.7) else 0.0,
            grain=dice.uniform(0.0, 4.0) if dice.chance(0.4) else 0.0,
        )

    def __call__(self, image: Image.Image, dice: Dice) -> Image.Image:
        """Return the finished image. The dice give the grain."""
        width, height = image.size
        side = min(width, height)
        if self.blur:
            image = image.filter(ImageFilter.GaussianBlur(self.blur * side))
        soft = np.asarray(image.filter(ImageFilter.GaussianBlur(self.bloom_radius * side)), np.float32)
        pixels = np.asarray(image, np.float32)
        # Screen the blurred image over the sharp one: bright places glow, dark ones stay.
        glow = 255 - (255 - pixels) * (255 - soft) * (1 / 255)
        pixels = pixels + (0.5 * self.bloom) * (glow - pixels) + (0.5 * self.bloom) * (soft - pixels)
        if self.sharp:
            pixels = pixels + self.sharp * (pixels - _blurred(pixels, 0.02 * side))
        pixels = pixels * _light(height, width, *self.light)[..., None]
        gray = _gray(pixels)
        pixels = gray + self.saturation * (pixels - gray)
        if self.saturation:
            pixels = pixels * np.array(self.gains, np.float32)
        pixels = (pixels - 128) * self.contrast + (128 + self.brightness)
        pixels = pixels + self.veil_share * (np.array(self.veil, np.float32) - pixels)
        if self.grain:
            pixels = pixels + self.grain * (2 * dice.field(height, width)[..., None] - 1)
        return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def _gray(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    red, green, blue = (pixels[..., channel : channel + 1] * LUMA[channel] for channel in range(3))
    gray: NDArray[np.float32] = red + green + blue
    return gray


def _blurred(pixels: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    image = Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)


def _light(height: int, width: int, right: float, down: float) -> NDArray[np.float32]:
    """Return the brightness of each pixel: 1 in the middle. [height, width]"""
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    return 1 + right * x + (down * y)[:, None]
