"""Work on rows, on every core. Plain processes map the same files, so they exchange no pixels.

Workers are new processes (`start_process`), never forks. A fork after torch has started threads or CUDA may hang. The
spawn of multiprocessing would run the user's script a second time.

MODULE has a function `worker(job) -> rows`. `rows(start, stop, told)` computes the rows from start to stop-1 and
returns JSON data. `told` is the caller's data for these rows alone. So a job of millions of rows is never one text.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mien.errors import FileError, OutOfMemory, is_out_of_memory

Answer = dict[str, Any]
Rows = Callable[[int, int, Any], Answer]
Told = Callable[[int, int], object]

SHORT = "mien: memory"  # stands in the place of an answer as TROUBLE does
FEWER = "close other programs, choose a smaller --resolution, or allow fewer cores (taskset -c 0 mien …)"
TROUBLE = "trouble"  # the key of an answer with the reason why the rows could not be written
FEW = 400  # rows that finish before a second process would have started
# One thread each, as there is a process for every core; and freed buffers are kept instead of given back and faulted
# in again for each image.
_SETTINGS = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "PILLOW_BLOCKS_MAX": "16",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 26),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 27),
}


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parts(
    module: str, job: dict[str, Any], total: int, workers: int | None, scratch: Path, tell: Told = lambda *_: None
) -> Iterator[tuple[int, int, Answer]]:
    """Yield (start, stop, answer) of each finished part, in any order. The parts cover 0 to total-1.

    workers: default one for each core. One worker, or few rows, need no other process. scratch: a folder for the job's
    text. Raises FileError if a worker process dies, OSError if one cannot write.
    """
    workers = workers or usable_cores()
    if workers == 1 or total < FEW or not sys.executable:
        rows = importlib.import_module(module).worker(job)
        for start, stop in chunks(total, 1):
            yield start, stop, rows(start, stop, tell(start, stop))
    else:
        yield from together(module, job, total, min(workers, total // (FEW // 2)), scratch, tell)


def chunks(total: int, workers: int) -> Iterator[tuple[int, int]]:
    size = min(64, max(16, total // (workers * 16)))  # small, so that the processes end nearly together
    return ((start, min(start + size, total)) for start in range(0, total, size))


def together(
    module: str, job: dict[str, Any], total: int, workers: int, scratch: Path, tell: Told
) -> Iterator[tuple[int, int, Answer]]:
    # They import while the job is written. Some may already have started.
    processes = early.pop(module, [])
    end(processes[workers:])
    processes = [*processes[:workers], *(start_process(module) for _ in range(workers - len(processes)))]
    description = scratch / "job.json"
    description.write_text(json.dumps(job))
    todo, results = chunks(total, workers), queue.SimpleQueue[tuple[int, int, Answer] | Exception | None]()
    lock = threading.Lock()

    def feed(process: subprocess.Popen[str]) -> None:
        assert process.stdin and process.stdout
        part: tuple[int, int] | None = None
        try:
            process.stdin.write(json.dumps(str(description)) + "\n")
            while True:
                with lock:
                    part = next(todo, None)
                if part is None:
                    break
                process.stdin.write(json.dumps([*part, tell(*part)]) + "\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline())
                if TROUBLE in answer:
                    results.put(OSError(*answer[TROUBLE]))
                    return
                if SHORT in answer:
                    results.put(
                        OutOfMemory(f"{workers} processes do not fit into this memory ({answer[SHORT]}): {FEWER}")
                    )
                    return
                results.put((*part, answer))
            results.put(None)
        except (OSError, ValueError):  # a closed pipe or half a line: the process has ended
            results.put(FileError(f"a worker process died at rows {part}: see above, or free some memory"))

    threads = [threading.Thread(target=feed, args=(process,), daemon=True) for process in processes]
    try:
        for thread in threads:
            thread.start()
        running = workers
        while running:
            result = results.get()
            if isinstance(result, Exception):
                raise result
            if result is None:
                running -= 1
            else:
                yield result
    finally:
        end(processes)
        for thread in threads:
            with contextlib.suppress(RuntimeError):  # a signal came before it had started
                thread.join()
        description.unlink(missing_ok=True)


early: dict[str, list[subprocess.Popen[str]]] = {}
"""Processes that were started before there was a job, by module."""


@contextlib.contextmanager
def early_start(module: str, workers: int | None) -> Iterator[None]:
    """Let the workers import while the caller plans the job. Unused workers end with the block."""
    early[module] = [start_process(module) for _ in range(workers or usable_cores())]
    try:
        yield
    finally:
        end(early.pop(module, []))


def end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close() if pipe else None


_PACKAGE = str(Path(__file__).resolve().parents[1])
# The very mien that this process runs, and no more of the import path than the interpreter's own: neither the working
# folder (-P) nor the folder that mien lies in, whose other files would hide the standard library's.
_START = """
import importlib.util, sys
place, module = sys.argv[1:]
spec = importlib.util.spec_from_file_location("mien", place + "/__init__.py", submodule_search_locations=[place])
sys.modules["mien"] = mien = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mien)
from mien.data.workers import run
run(module)
"""


def start_process(module: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _START, _PACKAGE, module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **_SETTINGS, **_python_path()},
        start_new_session=True,  # only the parent receives Ctrl-C, and it ends the workers
    )


def _python_path() -> dict[str, str]:
    """Return PYTHONPATH without empty parts. Python would read an empty part as the working folder."""
    path = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(part for part in path.split(os.pathsep) if part)}


def main(module: str) -> None:
    task, rows = importlib.import_module(module), None
    for line in sys.stdin:  # ends when the parent closes the pipe or has ended
        if rows is None:  # the first line names the job's file
            rows = task.worker(json.loads(Path(json.loads(line)).read_text()))
            continue
        try:
            answer = rows(*json.loads(line))
        except OSError as error:  # a full disk: the parent reports it in one line
            answer = {TROUBLE: [error.errno or 0, error.strerror or str(error)]}
        except MemoryError as error:
            answer = {SHORT: str(error) or "MemoryError"}
        print(json.dumps(answer), flush=True)


def run(module: str) -> None:
    """Run `main` without a traceback on the terminal if the parent ends or a signal arrives."""
    try:
        main(module)
    except (BrokenPipeError, FileNotFoundError, KeyboardInterrupt):  # a parent that ends takes its scratch folder along
        os._exit(1)
    except Exception as error:  # while it imports, or reads its job
        if not is_out_of_memory(error):
            raise
        print("a worker process does not fit into this memory", file=sys.stderr, flush=True)
        os._exit(1)
