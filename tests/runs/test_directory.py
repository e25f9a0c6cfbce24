"""Numbering, finding, locking."""

import errno
import json
import multiprocessing
import os
import subprocess
import sys
import threading

import pytest

from mien.errors import FileError, RunLockedError, UsageError
from mien.runs.directory import RunDirectory, best_snapshot, create, find, kimg_name, mark_best, mark_latest
from mien.runtime.atomic_files import write_json


def finished(outdir, name):
    run = create(outdir, name)
    write_json(run.recipe, {})
    return run


def test_numbers_go_up_from_the_highest(tmp_path):
    assert [create(tmp_path / "runs", name).name for name in ("a", "b", "a")] == ["00000-a", "00001-b", "00002-a"]
    (tmp_path / "runs" / "00041-from-elsewhere").mkdir()
    (tmp_path / "runs" / "notes").mkdir()
    assert create(tmp_path / "runs", "c").name == "00042-c"
    (tmp_path / "runs" / "00041-from-elsewhere").rmdir()
    assert create(tmp_path / "runs", "c").name == "00043-c"  # a number is never given twice while its run is there
    assert {path.name for path in (tmp_path / "runs" / "00043-c").iterdir()} == {"samples", "snapshots", "checkpoints"}


def test_numbers_go_past_five_digits(tmp_path):
    (tmp_path / "99999-a").mkdir()
    assert create(tmp_path, "a").name == "100000-a"
    assert create(tmp_path, "a").name == "100001-a"


def many(outdir, names, made):
    made.extend(create(outdir, name).name for name in names)


def numbers_of(names):
    return sorted(int(name.split("-")[0]) for name in names)


