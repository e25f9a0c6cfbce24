import struct

import numpy as np
import pytest
from odd_files import encoded
from PIL import Image, ImageCms

from mien.data import decode
from mien.data.colour import to_srgb
from mien.data.decode import careful_image, decode_image, quick_jpeg

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile(primaries=((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=563 / 256, space=b"RGB "):
    """An ICC profile of a matrix and a gamma, by default that of Adobe RGB (1998); `space` GRAY: of the gamma alone."""

    def tag(kind, content):
        return (kind + b"\0" * 4 + content).ljust(-(-(8 + len(content)) // 4) * 4, b"\0")

    def fixed(*values):
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    white = np.array([0.9642, 1, 0.8249])  # D50, in which profiles speak
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d65 = np.array([0.9505, 1, 1.0890])
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    columns = columns * np.linalg.solve(columns, d65)
    adapt = np.linalg.solve(bradford, np.diag((bradford @ white) / (bradford @ d65)) @ bradford)
    curve = tag(b"curv", struct.pack(">IH", 1, round(gamma * 256)))
    tags = {
        b"wtpt": tag(b"XYZ ", fixed(*white)),
        b"cprt": tag(b"text", b"none\0"),
        b"desc": tag(b"desc", struct.pack(">I", 2) + b"x\0" + b"\0" * 78),
    }
    if space == b"RGB ":
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), (adapt @ columns).T):
            tags[name] = tag(b"XYZ ", fixed(*column))
        tags.update({b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})
    else:
        tags[b"kTRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    size = 128 + len(table) + len(body)
    head = (
        struct.pack(">I", size)
        + b"\0" * 4
        + struct.pack(">I", 0x02400000)
        + b"mntr"
        + space
        + b"XYZ "
        + b"\0" * 12
        + b"acsp"
    )
    return (head.ljust(68, b"\0") + fixed(*white)).ljust(128, b"\0") + table + body


ADOBE = profile()


def linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def adobe_to_srgb(colour):
    """By the two standards' formulas alone."""
    light = np.array([(value / 255) ** (563 / 256) for value in colour])
    to_xyz = np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]])
    from_xyz = np.array([[3.24097, -1.53738, -0.49861], [-0.96924, 1.87597, 0.04156], [0.05563, -0.20398, 1.05697]])
    rgb = np.clip(from_xyz @ to_xyz @ light, 0, 1)
    return [round(255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055)) for v in rgb]


@pytest.mark.parametrize(
    "format_, options",
    [
        ("PNG", {}),
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
@pytest.mark.parametrize("colour", [(120, 150, 90), (200, 180, 170), (60, 60, 60)])
def test_adobe_rgb_becomes_srgb_by_the_formulas(format_, options, colour):
    data = encoded(Image.new("RGB", (32, 32), colour), format_, icc_profile=ADOBE, **options)
    assert np.abs(decode_image(data, "x", 16, 16)[8, 8].astype(int)[:3] - adobe_to_srgb(colour)).max() <= 3


def test_a_profile_of_srgb_changes_no_bit_and_a_broken_one_neither():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    plain = decode_image(encoded(noise, "PNG"), "x", 20, 20)
    primaries = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
    for odd in (
        SRGB,
        b"no profile",
        ADOBE[:200],
        ADOBE[:128] + b"\xff" * 400,
        profile(space=b"GRAY"),
    ):
        assert np.array_equal(decode_image(encoded(noise, "PNG", icc_profile=odd), "x", 20, 20), plain)
    assert to_srgb(noise, b"\0" * (1 << 23)) is noise
    assert to_srgb(noise, SRGB) is noise and to_srgb(noise, profile(primaries)) is not noise  # gamma 2.2 is not sRGB's


def test_gray_and_alpha_and_palettes():
    gray = encoded(Image.new("L", (32, 32), 128), "PNG", icc_profile=profile(gamma=1.0, space=b"GRAY"))
    assert abs(int(decode_image(gray, "x", 16, 16)[8, 8, 0]) - 188) <= 2  # half the light
    clear = Image.new("RGBA", (32, 32), (120, 150, 90, 0))
    assert (decode_image(encoded(clear, "PNG", icc_profile=ADOBE), "x", 16, 16)[8, 8][:3] == 255).all()
    palette = Image.new("RGB", (32, 32), (120, 150, 90)).quantize(4)
    found = decode_image(encoded(palette, "PNG", icc_profile=ADOBE), "x", 16, 16)[8, 8].astype(int)[:3]
    assert np.abs(found - adobe_to_srgb((120, 150, 90))).max() <= 3


def test_the_quick_jpeg_agrees_with_pillow_where_there_is_a_profile(monkeypatch):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    for data in (
        encoded(noise, "JPEG", icc_profile=ADOBE),
        encoded(noise, "JPEG", icc_profile=SRGB),
        encoded(noise, "JPEG"),
    ):
        one = decode_image(data, "x.jpg", 20, 20)
        assert np.abs(one[..., :3].astype(int) - careful_image(data, "x.jpg", 20, 20)[..., :3]).max() <= 1
    assert quick_jpeg(encoded(noise, "JPEG", icc_profile=ADOBE), 20, 20) is None


def test_pairs_are_converted_too():
    data = encoded(Image.new("RGB", (64, 32), (120, 150, 90)), "PNG", icc_profile=ADOBE)
    for half in decode.pair(data, "x.png", 16, 16):
        assert np.abs(half[8, 8].astype(int)[:3] - adobe_to_srgb((120, 150, 90))).max() <= 3
