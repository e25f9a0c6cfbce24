import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import sys, threading
from mien.runtime.memory import keep_small
if sys.argv[1] == "shared":
    keep_small()
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


FREED = """
import re, sys, time
from mien.runtime.memory import keep_small
if sys.argv[1] == "small":
    keep_small(0.1)
blocks = [bytearray(b"1" * 50_000) for _ in range(2_000)]
blocks = blocks[::50]  # those that stay lie between the freed ones
time.sleep(1)
print(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says how much memory is resident")
def test_freed_memory_returns_to_the_system():
    def kilobytes(how):
        return int(subprocess.check_output([sys.executable, "-c", FREED, how], text=True))

    usual, small = kilobytes("usual"), kilobytes("small")
    if usual < 80_000:
        pytest.skip("this C library returns freed memory by itself")
    assert small < usual - 60_000
