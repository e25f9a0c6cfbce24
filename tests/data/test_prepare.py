import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from folders import add_pictures, colour_picture, numbered, tarred, zipped
from odd_files import cases
from PIL import Image

from mien.data import decode_worker, prepared, workers
from mien.data import prepare as prepare_module
from mien.data.layouts import default_resolution, detect
from mien.data.prepare import cache_root, prepare
from mien.data.prepared import open_prepared
from mien.data.synthetic.draw import attributes, draw, line_drawing, pencil_drawing, sample_face
from mien.errors import DataError, FileError, UsageError
from mien.runtime import leftovers

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_pixels_labels_and_info(tmp_path: Path):
    folder = add_pictures(tmp_path / "f", ["a/1.png", "a/2.png", "b/3.png", "b/4.png"])
    steps: list[tuple[int, int]] = []
    ready = prepare(folder, 10, 8, progress=lambda done, total: steps.append((done, total)))
    assert ready.images.shape == (4, 10, 8, 3) and ready.images.dtype == np.uint8
    reference = colour_picture(2).resize((8, 10), Image.Resampling.LANCZOS, box=(2, 0, 18, 20))
    assert np.abs(ready.images[2].astype(int) - np.asarray(reference)).max() <= 1
    assert ready.labels is not None and ready.labels.tolist() == [[1, 0]] * 2 + [[0, 1]] * 2
    assert ready.info["label_names"] == ["a", "b"] and ready.info["label_counts"] == [2, 2]
    assert ready.info["crop"] == "centre" and ready.info["filter"] == "lanczos" and len(ready.info["sha256"]) == 64
    assert steps[-1] == (4, 4) and ready.describe() == [f"{folder}: class folders, 4 images, 10x8", "2 labels (a, b)"]
    again = open_prepared(ready.path)
    assert np.array_equal(again.images, ready.images) and again.info == ready.info
    assert isinstance(ready.images, np.memmap)


def test_the_cache_is_used_and_a_change_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path):
    folder = add_pictures(tmp_path / "f", numbered(5))
    first = prepare(folder, 8, 8)
    assert first.path.is_relative_to(cache)

    def fail(*_: object) -> None:
        raise AssertionError("decoded again")

    with monkeypatch.context() as patch:
        patch.setattr(decode_worker.Filler, "rows", fail)
        assert prepare(folder, 8, 8).path == first.path
        with pytest.raises(AssertionError):
            prepare(folder, 8, 9)
        with pytest.raises(AssertionError):
            prepare(folder, 8, 8, rebuild=True)
    colour_picture(77).save(folder / "0002.png")
    os.utime(folder / "0002.png", ns=(5, 5))
    second = prepare(folder, 8, 8)
    assert second.path != first.path and not np.array_equal(second.images[2], first.images[2])
    colour_picture(78).save(folder / "0009.png")
    assert len(prepare(folder, 8, 8)) == 6
    assert not [path for path in (cache / "prepared").iterdir() if path.name.startswith(".")]


def test_workers_do_not_change_a_bit(tmp_path: Path):
    folder = add_pictures(tmp_path / "f", [*numbered(workers.FEW, ending=".jpg"), *numbered(30, "png-")], (50, 61))
    (folder / "0007.jpg").write_bytes(b"no image")
    one = prepare(folder, 16, 16, workers=1, output=tmp_path / "one")
    two = prepare(folder, 16, 16, workers=2, output=tmp_path / "two")
    assert one.info["sha256"] == two.info["sha256"] and np.array_equal(one.images, two.images)
    assert (
        one.info["skipped"] == two.info["skipped"] == [{"file": "0007.jpg", "reason": "not an image that can be read"}]
    )
    assert sorted(path.name for path in two.path.iterdir()) == ["dataset.json", "images.npy"]


def test_a_dead_worker_is_an_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path):
    folder = add_pictures(tmp_path / "f", numbered(workers.FEW))
    start = subprocess.Popen
    monkeypatch.setattr(
        workers.subprocess, "Popen", lambda _, **options: start([sys.executable, "-c", "pass"], **options)
    )
    with pytest.raises(FileError, match="worker process died"):
        prepare(folder, 8, 8, workers=2)
    assert not list((cache / "prepared").iterdir())


