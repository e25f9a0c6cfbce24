"""What a running training measures for the doctor, with networks whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mien.batch import Batch
from mien.games.noise import NoiseGame
from mien.games.unpaired import UnpairedGame
from mien.trainer.held_out import HeldOut
from mien.trainer.probes import Probes, evaluating


class Brightness(nn.Module):
    """D's logit is the brightness of an image in levels, and that of its label."""

    def forward(self, image, condition=None):
        logits = (image.mean((1, 2, 3)) + 1) * 127.5
        return logits if condition is None else logits + condition.argmax(1)


class Noise(nn.Module):
    latent_dim = 2

    def forward(self, z, label=None):
        raise AssertionError("no image is generated for a probe")


def flat(*levels: int) -> np.ndarray:
    return np.stack([np.full((8, 8, 3), level, np.uint8) for level in levels])


def probes(known, held, labels=None, grid_labels=None) -> Probes:
    batches = SimpleNamespace(
        pixels=torch.from_numpy(known), labels=labels, indices=lambda first, count: np.arange(first, first + count)
    )
    setup = SimpleNamespace(
        training=SimpleNamespace(game=NoiseGame(Noise(), Brightness()), players=[SimpleNamespace(steps=400)]),
        batches=batches,
        held_out=held,
        device=torch.device("cpu"),
        recipe=SimpleNamespace(data=SimpleNamespace(mirror=False)),
    )
    return Probes(setup, grid_labels)


def test_new_images_half_way_to_the_generated_ones():
    found = probes(flat(200, 200), HeldOut(flat(150, 150, 150))).measure(flat(100, 100))
    assert found["memorized"] == pytest.approx(0.5)


def test_the_first_steps_are_not_probed():
    early = probes(flat(200, 200), HeldOut(flat(150, 150)))
    early.setup.training.players[0].steps = 399
    assert early.measure(flat(100, 100)) == {}


def test_the_discriminator_is_asked_once_in_8000_images():
    one = probes(flat(200, 200), HeldOut(flat(150, 150)))
    grids = range(1000, 21000, 1000)
    asked = [at for at in grids if "memorized" in one.measure(flat(100, 100), at, at - 1000)]
    assert asked == [8000, 16000]
    assert "copies" in one.measure(flat(100, 100), 9000, 8000)


def test_the_sign_of_the_logits_does_not_matter():
    found = probes(flat(100, 100), HeldOut(flat(150, 150))).measure(flat(200, 200))
    assert found["memorized"] == pytest.approx(0.5)


@pytest.mark.parametrize("new, expected", [(200, 0), (220, 0), (100, 1), (50, 1)])
def test_it_is_a_share(new, expected):
    assert probes(flat(200, 200), HeldOut(flat(new, new))).measure(flat(100))["memorized"] == expected


def test_two_standard_errors_are_subtracted():
    """Known 200 without spread. New 140 and 160, variance 100: an error of sqrt(100 / 2), and twice that is 14.14."""
    found = probes(flat(200, 200), HeldOut(flat(140, 160))).measure(flat(100))
    assert found["memorized"] == pytest.approx((50 - 2 * 50**0.5) / 100, abs=1e-4)


def test_without_held_out_images_it_is_not_measured():
    assert probes(flat(0, 50), None).measure(flat(0)) == {"copies": 1.0, "dropped": 0.0}


def test_d_gets_the_labels_of_each_image():
    one_hot = torch.eye(2)
    held = HeldOut(flat(150, 150), np.array([[0, 1], [0, 1]], np.float32))
    found = probes(flat(200, 200), held, one_hot[[1, 1]], one_hot[[1]]).measure(flat(100))
    assert found["memorized"] == pytest.approx(0.5)
    assert "memorized" not in probes(flat(200), HeldOut(flat(150)), one_hot[[1]], one_hot[[1]]).measure(flat(100))


def test_a_probe_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout())
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with evaluating(network), torch.no_grad():
        network(torch.randn(4, 3, 2, 2))
    assert [part.training for part in network] == [True, False]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


class Scale(nn.Module):
    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, image):
        return image * self.factor


def translator(factor: float) -> Probes:
    """Translations are sources times a factor. The way back is exact."""
    there, back = Scale(factor), Scale(1 / factor)
    game = UnpairedGame(there, back, Brightness(), Brightness())
    setup = SimpleNamespace(
        training=SimpleNamespace(
            game=game,
            ema=SimpleNamespace(modules={"G_AB": there, "G_BA": back}),
            players=[SimpleNamespace(steps=400)],
        )
    )
    sources = [torch.full((1, 3, 32, 32), level) for level in (-0.9, -0.2, 0.3, 0.8)]
    return Probes(setup, examples=[Batch(source, source=source) for source in sources])


def test_a_way_back_that_noise_spoils_was_hidden():
    plain, hidden = (translator(factor).measure(np.zeros(0))["hidden"] for factor in (1.0, 0.01))
    assert 0 < plain < 0.05  # eight levels of noise, averaged over an area
    assert hidden > 1  # a message of a hundredth drowns in it
