"""A graph as an ONNX file that onnxruntime, browsers and other languages run. Needs the extra `onnx`."""

from __future__ import annotations

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from mien.errors import UsageError
from mien.exporters.graphs import Graph, Inputs, Value
from mien.exporters.programs import Runner, constants, traced

OPSET = 18  # of 2022: every runtime of today reads it
CURE = "pip install 'mien[onnx]'"


def check_installed() -> None:
    """Raises UsageError without the libraries of the extra."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(name) is None:
            raise UsageError(f"ONNX files need {name}, which is not installed: {CURE}")


def onnx_bytes(graph: Graph, facts: dict[str, Any], usage: str) -> tuple[bytes, Runner]:
    """Return the ONNX file of a graph, and a function that runs it by onnxruntime.

    facts, the inputs with their ranges, and the usage are in its metadata: keys "mien", "inputs", "output", "usage".
    """
    import onnx

    program = traced(graph)
    names = [one.name for one in graph.inputs]
    output = [graph.output.name]
    with quiet(), constants():
        made = torch.onnx.export(
            program, dynamo=True, input_names=names, output_names=output, opset_version=OPSET, verbose=False
        )
    assert made is not None
    model = made.model_proto
    for value, one in zip([*model.graph.input, *model.graph.output], [*graph.inputs, graph.output], strict=True):
        value.doc_string = one.about
    inputs, image = [described(one) for one in graph.inputs], described(graph.output)
    values = {"mien": facts, "inputs": inputs, "output": image}
    onnx.helper.set_model_props(model, {**{key: json.dumps(one) for key, one in values.items()}, "usage": usage})
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    return data, runner(data, names)


def runner(data: bytes, names: list[str]) -> Runner:
    """Return a function that runs an ONNX file on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    def run(inputs: Inputs) -> torch.Tensor:
        feed = {name: np.ascontiguousarray(one.numpy()) for name, one in zip(names, inputs, strict=True)}
        return torch.from_numpy(session.run(None, feed)[0])

    return run


def described(value: Value) -> dict[str, Any]:
    return {"name": value.name, "type": "float32", "shape": list(value.shape), "about": value.about}


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the exporter's remarks on libraries that mien does not use, and on its own future."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
