"""On a GPU, the loop never waits for the device: PyTorch would raise an error at the first line that does."""

import numpy as np
import pytest
import torch

from mien import recipes
from mien.data.batches import Batches
from mien.training.loop import train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
SMALL = ("generator.width=8", "discriminator.width=8")


@pytest.mark.parametrize("name", ["dcgan", "wgan-gp", "sngan", "stylegan2-laptop", "r3gan-laptop"])
@pytest.mark.parametrize("resident", [True, False])
def test_rounds_without_waiting(name, resident, monkeypatch):
    if not resident:
        monkeypatch.setattr("mien.data.batches.ROOM_ON_DEVICE", 0)
    device = torch.device("cuda")
    recipe = recipes.find(name).override(SMALL).replace(resolution=(32, 32), batch_size=16, mirror=True)
    training = recipe.build(device)
    batches = Batches(np.zeros((64, 32, 32, 3), np.uint8), batch_size=16, device=device, mirror=True)
    assert batches.pixels.device.type == ("cuda" if resident else "cpu")
    rounds = train(training.players, batches, 16, training.ema, float("inf"))
    for _ in range(17):  # every lazy term, and all that is copied to the device once
        training.statistics.add(next(rounds).statistics)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(17):
            training.statistics.add(next(rounds).statistics)
    finally:
        torch.cuda.set_sync_debug_mode("default")