def test_threads_at_once_never_share_a_number(tmp_path):
    made = []
    threads = [threading.Thread(target=many, args=(tmp_path, [f"{n}-{i}" for i in range(5)], made)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers_of(made)) == len(set(numbers_of(made))) == 40
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(made)


def create_some(outdir, name, start):
    start.wait()
    for _ in range(5):
        create(outdir, name)


@pytest.mark.parametrize("names", [("same",) * 4, ("d", "c", "b", "a")])
def test_processes_at_once_never_share_a_number(tmp_path, names):
    context = multiprocessing.get_context("fork")
    start = context.Barrier(4)
    workers = [context.Process(target=create_some, args=(tmp_path, name, start)) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * 4
    there = [path.name for path in tmp_path.iterdir()]
    assert len(there) == len(set(numbers_of(there))) == 20


def test_a_late_second_run_does_not_take_the_number_of_a_finished_first(tmp_path, monkeypatch):
    """Two starts read the folder; one makes its run and is done before the other, with a smaller name, goes on."""
    from mien.runs import directory

    iterdir, rivals = directory.Path.iterdir, ["00000-zebra"]

    def slow(self):
        listed = list(iterdir(self))
        if self == tmp_path and rivals:
            (tmp_path / rivals.pop()).mkdir()  # after the listing, before our own mkdir
        return iter(listed)

    monkeypatch.setattr(directory.Path, "iterdir", slow)
    assert create(tmp_path, "ant").name == "00001-ant"


def test_an_outdir_that_is_a_file(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(FileError, match=r"runs: File exists"):
        create(tmp_path / "runs", "a")


# --- finding ---------------------------------------------------------------------------------------------------------


def test_by_path_number_name_and_last(tmp_path, monkeypatch):
    outdir = tmp_path / "runs"
    first, second = finished(outdir, "a"), finished(outdir, "b")
    create(outdir, "no-recipe-yet")
    for word in (second.path, str(second.path), f"{second.path}/", "1", "00001", "00001-b", "last"):
        assert find(word, outdir).path == second.path, word
    assert find("0", outdir).path == first.path
    monkeypatch.chdir(tmp_path)
    assert find("last").name == "00001-b"


@pytest.mark.parametrize("word", ["5", "00005-x", "nothing", "a/b/c", "²", "", " "])
def test_what_is_no_run(tmp_path, word, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finished(tmp_path / "runs", "a")
    with pytest.raises((UsageError, FileError)) as caught:
        find(word, tmp_path / "runs")
    assert "is not a run directory" in str(caught.value)


def test_the_error_names_what_there_is(tmp_path):
    for name in "abcd":
        finished(tmp_path, name)
    with pytest.raises(UsageError, match=r"^9 is not a run directory: the newest are 00001-b, 00002-c, 00003-d in "):
        find("9", tmp_path)
    with pytest.raises(UsageError, match=r"there is no run in .*: start one with mien train --data PATH"):
        find("last", tmp_path / "empty")


def test_a_moved_run_is_found_by_its_path(tmp_path):
    run = finished(tmp_path / "runs", "a")
    run.path.rename(tmp_path / "elsewhere")
    assert find(tmp_path / "elsewhere").name == "elsewhere"


# --- names -----------------------------------------------------------------------------------------------------------


def test_names_sort_as_the_numbers_do():
    numbers = [0, 1, 64, 999, 1000, 1001, 1064, 9_999, 10_000, 200_000, 200_064, 999_999_999]
    names = [kimg_name(number) for number in numbers]
    assert names == sorted(names)
    assert [round(float(name) * 1000) for name in names] == numbers
    assert kimg_name(200_000) == "000200" and kimg_name(200_064) == "000200.064"


def test_grids_and_snapshots_are_listed_oldest_first(tmp_path):
    run = create(tmp_path, "a")
    for number in (10_000, 0, 1064, 1000, 9_000):
        (run.samples / f"fakes{kimg_name(number)}.png").write_bytes(b"")
        (run.snapshots / f"kimg-{kimg_name(number)}.safetensors").write_bytes(b"")
    (run.samples / "fakes-of-mine.png").write_bytes(b"")
    assert [kimg for kimg, _ in run.sample_grids()] == [0, 1, 1.064, 9, 10]
    stems = [path.name for path in run.snapshot_files()]
    assert [float(stem.removeprefix("kimg-").removesuffix(".safetensors")) for stem in stems] == [0, 1, 1.064, 9, 10]


def test_latest_names_the_newest_files_below_the_run(tmp_path):
    run = create(tmp_path, "a")
    mark_latest(run, 0)
    assert json.loads(run.latest.read_text()) == {"images": 0, "checkpoint": None, "snapshot": None}
    for number in (1000, 2000):
        folder = run.checkpoints / f"kimg-{kimg_name(number)}"
        folder.mkdir()
        write_json(folder / "manifest.json", {})
        (run.snapshots / f"kimg-{kimg_name(number)}.safetensors").write_bytes(b"")
    mark_latest(run, 2000)
    assert json.loads(run.latest.read_text()) == {
        "images": 2000,
        "checkpoint": "checkpoints/kimg-000002",
        "snapshot": "snapshots/kimg-000002.safetensors",
    }


# --- the lock --------------------------------------------------------------------------------------------------------


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path):
    run = create(tmp_path, "a")
    run.lock()
    assert RunLockedError.exit_code == 75
    with pytest.raises(RunLockedError, match=r"00000-a is being trained by another process"):
        RunDirectory(run.path).lock()
    run.unlock()
    again = RunDirectory(run.path)
    again.lock()
    again.unlock()


def test_the_lock_ends_with_its_process(tmp_path):
    run = create(tmp_path, "a")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        run.lock()
        os.write(writing, b"held")
        while True:
            threading.Event().wait(60)
    while os.read(reading, 4) != b"held":
        pass
    with pytest.raises(RunLockedError):
        RunDirectory(run.path).lock()
    os.kill(child, 9)
    os.waitpid(child, 0)
    RunDirectory(run.path).lock()


def test_a_lock_that_cannot_be_made_is_named(tmp_path):
    with pytest.raises(FileError, match=r"gone"):
        RunDirectory(tmp_path / "gone").lock()


def test_the_best_row_is_told_with_its_generator(tmp_path):
    run = create(tmp_path, "a")
    assert run.read_best() is None and run.best_snapshots() == []
    mark_best(run, {"metric": "fid", "value": 20.5, "images": 2064, "warnings": ["few"]})
    snapshot = "snapshots/best-000002.064.safetensors"
    assert run.read_best() == {"metric": "fid", "value": 20.5, "images": 2064, "snapshot": snapshot}
    (run.path / snapshot).touch()
    assert run.best_snapshots() == [best_snapshot(run, 2064)] and run.snapshot_files() == []


@pytest.mark.parametrize("protected", [False, True])
def test_who_looks_sees_the_holder_and_takes_nothing(tmp_path, protected):
    run = create(tmp_path, "a")
    assert not run.is_held() and not run.lock_file.exists()
    run.lock()
    if protected:
        run.lock_file.chmod(0o444)
    assert RunDirectory(run.path).is_held()
    run.unlock()
    assert not RunDirectory(run.path).is_held()
    run.lock_file.unlink()
    os.mkfifo(run.lock_file)
    assert RunDirectory(run.path).is_held()  # nobody can know, so it is told as held, and at once
    run.lock_file.unlink()
    run.lock_file.symlink_to("elsewhere")
    with pytest.raises(FileError, match="is a link"):
        run.lock()


def test_two_who_look_at_once_do_not_take_each_other_for_a_trainer(tmp_path, monkeypatch):
    """A lock is asked for again for a moment, since whoever looks holds it for an instant."""
    run = create(tmp_path, "a")
    run.lock()
    monkeypatch.setattr("time.sleep", lambda seconds: run.unlock())
    assert not RunDirectory(run.path).is_held()


def test_a_program_that_is_started_does_not_inherit_the_lock(tmp_path):
    run = create(tmp_path, "a")
    run.lock()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        run.unlock()
        assert not RunDirectory(run.path).is_held()
        child.communicate(b"\n")


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    run = create(tmp_path, "a")

    def none(handle, blocking):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("filelock.lock_descriptor", none)
    with pytest.raises(FileError, match="No locks available"):
        run.lock()
    assert run.is_held()
