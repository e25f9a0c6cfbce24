import pytest
import torch

from mien.training.statistics import Statistics


def test_means_since_the_last_reset_each_over_its_own_count():
    statistics = Statistics()
    assert statistics.read() == {}
    for step in range(4):
        values = {"loss": torch.tensor(float(step))}
        statistics.add(values | ({"r1": torch.tensor(10.0 * (step + 1))} if step % 2 == 0 else {}))
    assert statistics.read() == {"loss": 1.5, "r1": 20.0}  # r1: 10 and 30, in two of four steps
    assert list(statistics.read()) == ["loss", "r1"]
    statistics.reset()
    assert statistics.read() == {}
    statistics.add({"loss": torch.tensor(7.0)})
    assert statistics.read() == {"loss": 7.0}


def test_adding_does_not_change_or_keep_the_given_tensor():
    value, statistics = torch.tensor(1.0), Statistics()
    statistics.add({"loss": value})
    statistics.add({"loss": value})
    value.fill_(100.0)
    assert statistics.read() == {"loss": 1.0}


def test_a_restored_one_goes_on_with_the_same_digits_and_order():
    numbers = torch.rand(10, generator=torch.Generator().manual_seed(0))
    whole, before, after = Statistics(), Statistics(), Statistics()
    for index, number in enumerate(numbers):
        whole.add({"zeta": number, "alpha": number * 3})
        (before if index < 5 else after).add({"zeta": number, "alpha": number * 3})
        if index == 4:
            stored = {name: value.clone() for name, value in sorted(before.tensors().items())}
            after.load(stored, before.counts)
    assert after.read() == whole.read() and list(after.read()) == ["zeta", "alpha"]
    assert before.read()["zeta"] == pytest.approx(numbers[:5].mean().item())  # not touched by what was loaded from it


def test_nothing_that_is_not_finite_is_hidden():
    statistics = Statistics()
    statistics.add({"loss": torch.tensor(float("nan"))})
    statistics.add({"loss": torch.tensor(1.0)})
    assert statistics.read()["loss"] != statistics.read()["loss"]