def test_the_odd_corpus_in_one_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    folder, odd = tmp_path / "odd", cases()
    add_pictures(folder, numbered(400, "many-"), (12, 12))
    for name, (data, _) in odd.items():
        (folder / name).write_bytes(data)
    ready = prepare(folder, 16, 16, workers=2)
    bad = {name for name, (_, expected) in odd.items() if isinstance(expected, str)}
    assert {entry["file"] for entry in ready.info["skipped"]} == bad and ready.info["skipped_count"] == len(bad)
    assert len(ready) == 400 + len(odd) - len(bad)
    assert "skipped empty.jpg: empty file" in caplog.text
    kept = [name for name in detect(folder).entries if name not in bad]
    for row, name in enumerate(kept):  # dropping the bad ones moved no image to another's place
        if name in odd:
            assert np.abs(ready.images[row, 8, 8].astype(int) - odd[name][1]).max() <= 6, name


def test_five_percent(tmp_path: Path):
    folder = add_pictures(tmp_path / "f", numbered(38))
    for name in ("x1.png", "x2.png"):
        (folder / name).write_bytes(b"")
    assert len(prepare(folder, 8, 8)) == 38  # 2 of 40 is 5 %, not more
    (folder / "x3.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"3 of 41 images cannot be decoded, first x1\.png \(empty file\), x2\.png"):
        prepare(folder, 8, 8)
    assert len(prepare(folder, 8, 8, most_bad=0.5)) == 38
    with pytest.raises(DataError):  # the tolerant set must not pass for an accepted one
        prepare(folder, 8, 8)
    for picture in folder.iterdir():
        picture.write_bytes(b"")
    with pytest.raises(DataError, match="41 of 41"):
        prepare(folder, 8, 8, most_bad=1.0)


def test_files_that_may_not_be_read_are_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = add_pictures(tmp_path / "f", numbered(30))
    read = decode_worker.read_member

    def refuse(
        root: str, archive: object, member: decode_worker.Member
    ) -> bytes:  # root could read it whatever its mode
        if member.name == "0004.png":
            raise PermissionError(13, "Permission denied")
        return read(root, archive, member)  # type: ignore[arg-type]

    monkeypatch.setattr(decode_worker, "read_member", refuse)
    assert prepare(folder, 8, 8).info["skipped"] == [{"file": "0004.png", "reason": "not permitted to read"}]


def test_labels_and_captions_of_bad_files_go_too(tmp_path: Path):
    folder = add_pictures(tmp_path / "f", numbered(30))
    (folder / "metadata.csv").write_text(
        "file_name,k,text\n" + "".join(f"{n:04d}.png,{'ab'[n % 2]},t{n}\n" for n in range(30))
    )
    (folder / "0003.png").write_bytes(b"")
    ready = prepare(folder, 8, 8)
    assert ready.labels is not None and ready.captions is not None
    assert ready.captions[2:5] == ["t2", "t4", "t5"] and ready.labels[3].tolist() == [1, 0] and len(ready.labels) == 29


def test_gray_pictures_get_one_channel(tmp_path: Path):
    folder = tmp_path / "f"
    folder.mkdir()
    for n in range(3):
        colour_picture(n).convert("L").save(folder / f"{n}.png")
    assert prepare(folder, 8, 8).images.shape == (3, 8, 8, 1)
    colour_picture(9).save(folder / "9.png")
    assert prepare(folder, 8, 8).images.shape == (4, 8, 8, 3)


def test_pairs_in_two_folders_lose_both_sides_of_a_damaged_one(tmp_path: Path):
    names = [f"{side}/{number:02}.png" for side in "AB" for number in range(30)]
    add_pictures(tmp_path / "pairs", names)
    (tmp_path / "pairs" / "A" / "03.png").write_bytes(b"damaged")
    ready = prepare(tmp_path / "pairs", 20, 20, cache=tmp_path / "cache", workers=1)
    assert ready.paired and ready.sources is not None and len(ready) == len(ready.sources) == 29
    for row, number in ((0, 0), (3, 4), (28, 29)):
        assert np.array_equal(ready.sources[row], np.asarray(colour_picture(number)))
        assert np.array_equal(ready.images[row], np.asarray(colour_picture(30 + number)))


def test_pairs_and_unpaired_sources(tmp_path: Path):
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    for n in range(3):
        whole = Image.new("RGB", (40, 20))
        whole.paste(colour_picture(n), (0, 0))
        whole.paste(colour_picture(100 + n), (20, 0))
        whole.save(pairs / f"{n}.png")
    ready = prepare(pairs, 20, 20)
    assert ready.sources is not None
    assert np.array_equal(ready.sources[1], np.asarray(colour_picture(1)))
    assert np.array_equal(ready.images[1], np.asarray(colour_picture(101)))
    unpaired = prepare(
        add_pictures(tmp_path / "u", ["trainA/1.png", "trainA/2.png", "trainA/3.png", "trainB/4.png"]), 20, 20
    )
    assert unpaired.sources is not None and unpaired.sources.shape == (3, 20, 20, 3) and len(unpaired) == 1
    assert np.array_equal(unpaired.images[0], np.asarray(colour_picture(3)))


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_archives_give_the_pixels_of_the_folder(tmp_path: Path, kind: str):
    folder = add_pictures(tmp_path / "f", numbered(workers.FEW), (12, 12))
    path = tmp_path / f"f.{kind}"
    packed = zipped(folder, path) if kind == "zip" else tarred(folder, path, "w:gz" if kind == "tgz" else "w")
    assert prepare(packed, 8, 8, workers=2).info["sha256"] == prepare(folder, 8, 8, workers=1).info["sha256"]


def test_a_prepared_set_is_used_as_it_is(tmp_path: Path):
    folder = add_pictures(tmp_path / "f", numbered(4))
    made = prepare(folder, 12, 10, output=tmp_path / "set")
    assert made.path == tmp_path / "set"
    assert default_resolution(detect(made.path), 64) == (12, 10)
    assert prepare(made.path, 12, 10).path == made.path
    with pytest.raises(UsageError, match="is prepared at 12x10"):
        prepare(made.path, 64, 64)
    with pytest.raises(FileError, match="is not a prepared set"):
        prepare(folder, 12, 10, output=folder)
    (made.path / "images.npy").write_bytes(b"damaged")
    with pytest.raises(FileError, match=r"images\.npy"):
        open_prepared(made.path)
    assert len(prepare(folder, 12, 10, output=made.path)) == 4  # a damaged set is made anew


def flip(path: Path, place: int = -5) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "captions.jsonl"])
def test_a_cached_set_with_a_flipped_bit_is_prepared_again(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str):
    first = prepare("drawn:6@24", 24, 24, seed=3, cache=tmp_path)
    pixels = np.array(first.images)
    flip(first.path / name)
    prepared.checked.clear()  # as in another process
    second = prepare("drawn:6@24", 24, 24, seed=3, cache=tmp_path)
    assert second.path == first.path and np.array_equal(second.images, pixels)
    assert f"{name} is damaged near byte 0: it is not what was written: preparing it again" in caplog.text
    caplog.clear()
    assert prepare("drawn:6@24", 24, 24, seed=3, cache=tmp_path).path == first.path and not caplog.text
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == [first.path.name]


