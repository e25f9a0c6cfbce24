"""config.json: the options of a run, written at its start and read by a resume."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.errors import FileError, UsageError
from mien.runs.directory import RunDirectory
from mien.runs.records import EarlierSettings
from mien.runtime import typed_json
from mien.runtime.atomic_files import write_json
from mien.trainer.config import TrainConfig


def write_config(run: RunDirectory, config: TrainConfig) -> None:
    """Write config.json: every option by its name."""
    write_options(run.config, config)


def write_options(path: Path, config: TrainConfig) -> None:
    write_json(path, {name: written(one) for name, one in dataclasses.asdict(config).items()})


def written(option: Any) -> Any:
    """Return paths as text, also inside a tuple, and any other option unchanged."""
    if isinstance(option, tuple):
        return [written(part) for part in option]
    return str(option) if isinstance(option, Path) else option


def read_config(run: RunDirectory) -> TrainConfig:
    """Return the options of a run. Raises FileError for a file that is damaged or has an impossible value."""
    path = run.config if run.config.exists() else run.status
    try:
        if path == run.config:
            return typed_json.read(path, TrainConfig)
        return from_status(typed_json.read(path, EarlierSettings))
    except UsageError as error:
        raise FileError(f"{path} is damaged: {error}") from None


def from_status(earlier: EarlierSettings) -> TrainConfig:
    """Return the options of a run of an older mien, which wrote them into status.json."""
    config = TrainConfig(
        earlier.get("recipe") or "auto",
        data=earlier["data"],
        init=earlier.get("init"),
        budget=earlier.get("budget") or TrainConfig.budget,
        seed=earlier["seed"],
        tick=earlier["tick"] / 1000,
        checkpoint_every=earlier["checkpoint_every"],
    )
    found = earlier.get("exams")
    if found is None:
        return config
    return replace(
        config,
        metrics=found["metrics"],
        metrics_every=found["every"] / 1000,
        metrics_num=found.get("num", TrainConfig.metrics_num),
        metrics_share=found.get("share", TrainConfig.metrics_share),
        detector=found.get("detector"),
    )
