"""`mien serve` beside a plain handler that calls the generator once per request: answer times and lost requests.

    pip install flask
    python benchmarks/serve.py RUN [SECONDS]

Each server runs in a process of its own on the same cores as the clients. 1, 8 and 32 clients each request one image
after the other, with a new seed each time. The numbers are milliseconds.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

CLIENTS = (1, 8, 32)
PLAIN = """
import io, sys
import mien
from flask import Flask, request, send_file

app, G = Flask("plain"), mien.load(sys.argv[1], device="cpu")

@app.get("/health")
def health():
    return "ok"

@app.get("/v1/generate")
def generate():
    file = io.BytesIO()
    (image,) = one(int(request.args["seed"]))
    image.save(file, "PNG")
    file.seek(0)
    return send_file(file, "image/png")

def one(seed):
    from mien.media.image_files import to_image
    return [to_image(pixels) for pixels in G.pixels([seed], batch_size=1)]

app.run(port=int(sys.argv[2]), threaded=True)
"""
"""A handler as one writes it first; `batch_size=1` spares it the padding of `G(seeds=[seed])`."""


def answered(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def load(port: int, clients: int, seconds: float) -> tuple[list[float], int]:
    """Return (seconds of each answer, number of requests without an image)."""
    times: list[float] = []
    lost, end = 0, time.perf_counter() + seconds

    def client(number: int) -> None:
        nonlocal lost
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        seed = number * 1_000_000
        while time.perf_counter() < end:
            begun = time.perf_counter()
            try:
                connection.request("GET", f"/v1/generate?seed={seed}")
                answer = connection.getresponse()
                ok = answer.read()[:4] == b"\x89PNG" and answer.status == 200
            except (OSError, http.client.HTTPException):
                ok = False
                connection.close()
            seed += 1
            if ok:
                times.append(time.perf_counter() - begun)
            else:
                lost += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, lost


def memory(process: subprocess.Popen[bytes]) -> float:
    """MB of the process."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096 / 1e6


def processor(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time of the process: unlike answer times, they do not depend on what else runs."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(run: str, seconds: float = 10.0) -> None:
    mien = [sys.executable, "-m", "mien", "serve", run, "--device", "cpu", "--port", "8701"]
    servers = {"mien serve": (mien, 8701), "plain": ([sys.executable, "-c", PLAIN, run, "8702"], 8702)}
    print("| server | clients | p50 ms | p99 ms | images/s | processor ms an image | lost | MB before | MB after |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, (command, port) in servers.items():
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                try:
                    answered(port, "/health")
                    break
                except OSError:
                    time.sleep(0.1)
            load(port, 8, 2)
            for clients in CLIENTS:
                before, spent = memory(process), processor(process)
                times, lost = load(port, clients, seconds)
                times.sort()
                p50, p99 = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.99))
                rate = len(times) / seconds
                megabytes = f"{before:.0f}", f"{memory(process):.0f}"
                each = 1000 * (processor(process) - spent) / len(times)
                cells = (name, clients, f"{p50:.1f}", f"{p99:.1f}", f"{rate:.0f}", f"{each:.1f}", lost, *megabytes)
                print(f"| {' | '.join(map(str, cells))} |", flush=True)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:]))
