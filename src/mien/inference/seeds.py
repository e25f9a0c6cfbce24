"""Lists of seeds as text: "0-99", "1,5,9-12", "1 5 9"."""

from __future__ import annotations

import re

from mien.errors import UsageError

MOST = 1_000_000  # images in one command
LARGEST = 2**63 - 1  # what torch takes


def parse_seeds(text: str, flag: str = "--seeds") -> list[int]:
    """The seeds in a text: "1,5,9-12" or "1 5 9-12" -> [1, 5, 9, 10, 11, 12], each seed once, in the order written.

    Raises UsageError that names `flag`.
    """
    seeds: dict[int, None] = {}
    joined = re.sub(r"\s*(-)\s*|\s*,\s*", lambda found: found[1] or ",", text.strip())
    for part in re.split(r"[,\s]", re.sub(r"\s+", " ", joined)):
        found = re.fullmatch(r"(\d{1,19})(?:-(\d{1,19}))?", part)
        if not found:
            raise UsageError(f"{flag} {text!r} is not a list of seeds: write 0-99, or 1,5,9-12")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise UsageError(f"{flag} {text!r} runs backwards: write {last}-{first}")
        if last > LARGEST:
            raise UsageError(f"{flag} {text!r} is out of range: a seed is 0 to {LARGEST}")
        if last - first >= MOST or len(seeds) + last - first >= MOST:
            raise UsageError(f"{flag} {text!r} is too many: at most {MOST:,} images in one command")
        seeds.update(dict.fromkeys(range(first, last + 1)))
    return list(seeds)


def check_truncation(truncation: float) -> None:
    """Raises UsageError unless truncation is 0 (every image is the mean face) to 2."""
    if not 0 <= truncation <= 2:
        raise UsageError(f"--trunc {truncation:g} is out of range: 0 (no variety) to 2; 1 is as trained")
