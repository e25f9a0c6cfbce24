"""What is said while a notebook's display is there goes to it, and into the log as ever."""

from __future__ import annotations

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
