"""The studio under attack, with large runs, beside a training, and over a long time.

    python benchmarks/studio.py hostile                   # requests that must not pass
    python benchmarks/studio.py large                     # 50 runs of 100,000 rows and 2,000 grids each
    python benchmarks/studio.py slider --run runs/00007   # from a slider to a face, alone and beside a training
    python benchmarks/studio.py training                  # images a second without and with the studio and its pages
    python benchmarks/studio.py memory --minutes 120      # growth of the server in steady use

All but the first need playwright and Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web")]

BROWSER = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), "")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
TINY = ("--set", "generator.width=16", "--set", "discriminator.width=16")


@contextlib.contextmanager
def studio(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """(the link with its token, the process)."""
    words = [sys.executable, "-m", "mien", "studio", str(folder), "--port", "0"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    found = re.search(r"http://\S+", process.stderr.readline())
    assert found
    try:
        yield found[0], process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield made
        made.close()


@contextlib.contextmanager
def training(place: Path) -> Iterator[Path]:
    """A training on the built-in faces, as a folder that fills."""
    words = [
        sys.executable,
        "-m",
        "mien",
        "train",
        "dcgan",
        "--data",
        "drawn:500@32",
        "--budget",
        "2h",
        "--tick",
        "0.5",
    ]
    process = subprocess.Popen(
        [*words, "--outdir", str(place), *TINY], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        while not (found := list(place.glob("*/stats.jsonl"))):
            time.sleep(0.2)
        yield found[0].parent
    finally:
        process.terminate()
        process.wait(60)


# --- hostile requests -------------------------------------------------------------------------------------------------


def hostile() -> None:
    """Send requests that must not pass: none may read outside of the runs, start anything, or get a 200."""
    from fake_run import make_run
    from served import TOKEN, serving

    with tempfile.TemporaryDirectory() as name:
        runs = Path(name) / "runs"
        evil = "<script>alert(1)</script>".replace("/", "")
        make_run(runs)
        make_run(runs, name=f"00008-{evil}")
        (Path(name) / "secret.txt").write_text("SECRET")
        with serving(runs) as served:
            tried = failed = 0
            for title, method, path, body, headers in attacks(TOKEN):
                tried += 1
                try:
                    answer = served.ask(path, method, body, **headers)
                    bad = answer.status < 400 or b"SECRET" in answer.body or b"root:" in answer.body
                    if title.startswith("shown "):  # such a page may be shown, if it holds the name as text
                        bad = b"<script>alert" in answer.body or b"<img src=x" in answer.body
                except OSError:
                    bad = False  # the server closed the connection
                failed += bad
                print(f"{'FAILED' if bad else 'refused':8} {title}")
            for title, data in raw(served.port):
                tried += 1
                bad = b"200 OK" in data or b"SECRET" in data
                failed += bad
                print(f"{'FAILED' if bad else 'refused':8} {title}")
            alive = served.ask("/api/runs").status == 200
            print(f"the server answers afterwards: {alive}")
            print(f"tried {tried} failed {failed + (not alive)}")


Attack = tuple[str, str, str, bytes | None, dict[str, str]]


def attacks(token: str) -> Iterator[Attack]:
    """(title, method, path, body, headers)."""
    key, action = {"x_mien_token": token}, "/api/run/00003-dcgan-tiny/request/pause"
    run = "/api/run/00003-dcgan-tiny"
    for path in ("../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "....//secret.txt", "..\\secret.txt",
                 "%c0%ae%c0%ae/secret.txt", "/etc/passwd", "%00", "~root", "C:%5cwindows"):  # fmt: skip
        yield f"static {path}", "GET", f"/static/{path}", None, {}
        yield f"run {path}", "GET", f"/api/run/{path}", None, {}
        yield f"grid {path}", "GET", f"{run}/grid/{path}", None, {}
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "[::2]",
        "localhost.evil",
        "0",
        "",
        "127.0.0.1@evil.example",
    ):
        yield f"host {host!r}", "GET", "/api/runs", None, {"host": host}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://localhost", "file://"):
        yield f"origin {origin}", "POST", action, b"", {**key, "origin": origin}
    for site in ("cross-site", "same-site"):
        yield f"fetched {site}", "POST", action, b"", {**key, "sec_fetch_site": site}
        yield f"read {site}", "GET", "/api/runs", None, {"sec_fetch_site": site}
    for guess in ("", "x", token[:-1], token + "x", token.upper(), "\u00e9", "*"):
        yield f"token {guess[:6]!r}", "POST", action, b"", {"x_mien_token": guess.encode().decode("latin-1")}
    yield "token in the address", "POST", f"{action}?token={token}", b"", {}
    yield "token as a cookie", "POST", action, b"", {"cookie": f"mien-0={token}"}
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        yield method, method, "/api/runs", None, key
    yield "body of 33 MB", "POST", "/api/scene", bytes(33 << 20), key
    yield "length of a terabyte", "POST", "/api/scene", b"", {**key, "content_length": str(1 << 40)}
    yield "negative length", "POST", "/api/scene", b"", {**key, "content_length": "-1"}
    yield "upload of a terabyte", "POST", "/api/upload?name=x.zip", b"", {**key, "content_length": str(1 << 40)}
    yield "upload of a program", "POST", "/api/upload?name=x.py", b"x", key
    yield "long address", "GET", "/?" + "x" * 60_000, None, {}
    bomb = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0" + bytes(8)
    for title, data in (("png bomb", bomb), ("svg", b"<svg onload=alert(1)>"), ("gif", b"GIF89a" + bytes(30)),
                        ("zip", b"PK\3\4" + bytes(40)), ("empty", b""), ("noise", bytes(range(256)) * 40)):  # fmt: skip
        yield f"image {title}", "POST", "/api/scene", data, key
        yield f"photo {title}", "POST", f"{run}/project", data, key
    scenes = (
        '{"seeds": [-1]}', '{"seeds": ' + str(list(range(999))) + "}", '{"seeds": "0"}', '{"truncation": 1e999}',
        "[" * 9000, '{"latent": "../../secret.txt"}', '{"directions": {"../x": 1}}',
        '{"layers": "0-99999999999", "style": 1}',
        "{", '"x"',
    )  # fmt: skip
    for scene in scenes:
        yield f"scene {scene[:24]}", "GET", f"{run}/images?scene={quote(scene)}", None, {}
    forms = (
        {"data": "/etc"}, {"data": "../.."}, {"recipe": "evil.py:gan"}, {"recipe": "--code=evil.py"},
        {"cond": "evil.py:P"}, {"name": "../../x"}, {"budget": "1h --code evil.py"}, {"init": "/etc/passwd"},
        {"seed": [1]},
        {"metrics": "-x"},
    )  # fmt: skip
    for form in forms:
        yield f"form {form}", "POST", "/api/start", json.dumps(form).encode(), key
    for name in ("delete", "..%2fstop", "", "sample%00"):
        yield f"request {name!r}", "POST", f"{run}/request/{name}", b"", key
    for number in ("-1", "1e9", "99999999999999999999", "x"):
        yield f"cursor {number}", "GET", f"{run}/log?after={number}", None, {}
    yield "redirect elsewhere", "GET", "//evil.example/%2f..", None, {}
    for text in ("<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "'\"><b>", "javascript:alert(1)"):
        yield f"shown {text}", "GET", f"/run/{quote(text, safe='')}", None, {}
        yield f"name {text}", "GET", f"/api/run/{quote(text, safe='')}", None, {}


def raw(port: int) -> Iterator[tuple[str, bytes]]:
    """(title, the answer) of connections that are no HTTP, or slow. The server must answer others meanwhile."""
    open_ones = []
    for _ in range(60):  # headers that never end
        one = socket.create_connection(("127.0.0.1", port), 5)
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        open_ones.append(one)
    for title, data in {
        "two hosts": b"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        "no host": b"GET /api/runs HTTP/1.0\r\n\r\n",
        "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
        "absolute address": b"GET http://evil.example/api/runs HTTP/1.1\r\nHost: evil.example\r\n"
        b"Connection: close\r\n\r\n",
        "smuggled": b"POST /api/scene HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\n\r\n",
        "a header of 200 kB": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    }.items():
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.settimeout(5)
            found = b""
            with contextlib.suppress(OSError):
                one.sendall(data)
                while part := one.recv(65536):
                    found += part
            yield title, found
    for one in open_ones:
        one.close()


# --- large runs -------------------------------------------------------------------------------------------------------


def make_large(folder: Path, runs: int, rows: int, grids: int) -> None:
    """Synthetic runs: real statistics of a DCGAN by length, and grids of 64 images of 32 pixels."""
    from fake_run import make_run

    from mien.media import image_files
    from mien.media.pixels import grid

    random = np.random.default_rng(0)
    facts = {"gap": 2, "columns": 8, "rows": 8, "height": 32, "width": 32, "images": 0, "run": "x", "recipe": "dcgan"}
    pixels = random.integers(0, 256, (64, 4, 4, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    sheet = image_files.encode(image_files.to_image(grid(pixels, 8)), "png", facts)
    names = ("discriminator/loss", "generator/loss", "D(real)", "D(fake)", "discriminator/r1", "images_per_second")
    values = random.normal(size=(rows, len(names))).cumsum(0)
    lines = "".join(
        json.dumps(
            {"images": 100 * i + 100, "kimg": (100 * i + 100) / 1000, "seconds": i * 2.0, **dict(zip(names, row))}
        )
        + "\n"
        for i, row in enumerate(values.round(5).tolist())
    )
    for number in range(runs):
        run = make_run(folder, name=f"{number:05d}-large", samples=(), rows=0)
        if number < 2:
            run.stats.path.write_text(lines)
        else:  # one file on disk for all but the first run, which grows later
            run.stats.path.hardlink_to(folder / "00001-large" / "stats.jsonl")
        first = run.samples / "fakes000000.png"
        first.write_bytes(sheet)
        snapshot = run.snapshot_files()[0]
        for index in range(1, grids):
            (run.samples / f"fakes{index * 5:06d}.png").hardlink_to(first)
            (run.snapshots / f"kimg-{index * 5 + 10_000:06d}.safetensors").hardlink_to(snapshot)


def large(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "runs"
        make_large(folder, arguments.runs, arguments.rows, arguments.grids)
        began = time.monotonic()
        with studio(folder) as (link, _):
            print(f"start                {time.monotonic() - began:5.2f} s until the link is printed")
        with studio(folder) as (link, _), browser() as chrome:
            page = chrome.new_context(bypass_csp=True).new_page()  # the script may wait by expressions
            base = link.partition("/?")[0]
            for title, address, ready in (
                ("runs", link, f"document.querySelectorAll('.card').length === {arguments.runs}"),
                ("runs again", base, f"document.querySelectorAll('.card').length === {arguments.runs}"),
                ("a run", f"{base}/run/00000-large", "document.querySelectorAll('.uplot').length > 3"),
                ("the same run again", f"{base}/run/00000-large", "document.querySelectorAll('.uplot').length > 3"),
            ):
                began = time.monotonic()
                page.goto(address)
                page.wait_for_function(ready)
                complete = time.monotonic() - began
                page.wait_for_function(PAINT)
                print(f"{title:20} first paint {page.evaluate(PAINT):6.0f} ms, complete after {complete:5.2f} s")
            page.wait_for_function("document.querySelector('#slider').max > 100")
            page.wait_for_selector("#verdict p", timeout=60_000)
            times = page.evaluate(SLIDE)
            middle, worst = statistics.median(times), max(times)
            print(f"slider to grid       median {middle:5.1f} ms, worst {worst:5.1f} ms of {len(times)}")
            page.wait_for_timeout(5000)
            finished: list[Any] = []
            page.on("requestfinished", lambda request: finished.append(request))
            with (folder / "00000-large" / "stats.jsonl").open("a") as log:
                for index in range(20):
                    log.write(json.dumps({"images": 10_000_100 + index * 100, "generator/loss": 1.0}) + "\n")
            page.wait_for_timeout(2300)
            size = sum(len(request.response().body()) for request in list(finished))
            print(f"a live tick          {size / 1000:5.1f} kB in {len(finished)} answers")


PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
SLIDE = """async () => {
    const slider = document.querySelector("#slider"), image = document.querySelector("#grid"), times = [];
    for (let index = 0; index < 60; index++) {
        const began = performance.now();
        slider.value = Math.floor(Number(slider.max) * ((index * 37) % 60) / 60);
        slider.dispatchEvent(new Event("input"));
        await image.decode();
        times.push(performance.now() - began);
        await new Promise(done => setTimeout(done, 20));
    }
    return times;
}"""


# --- from a slider to a face ------------------------------------------------------------------------------------------


def slider(arguments: argparse.Namespace) -> None:
    run = Path(arguments.run).resolve()
    with tempfile.TemporaryDirectory() as name, studio(run.parent) as (link, _), browser() as chrome:
        page = chrome.new_page()
        page.goto(link)
        state = {"run": run.name, "seeds": [0]}
        page.goto(f"{link.partition('/?')[0]}/play#{quote(json.dumps(state))}")
        page.wait_for_selector("#sides canvas", timeout=60_000)
        page.wait_for_timeout(2000)
        report("alone", page.evaluate(DRAG))
        with training(Path(name)):
            time.sleep(10)
            report("beside a training", page.evaluate(DRAG))


def report(title: str, times: list[float]) -> None:
    middle, worst = statistics.median(times), max(times)
    print(f"slider to face, {title:18} median {middle:6.1f} ms, worst {worst:6.1f} ms of {len(times)}")


DRAG = """async () => {
    const slider = document.querySelector("#truncation"), times = [];
    const canvas = document.querySelector("#sides canvas").getContext("2d", {willReadFrequently: true});
    const shown = () => canvas.getImageData(0, 0, canvas.canvas.width, canvas.canvas.height).data
        .reduce((sum, value) => (sum * 31 + value) | 0, 0);
    for (let index = 0; index < 60; index++) {
        const before = shown(), began = performance.now();
        slider.value = 0.4 + (index % 30) / 50;
        slider.dispatchEvent(new Event("input"));
        while (shown() === before && performance.now() - began < 3000) await new Promise(done => setTimeout(done, 2));
        times.push(performance.now() - began);
        await new Promise(done => setTimeout(done, 60));
    }
    return times;
}"""


# --- the cost for a training ------------------------------------------------------------------------------------------


def cost(arguments: argparse.Namespace) -> None:
    """Images a second while the studio is off, on, watched by one page, and by ten; one after the other, many times."""
    with tempfile.TemporaryDirectory() as name, training(Path(name)) as run, browser() as chrome:
        time.sleep(15)
        used: dict[str, list[float]] = {"no page": [], "one page": [], "ten pages": []}
        speeds: dict[str, list[float]] = {"none": [], "no page": [], "one page": [], "ten pages": []}
        for _ in range(arguments.cycles):
            for title, found in speeds.items():
                with contextlib.ExitStack() as stack:
                    if title != "none":
                        link, process = stack.enter_context(studio(Path(name)))
                        pages = {"no page": 0, "one page": 1, "ten pages": 10}[title]
                        context = stack.enter_context(chrome.new_context())  # windows of one browser
                        for _ in range(pages):
                            page = context.new_page()
                            stack.callback(page.close)
                            page.goto(link)
                            page.goto(f"{link.partition('/?')[0]}/run/{run.name}")
                        time.sleep(arguments.settle)  # the pages are loaded, and the server has imported what it needs
                        before, began = processor_seconds(process.pid), time.monotonic()
                    found.append(speed(run, arguments.seconds))
                    if title != "none":
                        used[title].append((processor_seconds(process.pid) - before) / (time.monotonic() - began))
        for title in ("no page", "one page", "ten pages"):
            ratios = [one / none for one, none in zip(speeds[title], speeds["none"])]
            spread = statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else 0.0
            middle = statistics.median(ratios)
            work = f"the server used {100 * statistics.median(used[title]):.1f} % of a core"
            print(f"{title:10} {middle:6.3f} of the speed without it (± {spread:.3f}, {len(ratios)} pairs); {work}")


def speed(run: Path, seconds: float) -> float:
    """Images a second by the wall clock, between two writes of status.json."""

    def now() -> tuple[float, float]:
        last = (run / "status.json").stat().st_mtime_ns
        while (run / "status.json").stat().st_mtime_ns == last:
            time.sleep(0.05)
        status = json.loads((run / "status.json").read_text())
        return status["images"], status["seconds"]

    images, began = now()
    time.sleep(seconds)
    later, ended = now()
    return (later - images) / (ended - began)


def processor_seconds(process: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- memory -----------------------------------------------------------------------------------------------------------


def memory(arguments: argparse.Namespace) -> None:
    """Use every page by a script, and print how much memory the server has."""
    run = Path(arguments.run).resolve()
    with studio(run.parent) as (link, process), browser() as chrome:
        base, began, first, turn = link.partition("/?")[0], time.monotonic(), 0.0, 0
        while time.monotonic() - began < arguments.minutes * 60:
            page = chrome.new_page()
            page.goto(link)
            for path in (
                "/",
                f"/run/{run.name}",
                f"/play?run={run.name}",
                f"/compare?run={run.name}",
                "/start",
                "/lab",
            ):
                page.goto(base + path)
                page.wait_for_timeout(700)
                if path.startswith("/play"):
                    page.wait_for_selector("#sides canvas", timeout=60_000)
                    for index in range(12):
                        page.locator("#truncation").fill(str(round(0.5 + (index + turn) % 40 / 80, 3)))
                        page.wait_for_timeout(60)
            page.close()
            turn += 1
            now = resident(process.pid)
            if not first and time.monotonic() - began > 120:
                first = now
            if turn % 10 == 0:
                print(f"{(time.monotonic() - began) / 60:6.1f} min  {turn:4} rounds  {now:6.1f} MB", flush=True)
        if first:
            print(f"growth after the first two minutes: {100 * (resident(process.pid) / first - 1):.1f} %")


def resident(process: int) -> float:
    """Megabytes of memory that a process holds."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1024  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("hostile")
    one = verbs.add_parser("large")
    one.add_argument("--runs", type=int, default=50)
    one.add_argument("--rows", type=int, default=100_000)
    one.add_argument("--grids", type=int, default=2000)
    verbs.add_parser("slider").add_argument("--run", required=True)
    one = verbs.add_parser("training")
    one.add_argument("--cycles", type=int, default=12)
    one.add_argument("--seconds", type=float, default=10.0)
    one.add_argument("--settle", type=float, default=6.0)
    one = verbs.add_parser("memory")
    one.add_argument("--run", required=True)
    one.add_argument("--minutes", type=float, default=120.0)
    arguments = parser.parse_args()
    if arguments.verb == "hostile":
        hostile()
    else:
        {"large": large, "slider": slider, "training": cost, "memory": memory}[arguments.verb](arguments)


if __name__ == "__main__":
    main()
