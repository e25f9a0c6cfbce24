"""A graph as a `torch.export` program, and the comparison of what was written with what mien computes."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.fx.experimental import _config

from mien.errors import FileError, UsageError, in_brief, is_out_of_memory
from mien.exporters.graphs import Graph, Inputs

LIMITS = {False: 1e-3, True: 3e-2}
"""Largest difference of an image's numbers from mien's: in float32, in float16 (four of 255 levels)."""
BATCHES = (1, 3, 8)
FIRST = 2  # images of the example that a program is traced with: torch would take 1 for a constant

Runner = Callable[[Inputs], torch.Tensor]


@torch.no_grad()
def traced(graph: Graph) -> ExportedProgram:
    """Return the program of a graph with dynamic dimensions. Raises UsageError for a network that has none."""
    example = graph.example(FIRST)
    module = graph.module.eval().requires_grad_(False)
    # A translator's smallest features may be one pixel wide: without the option, the program would refuse that.
    options: Any = _config  # it makes its functions at import, unknown to mypy
    with constants(), options.patch(backed_size_oblivious=graph.multiple > 1):
        try:
            return torch.export.export(module, example, dynamic_shapes=graph.dynamic_shapes(), strict=False)
        except Exception as error:  # torch raises many classes here, and a user's network may raise any
            if is_out_of_memory(error):
                raise
            why = f"{graph.name} cannot be exported: its forward {in_brief(error)}"
            cure = "write z.shape[0] in place of len(z), and no if on a tensor's values"
            raise UsageError(f"{why}: {cure}") from error


@contextmanager
def constants() -> Iterator[None]:
    """Let no tensor of a trace stay in the cache of `square`, or later images would be made from it."""
    from mien.networks.resample import square

    square.cache_clear()
    try:
        yield
    finally:
        square.cache_clear()


def torch_bytes(graph: Graph, facts: dict[str, Any]) -> tuple[bytes, Runner]:
    """Return the .pt2 file of a graph with the facts inside as mien.json, and a function that runs the file."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights that two parts of a graph share: they are written once
        torch.export.save(traced(graph), file, extra_files={"mien.json": json.dumps(facts, indent=2)})
    module = torch.export.load(io.BytesIO(file.getvalue())).module()
    return file.getvalue(), lambda inputs: module(*inputs)


@torch.no_grad()
def largest_difference(graph: Graph, run: Runner, half: bool) -> float:
    """Return the largest difference of a file's numbers from mien's, over batches of 1 to 8.

    Raises FileError if it is over the limit.
    """
    found = 0.0
    for batch in BATCHES:
        inputs = graph.example(batch)
        expected, got = graph.reference(inputs).float(), run(inputs).float()
        assert expected.shape == got.shape, f"{graph.name}: {list(got.shape)} in place of {list(expected.shape)}"
        found = max(found, float((expected - got).abs().max()))
    if not found <= LIMITS[half]:
        raise FileError(
            f"{graph.name} was not written: its numbers differ from mien's by {found:.2g}, over {LIMITS[half]:g}"
            + (": leave --precision out" if half else "")
        )
    return found
