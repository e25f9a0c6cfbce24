"""The types of a run's JSON files. mien reads only the fields that are declared here."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from mien.runtime.typed_json import Count, Fact, Positive, Seconds

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, pattern="^[^\\x00]*\\Z")]
"""A path, a name, or the value of a flag."""
Inside = Annotated[str, msgspec.Meta(pattern=r"^snapshots/[\w.+-]+\.safetensors\Z")]
"""A file inside the run's folder."""

Object = dict[str, Any]
"""Any JSON object of limited depth. `serialization.decode` checks each part by the type hints of its class."""
Manifest = dict[str, Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}\\Z")]]
"""manifest.json: the files of a checkpoint and their sha256."""
Environment = dict[str, Fact]
"""environment.json"""


class Status(TypedDict):
    """status.json: the state of a run. budget_images, budget_seconds: its end; None without a limit of that kind."""

    state: Text
    images: Count
    seconds: Seconds
    budget_images: NotRequired[Annotated[float, msgspec.Meta(gt=0)] | None]
    budget_seconds: NotRequired[Annotated[float, msgspec.Meta(gt=0)] | None]


class EarlierValidation(TypedDict):
    """The options of the validation in a run of an older mien."""

    metrics: Text
    every: Positive
    num: NotRequired[Positive]
    share: NotRequired[Annotated[float, msgspec.Meta(gt=0, le=1)]]
    detector: NotRequired[Text | None]


class EarlierSettings(TypedDict):
    """The options that an older mien, which had no config.json, wrote into status.json."""

    seed: int
    data: Text
    tick: Positive
    checkpoint_every: Text
    budget: NotRequired[str | None]
    exams: NotRequired[EarlierValidation | None]
    recipe: NotRequired[str | None]
    init: NotRequired[str | None]


class Trained(TypedDict):
    """The part of config.json, or of an older status.json, that names the images of a run."""

    data: NotRequired[Text | None]


class State(TypedDict):
    """state.json of a checkpoint: the numbers of a training, and of the session that wrote it."""

    images: Count
    steps: dict[str, Count]
    statistics: dict[str, Positive]
    seconds: Seconds
    seed: int
    world_size: Positive
    global_draws: NotRequired[bool]  # True: the random numbers are those of any number of processes


class Best(TypedDict):
    """best.json: the row of metrics.jsonl that is the best, and the file of its generator."""

    images: Count
    value: float
    snapshot: Inside
    kimg: NotRequired[Seconds]
    metric: NotRequired[str]
    better: NotRequired[str | None]
    settings: NotRequired[str | None]
    n_real: NotRequired[int | None]
    n_fake: NotRequired[int | None]
    extractor_sha256: NotRequired[str | None]
    resize: NotRequired[str | None]
    data_sha256: NotRequired[str | None]


class Started(TypedDict):
    """init.json: the networks that a run started from.

    name: of a run or a file. images: shown to its discriminator before. data: without its folder. sha256: of the file.
    """

    name: Text
    images: Count
    recipe: str
    data: NotRequired[str | None]
    sha256: NotRequired[str | None]


class Header(TypedDict):
    """The header of a snapshot: the data that generation needs besides the tensors.

    init: the networks that the run started from. data: of a start file, without its folder.
    """

    recipe: Object
    run: Text
    images: Count
    init: NotRequired[Started]
    data: NotRequired[str | None]


class DataCard(TypedDict):
    """data.json: a description of the images, and the facts of the prepared set."""

    info: Object
    data: NotRequired[str | None]
    lines: NotRequired[list[str]]
