"""Runs notebooks from top to bottom: `python tests/run_notebooks.py` saves them with their outputs."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def run(path: Path, folder: Path, settings: dict[str, Any] | None = None, kernel: Any = None) -> nbformat.NotebookNode:
    """The notebook with its outputs. folder: where its files go. settings: in place of those in its first code cell.

    kernel: a manager of a kernel that runs; its names are forgotten, but what it imported is not imported again.
    Raises CellExecutionError for a cell that fails, unless it has the tag "raises-exception".
    """
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    if kernel:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(f"%reset -f\n%cd -q {folder}"))
    if settings:
        numbers = [number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        first = numbers[1 if kernel else 0]
        lines = [f"{name} = {value!r}" for name, value in settings.items()]
        notebook.cells.insert(first + 1, nbformat.v4.new_code_cell("\n".join(lines)))
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel, timeout=None, resources=resources).execute(reset_kc=True)
    return notebook


def outputs(notebook: nbformat.NotebookNode) -> Iterator[nbformat.NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def without_times(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out when each cell ran: a new run of the same cells changes less."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    for name in sys.argv[1:] or sorted(map(str, NOTEBOOKS.glob("*.ipynb"))):
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(without_times(run(Path(name), Path(folder))), name)
        print(f"{name}: {Path(name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
