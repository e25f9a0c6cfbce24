import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mien.commands.data import check, label, prepare
from mien.data.layouts import detect
from mien.data.prepared import open_prepared
from mien.errors import FileError, UsageError


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty class-labelled pictures: five gray, two equal, one damaged beyond use, one very wide."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for n in range(40):
        folder = tmp_path / "faces" / ("smile" if n % 4 else "frown")
        folder.mkdir(parents=True, exist_ok=True)
        values = random.integers(0, 256, (6, 6, 3), np.uint8)
        image = Image.fromarray(values).resize((24, 30), Image.Resampling.BICUBIC)
        image = image.convert("L") if n < 5 else image
        image.save(folder / f"{n:02d}.png")
    root = tmp_path / "faces"
    (root / "smile" / "copy.png").write_bytes((root / "smile" / "01.png").read_bytes())
    (root / "smile" / "broken.jpg").write_bytes(b"broken")
    return root


def test_check_finds_what_is_there(faces: Path, tmp_path: Path):
    found = check(str(faces), resolution="32", output=tmp_path / "sheet.png")
    assert found.layout == "class folders" and found.pictures == 41 and found.usable
    assert (
        found.sizes["common"] == {"24x30": 41} and found.modes == {"RGB": 35, "L": 6} and found.formats == {"PNG": 41}
    )
    assert found.duplicates == 1 and found.duplicate_groups == [["smile/01.png", "smile/copy.png"]]
    assert found.near_duplicates == 0
    assert found.bad == [{"file": "smile/broken.jpg", "reason": "not an image that can be read"}]
    assert found.labels == {"smile": 31, "frown": 10} and found.unlabelled == 0
    told = "\n".join(found.warnings)
    for words in (
        "only 41 images",
        "smaller than 32x32 and get enlarged",
        "gray among coloured",
        "1 duplicates",
        "fewer than 20 images: 1 (frown)",
    ):
        assert words in told
    text = str(found)
    assert text.splitlines()[0].endswith("class folders, 42 images") and "smile/01.png = smile/copy.png" in text
    assert json.loads(json.dumps(found.as_dict()))["pictures"] == 41
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 800 and sheet.height > 500


def test_check_shows_what_training_would_refuse(faces: Path, tmp_path: Path):
    for n in range(5):
        (faces / "smile" / f"worse{n}.jpg").write_bytes(b"")
    found = check(str(faces), output=tmp_path / "sheet.png")
    assert not found.usable and found.prepared is None and found.bad_count == 6
    assert found.warnings[0].startswith("training refuses this") and "6 of 47" in found.warnings[0]


def test_prepare_gives_a_folder_to_train_on(faces: Path, tmp_path: Path):
    made = prepare(str(faces), resolution="16x8", output=tmp_path / "set")
    assert made.path == str(tmp_path / "set") and made.as_dict()["shape"] == [41, 16, 8, 3]
    assert f"mien train --data {tmp_path / 'set'}" in str(made)
    assert check(made.path, output=tmp_path / "s.png").layout == "prepared set"


def test_near_duplicates_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "f").mkdir()
    for n in range(6):
        values = np.random.default_rng(n).integers(0, 256, (6, 6, 3), np.uint8)
        image = Image.fromarray(values).resize((64, 64), Image.Resampling.BICUBIC)
        image.save(tmp_path / "f" / f"{n}.png")
        if n < 2:
            image.save(tmp_path / "f" / f"{n}.jpg", quality=95)
    found = check(str(tmp_path / "f"), output=tmp_path / "s.png")
    assert found.duplicates == 0 and found.near_duplicates == 2


def test_errors_are_one_line(faces: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=r"^resolution 'big'"):
        check(str(faces), resolution="big")
    with pytest.raises(FileError, match="does not exist"):
        prepare(str(tmp_path / "nowhere"))
    with pytest.raises(FileError, match=r"^output"):
        check(str(faces), output=faces / "smile" / "01.png" / "x.png")


def test_neither_data_nor_its_commands_import_torch():
    modules = "mien.commands.data, mien.data.prepare, mien.data.inspection, mien.data.preview"
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


class Colours:
    """An extractor that sees the mean of each channel and nothing else."""

    name, sha256, resize = "colours", "0", "clean"

    def key(self) -> str:
        return "colours"

    def __call__(self, pixels: np.ndarray) -> dict[str, torch.Tensor]:
        return {"features": torch.from_numpy(pixels).float().mean((1, 2)), "logits": torch.zeros(len(pixels), 1)}


def test_label_fills_half_a_folder_and_leaves_it_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """200 red, green or blue pictures; the first half has its colour in metadata.csv."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("mien.metrics.choose_extractor.choose_extractor", lambda *_: Colours())
    folder, random, rows = tmp_path / "faces", np.random.default_rng(0), ["file_name,colour,shiny"]
    folder.mkdir()
    for n in range(200):
        colour = 40 * np.eye(3)[n % 3] + 100
        Image.fromarray((colour + random.integers(0, 30, (8, 8, 3))).astype(np.uint8)).save(folder / f"{n:03d}.png")
        rows.append(f"{n:03d}.png,{['red', 'green', 'blue'][n % 3] if n < 100 else ''},{n % 2 if n < 100 else ''}")
    (folder / "metadata.csv").write_text("\n".join(rows) + "\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    made = label(str(folder), output=tmp_path / "new", resolution="8")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    ready = open_prepared(tmp_path / "new")
    assert ready.info["label_names"] == ["colour=blue", "colour=green", "colour=red", "shiny"]
    assert ready.labels is not None and len(ready) == 200
    assert (ready.labels[:, :3].argmax(1) == 2 - np.arange(200) % 3).all() and (ready.labels[:, :3].sum(1) == 1).all()
    colours, shiny = made.attributes
    assert (colours["given"], colours["filled"], colours["accuracy"]) == (100, 100, 1.0) and shiny["filled"] < 20
    text = str(made)
    assert text.splitlines()[1].split()[:5] == ["colour", "100", "100", "0", "100.0%"]
    assert "shiny: no prediction reaches 90% accuracy" in text and text.endswith(
        f"mien train --data {tmp_path / 'new'}"
    )
    assert detect(tmp_path / "new").kind == "prepared set" and ready.info["labelled_by"]["extractor"] == "colours"
    shutil.copy(tmp_path / "new" / "metadata.jsonl", folder)
    (folder / "metadata.csv").unlink()
    assert (detect(folder).labels[:, :3] == ready.labels[:, :3]).all()  # type: ignore[index]
    with pytest.raises(FileError, match="exists: name a new folder"):
        label(str(folder), output=tmp_path / "new", resolution="8")
    with pytest.raises(UsageError, match="no image lacks a label"):
        label("drawn:60@8", output=tmp_path / "other")


def test_label_needs_labels(faces: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="no labels to learn from"):
        label(str(faces / "smile"))
    with pytest.raises(UsageError, match=r"^accuracy 1\.5 must lie"):
        label(str(faces), accuracy=1.5)
