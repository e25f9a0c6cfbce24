"""mien serve: answer requests for images over HTTP."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, dataclass
from typing import Any

from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError
from mien.runtime.printable import count_text


@dataclass(frozen=True)
class Served(VerbResult):
    """What the server did until it was stopped."""

    run: str
    address: str
    requests: int
    images: int
    batches: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        counts = ((self.requests, "request"), (self.images, "image"), (self.batches, "forward"))
        return f"stopped after {self.seconds:.0f} s: {', '.join(count_text(*one) for one in counts)}"


@takes_groups
def serve(
    run_flags: RunFlags,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    max_batch: int = 32,
    max_waiting: int = 256,
    device: str = "auto",
) -> Served:
    """Answer requests for images over HTTP: JSON in, PNG, WebP or JSON out, until Ctrl-C or SIGTERM.

    Args:
        host: Address to listen on. 0.0.0.0: all of this machine.
        port: Port to listen on. 0: any free one.
        max_batch: Most images in one request, and in one forward of several requests.
        max_waiting: Most images that wait. More requests get the status 429.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
    """
    for library in ("starlette", "uvicorn"):
        if importlib.util.find_spec(library) is None:
            raise UsageError(f"mien serve needs {library}, which is not installed: pip install 'mien[serve]'")
    if not 1 <= max_batch <= max_waiting:
        raise UsageError(f"--max-batch {max_batch}: it must be 1 to --max-waiting {max_waiting}")
    from mien.runtime.device import pick_device
    from mien.runtime.memory import keep_small
    from mien.web.listening import listen
    from mien.web.serving.app import app_of
    from mien.web.serving.server import serve

    keep_small()
    model = run_flags.load_any(pick_device(device))
    app = app_of(model, max_batch, max_waiting)
    listening = listen(host, port)
    address = "http://{}:{}".format(*listening.getsockname()[:2])
    seconds = serve(app, listening, f"mien serves {model.run} at {model.images / 1000:g} kimg")
    return Served(
        model.run,
        address,
        app.state.counters.count,
        app.state.batches.images,
        app.state.batches.batches,
        seconds,
    )
