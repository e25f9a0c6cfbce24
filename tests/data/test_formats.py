import importlib.util

import numpy as np
import pytest
from folders import add_pictures, numbered
from odd_files import encoded, halves
from PIL import Image

from mien.data import decode, files, formats
from mien.data.decode import BadImage, decode_image
from mien.data.formats import EXTRAS, HEIC, JXL, format_of, jxl_pixels, load
from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.errors import DataError


def needs(extra):
    return pytest.mark.skipif(importlib.util.find_spec(extra.module) is None, reason=extra.cure)


def made(extra, image=None, **options):
    assert load(extra)
    return encoded(image or halves((48, 40)), extra.pillow, **options)


@needs(HEIC)
@needs(JXL)
@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.extra)
def test_each_is_read_by_content_and_named_by_its_ending(extra, tmp_path):
    data = made(extra, quality=95)
    assert format_of(data) is extra and format_of(encoded(halves(), "AVIF")) is None
    pixels = decode_image(data, "photo.jpg", 40, 40)
    assert np.abs(pixels[20, 5, :3].astype(int) - (200, 30, 40)).max() < 12 and pixels[20, 35].min() > 240
    folder = add_pictures(tmp_path / "set", numbered(3))
    (folder / f"x{extra.endings[0].upper()}").write_bytes(data)
    assert len(prepare(folder, 16, 16)) == 4
    with pytest.raises(BadImage):
        decode_image(data[: len(data) // 2], "x", 16, 16)


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.extra)
def test_without_the_package_one_line_names_format_count_and_cure(extra, tmp_path, monkeypatch):
    folder = add_pictures(tmp_path / "set", numbered(3))
    for index in range(2):
        (folder / f"{index}{extra.endings[0]}").write_bytes(
            b"\0\0\0\x1cftypheic\0\0\0\0" if extra is HEIC else b"\xff\x0a" * 9
        )
    monkeypatch.setattr(formats, "installed", lambda _: False)
    monkeypatch.setattr(decode, "load", lambda _: False)
    monkeypatch.setattr(files, "IMAGE_ENDINGS", files.IMAGE_ENDINGS - set(HEIC.endings) - set(JXL.endings))
    layout = detect(folder)
    assert len(layout) == 3 and f'2 {extra.name} images left out: pip install "mien[{extra.extra}]"' in layout.notes
    assert len(prepare(folder, 16, 16)) == 3
    with pytest.raises(BadImage, match=extra.extra):
        decode_image((folder / f"0{extra.endings[0]}").read_bytes(), "0.jpg", 16, 16)
    for path in folder.glob("*.png"):
        path.unlink()
    with pytest.raises(DataError, match=r"no image that mien can read \(2 .* left out: pip install"):
        detect(folder)


@needs(JXL)
@pytest.mark.parametrize("size", [(8, 8), (256, 256), (48, 40), (1024, 768), (3000, 17)])
@pytest.mark.parametrize("container", [False, True])
def test_the_size_of_a_jxl_is_known_before_it_is_decoded(size, container):
    data = made(JXL, Image.new("RGB", size, (9, 99, 200)), use_container=container)
    assert jxl_pixels(data) == size[0] * size[1]


def test_a_giant_jxl_is_never_decoded():
    bits = 0 | 3 << 1 | (1 << 29) << 3 | 0 << 33 | 3 << 36 | (1 << 29) << 38
    if load(JXL):
        with pytest.raises(BadImage, match="over 100,000,000 pixels"):
            decode_image(b"\xff\x0a" + bits.to_bytes(16, "little"), "x.jxl", 16, 16)
