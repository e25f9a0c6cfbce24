"""The folder of the page: what lies beside it, and what is missing. tests/web_page.py opens it in a browser."""

import json

import numpy as np
import pytest
from conditional_run import ATTRIBUTES, LATENT, conditional_run
from fake_run import make_run

from mien import cli
from mien.exporters import onnx_file, web_folder
from mien.inference.generator import load


@pytest.fixture
def dist(tmp_path):
    """The folder of onnxruntime-web, as far as mien looks into it."""
    folder = tmp_path / "package" / "dist"
    folder.mkdir(parents=True)
    for name in (*web_folder.WASM, *web_folder.WEBGPU, "ort.min.js"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def no_onnx(monkeypatch):
    """The network's file is the one of tests/exporters/test_export.py: here it is only in its place."""
    monkeypatch.setattr(onnx_file, "check_installed", lambda: None)
    monkeypatch.setattr(
        onnx_file, "onnx_bytes", lambda graph, facts, usage: (b"onnx", lambda inputs: graph.reference(inputs))
    )


def test_the_page_has_the_latents_and_labels_of_the_first_seeds(dist, no_onnx, tmp_path, capsys):
    run = conditional_run(tmp_path, ATTRIBUTES).path
    assert cli.run(["export", str(run), "--to", "web", "--runtime", str(dist.parent)]) == 0
    folder = run / "exported" / "web"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    page = {*web_folder.PAGE, "model.json", "generator.onnx", "latents.bin", "labels.bin"}
    assert names == page | {f"runtime/{name}" for name in (*web_folder.WASM, *web_folder.WEBGPU)}
    rows = load(run).latents(range(64)).numpy()
    latents = np.frombuffer((folder / "latents.bin").read_bytes(), np.float32).reshape(64, LATENT)
    labels = np.frombuffer((folder / "labels.bin").read_bytes(), np.float32).reshape(64, 3)
    assert np.array_equal(latents, rows[:, :LATENT]) and np.array_equal(labels, rows[:, LATENT:])
    model = json.loads((folder / "model.json").read_text())
    assert model["attributes"] == [
        {"name": "hair", "values": ["black", "pink"], "columns": [0, 1]},
        {"name": "glasses", "values": ["without", "with"], "columns": [2]},
    ]
    assert (model["latent_dim"], model["label_dim"], model["webgpu"]) == (LATENT, 3, True)
    assert "python -m http.server --directory" in capsys.readouterr().out


def test_the_page_loads_nothing_from_elsewhere():
    page = web_folder.resources.files("mien.exporters") / "page"
    for name in web_folder.PAGE:
        assert "//" not in (page / name).read_text().replace("// ", "").replace("//\n", ""), name


def test_without_the_runtime_nothing_is_written(dist, no_onnx, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a clone may hold node_modules, for the demo of the docs
    run = make_run(tmp_path / "runs").path
    (dist / web_folder.WASM[1]).unlink()
    for flags, where in (([], "--to web"), (["--runtime", str(dist)], f"--runtime {dist}")):
        assert cli.run(["export", str(run), "--to", "web", *flags]) == 2
        assert f"{where}: onnxruntime-web is not there" in capsys.readouterr().err
    assert not (run / "exported").exists()
    assert cli.run(["export", str(run), "--to", "torch", "--runtime", str(dist)]) == 2


def test_webgpu_is_left_out_where_its_files_are(dist):
    (dist / web_folder.WEBGPU[1]).unlink()
    assert set(web_folder.runtime_files(dist)) == set(web_folder.WASM)
