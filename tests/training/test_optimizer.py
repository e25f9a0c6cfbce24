import pytest
import torch
from torch import nn

from mien.config.schedules import Cosine, Linear
from mien.errors import UsageError
from mien.training.optimizer import Adam, RMSprop, load_optimizer_tensors, optimizer_tensors


def network(seed=0):
    torch.manual_seed(seed)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ConvTranspose2d(4, 2, 4, bias=False))
    return layers.to(memory_format=torch.channels_last)


def names(module):
    return {parameter: f"N.{name}" for name, parameter in module.named_parameters()}


def steps(module, optimizer, seeds):
    for seed in seeds:
        images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
        optimizer.zero_grad()
        module(images).square().mean().backward()
        optimizer.step()


def test_it_is_adam():
    # No batch norm: the bias before one has a gradient of rounding errors, which Adam blows up to full steps.
    ours, plain = (nn.Sequential(network()[0], nn.Tanh(), network()[2]) for _ in range(2))
    steps(ours, Adam(lr=1e-2, beta1=0.3, beta2=0.9, eps=1e-6).build(ours.parameters()), range(5))
    steps(plain, torch.optim.Adam(plain.parameters(), 1e-2, (0.3, 0.9), 1e-6, foreach=False, fused=False), range(5))
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_it_is_rmsprop():
    """square = alpha * square + (1 - alpha) * gradient^2; weight -= lr * gradient / (sqrt(square) + eps)."""
    weight = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = RMSprop(lr=0.1, alpha=0.9, eps=1e-3).build([weight])
    expected, square = torch.tensor([1.0, -2.0]), torch.zeros(2)
    for scale in (3.0, 0.5, -1.0):
        optimizer.zero_grad()
        (scale * weight.square()).sum().backward()
        gradient = 2 * scale * expected
        square = 0.9 * square + 0.1 * gradient.square()
        expected = expected - 0.1 * gradient / (square.sqrt() + 1e-3)
        optimizer.step()
        torch.testing.assert_close(weight.detach(), expected)


def test_schedules_set_the_rate_and_alpha():
    settings = RMSprop(lr=Linear(1e-3, 0.0, images=100), alpha=Cosine(0.9, 0.99, 100))
    optimizer = settings.build(network().parameters())
    assert optimizer.param_groups[0]["lr"] == 1e-3
    settings.tune(optimizer, 50)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["alpha"]) == pytest.approx((5e-4, 0.945))


@pytest.mark.parametrize(
    "settings, wrong, message",
    [
        (RMSprop, {"lr": -1.0}, r"^RMSprop: lr -1 is not in \[0, inf\)$"),
        (RMSprop, {"alpha": 1.0}, r"^RMSprop: alpha 1 is not in \[0, 1\)$"),
        (Adam, {"beta2": 1.5}, r"^Adam: beta2 1.5 is not in \[0, 1\)$"),
    ],
)
def test_numbers_out_of_range(settings, wrong, message):
    with pytest.raises(UsageError, match=message):
        settings(**wrong)


def test_schedules_set_the_rate_and_both_betas():
    settings = Adam(lr=Linear(1e-3, 0.0, images=100), beta1=Linear(0.0, 0.5, images=100), beta2=Cosine(0.9, 0.99, 100))
    optimizer = settings.build(network().parameters())
    found = []
    for images in (0, 50, 100, 1000):
        settings.tune(optimizer, images)
        (group,) = optimizer.param_groups
        found.append((group["lr"], *group["betas"]))
    expected = [(1e-3, 0.0, 0.9), (5e-4, 0.25, 0.945), (0.0, 0.5, 0.99), (0.0, 0.5, 0.99)]
    for ours, reference in zip(found, expected, strict=True):
        assert ours == pytest.approx(reference)


def test_a_schedule_is_tuned_before_the_first_step():
    built = Adam(lr=Linear(1e-3, 0.0, images=100)).build(network().parameters())
    assert built.param_groups[0]["lr"] == 1e-3


