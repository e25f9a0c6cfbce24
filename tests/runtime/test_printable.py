import io
import os
import subprocess
import sys

import pytest

from mien import cli
from mien.runtime import console
from mien.runtime.printable import in_one_line, printable

HOSTILE = "a\x1b]0;owned\x07\x9b31m\u202ex\udcfc\ud800\r.png"


def test_no_control_code_reaches_a_terminal():
    assert printable(HOSTILE) == "a\\x1b]0;owned\\x07\\x9b31m\\u202ex\\xfc\\ud800\\x0d.png"
    assert printable("two\nlines\tand 顔\u3000👩\u200d🎨") == "two\nlines\tand 顔\u3000👩\u200d🎨"
    assert in_one_line("two\nlines\x1b") == "two lines\\x1b"


def test_what_is_said_and_logged_is_escaped(tmp_path, capsys):
    console.log_to(tmp_path / "log")
    try:
        console.say(f"{HOSTILE} :smile: [red]")
        with console.progress_line() as line:
            line.show(0.5, HOSTILE)
    finally:
        console.log_to(None)
    told = capsys.readouterr().err
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert told.count(printable(HOSTILE)) == logged.count(printable(HOSTILE)) == 2
    assert ":smile: [red]" in told and "\x1b" not in told + logged


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_console_of_any_encoding_takes_every_error(encoding, monkeypatch):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    assert cli.run(["data", "check", f"顔{HOSTILE}"]) == 74
    assert cli.run(["--help"]) == 0
    told = streams[1].buffer.getvalue()
    assert b"\x1b" not in told and told.count(b"\n") == 1 and b"does not exist" in told


def test_the_command_line_in_a_latin_1_locale(tmp_path):
    settings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    words = [sys.executable, "-P", "-m", "mien", "data", "check", "顔\x1b[31m"]
    ended = subprocess.run(words, cwd=tmp_path, env=settings, capture_output=True)
    assert ended.returncode == 74 and ended.stderr.startswith(b"mien: ") and b"\x1b" not in ended.stderr
