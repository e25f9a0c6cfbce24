"""Failed allocations are told from other errors, whoever reports them."""

import errno

import numpy as np
import pytest
import torch

from mien import cli
from mien.errors import OutOfMemory, UsageError, in_brief, is_out_of_memory


def asks_python():
    bytearray(1 << 60)


def asks_numpy():
    np.zeros(1 << 60, np.uint8)


def asks_torch():
    torch.empty(1 << 55)


@pytest.mark.parametrize("ask", [asks_python, asks_numpy, asks_torch])
def test_real_allocations_that_fail(ask, monkeypatch, capsys):
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        ask()
    assert is_out_of_memory(caught.value)
    monkeypatch.setattr(cli, "call", lambda arguments: ask())
    assert cli.run(["train"]) == OutOfMemory.exit_code == 71
    said = capsys.readouterr().err
    assert said.startswith("mien: out of memory (") and said.count("\n") == 1
    assert "smaller --batch or --resolution" in said


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ImportError("libfoo.so: failed to map segment from shared object: Cannot allocate memory"),
    ],
)
def test_other_words_for_the_same(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("shapes cannot be multiplied"), OSError(errno.ENOSPC, "No space left"), ValueError("out of memory")],
)
def test_other_errors(error):
    assert not is_out_of_memory(error)


def test_an_error_in_brief_is_its_first_line_or_its_name():
    assert in_brief(RuntimeError("CUDA out of memory.\nCUDA kernel errors …")) == "CUDA out of memory."
    assert in_brief(MemoryError()) == "MemoryError"


def test_a_notebook_shows_the_message_alone():
    assert UsageError("batch 0 is too small")._render_traceback_() == ["UsageError: batch 0 is too small"]
