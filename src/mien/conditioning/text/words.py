"""A text as the sum of its words and of the pairs of words that stand near each other. Nothing is learned or fetched.

It knows no meanings: "silver" is as far from "gray" as from "green", and a word that no caption of the training had
says nothing. It does know which words belong together: "green hair and red eyes" is not "red hair and green eyes", but
"silver hair, green eyes" is near "a green-eyed girl with silver hair".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

EMPTY = frozenset(
    (
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "with",
        "in",
        "on",
        "at",
        "to",
        "is",
        "are",
        "has",
        "have",
        "having",
        "her",
        "his",
        "their",
        "its",
        "she",
        "he",
        "it",
        "they",
        "who",
        "that",
        "this",
        "wearing",
        "wears",
    )
)
APART = {1: 1.5, 2: 0.75}  # weight of a pair of words by how far apart they are; the order makes no difference
LEAST = 3  # letters of a word that may lose an ending


class Words:
    """Each word and each pair has a fixed vector of random signs, from a hash of its letters; a text is their
    weighted sum, scaled to length 1 (random projection of a bag of words: Johnson & Lindenstrauss 1984)."""

    dim = 1024
    version = 2  # 1: 384 numbers, and a colon parted words

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """-> float32 [N,dim]"""
        return np.stack([self.encode(text) for text in texts])

    def encode(self, text: str) -> np.ndarray:
        total = np.zeros(self.dim, np.float32)
        for feature, weight in features(text).items():
            total += weight * signs(feature, self.dim)
        return total / max(float(np.linalg.norm(total)), 1e-12)


def features(text: str) -> dict[str, float]:
    """ "Green hair" -> {"green": 1, "hair": 1, "green hair": 1.5}"""
    found: dict[str, float] = {}
    for part in re.split(r"[,.;!?\n]", text.lower()):
        words = list(stems(part))
        for place, word in enumerate(words):
            found[word] = 1
            for step, weight in APART.items():
                if place + step < len(words) and words[place + step] != word:
                    pair = " ".join(sorted((word, words[place + step])))
                    found[pair] = max(found.get(pair, 0), weight)
    return found


def stems(part: str) -> Iterator[str]:
    """Words without those that say nothing, and without endings: eyes, eyed -> ey; smiles, smiling -> smil."""
    for word in re.findall(r"[^\W_]+", part):
        if word in EMPTY:
            continue
        for ending in ("s", "ing", "ed", "e"):
            if len(word) >= LEAST and word.endswith(ending) and not word.endswith("ss") and len(word) > len(ending) + 1:
                word = word.removesuffix(ending)
        yield word


@lru_cache(maxsize=100_000)
def signs(feature: str, dim: int) -> np.ndarray:
    """int8 [dim] of -1 and 1, from the letters alone"""
    digest = hashlib.shake_128(feature.encode()).digest(dim // 8)
    return np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.int8) * 2 - 1
