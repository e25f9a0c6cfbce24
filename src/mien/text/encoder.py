"""What an encoder is, and which there are. Your own is a class in a file of yours: `--encoder my_encoder.py:Mine`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from mien.errors import UsageError
from mien.spec import add_user_file, find_class
from mien.text.words import Words


class Encoder(Protocol):
    """The same text gives the same vector, on every machine. version: raised when it does not any more."""

    dim: int
    version: int

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """-> float32 [N,dim], each of length 1; 0 for a text without a word"""
        ...


ENCODERS: dict[str, type[Encoder]] = {"words": Words}


def find(name: str) -> Encoder:
    """An encoder by its name, or a class of a file that was read already ("my_encoder.py:Mine"). Raises UsageError."""
    if name in ENCODERS:
        return ENCODERS[name]()
    if ".py:" in name:
        return find_class(name)()
    raise UsageError(f"--encoder {name}: there is {', '.join(ENCODERS)}; name your own as my_encoder.py:Mine")


def asked(text: str) -> str:
    """`--encoder` as the recipe keeps it: the file is read, and only its name is kept. Raises UsageError."""
    path, colon, name = text.rpartition(":")
    if not (colon and path.endswith(".py")):
        return text
    add_user_file(path)
    return f"{Path(path).name}:{name}"
