"""Each library's own reader gives the numbers of stats.jsonl. A test runs only where its library is installed."""

import json
import sqlite3
import struct

import numpy as np
import pytest
from fake_run import make_run

from mien import cli


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    made = make_run(tmp_path, rows=4)
    made.metrics.append({"metric": "fid", "value": 12.5, "images": 4500, "n_fake": 100})
    return made


def expected(run):
    return {row["images"]: row["discriminator/loss"] for row in run.stats.read()}


def test_tensorboard_reads_them_back(run):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert cli.run(["log", str(run.path), "--to", "tensorboard"]) == 0
    events = EventAccumulator(str(run.path / "logs" / "tensorboard"), {"images": 0, "scalars": 0})
    events.Reload()
    found = {event.step: event.value for event in events.Scalars("discriminator/loss")}
    assert {step: np.float32(value) for step, value in expected(run).items()} == pytest.approx(found)
    assert [(event.step, event.value) for event in events.Scalars("metrics/fid (100)")] == [(4500, 12.5)]
    assert [event.step for event in events.Images("samples")] == [0, 1000, 2000, 4500]
    (size,) = {(event.width, event.height) for event in events.Images("samples")}
    assert size == (8 * 18 + 2, 8 * 18 + 2)


def records(data):
    """Yield the records of a .wandb file. The library has no reader in Python: it is a log of LevelDB.

    A block has 32,768 bytes. A record has a checksum (4 bytes), a length (2) and a kind (1: complete, 2 to 4: parts).
    """
    place, parts = 7, []  # the file begins with 7 bytes of its own
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
        length, kind = struct.unpack_from("<HB", data, place + 4)
        parts.append(data[place + 7 : place + 7 + length])
        place += 7 + length
        if kind in (1, 4):
            yield b"".join(parts)
            parts = []


def test_wandb_offline_holds_them(run):
    pytest.importorskip("wandb")
    from wandb.proto import wandb_internal_pb2

    assert cli.run(["log", str(run.path), "--to", "wandb"]) == 0
    (file,) = (run.path / "logs" / "wandb").glob("offline-run-*/*.wandb")
    found = {}
    for data in records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        items = {item.key or "/".join(item.nested_key): item.value_json for item in record.history.item}
        if "discriminator/loss" in items:
            found[json.loads(items["_step"])] = json.loads(items["discriminator/loss"])
    assert found == pytest.approx(expected(run))


def test_trackio_holds_them(run, tmp_path):
    pytest.importorskip("trackio")
    assert cli.run(["log", str(run.path), "--to", "trackio"]) == 0
    (file,) = (tmp_path / "trackio").glob("mien*.db")
    rows = sqlite3.connect(file).execute("SELECT step, metrics FROM metrics ORDER BY step").fetchall()
    values = ((step, json.loads(text)) for step, text in rows)
    found = {step: value["discriminator/loss"] for step, value in values if "discriminator/loss" in value}
    assert found == pytest.approx(expected(run))
