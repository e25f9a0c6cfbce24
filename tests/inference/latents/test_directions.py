"""What SeFa and PCA find where the answer is known, files and names, and steps along directions."""

import math

import numpy as np
import pytest
import torch
from fake_run import make_run
from stacked import LAYERS, WIDTH, stacked_run
from torch import nn

from mien.errors import FileError, UsageError
from mien.inference.generator import load
from mien.inference.latents.directions import (
    Directions,
    Step,
    discover,
    earlier_names,
    eigenvectors,
    named,
    parse_step,
    regressed,
    save,
    shift,
    shown,
    turned,
)
from mien.inference.latents.linear_layers import first_activations, weights_of
from mien.inference.latents.synthesis import images_of, w_of


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return load(make_run(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def stacked(tmp_path_factory):
    return load(stacked_run(tmp_path_factory.mktemp("stacked")))


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- the weights that read a latent -----------------------------------------------------------------------------------


def test_the_first_weights_are_found_where_no_module_holds_them(plain):
    """DCGAN's first layer is a product in `forward`: [latent_dim,C,4,4] of its weights are A, transposed."""
    first = plain.network.layers[0].weight
    ours = weights_of(plain)
    assert ours.shape == (first[0].numel(), 100)
    assert torch.allclose(ours.T @ ours, first.flatten(1) @ first.flatten(1).T, rtol=1e-3, atol=1e-3)


def test_all_styles_weights_are_found_and_only_those_of_the_layers_asked_for(stacked):
    affines = [module.style for module in stacked.network.modules() if hasattr(module, "style")]
    whole = torch.cat([(layer(torch.eye(WIDTH)) - layer(torch.zeros(1, WIDTH))).T for layer in affines])
    ours = weights_of(stacked)
    assert len(ours) == len(whole) and torch.allclose(ours.T @ ours, whole.T @ whole, atol=1e-4)
    one = affines[0]  # the first layer's latent is read by the base's convolution alone
    rows = (one(torch.eye(WIDTH)) - one(torch.zeros(1, WIDTH))).T
    assert torch.allclose(weights_of(stacked, [0]), rows, atol=1e-5)


def test_first_activations_are_those_after_the_first_relu(plain):
    z = plain.latents(range(3))
    first = plain.network.layers[0].weight
    base = torch.einsum("nd,dchw->nchw", z, first)
    expected = torch.relu(plain.network.layers[1](base)).permute(0, 1, 2, 3).flatten(1)
    assert torch.allclose(first_activations(plain)(z), expected, atol=1e-3)


# --- what is found ----------------------------------------------------------------------------------------------------


def test_eigenvectors_of_a_diagonal_are_its_axes_largest_first():
    vectors, shares = eigenvectors(torch.diag(torch.tensor([1.0, 3.0, 2.0])), 2)
    assert torch.allclose(vectors, torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), atol=1e-6)
    assert torch.allclose(shares.float(), torch.tensor([9 / 14, 4 / 14]))


def test_signs_never_flip():
    assert torch.equal(turned(torch.tensor([[0.1, -3.0, 2.0]])), torch.tensor([[-0.1, 3.0, -2.0]]))


def test_regression_brings_components_back_to_z():
    """Activations of which two numbers follow z's third and first coordinate: those axes are the directions."""
    z = random(3000, 5)
    activations = torch.stack([4 * z[:, 2], 2 * z[:, 0].tanh(), 0.1 * z[:, 1]], 1)
    vectors, shares = regressed(activations, z, 2)
    assert torch.allclose(vectors, torch.eye(5)[[2, 0]], atol=0.1)
    assert 0.85 < shares[0] < 0.97 and 0.03 < shares[1] < 0.15
    again, _ = regressed(activations, z, 2)
    assert torch.equal(vectors, again)


@pytest.mark.parametrize("method", ["sefa", "pca"])
def test_each_generator_has_directions(plain, stacked, method):
    found = discover(plain, method, 3, None)
    assert found.w.shape == (3, 100) and found.names == ("0", "1", "2")
    assert torch.allclose(found.w.norm(dim=1), torch.ones(3), atol=1e-5)
    assert list(found.shares) == sorted(found.shares, reverse=True) and 0 < sum(found.shares) < 1
    layered = discover(stacked, method, 2, [1, 4])
    assert layered.w.shape == (2, LAYERS, WIDTH)
    assert layered.w[:, [0, 2, 3, 5]].abs().max() == 0 and torch.equal(layered.w[:, 1], layered.w[:, 4])
    spread = w_of(stacked, range(3000))[:, 0] @ (layered.w[0, 1] / layered.w[0, 1].norm())
    assert math.isclose(layered.w[0, 1].norm(), spread.std(), rel_tol=1e-4)  # strength counts standard deviations


def test_the_first_direction_changes_pictures_more_than_a_random_one(plain):
    w, found = w_of(plain, range(16)), discover(plain, "sefa", 1, None).w[0]
    other = random(100, seed=5)
    before = images_of(plain, w).astype(int)
    change, usual = (np.abs(images_of(plain, w + 2 * way) - before).mean() for way in (found, other / other.norm()))
    assert change > usual


def test_what_reads_nothing_linearly_is_told(plain, monkeypatch):
    class Square(nn.Module):
        def forward(self, z):
            return z.square()

    monkeypatch.setattr(plain, "network", Square())
    with pytest.raises(UsageError, match="use --method pca"):
        discover(plain, "sefa", 1, None)


def test_shown_is_each_latent_moved_by_each_strength():
    found = Directions(torch.tensor([[1.0, 0.0], [0.0, 10.0]]), ("0", "1"), (0.5, 0.5), "sefa")
    moved = shown(torch.tensor([[5.0, 5.0]]), found, [-1.0, 0.0, 2.0])
    assert moved.shape == (2, 1, 3, 2)
    assert moved[1, 0].tolist() == [[5.0, -5.0], [5.0, 5.0], [5.0, 25.0]]


# --- names, files, steps ----------------------------------------------------------------------------------------------


def test_names_are_kept_for_the_same_directions_and_can_be_changed(plain, tmp_path):
    found = discover(plain, "sefa", 3, None)
    path = tmp_path / "directions.safetensors"
    save(path, Directions(found.w, named(found.names, ["1=smile"]), found.shares, "sefa"), plain)
    assert earlier_names(path, found) == ("0", "smile", "2")
    assert earlier_names(path, Directions(2 * found.w, found.names, found.shares, "sefa")) == ("0", "1", "2")
    steps = [parse_step("smile=2"), parse_step("0=-0.5")]
    assert torch.allclose(shift(plain, steps, tmp_path), 2 * found.w[1] - 0.5 * found.w[0])
    text = path.with_suffix(".json").read_text()
    path.with_suffix(".json").write_text(text.replace("smile", "grin"))  # people may edit the names
    assert torch.equal(shift(plain, [Step("grin", 1.0, None)], tmp_path), found.w[1])
    assert torch.equal(shift(plain, [Step("grin", 1.0, path)], None), found.w[1])
    path.with_suffix(".json").write_text("[]")
    with pytest.raises(FileError, match="damaged"):
        shift(plain, [Step("grin", 1.0, None)], tmp_path)


@pytest.mark.parametrize("text", ["smile", "3=smile", "0=", "x=smile", "0=a b", "0=1", "0=a=b", "0=a:b"])
def test_names_refused(text):
    with pytest.raises(UsageError, match="--name"):
        named(("0", "1", "2"), [text])


def test_a_name_is_for_one_direction():
    with pytest.raises(UsageError, match="two directions"):
        named(("0", "1"), ["0=smile", "1=smile"])


def test_steps_as_written():
    assert parse_step("smile=2") == Step("smile", 2.0, None)
    assert parse_step("faces/d.safetensors:0=-1.5").file.name == "d.safetensors"
    for text in ("smile", "=2", "smile=", "smile=nan", "smile=much"):
        with pytest.raises(UsageError, match="--direction"):
            parse_step(text)


def test_steps_without_their_file_are_told(plain, stacked, tmp_path):
    with pytest.raises(UsageError, match="make it with mien directions"):
        shift(plain, [Step("0", 1.0, None)], tmp_path)
    with pytest.raises(UsageError, match="FILE:0=2"):
        shift(plain, [Step("0", 1.0, None)], None)
    save(tmp_path / "directions.safetensors", discover(plain, "sefa", 2, None), plain)
    with pytest.raises(UsageError, match="has no direction smile, only 0, 1"):
        shift(plain, [Step("smile", 1.0, None)], tmp_path)
    with pytest.raises(UsageError, match=r"of 00003-dcgan-tiny; 00004-stylegan2-tiny needs \[6, 5\]"):
        shift(stacked, [Step("0", 1.0, None)], tmp_path)
