"""The notebooks run from top to bottom, with tiny networks and budgets; the saved ones show images and stay small."""

from __future__ import annotations

import pytest

pytest.importorskip("ipykernel")
pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

from jupyter_client.manager import KernelManager  # noqa: E402
from run_notebooks import NOTEBOOKS, outputs, run  # noqa: E402  (it imports what may be absent)

TINY = {"generator.width": 4, "discriminator.width": 4}
SETTINGS = {
    "1-first-faces": {"DATA": "drawn:16", "BUDGET": "64img", "RESOLUTION": 16, "SETTINGS": TINY},
    "2-homework": {"DATA": "drawn:16", "BUDGET": "64img", "RESOLUTION": 16, "SETTINGS": TINY, "NUM": 8},
    "3-from-gan-to-r3gan": {
        "DATA": "drawn:16",
        "BUDGET": "8img",
        "LAB_BUDGET": "1kimg",
        "BATCH": 4,
        "RESOLUTION": 48,
        "STEPS": 1,
    },
    "4-pix2pix-and-cyclegan": {
        "PAIRS": "drawn-lines:16",
        "SETS": "drawn-unpaired:16",
        "BUDGET": "8img",
        "RESOLUTION": 16,
        "SETTINGS": TINY,
    },
}
MOST_BYTES = 800_000  # of a saved notebook


def test_every_notebook_is_run():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == SETTINGS.keys()


@pytest.fixture(scope="module")
def kernel():
    """One for all notebooks: to start it and to import PyTorch takes longer than the tiny trainings."""
    manager = KernelManager()
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_notebook_runs_from_top_to_bottom(name, kernel, tmp_path):
    done = run(NOTEBOOKS / f"{name}.ipynb", tmp_path, SETTINGS[name], kernel)
    streams = [output for output in outputs(done) if output.output_type == "stream"]
    assert not any(output.name == "stderr" for output in streams)  # what a training says is in its display
    errors = [output for output in outputs(done) if output.output_type == "error"]
    assert all(len(output.traceback) == 1 for output in errors)
    assert [output.ename for output in errors] == (["UsageError"] if name == "1-first-faces" else [])


@pytest.mark.parametrize("name", SETTINGS)
def test_a_saved_notebook_shows_images_and_stays_small(name):
    path = NOTEBOOKS / f"{name}.ipynb"
    assert path.stat().st_size < MOST_BYTES
    saved = nbformat.read(path, nbformat.NO_CONVERT)
    html = [output.data.get("text/html", "") for output in outputs(saved) if "data" in output]
    assert sum("data:image/webp" in text for text in html) >= 2
    assert all(len(text) < 250_000 for text in html)
    code = [cell for cell in saved.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))  # as it ran, top to bottom
