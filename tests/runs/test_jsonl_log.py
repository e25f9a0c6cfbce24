import pytest

from mien.runs.jsonl_log import GrowingLog, JsonlLog
from mien.runtime import typed_json


@pytest.fixture
def journal(tmp_path):
    return JsonlLog(tmp_path / "stats.jsonl")


def test_rows_come_back_in_order_with_every_digit(journal):
    assert journal.read() == []
    rows = [{"images": n, "loss": 0.1 * n, "text": "zeile\n\u2028"} for n in range(5)]
    for row in rows:
        journal.append(row)
    assert journal.read() == rows and len(journal.path.read_bytes().splitlines()) == 5


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_row_cut_short_by_a_kill_costs_that_row_alone(journal, cut):
    rows = [{"images": 64 * n, "loss": 0.25} for n in range(3)]
    for row in rows:
        journal.append(row)
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-cut])
    kept = rows if cut == 1 else rows[:2]  # the first byte lost is only the line's end
    if cut > len(whole.splitlines()[-1]) + 1:
        pytest.fail("cut more than one row")
    assert journal.read() == kept
    journal.append({"images": 500})
    assert journal.read() == [*kept, {"images": 500}]


def test_rewind_drops_what_came_after_and_the_ends_of_sessions(journal):
    for row in ({"images": 100}, {"images": 150, "final": True}, {"images": 200}, {"images": 300}, {"note": "none"}):
        journal.append(row)
    journal.rewind(200)
    assert journal.read() == [{"images": 100}, {"images": 200}, {"note": "none"}]
    before = journal.path.read_bytes()
    journal.rewind(200)
    assert journal.path.read_bytes() == before
    journal.rewind(0)
    assert journal.read() == [{"note": "none"}]


def test_rewinding_what_does_not_exist_makes_nothing(journal):
    journal.rewind(100)
    assert not journal.path.exists()


def test_bytes_that_are_no_text_cost_their_row_alone(journal):
    journal.append({"images": 1})
    journal.path.write_bytes(journal.path.read_bytes() + b'{"images": \xff}\n{"images": 3}\n')
    assert journal.read() == [{"images": 1}, {"images": 3}]


def test_a_growing_log_reads_only_what_is_new(tmp_path, monkeypatch):
    log, found = JsonlLog(tmp_path / "stats.jsonl"), []
    growing, parsed = GrowingLog(log), typed_json.rows
    monkeypatch.setattr(typed_json, "rows", lambda data, kind: found.append(len(data)) or parsed(data, kind))
    assert growing.read() == []
    for n in range(5):
        log.append({"images": n, "loss": n / 2})
        assert growing.read() == [{"images": one, "loss": one / 2} for one in range(n + 1)]
    assert sum(found) == log.path.stat().st_size


def test_a_growing_log_waits_for_a_whole_line_and_notices_a_rewind(tmp_path):
    log = JsonlLog(tmp_path / "stats.jsonl")
    growing = GrowingLog(log)
    log.path.write_bytes(b'{"images": 1}\n{"ima')
    assert growing.read() == log.read() == [{"images": 1}]
    with log.path.open("ab") as file:
        file.write(b'ges": 2}\n')
    assert growing.read() == log.read() == [{"images": 1}, {"images": 2}]
    log.rewind(1)
    log.append({"images": 2, "again": 1})
    assert growing.read() == log.read() == [{"images": 1}, {"images": 2, "again": 1}]
