"""A condition of the user's own: a subclass of `Condition` in a file that the user named ("my_pose.py:Pose")."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.conditioning.condition import Condition
from mien.config.serialization import add_user_file, class_name
from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet
from mien.errors import MienError, UsageError


def is_own(name: str) -> bool:
    """Whether `--cond` names a class in a file."""
    path, colon, _ = name.rpartition(":")
    return bool(colon) and path.endswith(".py")


def asked(name: str, layout: Layout) -> Condition:
    """The condition of `--cond my_pose.py:Pose` for a data set. Raises UsageError."""
    path, _, own = name.rpartition(":")
    found = getattr(add_user_file(path), own, None)
    if not (isinstance(found, type) and issubclass(found, Condition)):
        raise UsageError(f"--cond {name}: {path} has no class {own} that derives from Condition")
    made = guarded(found, "of", layout)
    if not isinstance(made, found):
        raise UsageError(f"--cond {name}: of() returned {type(made).__name__}, not {own}")
    if made.kind != "own" or len(made.names) not in (0, made.dim):
        raise UsageError(f'--cond {name}: of() must return {own}("own", dim=…), with a name for each number or none')
    return made


def labels_of(condition: Condition, prepared: PreparedSet) -> np.ndarray:
    """float32 [N,dim]. Raises UsageError for anything else that the user's class returns."""
    found = rows(condition, "labels", guarded(condition, "labels", prepared))
    if len(found) != len(prepared) or not found.any():
        fault = "zeros alone" if len(found) == len(prepared) else f"{len(found)} rows for {len(prepared)} images"
        raise UsageError(f"{class_name(type(condition))}: labels() returned {fault}")
    return found


def requested(condition: Condition, text: str) -> Tensor:
    """Labels [M,dim] of what `--condition` requests. Raises UsageError."""
    return torch.from_numpy(rows(condition, "request", guarded(condition, "request", text)))


def rows(condition: Condition, method: str, found: Any) -> np.ndarray:
    """float32 [N,dim], finite."""
    made = np.array(found, np.float32)
    if made.ndim != 2 or made.shape[1] != condition.dim or not len(made) or not np.isfinite(made).all():
        shape = "x".join(map(str, made.shape)) or "one number"
        raise UsageError(
            f"{class_name(type(condition))}: {method}() returned {shape}, not rows of {condition.dim} finite numbers"
        )
    return made


def guarded(owner: Any, method: str, argument: Any) -> Any:
    """What the user's method returns; its own mistakes as one line."""
    kind = owner if isinstance(owner, type) else type(owner)
    try:
        return getattr(owner, method)(argument)
    except MienError:
        raise
    except Exception as error:
        on = f"{argument!r}" if isinstance(argument, str) else "these images"
        raise UsageError(f"{class_name(kind)}: {method}() fails on {on}: {type(error).__name__}: {error}") from error
