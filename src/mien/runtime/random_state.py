"""The random state of the caller in Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def same_random_state_after() -> Iterator[None]:
    """Restore the caller's random state and cuDNN's flags: a training seeds torch before each update."""
    import numpy as np
    import torch

    cudnn, of_python, of_numpy = torch.backends.cudnn, random.getstate(), np.random.get_state()
    flags = cudnn.benchmark, cudnn.deterministic
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            cudnn.benchmark, cudnn.deterministic = flags
            random.setstate(of_python)
            np.random.set_state(of_numpy)
