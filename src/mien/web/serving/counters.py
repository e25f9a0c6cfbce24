"""Numbers of a server in the text format of Prometheus."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from mien.web.serving.batches import Batches

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the histogram of answer times."""


class Counters:
    """Requests by path and status, and the time of each answer. Only the event loop writes them."""

    def __init__(self) -> None:
        self.begun = time.time()
        self.requests: Counter[tuple[str, int]] = Counter()
        self.within = [0] * len(SECONDS)
        self.seconds, self.count = 0.0, 0

    def answered(self, path: str, status: int, seconds: float) -> None:
        self.requests[path, status] += 1
        self.seconds, self.count = self.seconds + seconds, self.count + 1
        for place, end in enumerate(SECONDS):
            self.within[place] += seconds <= end

    def text(self, batches: Batches) -> str:
        """Return all numbers as text."""
        lines = ["# TYPE mien_requests_total counter"]
        for (path, status), count in sorted(self.requests.items()):
            lines.append(f'mien_requests_total{{path="{path}",status="{status}"}} {count}')
        lines.append("# TYPE mien_request_seconds histogram")
        lines += [
            f'mien_request_seconds_bucket{{le="{end:g}"}} {count}'
            for end, count in zip(SECONDS, self.within, strict=True)
        ]
        lines.append(f'mien_request_seconds_bucket{{le="+Inf"}} {self.count}')
        lines += [f"mien_request_seconds_sum {self.seconds:.6f}", f"mien_request_seconds_count {self.count}"]
        numbers = {
            "images_total counter": batches.images,
            "batches_total counter": batches.batches,
            "images_waiting gauge": batches.waiting,
            "memory_bytes gauge": memory(),
            "start_time_seconds gauge": round(self.begun, 3),
        }
        for name, value in numbers.items():
            lines += [f"# TYPE mien_{name}", f"mien_{name.partition(' ')[0]} {value}"]
        return "\n".join(lines) + "\n"


def memory() -> int:
    """Return the bytes of memory that this process occupies; 0 where the system does not say it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0
