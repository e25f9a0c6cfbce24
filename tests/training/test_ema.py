import copy

import pytest
import torch
from torch import nn

from mien.config.schedules import Linear
from mien.training.ema import EMA, MovingAverage


@pytest.mark.parametrize("steps, batch_size", [(1, 640), (10, 64), (20, 32)])
def test_half_is_kept_after_the_half_life_whatever_the_batch(steps, batch_size):
    kept = 1.0
    for step in range(steps):
        kept *= EMA(half_life=640, ramp=0).decay(step * batch_size, batch_size)
    assert kept == pytest.approx(0.5)


def test_the_ramp_shortens_the_memory_of_a_young_average():
    settings = EMA(half_life=10_000, ramp=0.05)
    assert settings.decay(1000, 64) == pytest.approx(0.5 ** (64 / 50))  # 0.05 * 1000 images
    assert settings.decay(200_000, 64) == pytest.approx(0.5 ** (64 / 10_000))
    assert settings.decay(400_000, 64) == settings.decay(200_000, 64)
    assert settings.decay(0, 64) == 0.0


def test_a_half_life_of_zero_keeps_nothing_and_a_schedule_moves_it():
    assert EMA(half_life=0, ramp=0).decay(100, 10) == 0.0
    scheduled = EMA(half_life=Linear(0, 1000, images=1000), ramp=0)
    assert scheduled.decay(0, 10) == 0.0
    assert scheduled.decay(500, 10) == pytest.approx(0.5 ** (10 / 500))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))


def test_the_update_against_the_formula_for_weights_and_running_statistics():
    source = network()
    average = MovingAverage(EMA(half_life=100, ramp=0), {"G": source})
    start = copy.deepcopy(source.state_dict())
    with torch.no_grad():
        for tensor in source.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(1.0)
    average.update(images=50, batch_size=25)
    decay = 0.5 ** (25 / 100)
    for name, tensor in average.modules["G"].state_dict().items():
        if tensor.is_floating_point():
            expected = decay * start[name] + (1 - decay) * (start[name] + 1.0)
            torch.testing.assert_close(tensor, expected, rtol=1e-6, atol=1e-6)


def test_a_decay_of_zero_copies_bit_by_bit():
    source = network()
    average = MovingAverage(EMA(half_life=0, ramp=0), {"G": source})
    with torch.no_grad():
        source[0].weight.mul_(1.7)
    average.update(10, 10)
    assert torch.equal(average.modules["G"][0].weight, source[0].weight)


def test_the_average_is_a_frozen_copy_ready_to_draw():
    source = network().train()
    average = MovingAverage(EMA(), {"G": source})
    copied = average.modules["G"]
    assert not any(parameter.requires_grad for parameter in copied.parameters())
    assert not any(module.training for module in copied.modules()) and source.training
    assert copied[0].weight.data_ptr() != source[0].weight.data_ptr()
    assert torch.equal(copied[0].weight, source[0].weight)
