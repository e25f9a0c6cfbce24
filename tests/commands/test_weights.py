"""mien weights, against a server of the test's own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mien import cli
from mien.commands.weights import weights
from mien.errors import FileError, UsageError
from mien.metrics.networks import pretrained as published
from mien.metrics.networks.pretrained import CATALOGUE, Published, fetch, find

CONTENT = bytes(range(256)) * 3000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = {"/right": CONTENT, "/wrong": CONTENT[::-1], "/long": CONTENT * 9, "/half": CONTENT[:999]}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        with contextlib.suppress(OSError):  # who has read enough goes away
            self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def file(*addresses: str) -> Published:
    return Published("thing", "a thing", ("thing.bin", "other.bin"), SHA256, len(CONTENT), "MIT", addresses)


def test_fetch(server: str) -> None:
    thing = file(f"{server}/right")
    assert find(thing) is None
    path = fetch(thing)
    assert path == thing.place() == find(thing) and path.read_bytes() == CONTENT
    fetch(file(f"{server}/absent"))  # it is there: nothing is asked for
    assert [entry.name for entry in path.parent.iterdir()] == ["thing.bin"]


def test_the_next_address_is_tried(server: str) -> None:
    assert fetch(file(f"{server}/absent", f"{server}/wrong", f"{server}/right")).read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["wrong", "long", "half", "absent"])
def test_what_is_not_the_published_file_is_not_kept(server: str, path: str) -> None:
    thing = file(f"{server}/{path}")
    with pytest.raises(FileError, match="thing cannot be fetched") as caught:
        fetch(thing)
    assert f"download {server}/{path} and put it at {thing.place()}" in str(caught.value)
    assert list(thing.place().parent.iterdir()) == [] and "\n" not in str(caught.value)


def test_progress_goes_to_a_terminal_only(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (False, True):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda shown=terminal: shown)
        monkeypatch.setattr(sys, "stderr", stream)
        fetch(file(f"{server}/right")).unlink()
        assert ("100" in stream.getvalue()) == terminal


def test_a_server_that_stops_sending_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(FileError, match=r"thing cannot be fetched \(http.*timed out"):
            fetch(file(address))
    assert socket.getdefaulttimeout() is None


def test_a_damaged_file_is_fetched_again(server: str) -> None:
    thing = file(f"{server}/right")
    thing.place().parent.mkdir(parents=True)
    thing.place().write_bytes(CONTENT[::-1])
    assert fetch(thing).read_bytes() == CONTENT


def test_no_network() -> None:
    with pytest.raises(FileError, match="put it at"):
        fetch(file("http://127.0.0.1:9/x"))


def test_other_tools_files_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "other.bin").write_bytes(CONTENT[1:])
    assert find(file()) is None
    (folder / "other.bin").write_bytes(CONTENT)
    assert find(file()) == folder / "other.bin"


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    made = weights()
    names = ["inception", "anime-cascade", "mobilenet-v2", "efficientnet-lite0", "mtcnn"]
    assert [one["name"] for one in made.files] == names
    text = str(made)
    for one in made.files:
        assert one["sha256"] in text and one["licence"] in text and all(address in text for address in one["addresses"])
    assert not made.files[0]["present"] and made.files[0]["path"].endswith("pt_inception-2015-12-05-6726825d.pth")
    assert cli.run(["weights", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == made.as_dict()


def test_the_command_fetches(server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(published, "CATALOGUE", (file(f"{server}/right"),))
    assert cli.run(["weights", "fetch", "thing"]) == 0
    assert "thing: here" in capsys.readouterr().out


def test_mistakes() -> None:
    with pytest.raises(UsageError, match="did you mean anime-cascade"):
        weights("fetch", "anime-cascad")
    with pytest.raises(UsageError, match="fetch what"):
        weights("fetch")
    with pytest.raises(UsageError, match="mien weights fetch inception"):
        weights("list", "inception")


def test_the_catalogue() -> None:
    for one in CATALOGUE:
        assert all(address.startswith("https://") for address in one.addresses) and len(one.sha256) == 64
        assert {address.rpartition("/")[2] for address in one.addresses} == set(one.files)
