"""Contact sheets: images in rows and columns, with captions, headings, and names of rows and columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mien.errors import UsageError
from mien.media.pixels import as_rgb, enlarged, visible_scale

MARGIN, GAP, GROUP_GAP = 12, 6, 24  # pixels: around all, between images, between groups of columns
LINE, TITLE_LINE = 15, 21  # height of a line of text
SIZE, CAPTION_SIZE = 12, 11  # of the font
LONGEST_SIDE = 32_767  # pixels; image viewers cannot show more

Colour = str | tuple[int, int, int]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


@dataclass(frozen=True)
class Cell:
    """One image. caption: below it. highlighted: red caption. keep_end: cut a long caption at its beginning."""

    image: Image.Image | None
    caption: str = ""
    highlighted: bool = False
    keep_end: bool = False


@dataclass(frozen=True)
class Group:
    """Adjacent columns with two lines above them."""

    columns: int
    heading: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Paper:
    background: Colour
    ink: Colour
    faint: Colour
    highlight: Colour = "red"


LIGHT = Paper("white", "black", "gray")
DARK = Paper((18, 18, 22), (236, 236, 240), (150, 150, 160))


@dataclass(frozen=True)
class Names:
    """Names of rows and columns. row_axis, column_axis: the quantities whose values are the names."""

    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    row_axis: str = ""
    column_axis: str = ""


@dataclass(frozen=True)
class Geometry:
    """The positions of the images, in pixels. tile: (width, height). lefts: of each column. top, step: of the rows."""

    tile: tuple[int, int]
    lefts: list[int] = field(default_factory=list)
    top: int = 0
    step: int = 0


def contact_sheet(
    cells: Sequence[Sequence[Cell]],
    names: Names = Names(),
    groups: Sequence[Group] = (),
    title: Sequence[str] = (),
    paper: Paper = LIGHT,
) -> Image.Image:
    """Return one sheet with all cells. Raises UsageError for a sheet that viewers cannot show.

    cells: rows of cells; a row may be shorter than the first one. A tile is as large as the largest image. groups:
    the columns from left to right; one group if left out. title: lines above all; the first is the largest.
    """
    groups = groups or [Group(max(map(len, cells)))]
    place, size = arrange(cells, names, groups, title)
    if max(size) > LONGEST_SIDE:
        raise UsageError(f"the sheet would be {max(size):,} pixels long, over {LONGEST_SIDE:,}: request fewer images")
    sheet = Image.new("RGB", size, paper.background)
    pen, font, small = ImageDraw.Draw(sheet), ImageFont.load_default(SIZE), ImageFont.load_default(CAPTION_SIZE)
    for number, words in enumerate(title):
        first = ImageFont.load_default(CAPTION_SIZE + 4) if number == 0 else font
        colour = paper.faint if number else paper.ink
        pen.text((MARGIN, MARGIN + number * TITLE_LINE), shortened(words, first, size[0] - 2 * MARGIN), colour, first)
    write_groups(pen, groups, place, names, paper, font)
    write_names(pen, names, place, paper, font)
    ends = [place.lefts[end - 1] + place.tile[0] for end in np.cumsum([group.columns for group in groups]).tolist()]
    for row, line in enumerate(cells):
        for column, cell in enumerate(line):
            left, top = place.lefts[column], place.top + row * place.step
            if cell.image is not None:
                sheet.paste(cell.image, (left, top))
            if cell.caption:
                following = [place.lefts[other] - GAP for other in range(column + 1, len(line)) if line[other].caption]
                end = min([end for end in ends if end > left][:1] + following[:1])
                words = shortened(cell.caption, small, end - left, cell.keep_end)
                colour = paper.highlight if cell.highlighted else paper.faint
                pen.text((left, top + place.tile[1] + 1), words, colour, small)
    return sheet


def image_table(
    pixels: np.ndarray, names: Names, scale: int | None = None, corner: bool = True
) -> tuple[Image.Image, int]:
    """Return (a sheet of images with names of rows and columns, its scale).

    pixels: uint8 [R,C,H,W,1 or 3]. scale: enlargement, an integer; None: chosen by `visible_scale`. corner:
    False leaves the first cell empty.
    """
    rows, columns, height, width = pixels.shape[:4]
    scale = scale or visible_scale((height, width), rows, columns)
    large = enlarged(as_rgb(pixels), scale)
    cells = [[Cell(Image.fromarray(np.ascontiguousarray(one))) for one in line] for line in large]
    if not corner:
        cells[0][0] = Cell(None)
    return contact_sheet(cells, names), scale


def fitted(image: Image.Image, side: int) -> Image.Image:
    """Return the image in RGB, its longer side about `side` pixels.

    It is enlarged by an integer, or reduced with antialiasing.
    """
    image, factor = image.convert("RGB"), side / max(image.size)
    if factor >= 0.75:
        whole = max(1, round(factor))
        return image.resize((image.width * whole, image.height * whole), Image.Resampling.NEAREST)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


# --- the parts of a sheet ---------------------------------------------------------------------------------------------


def arrange(
    cells: Sequence[Sequence[Cell]], names: Names, groups: Sequence[Group], title: Sequence[str]
) -> tuple[Geometry, tuple[int, int]]:
    """Return the positions of all images, and the (width, height) of the sheet."""
    images = [cell.image for line in cells for cell in line if cell.image is not None]
    tile = (max(one.width for one in images), max(one.height for one in images))
    font = ImageFont.load_default(SIZE)
    words = [*names.rows, *([names.row_axis] if names.rows else [])]
    left = MARGIN + max((math.ceil(font.getlength(word)) + GAP for word in words), default=0)
    lefts: list[int] = []
    for group in groups:
        lefts += [left + number * (tile[0] + GAP) for number in range(group.columns)]
        left = lefts[-1] + tile[0] + GROUP_GAP
    above = TITLE_LINE * len(title) + LINE * group_lines(groups) + LINE * bool(names.column_axis)
    above += LINE * bool(names.columns or (names.row_axis and names.rows))
    top = MARGIN + above + (GAP if above else 0)
    step = tile[1] + LINE * any(cell.caption for line in cells for cell in line) + GAP
    size = (max(lefts[-1] + tile[0] + MARGIN, 480 if title else 0), top + len(cells) * step - GAP + MARGIN)
    return Geometry(tile, lefts, top, step), size


def group_lines(groups: Sequence[Group]) -> int:
    return any(group.heading for group in groups) + any(group.detail for group in groups)


def write_groups(
    pen: ImageDraw.ImageDraw, groups: Sequence[Group], place: Geometry, names: Names, paper: Paper, font: Font
) -> None:
    top = place.top - GAP - LINE * (group_lines(groups) + bool(names.column_axis) + bool(names.columns))
    column = 0
    for group in groups:
        pen.text((place.lefts[column], top), group.heading, paper.ink, font)
        pen.text((place.lefts[column], top + LINE), group.detail, paper.faint, font)
        column += group.columns


def write_names(pen: ImageDraw.ImageDraw, names: Names, place: Geometry, paper: Paper, font: Font) -> None:
    """Write column names above the images, row names to their left, and each axis before its names."""
    line = place.top - GAP - LINE
    middle = (place.lefts[0] + place.lefts[-1] + place.tile[0]) // 2
    pen.text((middle, line - LINE), names.column_axis, paper.faint, font, "ma")
    for left, name in zip(place.lefts, names.columns):
        pen.text((left + place.tile[0] // 2, line), shortened(name, font, place.tile[0]), paper.ink, font, "ma")
    pen.text((place.lefts[0] - GAP, line), names.row_axis, paper.faint, font, "ra")
    for row, name in enumerate(names.rows):
        pen.text((place.lefts[0] - GAP, place.top + row * place.step + place.tile[1] // 2), name, paper.ink, font, "rm")


def shortened(text: str, font: Font, room: int, keep_end: bool = False) -> str:
    """Return the text, cut to `room` pixels. "…" replaces the part that does not fit."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[1:] if keep_end else text[:-1]
    return "…" + text if keep_end else text.rstrip(" ,") + "…"