def test_tensors_are_named_after_the_parameters():
    module = network()
    optimizer = Adam().build(module.parameters())
    assert optimizer_tensors(optimizer, names(module)) == {}
    steps(module, optimizer, [0])
    tensors = optimizer_tensors(optimizer, names(module))
    assert {"N.0.weight/exp_avg", "N.0.weight/exp_avg_sq", "N.0.weight/step", "N.2.weight/exp_avg"} <= tensors.keys()
    assert len(tensors) == 3 * 5 and tensors["N.0.weight/step"].shape == ()


@pytest.mark.parametrize("settings, moment", [(Adam(lr=1e-2), "exp_avg"), (RMSprop(lr=1e-2), "square_avg")])
def test_state_survives_a_file_with_its_memory_layout_and_every_bit(settings, moment):
    """A file is contiguous; a fused kernel walks a channels-last parameter and its state side by side."""
    module = network()
    optimizer = settings.build(module.parameters())
    steps(module, optimizer, range(3))
    saved = {key: value.contiguous().clone() for key, value in optimizer_tensors(optimizer, names(module)).items()}

    other = network(seed=9)
    other.load_state_dict(module.state_dict())
    resumed = settings.build(other.parameters())
    load_optimizer_tensors(resumed, names(other), saved)
    for parameter, state in resumed.state.items():
        assert state[moment].stride() == parameter.stride()
    assert other[0].weight.stride() != other[0].weight.contiguous().stride()  # else this test would show nothing

    steps(module, optimizer, range(3, 6))
    steps(other, resumed, range(3, 6))
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), other.parameters(), strict=True))
    assert saved["N.0.weight/step"].item() == 3  # what was loaded was copied, not adopted


def test_loading_replaces_what_was_there():
    module = network()
    optimizer = Adam().build(module.parameters())
    steps(module, optimizer, range(3))
    load_optimizer_tensors(optimizer, names(module), {})
    assert len(optimizer.state) == 0


@pytest.mark.parametrize("fused, place", [(True, "meta"), (False, "cpu")])
def test_the_step_count_goes_to_where_the_kernel_reads_it(fused, place):
    """A fused kernel on an accelerator wants it there; "meta" stands for one here."""
    module = nn.Conv2d(3, 4, 3, device="meta")
    optimizer = torch.optim.Adam(module.parameters())
    optimizer.param_groups[0]["fused"] = fused
    saved = {"N.weight/step": torch.tensor(3.0), "N.weight/exp_avg": torch.zeros(4, 3, 3, 3)}
    saved["N.weight/exp_avg_sq"] = saved["N.weight/exp_avg"]
    load_optimizer_tensors(optimizer, names(module), saved)
    state = optimizer.state[module.weight]
    assert state["step"].device.type == place and state["exp_avg"].device.type == "meta"


@pytest.mark.parametrize(
    "name, value",
    [
        ("N.weight/step", None),  # missing
        ("N.weight/exp_avg", torch.zeros(4, 3)),
        ("N.weight/exp_avg_sq", torch.zeros(4, 3, 3, 3, dtype=torch.int64)),
        ("N.weight/step", torch.zeros(4, 3, 3, 3)),
        ("N.other/exp_avg", torch.zeros(4)),
        ("N.weight/more", torch.zeros(4, 3, 3, 3)),
    ],
)
def test_a_state_that_no_step_left_is_refused(name, value):
    layer = nn.Conv2d(3, 4, 3)
    names = {parameter: f"N.{key}" for key, parameter in layer.named_parameters()}
    zeros = torch.zeros(4, 3, 3, 3)
    saved = {"N.weight/step": torch.tensor(3.0), "N.weight/exp_avg": zeros, "N.weight/exp_avg_sq": zeros}
    changed = {**saved, name: value} if value is not None else {key: saved[key] for key in saved if key != name}
    optimizer = Adam().build(layer.parameters())
    load_optimizer_tensors(optimizer, names, saved)
    with pytest.raises(ValueError, match="N"):
        load_optimizer_tensors(optimizer, names, changed)
