"""What is said while a notebook's display is there goes to it, and into the log as ever."""

from __future__ import annotations

import io
import re

import pytest

from mien.runtime import console


class Display:
    def __init__(self):
        self.said, self.shown = [], []

    def say(self, text):
        self.said.append(text)

    def show(self, share, text):
        self.shown.append((share, text))


@pytest.fixture
def display(monkeypatch):
    display = Display()
    monkeypatch.setattr(console, "viewer", display)
    return display


def test_a_viewer_takes_the_place_of_standard_error(display, capsys, tmp_path):
    console.log_to(tmp_path / "log.txt")
    try:
        console.say("first")
        with console.progress_line() as line:
            line.show(0.25, "a quarter")
            line.show(0.5, "half")
    finally:
        console.log_to(None)
    assert display.said == ["first"] and display.shown == [(0.25, "a quarter"), (0.5, "half")]
    assert capsys.readouterr() == ("", "")
    logged = [line.split("  ", 1)[1] for line in (tmp_path / "log.txt").read_text().splitlines()]
    assert logged == ["first", " 25%  a quarter"]  # one line each ten seconds


def test_without_a_viewer_progress_is_said_on_standard_error(capsys):
    with console.progress_line() as line:
        line.show(0.25, "a quarter")
    assert capsys.readouterr().err == " 25%  a quarter\n"


PARTS = [
    (1, "12.3 kimg"),
    (2, "1523 img/s"),
    (0, "1 h 12 min left"),
    (0, "loss D 0.69"),
    (3, "G 1.20"),
    (4, "D(real) 0.55"),
    (5, "D(fake) 0.41 → 0.47"),
]


@pytest.mark.parametrize(
    "columns, words",
    [
        (160, "12.3 kimg  1523 img/s  1 h 12 min left  loss D 0.69  G 1.20  D(real) 0.55  D(fake) 0.41 → 0.47"),
        (80, "12.3 kimg  1 h 12 min left  loss D 0.69"),
        (60, "12.3 kimg  1 h 12 min left  loss D 0.69"),
        (50, "1 h 12 min left  loss D 0.69"),
        (30, "1 h 12 min l…"),
    ],
)
def test_a_narrow_terminal_keeps_percentage_time_left_and_one_loss(columns, words, monkeypatch):
    screen = console.Output(file=io.StringIO(), force_terminal=True, width=columns, soft_wrap=True, color_system=None)
    monkeypatch.setattr(console, "console", screen)
    monkeypatch.setenv("TERM", "xterm")
    with console.progress_line() as line:
        line.show(0.25, PARTS)
        written = screen.file.getvalue()
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written).replace("\r", "\n")
    row = [row for row in written.split("\n") if row.strip()][-1]
    assert row.partition("25%")[2].strip() == words and len(row.rstrip()) <= columns


def test_plain_lines_have_all_parts(capsys):
    with console.progress_line() as line:
        line.show(0.25, PARTS)
    assert capsys.readouterr().err.strip().endswith("D(real) 0.55  D(fake) 0.41 → 0.47")
