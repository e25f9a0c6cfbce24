"""Requests to a training that runs: empty files in RUN/requests/. The trainer looks for them about once a second.

Any program may make them: `touch runs/00007-dcgan-faces/requests/pause`. The trainer removes a file when it has done
what the file requests. A pause lasts until its file is gone.
"""

from __future__ import annotations

from mien.errors import UsageError
from mien.runs.directory import RunDirectory
from mien.runtime.atomic_files import io_errors

ACTIONS = ("sample", "save", "pause", "stop")


def make(run: RunDirectory, action: str) -> None:
    """Request one of ACTIONS. Raises UsageError for another word, and FileError."""
    if action not in ACTIONS:
        raise UsageError(f"{action!r} is no request to a training: use {', '.join(ACTIONS)}")
    with io_errors(run.requests):
        run.requests.mkdir(exist_ok=True)
        (run.requests / action).touch()


def withdraw(run: RunDirectory, action: str) -> None:
    """Remove a request, if there is one. The trainer calls it when the request is done; to end a pause, anybody may."""
    if action in ACTIONS and not run.requests.is_symlink():
        with io_errors(run.requests):
            (run.requests / action).unlink(missing_ok=True)


def pending(run: RunDirectory) -> list[str]:
    """Return the requests of a run, in the order of ACTIONS. A link in place of the folder holds none."""
    if run.requests.is_symlink():
        return []
    return [action for action in ACTIONS if (run.requests / action).exists()]


def clear(run: RunDirectory) -> None:
    """Remove all requests: those of an earlier session must not reach this one."""
    for action in pending(run):
        withdraw(run, action)
