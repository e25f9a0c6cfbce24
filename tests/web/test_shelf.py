"""Runs as cards, and their curves: complete at first, then only what is new."""

import itertools
import json
import shutil

import numpy as np
import pytest
from fake_run import make_run

from mien.runs.jsonl_log import JsonlLog
from mien.runtime.atomic_files import write_json
from mien.web import curves
from mien.web.curves import Logs
from mien.web.runs_api import MOST_ROWS, some_rows
from mien.web.shelf import NotFound, Shelf


def eager(folder):
    """A shelf that looks each time."""
    shelf = Shelf(folder)
    look = shelf.look

    def look_now():
        shelf.due = 0.0
        look()

    shelf.look = look_now
    return shelf


def test_a_page_gets_only_cards_that_changed(tmp_path):
    runs = [make_run(tmp_path, name=f"0000{number}-run") for number in range(3)]
    (tmp_path / "notes").mkdir()
    shelf = eager(tmp_path)
    first = shelf.cards()
    assert first["ids"] == [card["id"] for card in first["cards"]] == ["00000-run", "00001-run", "00002-run"]
    card = first["cards"][0]
    assert (card["state"], card["recipe"], card["kimg"], card["alive"]) == ("finished", "dcgan", 4.5, False)
    assert card["grid"]["id"] == "000004.500"
    assert shelf.cards(first["turn"])["cards"] == []
    write_json(runs[1].best, {"images": 2000, "metric": "fid", "value": 12.5, "snapshot": "snapshots/x.safetensors"})
    second = shelf.cards(first["turn"])
    assert [(one["id"], one["metric"]) for one in second["cards"]] == [
        ("00001-run", {"name": "fid", "value": 12.5, "kimg": 2.0})
    ]
    for active in (True, False):
        event = {"event": "diagnosis", "diagnosis": "mode-collapse", "title": "mode collapse", "active": active}
        runs[1].events.append({"images": 2000, **event})
        assert shelf.card("00001-run")["doctor"] == (["mode collapse"] if active else [])
    second = shelf.cards(second["turn"])
    shutil.rmtree(runs[2].path)
    assert shelf.cards(second["turn"]) == {"turn": second["turn"], "ids": ["00000-run", "00001-run"], "cards": []}
    with pytest.raises(NotFound):
        shelf.run("../" + tmp_path.name)


def test_progress_and_the_state_of_a_killed_run(tmp_path):
    run = make_run(tmp_path)
    status = {"state": "running", "images": 4000, "seconds": 80.0, "budget_images": 16000.0, "budget_seconds": 100.0}
    write_json(run.status, status)
    run.stats.path.unlink()
    card = eager(tmp_path).card(run.name)
    assert (card["state"], card["share"], card["left"]) == ("interrupted", 0.8, 20.0)
    run.lock()
    try:
        assert eager(tmp_path).card(run.name)["state"] == "running"
    finally:
        run.unlock()


def test_damaged_files_stop_no_card(tmp_path):
    run = make_run(tmp_path)
    for path in (run.status, run.best, run.recipe, run.stats.path):
        path.write_bytes(b"\xff{")
    card = eager(tmp_path).card(run.name)
    assert (card["state"], card["recipe"], card["kimg"], card["metric"]) == ("unknown", "unnamed", 0.0, None)


def test_curves_come_by_cursor_and_begin_again_after_a_resume(tmp_path):
    log, logs = JsonlLog(tmp_path / "stats.jsonl"), Logs()
    for images in (1000, 2000, 3000):
        log.append({"images": images, "D(real)": images / 1e4})
    with logs.reading(log.path) as columns:
        cursor = curves.cursor_of(columns)
        assert curves.charts(columns)[0] == {
            "title": "Scores of D", "names": ["D(real)"], "log": False, "x": [1.0, 2.0, 3.0],
            "columns": {"D(real)": [0.1, 0.2, 0.3]},
        }  # fmt: skip
    log.append({"images": 4000, "generator/loss": 2.0})
    with log.path.open("a") as file:
        file.write('{"images": 5000, "D(re')  # a row that is being written
    with logs.reading(log.path) as columns:
        known = curves.rows_known(columns, cursor)
        assert known == 3
        new = curves.rows_after(columns, known)
        assert new["kimg"] == [4.0] and new["D(real)"] == [None] and new["generator/loss"] == [2.0]
        cursor = curves.cursor_of(columns)
    log.rewind(2000)
    with logs.reading(log.path) as columns:
        assert curves.rows_known(columns, cursor) is None and columns.count == 2


def test_a_long_curve_keeps_its_peaks(tmp_path):
    values = np.zeros(20_000)
    values[[777, 15_000]] = (50.0, -3.0)
    path = tmp_path / "stats.jsonl"
    path.write_text("".join(json.dumps({"images": i * 10, "generator/loss": v}) + "\n" for i, v in enumerate(values)))
    with Logs().reading(path) as columns:
        chart = curves.charts(columns)[0]
    shown = chart["columns"]["generator/loss"]
    assert len(shown) == len(chart["x"]) <= 2 * curves.SHOWN + 2
    assert max(shown) == 50.0 and min(shown) == -3.0
    assert chart["x"][shown.index(50.0)] == 7.77


def test_a_long_run_is_examined_by_rows_evenly_over_it(tmp_path):
    run = make_run(tmp_path, rows=1)
    run.stats.path.write_text("".join(f'{{"images": {i}, "generator/loss": 1.0}}\n' for i in range(5001)))
    rows = some_rows(run)
    assert 1000 <= len(rows) <= MOST_ROWS and rows[-1]["images"] == 5000 and rows[0]["images"] < 3
    assert {later["images"] - row["images"] for row, later in itertools.pairwise(rows)} == {3}
