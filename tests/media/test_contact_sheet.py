"""Contact sheets: where pictures, names and captions stand."""

import numpy as np
import pytest
from PIL import Image, ImageFont

from mien.errors import UsageError
from mien.media.contact_sheet import (
    CAPTION_SIZE,
    DARK,
    GAP,
    GROUP_GAP,
    LINE,
    MARGIN,
    Cell,
    Group,
    Names,
    contact_sheet,
    fitted,
    image_table,
    shortened,
)


def plain(colour, size=(40, 30)):
    return Image.new("RGB", size, colour)


def test_pictures_stand_in_rows_and_columns():
    sheet = contact_sheet([[Cell(plain("red")), Cell(plain("lime"))], [Cell(plain("blue"))]])
    assert sheet.size == (2 * MARGIN + 80 + GAP, 2 * MARGIN + 60 + GAP)
    place = {
        (12, 12): "red",
        (12 + 46, 12): "lime",
        (12, 12 + 36): "blue",
        (12 + 46, 12 + 36): "white",
        (0, 0): "white",
    }
    assert {where: sheet.getpixel(where) for where in place} == {
        where: plain(colour).getpixel((0, 0)) for where, colour in place.items()
    }


def test_groups_stand_apart_and_have_headings():
    line = [Cell(plain("red")) for _ in range(3)]
    sheet = contact_sheet([line], groups=[Group(1, "one"), Group(2, "two", "more")], paper=DARK)
    top = MARGIN + 2 * LINE + GAP
    assert sheet.size == (2 * MARGIN + 120 + GAP + GROUP_GAP, top + 30 + MARGIN)
    pixels = np.asarray(sheet).astype(int)
    assert pixels[top, MARGIN + 40 + GROUP_GAP].tolist() == [255, 0, 0]
    assert pixels[top, MARGIN + 40 + GROUP_GAP - 1].tolist() == list(DARK.background)
    detail = pixels[MARGIN + LINE : MARGIN + 2 * LINE]
    assert detail[:, : MARGIN + 40].max() < 30 and detail[:, MARGIN + 40 + GROUP_GAP :].max() > 100


def test_names_stand_beside_and_above():
    pixels = np.zeros((2, 3, 16, 16, 1), np.uint8)
    named, scale = image_table(pixels, Names(["a", "b"], ["x", "y", "z"], "rows", "columns"))
    bare, _ = image_table(pixels, Names())
    assert scale == 8 and bare.size == (2 * MARGIN + 3 * 128 + 2 * GAP, 2 * MARGIN + 2 * 128 + GAP)
    left, top = named.width - bare.width, named.height - bare.height
    assert top == 2 * LINE + GAP and left > 20
    words = np.asarray(named).astype(int)[..., 0] < 200
    assert words[MARGIN + top + 40 : MARGIN + top + 90, : MARGIN + left].any()  # a
    assert words[MARGIN + LINE : MARGIN + 2 * LINE, MARGIN + left :].any()  # x, y, z
    assert words[MARGIN + LINE : MARGIN + 2 * LINE, : MARGIN + left].any()  # rows
    assert words[MARGIN : MARGIN + LINE, MARGIN + left :].any()  # columns


def test_the_first_cell_may_stay_empty():
    pixels = np.zeros((2, 2, 16, 16, 3), np.uint8)
    sheet, _ = image_table(pixels, Names(), scale=2, corner=False)
    cells = np.asarray(sheet)[MARGIN + 5 :: 32 + GAP, MARGIN + 5 :: 32 + GAP][:2, :2]
    assert cells[..., 0].tolist() == [[255, 0], [0, 0]]


def test_captions_are_shortened_to_their_room():
    font = ImageFont.load_default(CAPTION_SIZE)
    assert shortened("hair", font, 100) == "hair"
    for keep_end in (False, True):
        text = shortened("a-long-folder/and-a-long-name.png", font, 80, keep_end)
        assert font.getlength(text) <= 80 and "…" in text
        assert text.endswith(".png") == keep_end


def test_a_caption_may_run_below_the_pictures_without_one():
    long = "a caption of far more than one tile"
    alone = contact_sheet([[Cell(plain("red"), long), Cell(plain("red"), "b")]])
    shared = contact_sheet([[Cell(plain("red"), long), Cell(plain("red"))]])
    strip = [np.asarray(one).astype(int)[MARGIN + 31 : -MARGIN, MARGIN + 60 : -MARGIN, 0] for one in (alone, shared)]
    assert strip[0].min() == 255 and strip[1].min() < 255


def test_a_sheet_that_no_viewer_shows_is_refused():
    with pytest.raises(UsageError, match="the sheet would be 40,018 pixels long"):
        contact_sheet([[Cell(plain("red", (40_000 - 6, 4)))]])


def test_small_pictures_are_enlarged_by_whole_numbers_and_large_ones_reduced():
    assert fitted(plain("red", (32, 16)), 112).size == (128, 64)
    assert fitted(plain("red", (130, 65)), 112).size == (130, 65)
    assert fitted(plain("red", (1000, 500)), 112).size == (112, 56)
