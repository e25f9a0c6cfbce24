"""mien data align: drawn marks stand for eyes, and a finder that knows them stands for MTCNN."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from mien import cli
from mien.commands.data import align, check
from mien.data.layouts import detect
from mien.errors import DataError, FileError, UsageError
from mien.faces import choosing, survey
from mien.faces.face import Face, largest_first
from mien.faces.placing import MEAN, SIDE

RED, GREEN = (255, 0, 0), (0, 255, 0)
MARK = 3  # half the side of an eye's mark


class MarkFinder:
    """A face for each pair of marks, of one blue value each: the left eye is red, the right one green."""

    name = "marks"

    def __call__(self, pictures):
        return [largest_first([self.face(picture, blue) for blue in self.blues(picture)]) for picture in pictures]

    @staticmethod
    def blues(picture):
        flat = picture.reshape(-1, 3)
        return sorted({int(blue) for blue in flat[(flat[:, 0] > 200) & (flat[:, 1] < 60)][:, 2] // 10 * 10})

    @staticmethod
    def face(picture, blue):
        near = np.abs(picture[..., 2].astype(int) - blue) < 6
        eyes = [centre(near & (picture[..., one] > 200) & (picture[..., 1 - one] < 60)) for one in (0, 1)]
        left, right = complex(*eyes[0]), complex(*eyes[1])
        points = (left + right) / 2 + (right - left) * MEAN
        half = abs(right - left) * SIDE / 2
        middle = (left + right) / 2
        box = np.array([middle.real - half, middle.imag - half, middle.real + half, middle.imag + half])
        return Face(box, 0.9, np.stack([points.real, points.imag], 1))


def centre(mask):
    down, across = np.nonzero(mask)
    return across.mean() + 0.5, down.mean() + 0.5


def photo(*faces, size=(120, 160), ground=(90, 90, 90)):
    """faces: (middle between the eyes, right eye from the left), complex, in pixels. size: (height, width)"""
    pixels = np.full((*size, 3), ground, np.uint8)
    for number, (middle, eyes) in enumerate(faces):
        for colour, eye in ((RED, middle - eyes / 2), (GREEN, middle + eyes / 2)):
            x, y = round(eye.real), round(eye.imag)
            pixels[y - MARK : y + MARK, x - MARK : x + MARK] = (*colour[:2], 10 * number)
    return Image.fromarray(pixels)


@pytest.fixture(autouse=True)
def marks(monkeypatch):
    monkeypatch.setattr(choosing, "finders", lambda *_: {"photo": MarkFinder()})
    monkeypatch.setattr(choosing, "finder", lambda *_: MarkFinder())
    monkeypatch.setattr(survey, "finders", lambda *_: {"photo": MarkFinder()})


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index, (middle, eyes) in enumerate([(80 + 50j, 30), (60 + 60j, 24 + 10j), (90 + 70j, 26 - 14j)]):
        photo((middle, eyes)).save(folder / f"{index}.png")
    photo().save(folder / "empty.png")
    photo((40 + 40j, 20), (110 + 70j, 34)).save(folder / "two.png")
    return folder


def eyes_of(path):
    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)
    red = (picture[..., 0] - picture[..., 1] > 120) & (picture[..., 2] < 120)
    green = (picture[..., 1] - picture[..., 0] > 120) & (picture[..., 2] < 120)
    return np.array([centre(red), centre(green)])


def test_eyes_come_to_one_place_whatever_the_turn_and_size(photos, tmp_path):
    made = align(str(photos), output=tmp_path / "faces", resolution="96", sheet=tmp_path / "sheet.png")
    assert (made.pictures, made.faces, made.resolution) == (5, 4, "96")
    assert made.absent == ["empty.png"] and made.several == ["two.png"]
    files = sorted(path.name for path in (tmp_path / "faces").glob("*.png"))
    assert files == ["0.png", "1.png", "2.png", "two.png"]
    eyes = np.array([eyes_of(tmp_path / "faces" / name) for name in files[:3]])  # in the last one, the other face shows
    assert np.abs(eyes - eyes.mean(0)).max() < 0.02 * 96
    unit = 96 / SIDE / 1.5
    assert np.allclose(eyes.mean(0), [[48 - unit / 2, 48 - 0.3 * unit], [48 + unit / 2, 48 - 0.3 * unit]], atol=1)


def test_the_largest_of_several_is_cut_out_or_all_or_none(photos, tmp_path):
    faces = json.loads((align_json(photos, tmp_path / "largest")).read_text())["pictures"]
    two = next(row for row in faces if row["file"] == "two.png")
    assert two["made"] == ["two.png"] and len(two["faces"]) == 2
    assert two["faces"][0]["box"][0] > two["faces"][1]["box"][0]  # the one on the right is larger
    made = align(str(photos), output=tmp_path / "all", resolution="64", several="all")
    assert made.faces == 5 and (tmp_path / "all" / "two-2.png").is_file()
    made = align(str(photos), output=tmp_path / "skip", resolution="64", several="skip")
    assert made.faces == 3 and not (tmp_path / "skip" / "two.png").exists()
    assert "several     1, left out" in str(made)


def align_json(photos, output):
    align(str(photos), output=output, resolution="64")
    return output / "alignment.json"


def test_any_size_and_margin_and_format(photos, tmp_path):
    align(str(photos), output=tmp_path / "a", resolution="96x64", margin=0.0, format="webp")
    image = Image.open(tmp_path / "a" / "1.webp")
    assert image.size == (64, 96) and image.format == "WEBP"
    left, right = eyes_of(tmp_path / "a" / "1.webp")
    assert right[0] - left[0] == pytest.approx(64 / SIDE, abs=1.5)


def test_the_size_comes_from_the_faces_where_none_is_given(tmp_path):
    (tmp_path / "p").mkdir()
    for index in range(4):
        photo((200 + 200j, 80), size=(400, 400)).save(tmp_path / "p" / f"{index}.png")
    # a face of 80 px between the eyes is 224 px, its crop 336
    assert align(str(tmp_path / "p"), output=tmp_path / "faces").resolution == "256"


def test_class_folders_stay_classes(tmp_path):
    folder = tmp_path / "p"
    for name in ("a/1.png", "a/2.png", "b/1.bmp", "b/2.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        photo((80 + 50j, 30)).save(folder / name)
    align(str(folder), output=tmp_path / "faces", resolution="64")
    layout = detect(tmp_path / "faces")
    assert layout.kind == "class folders" and layout.label_names == ("a", "b")
    assert layout.entries == ["a/1.png", "a/2.png", "b/1.png", "b/2.png"]


@pytest.mark.parametrize("prepared", [False, True])
def test_labels_and_captions_of_a_table_follow_their_pictures(tmp_path, prepared):
    folder = tmp_path / "p"
    folder.mkdir()
    rows = ["file_name,hair,glasses,text"]
    for index in range(8):
        face = () if index == 3 else ((80 + 50j, 30),)
        photo(*face).save(folder / f"{index}.bmp")
        rows.append(f"{index}.bmp,{'black' if index % 3 else 'pink'},{index % 2},person {index}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    old = detect(folder)
    align(str(folder), output=tmp_path / "faces", resolution="64", prepared=prepared)
    new = detect(tmp_path / "faces")
    kept = [index for index in range(8) if index != 3]
    assert set(new.label_names) == set(old.label_names)
    order = [old.label_names.index(name) for name in new.label_names]
    assert np.array_equal(new.labels, old.labels[kept][:, order])
    assert new.captions == [f"person {index}" for index in kept]
    assert len(new) == 7 and (new.kind == "prepared set") == prepared


def test_numbered_classes_of_a_stylegan_list_stay_the_same_numbers(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    for index in range(12):
        photo((80 + 50j, 30)).save(folder / f"{index:02d}.png")
    (folder / "dataset.json").write_text(json.dumps({"labels": [[f"{index:02d}.png", index] for index in range(12)]}))
    align(str(folder), output=tmp_path / "faces", resolution="64")
    assert np.array_equal(detect(tmp_path / "faces").labels, np.eye(12))


def test_pictures_kept_for_a_test_are_aligned_and_stay_kept(tmp_path):
    folder = tmp_path / "p"
    for name in ("train/1.png", "train/2.png", "test/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        photo((80 + 50j, 30)).save(folder / name)
    made = align(str(folder), output=tmp_path / "faces", resolution="64")
    assert made.faces == 3
    assert detect(tmp_path / "faces").entries == ["train/1.png", "train/2.png"]


def test_an_archive_and_a_turned_photograph(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned to the right
    photo((80 + 50j, 30)).rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(tmp_path / "turned.png", "deep/er/a.png")
    align(str(tmp_path / "set.zip"), output=tmp_path / "faces", resolution="64")
    rows = json.loads((tmp_path / "faces" / "alignment.json").read_text())["pictures"]
    assert rows[0]["turned"] == [0.0] and (tmp_path / "faces" / "deep" / "er" / "a.png").is_file()


def test_damaged_pictures_are_listed_and_the_others_aligned(photos, tmp_path):
    (photos / "bad.jpg").write_bytes(b"\xff\xd8 no picture")
    made = align(str(photos), output=tmp_path / "faces", resolution="64")
    assert list(made.unreadable) == ["bad.jpg"] and made.faces == 4
    assert "unreadable  1, left out" in str(made)


def test_two_pictures_that_would_get_one_name_both_stay(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    for name in ("a.png", "a.bmp", "a-2.png"):
        photo((80 + 50j, 30), (30 + 50j, 20)).save(folder / name)
    made = align(str(folder), output=tmp_path / "faces", resolution="64", several="all")
    assert made.faces == 6 and len(list((tmp_path / "faces").glob("*.png"))) == 6


def test_nothing_is_left_where_there_is_no_face_or_no_room(photos, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="finds no face in 1 image:"):
        (tmp_path / "none").mkdir()
        photo().save(tmp_path / "none" / "a.png")
        align(str(tmp_path / "none"), output=tmp_path / "out" / "faces")
    assert list((tmp_path / "out").iterdir()) == []

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(FileError, match="No space left"):
        align(str(photos), output=tmp_path / "out" / "faces", resolution="64")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_cannot_be_meant_is_one_line(photos, tmp_path, monkeypatch):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "x").write_text("x")
    with pytest.raises(FileError, match=r"output .*taken exists"):
        align(str(photos), output=taken)
    with pytest.raises(UsageError, match=r"lies inside .*, among its images"):
        align(str(photos), output=photos / "faces")
    with pytest.raises(UsageError, match=r"lies inside .*, among its images"):
        align(str(photos), output=tmp_path / "faces", sheet=photos / "sheet.png")
    with pytest.raises(UsageError, match="margin 3 must lie between"):
        align(str(photos), margin=3.0)
    with pytest.raises(UsageError, match="smallest 2 must lie between"):
        align(str(photos), smallest=2.0)
    with pytest.raises(UsageError, match="needs a folder or archive of images"):
        align("drawn:10", output=tmp_path / "faces")
    monkeypatch.setattr(choosing, "finders", lambda *_: {})
    with pytest.raises(FileError, match=r"pip install 'mien\[faces\]'.*mien weights fetch anime-cascade"):
        align(str(photos), output=tmp_path / "faces")
    assert not (tmp_path / "faces").exists()


def test_mien_learns_from_aligned_faces_and_not_from_their_sheet(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "photos" / "..")
    made = align("photos", resolution="64")
    assert made.path == "photos-aligned" and made.sheet == "mien-check-photos-aligned.png"
    layout = detect("photos-aligned")
    assert len(layout) == 4 and not any("mien's own" in note or "left out" in note for note in layout.notes)
    assert made.sheet not in detect(".").entries
    assert align(".", resolution="64", output=tmp_path.parent / f"{tmp_path.name}-b").pictures == 5 + 4  # no sheet


def test_an_empty_output_folder_may_be_named(photos, tmp_path):
    (tmp_path / "faces").mkdir()
    align(str(photos), output=tmp_path / "faces", resolution="64")
    assert (tmp_path / "faces" / "0.png").is_file()


def test_the_check_says_when_faces_are_small(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    for index in range(6):
        photo((150 + 100j, 20), size=(300, 300)).save(folder / f"{index}.png")
    found = check(str(folder), output=tmp_path / "sheet.png")
    assert found.faces == "in 6 of 6 sampled images, median side 19% of the image's (photo)"
    assert any("faces are small" in line and f"mien data align {folder}" in line for line in found.warnings)


def test_the_check_says_nothing_where_there_are_no_faces_and_survives_a_broken_finder(tmp_path, monkeypatch):
    folder = tmp_path / "p"
    folder.mkdir()
    photo().save(folder / "a.png")
    found = check(str(folder), output=tmp_path / "sheet.png")
    assert found.faces is None and not any("face" in line for line in found.warnings)

    def broken(*_):
        raise FileError("onet.lz4 is not the published file")

    monkeypatch.setattr(survey, "finders", broken)
    assert "not the published file" in check(str(folder), output=tmp_path / "sheet.png").faces


def test_the_command_line_finds_the_verb(photos, tmp_path, capsys):
    assert cli.run(["data", "align", str(photos), "--output", str(tmp_path / "faces"), "--resolution", "64"]) == 0
    out = capsys.readouterr().out
    assert "4 faces of 64 px from 5 images" in out and "no face     1, left out" in out
    assert cli.run(["data", "align", str(photos), "--several", "most"]) == 2
    assert "data_align" not in cli.overview() and "check|prepare|align|label" in cli.overview()


def test_crops_that_reach_far_beyond_their_pictures_are_told(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    photo((60 + 60j, 50), size=(120, 120)).save(folder / "a.png")
    wide = align(str(folder), output=tmp_path / "wide", resolution="64", margin=0.5)
    assert (
        wide.reaching == 1
        and "1 of 1 crops consist of more than 10 %" in str(wide)
        and "--margin below 0.5" in str(wide)
    )
    photo((100 + 100j, 30), size=(200, 200)).save(folder / "a.png")
    assert align(str(folder), output=tmp_path / "narrow", resolution="64", margin=0.0).reaching == 0


def test_a_signal_half_way_leaves_nothing(photos, tmp_path, monkeypatch):
    from mien.runtime.signals import Interrupted

    def stopped(*_):
        raise Interrupted(15)

    monkeypatch.setattr("mien.faces.aligning.choose", stopped)
    with pytest.raises(KeyboardInterrupt):
        align(str(photos), output=tmp_path / "out" / "faces", resolution="64")
    assert list((tmp_path / "out").iterdir()) == []
