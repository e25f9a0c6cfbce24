"""The numbers of any number of processes are those of one process, each at its place in the global batch."""

import ast

import pytest
import torch
from rooms import ROOT
from torch import nn

from mien.augmentation.ada import draw_cut, draw_placement, draw_tint
from mien.augmentation.diffaugment import DiffAugment
from mien.losses.functional import difference_of_halves
from mien.networks.stylegan2 import minibatch_deviation
from mien.runtime import distributed, draws

CPU = torch.device("cpu")


def in_each(monkeypatch, world, make):
    """What `make(share)` returns in each of so many processes, for 16 images in all."""
    found = []
    for rank in range(world):
        monkeypatch.setattr(distributed, "world_size", lambda: world)
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        draws.begin(5, CPU)
        found.append(make(16 // world))
    return found


def image(count, layout=torch.channels_last):
    return (
        torch.linspace(-1, 1, 16 * 3 * 8 * 8)
        .view(16, 3, 8, 8)[draws.places(count, CPU)]
        .contiguous(memory_format=layout)
    )


MAKERS = {
    "normal": lambda n: draws.normal(n, 5),
    "two latents an image": lambda n: draws.normal(2 * n, 5),
    "uniform, along the second axis": lambda n: draws.uniform(3, n, 1, axis=1).transpose(0, 1),
    "integers": lambda n: draws.integers(2, 90, n, 1),
    "as the images, channels last": lambda n: draws.normal_like(image(n)),
    "as the images, contiguous": lambda n: draws.normal_like(image(n, torch.contiguous_format)),
    "dropout": lambda n: draws.Dropout(0.5)(image(n)),
    "places": lambda n: draws.places(n, CPU),
    "after others": lambda n: (draws.uniform(n), draws.normal(3, n, axis=1), draws.normal(n))[-1],
    "DiffAugment": lambda n: DiffAugment().changed(image(n)),
    "ADA": lambda n: torch.stack(
        [
            *draw_placement(image(n), torch.tensor(0.7)),
            *draw_tint(image(n), torch.tensor(0.7)),
            draw_cut(image(n), torch.tensor(0.7)).float().mean((1, 2, 3)),
        ],
        1,
    ),
}


@pytest.mark.parametrize("world", [2, 4])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_each_process_has_those_of_its_places(make, world, monkeypatch):
    (whole,) = in_each(monkeypatch, 1, make)
    parts = in_each(monkeypatch, world, make)
    together = torch.stack(parts, 1).flatten(0, 1)[: len(whole)]
    assert len(together) == len(whole) and (whole != whole.flatten()[0]).any()
    # A processor computes the sines of 4 and of 16 numbers by other instructions: they may differ in the last bit.
    tolerance = 1e-6 if make is MAKERS["ADA"] else 0
    torch.testing.assert_close(together, whole, rtol=tolerance, atol=tolerance)


def test_one_process_draws_as_torch_does(monkeypatch):
    def ours(n):
        found = [draws.normal(n, 5), draws.uniform(n), draws.integers(1, 7, n, 1), draws.normal_like(image(n))]
        return [*found, draws.Dropout(0.3)(image(n))]

    (found,) = in_each(monkeypatch, 1, ours)
    torch.manual_seed(5)
    of_torch = [torch.randn(16, 5), torch.rand(16), torch.randint(1, 7, (16, 1)), torch.randn_like(image(16))]
    of_torch.append(nn.Dropout(0.3)(image(16)))
    assert all(torch.equal(one, other) for one, other in zip(found, of_torch, strict=True))


def test_torchs_own_numbers_differ_between_processes(monkeypatch):
    """A network of a user may call torch itself: its noise must not be the same in two processes."""
    first, second = in_each(monkeypatch, 2, lambda n: torch.randn(n))
    assert (first != second).all()


def test_numbers_are_repeated_in_each_process(monkeypatch):
    def twice(n):
        draws.normal(n)
        before = draws.states(CPU)
        one, own = draws.normal(n), torch.rand(3)
        after = draws.states(CPU)
        with draws.repeated(before, CPU):
            assert torch.equal(draws.normal(n), one) and torch.equal(torch.rand(3), own)
        assert all(torch.equal(a, b) for a, b in zip(draws.states(CPU), after, strict=True))
        return one

    for world in (1, 2):
        in_each(monkeypatch, world, twice)


@pytest.mark.parametrize("world", [2, 4])
def test_pairs_and_groups_of_images_stay_together(world, monkeypatch):
    """Halves (mode seeking) and the groups of the minibatch deviation are those of the global batch."""
    values = torch.randn(16, 6, 2, 2)
    for compare in (difference_of_halves, lambda x: minibatch_deviation(x)[:, 0, 0, 0], lambda x: x[-len(x) // 4 :]):
        whole = compare(values)
        parts = in_each(monkeypatch, world, lambda n, compare=compare: compare(values[draws.places(n, CPU)]))
        assert torch.equal(torch.stack(parts, 1).flatten(0, 1), whole)


ROOMS = ("augmentation", "games", "losses", "networks", "training")
OF_TORCH = {"rand", "randn", "randint", "rand_like", "randn_like", "randint_like", "randperm", "bernoulli", "dropout"}
LAYERS = {"Dropout", "Dropout2d", "AlphaDropout", "GaussianNoise"}


def of_torch_alone(source: str) -> list[str]:
    """Calls of torch's random functions, but for constructors, which run once, and streams of one's own."""
    found = []
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)):
        once = OF_TORCH if function.name == "__init__" else set()
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            module, _, name = ast.unparse(call.func).rpartition(".")
            own = any(keyword.arg == "generator" for keyword in call.keywords)
            if module in ("torch", "nn", "functional") and name in LAYERS | OF_TORCH - once and not own:
                found.append(ast.unparse(call))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_in_an_update_draws_past_the_global_batch(room):
    assert [
        (path.name, found) for path in (ROOT / room).rglob("*.py") if (found := of_torch_alone(path.read_text()))
    ] == []


def test_the_test_sees_what_it_should():
    assert of_torch_alone("def forward(self, x):\n    return x + torch.randn_like(x)") == ["torch.randn_like(x)"]
    assert of_torch_alone("def __init__(self):\n    self.layer = nn.Dropout(0.5)") == ["nn.Dropout(0.5)"]
    assert of_torch_alone("def __init__(self):\n    self.noise = torch.randn(8)") == []
    assert of_torch_alone("def choose(self):\n    return torch.rand((), generator=own)") == []
