"""Tables of labels as people write them: CSV with any usual separator and encoding, and lines of JSON."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mien.data.contents import listed
from mien.data.files import Files
from mien.errors import DataError, FileError
from mien.runtime import typed_json

SEPARATORS = ",;\t|"
_SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
FILE_COLUMNS = ("file_name", "filename", "file", "image", "image_name", "image_path", "path")
"""Headings of the column that names the image, best first; case, blanks and dashes do not count."""


@dataclass(frozen=True)
class Table:
    """A table of labels. `rows`: a list of cells for each row, as long as `columns`. `lines`: the line of each row."""

    columns: list[str]
    rows: list[list[str]]
    lines: list[int]
    file_column: int
    notes: tuple[str, ...] = ()


def text_of(files: Files, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, and a note if its encoding was guessed. Raises FileError or DataError with its
    name.
    """
    try:
        data = files.read(name)
    except (OSError, ValueError) as error:
        raise FileError(f"{files.path}: {name} cannot be read: {error}") from error
    return decode(data, f"{files.path}: {name}", name)


def decode(data: bytes, where: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode UTF-8 and UTF-16, with or without a byte order mark, else Windows-1252. A note reports the guess."""
    try:
        if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            return data.decode("utf-32"), ()
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16"), ()
        begin = data[:1000]
        if begin.count(0) > len(begin) // 4:
            return data.decode("utf-16-le" if begin[1::2].count(0) > begin[::2].count(0) else "utf-16-be"), ()
    except UnicodeDecodeError as error:
        raise DataError(f"{where} cannot be decoded ({error.reason}): save it as UTF-8") from error
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        note = f"{name} is not UTF-8: it was read as Windows-1252"
        return data.decode("cp1252", errors="replace"), (note,)


def read_table(files: Files, name: str) -> Table:
    """Read a .csv, .tsv or .jsonl file with a column file_name. Raises DataError with the number of the wrong line."""
    text, notes = text_of(files, name)
    where = f"{files.path}: {name}"
    table = _json_lines(text, where) if name.lower().endswith(".jsonl") else _csv(text, where)
    if not table.rows:
        raise DataError(f"{where} has no rows: fill it, or remove it to train without labels")
    return Table(table.columns, table.rows, table.lines, table.file_column, (*notes, *table.notes))


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv(text: str, where: str) -> Table:
    skipped = 0
    told = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)  # some spreadsheets write it for other spreadsheets
    if told:
        text, skipped = text[told.end() :], 1
    separator = told[1] if told else _separator(text)
    columns: list[str] | None = None
    rows, lines = [], []
    for line, cells in _records(text, separator, where, skipped):
        if columns is None:
            columns = _trimmed(cells)
            continue
        if len(cells) > len(columns) and not any(cells[len(columns) :]):
            cells = cells[: len(columns)]  # a spreadsheet's empty columns
        if len(cells) != len(columns):
            cure = (
                f'put a text that holds {_SEPARATOR_NAMES[separator]} in double quotes, "…"'
                if len(cells) > len(columns)
                else "complete the line"
            )
            row = separator.join(columns).replace("\t", "<tab>")
            raise DataError(f"{where} line {line} has {len(cells)} fields, not {len(columns)} ({row}): {cure}")
        rows.append(cells)
        lines.append(line)
    columns = columns or []
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise DataError(f"{where} has two columns {twice[0]}: rename one of them")
    return Table(columns, rows, lines, _file_column(columns, where))


def _records(text: str, separator: str, where: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells without surrounding blanks) of each record that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    begin = skipped + 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield begin, cells
            begin = skipped + reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{where} line {begin}: {error}: correct its double quotes") from error


def _separator(text: str) -> str:
    """Return the separator that gives a heading file_name, else the one that gives the most headings."""
    lines = iter(line for line in io.StringIO(text[:100_000], newline=None) if line.strip())
    head = next(lines, "").rstrip("\r\n")

    def fits(separator: str) -> tuple[bool, int]:
        cells = next(csv.reader([head], delimiter=separator, skipinitialspace=True), [])
        return any(_heading(cell) in FILE_COLUMNS for cell in cells), len(cells)

    return max(SEPARATORS, key=fits)


def _trimmed(columns: list[str]) -> list[str]:
    while columns and not columns[-1]:
        columns = columns[:-1]
    return columns


def _heading(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().casefold())


def _file_column(columns: list[str], where: str) -> int:
    headings = [_heading(column) for column in columns]
    for known in FILE_COLUMNS:
        if known in headings:
            return headings.index(known)
    has = f"its columns are {listed(columns, 6)}" if columns else "it is empty"
    raise DataError(f"{where} has no column file_name ({has}): add it, or remove the file to train without labels")


# --- JSON lines -------------------------------------------------------------------------------------------------------


def _json_lines(text: str, where: str) -> Table:
    objects, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            objects.append(typed_json.decode(line.strip(), dict[str, Any], f"{where} line {number}", DataError))
            lines.append(number)
    columns = list(dict.fromkeys(key for row in objects for key in row))
    place = _file_column(columns, where)
    for row, number in zip(objects, lines):
        if not isinstance(row.get(columns[place]), str):
            said = f"{columns[place]} is {row[columns[place]]!r}" if columns[place] in row else f"no {columns[place]}"
            raise DataError(f'{where} line {number} has {said}: a row is {{"file_name": "a.png", …}}')
    nested = [name for name in columns if any(_is_nested(row.get(name)) for row in objects)]
    kept = [name for name in columns if name not in nested]
    rows = [[cell(row.get(name)) for name in kept] for row in objects]
    notes = tuple(f"column {name} ignored (lists or objects)" for name in nested)
    return Table(kept, rows, lines, kept.index(columns[place]), notes)


def _is_nested(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value))


def cell(value: object) -> str:
    """Return a JSON value as a table cell: true, 3 for 3.0, a list with commas, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(cell(part) for part in value)
    return str(value).strip()
