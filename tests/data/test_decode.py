import io
from pathlib import Path

import numpy as np
import pytest
from odd_files import cases, encoded, halves, noise
from PIL import Image

from mien.data import decode
from mien.data.decode import BadImage, crop_box, decode_image, fit, open_image, pair, upright

CASES = cases()


def test_the_corpus_is_large():
    assert len(CASES) >= 60


@pytest.mark.filterwarnings("ignore:Image size")
@pytest.mark.parametrize("name", CASES)
def test_each_odd_file_has_its_documented_result(name: str):
    data, expected = CASES[name]
    if isinstance(expected, str):
        with pytest.raises(BadImage, match=expected) as reason:
            decode_image(data, name, 16, 16)
        assert "\n" not in str(reason.value)
    else:
        pixels = decode_image(data, name, 16, 16)
        assert pixels.shape == (16, 16, 3) and pixels.dtype == np.uint8
        assert np.abs(pixels[8, 8].astype(int) - expected).max() <= 6, pixels[8, 8]


def test_exif_turns_the_picture_and_not_only_its_centre():
    for name in ("exif3.jpg", "exif6.jpg", "exif8.jpg", "exif6.png", "exif6.webp", "exif6.tif"):
        pixels = decode_image(CASES[name][0], name, 16, 16).astype(int)
        assert pixels[1, 8, 1] < 60 and pixels[14, 8, 1] > 200 and pixels[14, 1, 1] > 200, name


@pytest.mark.parametrize(
    ("have", "want", "box"),
    [
        ((178, 218), (64, 64), (0, 20, 178, 198)),
        ((100, 50), (64, 64), (25, 0, 75, 50)),
        ((100, 100), (96, 80), (8, 0, 91, 100)),
        ((3000, 3), (64, 64), (1498, 0, 1501, 3)),
        ((1, 1), (8, 64), (0, 0, 1, 1)),
    ],
)
def test_crop_is_the_largest_centred_one(have, want, box):
    assert crop_box(*have, *want) == box


@pytest.mark.parametrize(("size", "target"), [((178, 218), (64, 64)), ((97, 61), (48, 32)), ((20, 20), (64, 64))])
def test_fit_is_pillows_lanczos_to_within_rounding(size, target):
    image = noise(size)
    box = crop_box(*size, *target)
    reference = image.resize(target[::-1], Image.Resampling.LANCZOS, box=box)
    difference = np.abs(fit(image, *target).astype(int) - np.asarray(reference))
    assert difference.max() <= 1 and difference.mean() < 0.05


def test_scaled_jpeg_decoding_keeps_twice_the_target_and_the_picture():
    smooth = noise((12, 12)).resize((800, 640), Image.Resampling.BICUBIC)
    data = encoded(smooth, "JPEG", quality=95)
    decoded = upright(open_image(data), 64, 64)
    assert decoded.size == (200, 160)  # a quarter; an eighth would be under 128
    full = fit(Image.open(io.BytesIO(data)).convert("RGB"), 64, 64)
    assert np.abs(decode_image(data, "", 64, 64).astype(int) - full).mean() < 1


QUICK = {
    "444": {"subsampling": 0},
    "422": {"subsampling": 1},
    "420": {"subsampling": 2},
    "progressive": {"progressive": True},
    "comment": {"comment": b"taken at sea"},
    "restarts": {"restart_marker_rows": 1},
}


@pytest.mark.parametrize("kind", [*QUICK, "gray"])
@pytest.mark.parametrize("size", [(178, 218), (61, 33), (64, 48), (9, 70)])
def test_simplejpeg_gives_pillows_pixels(kind: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("simplejpeg")
    image = noise((20, 25)).resize(size).convert("L" if kind == "gray" else "RGB")
    data = encoded(image, "JPEG", **QUICK.get(kind, {}))
    quick = decode.quick_jpeg(data, 48, 64)
    assert quick is not None
    assert np.array_equal(quick[..., :3], np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    pixels = decode_image(data, "", 48, 64)
    monkeypatch.setattr(decode, "_simplejpeg", lambda: None)
    assert np.array_equal(decode_image(data, "", 48, 64), pixels)


def test_odd_files_are_left_to_pillow(monkeypatch: pytest.MonkeyPatch):
    usual = {name for name, (data, _) in CASES.items() if decode.quick_jpeg(data, 16, 16) is not None}
    assert usual <= {"rgb.jpg", "UPPER.JPG", "progressive.jpg", "444.jpg", "gray.jpg"}
    data = encoded(noise((30, 30)), "JPEG")
    odd = [data[:-2], data[:-200], data[:700], data[:20], data[:3], encoded(noise(), "JPEG", keep_rgb=True)]
    assert all(decode.quick_jpeg(content, 16, 16) is None for content in odd)
    monkeypatch.setattr(decode, "MOST_PIXELS", 800)
    assert decode.quick_jpeg(data, 16, 16) is None


def test_damage_is_judged_by_pillow():
    data = encoded(noise((30, 30)), "JPEG")
    for place in range(2, len(data), 9):
        damaged = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        quick = decode.quick_jpeg(damaged, 16, 16)
        assert quick is None or np.array_equal(quick[..., :3], upright(open_image(damaged), 16, 16)), place


def test_a_simplejpeg_of_other_pixels_is_not_used(monkeypatch: pytest.MonkeyPatch):
    jpeg = pytest.importorskip("simplejpeg")
    decode_jpeg = jpeg.decode_jpeg
    monkeypatch.setattr(jpeg, "decode_jpeg", lambda data, *_: decode_jpeg(data) ^ 1)
    assert decode._simplejpeg.__wrapped__() is None


def test_pair_gives_left_and_right():
    left, right = pair(encoded(halves((80, 40)), "PNG"), "x.png", 16, 16)
    assert (left == (200, 30, 40)).all() and (right == 255).all()
    with pytest.raises(BadImage, match="80x41 is not a side-by-side pair"):
        pair(encoded(halves((80, 41)), "PNG"), "x.png", 16, 16)


def test_too_many_pixels_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decode, "MOST_PIXELS", 1000)
    with pytest.raises(BadImage, match="40x40 is over 1,000 pixels"):
        open_image(encoded(halves(), "PNG"))


def test_no_global_setting_of_pillow_is_changed():
    before = Image.MAX_IMAGE_PIXELS
    decode_image(Path(__file__).read_bytes() and CASES["rgb.png"][0], "rgb.png", 8, 8)
    assert before == Image.MAX_IMAGE_PIXELS
