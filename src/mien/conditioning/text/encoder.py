"""What an encoder is, and which there are: words, learned ones (`sentences`), and your own class in a file of yours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from mien.conditioning.text import sentences
from mien.conditioning.text.words import Words
from mien.config.serialization import add_user_file, find_class
from mien.errors import UsageError


class Encoder(Protocol):
    """The same text gives the same vector, on every machine. version: raised when it does not any more."""

    version: int

    @property
    def dim(self) -> int:
        """numbers of a text"""
        ...

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """-> float32 [N,dim], each of length 1; 0 for a text without a word"""
        ...


ENCODERS: dict[str, type[Encoder]] = {"words": Words}


def find(name: str) -> Encoder:
    """An encoder by its name, or a class of a file that was read already ("my_encoder.py:Mine"). Raises UsageError or
    FileError, in one line, for what is missing."""
    if name in ENCODERS:
        return ENCODERS[name]()
    if ".py:" in name:
        own: Encoder = find_class(name)()
        return own
    if sentences.knows(name):
        return sentences.find(name)
    raise UsageError(
        f"--encoder {name}: there are {', '.join(ENCODERS)} and {sentences.SENTENCES}; or name a folder in the format "
        "of sentence-transformers, or your own class as my_encoder.py:Mine"
    )


def asked(text: str) -> str:
    """`--encoder` as the recipe keeps it: of a file, which is read, only its name; of a learned one also what proves
    its weights. Raises UsageError or FileError."""
    path, colon, name = text.rpartition(":")
    if not (colon and path.endswith(".py")):
        return sentences.named(text) if sentences.knows(text) else text
    add_user_file(path)
    return f"{Path(path).name}:{name}"
