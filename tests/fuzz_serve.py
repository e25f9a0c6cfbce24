"""Sends thousands of right and wrong requests to `mien serve`: `python tests/fuzz_serve.py [EXAMPLES]`.

It needs schemathesis (`pip install schemathesis`) and takes some minutes, so it is no part of the tests. Schemathesis
reads /openapi.json and reports each answer that the description does not allow. Each kind of condition has a server.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from conditional_run import ATTRIBUTES, CLASSES, TEXTS, conditional_run
from fake_run import make_run

import mien
from mien.web.listening import listen
from mien.web.serving import app


def main(examples: str = "260") -> int:
    outdir, worst = Path(tempfile.mkdtemp()), 0
    runs = [conditional_run(outdir, condition).path for condition in (ATTRIBUTES, CLASSES, TEXTS)]
    for run in (*runs, make_run(outdir).path):
        socket = listen("127.0.0.1", 0)
        address = f"http://127.0.0.1:{socket.getsockname()[1]}/openapi.json"
        serving = uvicorn.Server(uvicorn.Config(app.app_of(mien.load(run), 8, 64), log_level="critical"))
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [socket]})
        thread.start()
        command = ["schemathesis", "run", address, "--max-examples", examples, "--seed", "1"]
        print(f"--- {run.name}", flush=True)
        worst = max(worst, subprocess.run(command, check=False).returncode)
        serving.should_exit = True
        thread.join()
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
