import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import sys, threading
from mien.runtime.memory import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
started, end = threading.Barrier(13), threading.Event()
def work():
    kept = [bytearray(50_000) for _ in range(20)]
    started.wait()
    end.wait()
for _ in range(12):
    threading.Thread(target=work, daemon=True).start()
started.wait()
maps = [line for line in open("/proc/self/maps") if "rw-p 00000000 00:00 0" in line]
heaps = [line for line in maps if line.split("-")[0].endswith("000000")]
print(len(heaps))
end.set()
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux says where the heaps are")
def test_threads_share_two_heaps():
    def heaps(how):
        return int(subprocess.check_output([sys.executable, "-c", THREADS, how], text=True))

    alone, shared = heaps("alone"), heaps("shared")
    if alone < 8:
        pytest.skip("this C library gives threads no heaps of their own")
    assert shared <= alone - 6
