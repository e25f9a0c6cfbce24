"""Face detectors, and the rate that is made of them."""

from pathlib import Path

import numpy as np
import pytest

from mien.data.synthetic.draw import draw_many
from mien.errors import FileError, UsageError
from mien.metrics import detectors
from mien.metrics.afd import AFD

CASCADE = Path(__file__).parents[2] / "../shared/data/detectors/lbpcascade_animeface.xml"

pytest.importorskip("cv2")


def noise(count, size=64):
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


@pytest.mark.skipif(not CASCADE.is_file(), reason="the cascade file is not here")
@pytest.mark.parametrize("size", [(64, 64), (128, 128), (96, 80), (32, 32)])
def test_the_anime_cascade_finds_drawn_faces_at_any_resolution(size):
    detector = detectors.anime(CASCADE)
    faces = draw_many(40, 64, 64, seed=0).images if size == (32, 32) else draw_many(40, *size, seed=0).images
    assert detector(faces).mean() > 0.6
    assert detector(noise(20)).mean() == 0
    assert "at 64 px, scaleFactor 1.1, minNeighbors 5, minSize 22" in detector.name


def test_the_human_cascade_is_opencvs_own():
    detector = detectors.human()
    assert detector(noise(5)).tolist() == [False] * 5
    assert detector.name.startswith("haarcascade_frontalface_alt2.xml at 128 px with a border of 32")


def test_a_file_that_is_no_cascade(tmp_path):
    odd = tmp_path / "odd.xml"
    odd.write_text("<opencv_storage><nothing/></opencv_storage>")
    with pytest.raises(FileError, match=r"odd\.xml is not a cascade"):
        detectors.anime(odd)(noise(1))


def test_the_key_follows_the_file(tmp_path):
    first, second = tmp_path / "a" / "c.xml", tmp_path / "b" / "c.xml"
    for path, text in ((first, "one"), (second, "two")):
        path.parent.mkdir()
        path.write_text(text)
    one, two = detectors.anime(first), detectors.anime(second)
    assert one.name == two.name and one.key() != two.key()


def test_a_users_function(tmp_path):
    (tmp_path / "my_detector.py").write_text(
        "def bright(pixels):\n    return pixels.mean((1, 2, 3)) > 100\n\n\ndef wrong(pixels):\n    return [True]\n"
    )
    pixels = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (0, 90, 150, 255)])
    afd = AFD(detectors.own(f"{tmp_path}/my_detector.py:bright"))
    rows = afd.rows(pixels)
    assert rows.tolist() == [[0], [0], [1], [1]] and afd.key() is None
    found = afd.scores(rows[2:], rows)["afd"]
    assert (found.value, found.real) == (0.5, 1.0) and found.settings.endswith("my_detector.py:bright")
    with pytest.raises(UsageError, match="for 4 images"):
        AFD(detectors.own(f"{tmp_path}/my_detector.py:wrong")).rows(pixels)
    with pytest.raises(UsageError, match="no function 'nothing'"):
        detectors.own(f"{tmp_path}/my_detector.py:nothing")


def test_no_detector():
    with pytest.raises(UsageError, match="afd needs a detector"):
        AFD().rows(noise(1))
