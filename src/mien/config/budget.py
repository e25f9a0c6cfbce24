"""The budget of a training: "30m", "2h", "200kimg", "50ep", or two limits: "200kimg,2h"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mien.errors import UsageError

SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
IMAGES = {"img": 1, "kimg": 1000, "mimg": 1_000_000}
EPOCHS = {"ep", "epoch", "epochs"}


@dataclass(frozen=True)
class Budget:
    """The end of a training: at whichever limit comes first. Infinite means no limit of that kind."""

    images: float = math.inf
    seconds: float = math.inf

    def plus(self, images: int, seconds: float) -> Budget:
        """Return this budget on top of the images and seconds so far."""
        return Budget(self.images + images, self.seconds + seconds)

    def share(self, images: int, seconds: float) -> float:
        """Return the used share of the budget, 0 to 1."""
        return min(1.0, max(images / self.images, seconds / self.seconds))

    def as_text(self) -> str:
        """Return text that `parse_budget` reads: "1800.500s", "200000img", "200000img,1800.500s"."""
        images = [] if math.isinf(self.images) else [f"{round(self.images)}img"]
        seconds = [] if math.isinf(self.seconds) else [f"{self.seconds:.3f}s"]
        return ",".join(images + seconds)

    def __str__(self) -> str:
        if math.isinf(self.images):
            return duration(self.seconds)
        most = "" if math.isinf(self.seconds) else f", at most {duration(self.seconds)}"
        return exact_kimg(self.images) + most


def parse_budget(text: str, epoch: int, flag: str = "--budget") -> Budget:
    """Return the budget of a text: an amount, or several with commas between, of which the smallest counts.

    epoch: images in an epoch. Raises UsageError unless each is a positive amount.
    """
    limits = [parse_limit(part, epoch, flag) for part in text.split(",")]
    return Budget(min(limit.images for limit in limits), min(limit.seconds for limit in limits))


def parse_limit(text: str, epoch: int, flag: str) -> Budget:
    """Return the budget of one amount. Raises UsageError unless it is positive."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]+)", text.strip())
    amount, unit = (float(found[1]), found[2].lower()) if found else (0.0, "")
    if amount > 0 and unit in SECONDS:
        return Budget(seconds=amount * SECONDS[unit])
    if amount > 0 and unit in IMAGES:
        return Budget(images=max(1, round(amount * IMAGES[unit])))
    if amount > 0 and unit in EPOCHS:
        return Budget(images=max(1, round(amount * epoch)))
    raise UsageError(f"{flag} {text!r} is not an amount of training: write 30m, 2h, 200kimg or 50ep")


def divided(text: str, parts: int) -> str:
    """Return an equal share of a budget, with the same units: "2h,90kimg" in 4 parts is "0.5h,22.5kimg"."""
    return ",".join(
        re.sub(r"\d+(?:\.\d+)?", lambda amount: f"{float(amount[0]) / parts:.6f}".rstrip("0").rstrip("."), one, count=1)
        for one in text.split(",")
    )


def parse_duration(text: str, flag: str) -> float:
    """ "2m" -> 120.0 seconds. Raises UsageError for anything that is not a time."""
    try:
        seconds = parse_limit(text, 1, flag).seconds
    except UsageError:
        seconds = math.inf
    if math.isinf(seconds):
        raise UsageError(f"{flag} {text!r} is not a time: write 30s, 2m or 1h")
    return seconds


def duration(seconds: float) -> str:
    """75 -> "1m 15s"; 7265 -> "2h 01m"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"


def exact_kimg(images: float) -> str:
    """Return the number of images to the last one: 54736 -> "54.736 kimg"."""
    return f"{images / 1000:.12g} kimg"
