"""The errors that a user can cause, each with its documented exit code.

A message is one line that names the file or flag, what was found, and the cure. `cli.main` prints it as
`mien: MESSAGE` on standard error and exits with `exit_code`; from Python they are ordinary exceptions. Anything
else that escapes is a bug of mien's own (exit 70).
"""

from __future__ import annotations

import errno
from pathlib import Path


class MienError(Exception):
    """Base of every error that has an exit code of its own."""

    exit_code = 70

    def _render_traceback_(self) -> list[str]:
        """Return the lines that Jupyter shows: the message, without the traceback."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(MienError):
    """A flag, a value or a name is wrong."""

    exit_code = 2


class DivergenceError(MienError):
    """A training has numbers that are not finite. run: its directory."""

    exit_code = 3

    def __init__(self, message: str, run: Path | None = None):
        super().__init__(message)
        self.run = run


class DataError(MienError):
    """The images or the labels cannot be used."""

    exit_code = 65


class FileError(MienError):
    """A file cannot be read or written, or is damaged."""

    exit_code = 74


class RunLockedError(MienError):
    """Another process holds the lock that this one needs. Try again later."""

    exit_code = 75


class OutOfMemory(MienError):
    """The computation does not fit into the memory of this machine or its accelerator."""

    exit_code = 71


class RoundTooLarge(OutOfMemory):
    """One round of a training does not fit into memory. In smaller parts it may fit."""


NO_MEMORY = ("allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED", "bad_alloc", "Unable to allocate")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an allocation failed.

    Python and numpy have a class for this, PyTorch has one on an accelerator alone, and the system has a number.
    """
    if isinstance(error, MemoryError | OutOfMemory) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    said = str(error).casefold()
    return isinstance(error, RuntimeError | ImportError) and any(words.casefold() in said for words in NO_MEMORY)


def in_brief(error: BaseException) -> str:
    """Return the first line of the error's message, or its class name if the message is empty."""
    return str(error).partition("\n")[0] or type(error).__name__
