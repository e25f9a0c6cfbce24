"""Limits for networks of a recipe that may come from a stranger: too much memory raises an error in one line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from mien.config.serialization import is_ours
from mien.errors import UsageError, is_out_of_memory
from mien.runtime.memory import memory

MOST_TENSORS = 1500  # of one network; the largest that mien knows has fewer than 500
MAKERS = {torch.empty, torch.zeros, torch.ones, torch.randn, torch.rand}


class TooLarge(Exception):
    """The network needs more than the machine has."""


class Bounded(TorchFunctionMode):
    """Counts a network's memory, and raises TooLarge before the system would end the process."""

    def __init__(self, most: int):
        super().__init__()
        self.most, self.bytes, self.tensors = most, 0, 0

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if function in MAKERS:
            shape = (kwargs or {}).get("size", args[0] if args and not isinstance(args[0], int) else args)
            self.bytes += 4 * math.prod(shape)
            self.tensors += 1
            if self.bytes > self.most:
                raise TooLarge("more than this machine's memory")
            if self.tensors > MOST_TENSORS:
                raise TooLarge(f"more than {MOST_TENSORS:,} tensors")
        return function(*args, **(kwargs or {}))


@contextmanager
def bounded(kind: type) -> Iterator[None]:
    """Limit the memory while a network of the class `kind` is built. Raises UsageError.

    Errors of a user's own class pass unchanged, with their traceback.
    """
    try:
        with Bounded(memory()):
            yield
    except TooLarge as error:
        raise UsageError(f"{kind.__name__} needs {error}: choose fewer layers or a smaller width") from None
    except (ArithmeticError, RuntimeError, ValueError, TypeError, LookupError, AssertionError, MemoryError) as error:
        if not is_ours(kind.__module__) or is_out_of_memory(error):
            raise
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(f"{kind.__name__} cannot be built with these settings: {why}") from None