def test_a_damaged_set_that_was_named_is_one_line_and_one_without_sums_passes(tmp_path: Path):
    made = prepare(add_pictures(tmp_path / "f", numbered(3)), 8, 8, output=tmp_path / "set")
    flip(made.path / "images.npy")
    prepared.checked.clear()
    with pytest.raises(FileError, match="prepare the images again, or copy the set anew"):
        prepare(made.path, 8, 8)
    info = json.loads((made.path / "dataset.json").read_text())
    assert info.pop("sums").keys() == {"images.npy"}
    (made.path / "dataset.json").write_text(json.dumps(info))  # as older versions wrote it
    assert len(prepare(made.path, 8, 8)) == 3


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path: Path):
    parent = tmp_path / "prepared"
    with leftovers.temporary_folder(parent) as living:
        (parent / ".0123456789ab.mien.tmp").mkdir()
        (parent / ".0123456789ab.mien.tmp" / "images.npy").write_bytes(b"half")
        (parent / ".another.tmp").write_bytes(b"not mien's")
        leftovers.swept.clear()
        ready = prepare(add_pictures(tmp_path / "f", numbered(3)), 8, 8, cache=tmp_path)
        assert {path.name for path in parent.iterdir()} == {living.name, ".another.tmp", ready.path.name}
    assert not living.exists()


def test_another_process_that_was_faster_keeps_its_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder, write = add_pictures(tmp_path / "f", numbered(3)), prepare_module.write_set
    made: list[int] = []

    def slow(scratch: Path, *more: object) -> None:
        write(scratch, *more)  # type: ignore[arg-type]
        if not made:
            made.append(0)
            made[0] = prepare(folder, 8, 8, cache=tmp_path).path.stat().st_ino

    monkeypatch.setattr(prepare_module, "write_set", slow)
    assert prepare(folder, 8, 8, cache=tmp_path).path.stat().st_ino == made[0]


def test_a_set_of_another_version_is_refused(tmp_path: Path):
    made = prepare(add_pictures(tmp_path / "f", numbered(2)), 8, 8, output=tmp_path / "set")
    info = json.loads((made.path / "dataset.json").read_text())
    (made.path / "dataset.json").write_text(json.dumps({**info, "version": 99}))
    with pytest.raises(FileError, match="version 99"):
        open_prepared(made.path)


def test_drawn_faces_are_a_set_like_any_other():
    ready = prepare("drawn:6@24", 24, 24, seed=3)
    assert ready.images.shape == (6, 24, 24, 3) and ready.sources is None and not ready.paired
    assert ready.labels is not None and ready.labels.shape == (6, len(ready.info["label_names"]))
    assert ready.captions is not None and len(ready.captions) == 6
    assert prepare("drawn:6@24", 24, 24, seed=3).path == ready.path
    assert not np.array_equal(prepare("drawn:6@24", 24, 24, seed=4).images, ready.images)


def test_drawn_pairs_are_the_same_faces_with_their_line_drawings():
    ready, plain = prepare("drawn-lines:3@24", 24, 24, seed=3), prepare("drawn:3@24", 24, 24, seed=3)
    assert ready.paired and ready.info["layout"] == "drawn-lines" and ready.captions == plain.captions
    assert np.array_equal(ready.images, plain.images) and np.array_equal(ready.labels, plain.labels)
    assert np.array_equal(ready.sources[2], np.asarray(line_drawing(sample_face(3, 2), 24, 24)))


def test_drawn_unpaired_shows_no_face_in_both_styles():
    ready = prepare("drawn-unpaired:3@24", 24, 24, seed=3)
    assert ready.sources is not None and not ready.paired
    assert np.array_equal(ready.sources[2], np.asarray(pencil_drawing(sample_face(3, 4), 24, 24)))
    assert np.array_equal(ready.images[2], np.asarray(draw(sample_face(3, 5), 24, 24)))
    assert np.array_equal(ready.labels[2], attributes(sample_face(3, 5)))
    assert np.array_equal(ready.source_labels[2], attributes(sample_face(3, 4)))
    other = ready.swapped()
    assert other.images is ready.sources and other.labels is ready.source_labels and other.source_labels is ready.labels
    assert other.info["swapped"] and not other.swapped().info["swapped"] and other.swapped().labels is ready.labels


def test_cache_place(monkeypatch: pytest.MonkeyPatch):
    assert cache_root() == Path(os.environ["MIEN_CACHE"])
    monkeypatch.delenv("MIEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_root() == Path("/somewhere/mien")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_root() == Path.home() / ".cache" / "mien"


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(FileError, match="set MIEN_CACHE"):
        prepare(add_pictures(tmp_path / "f", numbered(2)), 8, 8)


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real images beside the checkout")
def test_real_pictures():
    kinds = {
        "anime-64": ("metadata.csv", 30_206, None),
        "smiles-64-gray": ("class folders", 13_165, None),
        "orl-92x112-pgm": ("class folders", 400, (112, 92)),
        "photo2anime-256": ("unpaired trainA/trainB", 777, None),
        "outline-pairs-256": ("paired A|B", 86, None),
        "people-fake-128": ("flat folder", 901, None),
    }
    for name, (kind, count, size) in kinds.items():
        layout = detect(REAL / f"{name}.zip")
        assert (layout.kind, len(layout)) == (kind, count)
        assert default_resolution(layout, 64) == (size or (64, 64))
    orl = prepare(REAL / "orl-92x112-pgm.zip", 112, 92)
    assert orl.images.shape == (400, 112, 92, 1) and orl.labels is not None and orl.labels.sum(0).tolist() == [10] * 40
    people = prepare(REAL / "people-fake-128.zip", 64, 64)
    assert people.images.shape == (901, 64, 64, 3) and not people.info["skipped"]
