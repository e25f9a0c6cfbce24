"""Ways between latents: on the circle, through the stations, closed or not."""

import torch

from mien.inference.latents.interpolation import cubic, slerp, walk


def test_slerp_keeps_length_and_divides_the_angle():
    start, end = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    half = slerp(start, end, 0.5)
    assert torch.allclose(half, torch.full((1, 2), 3 / 2**0.5), atol=1e-5)
    assert torch.allclose(slerp(start, end, 0.0), start, atol=1e-6)
    assert torch.allclose(slerp(start, end, 1.0), end, atol=1e-5)


def test_slerp_of_nothing_is_nothing():
    assert torch.equal(slerp(torch.zeros(1, 4), torch.zeros(1, 4), 0.3), torch.zeros(1, 4))


def test_a_walk_of_z_stays_on_the_shell_and_passes_its_stations():
    stations = torch.randn(3, 2, 50, generator=torch.Generator().manual_seed(0))
    stations *= 7 / stations.norm(dim=2, keepdim=True)
    closed = walk(stations, 4, loop=True)
    assert closed.shape == (12, 2, 50)
    assert torch.allclose(closed.norm(dim=2), torch.full((12, 2), 7.0), atol=1e-4)
    assert torch.allclose(closed[::4], stations, atol=1e-4)
    steps = (closed - closed.roll(1, 0)).norm(dim=2)[:, 0]
    assert torch.allclose(steps[1:5], steps[1].expand(4), atol=1e-4)  # an even pace between two stations
    way = walk(stations, 4, loop=False)
    assert way.shape == (9, 2, 50)
    assert torch.allclose(way[::4], stations, atol=1e-4)


def test_the_cubic_passes_its_stations_and_has_no_corner_there():
    stations = torch.randn(4, 1, 3, 5, generator=torch.Generator().manual_seed(1)).double()
    small = 1e-5
    for loop, inner in ((True, range(4)), (False, range(1, 3))):
        for here in inner:
            before = (
                cubic(stations, (here - 1) % 4, 1.0, loop) - cubic(stations, (here - 1) % 4, 1 - small, loop)
            ) / small
            after = (cubic(stations, here, small, loop) - cubic(stations, here, 0.0, loop)) / small
            assert torch.allclose(cubic(stations, here, 0.0, loop), stations[here])
            assert torch.allclose(before, after, atol=1e-3)
            half_way = (stations[(here + 1) % 4] - stations[here - 1]) / 2
            assert torch.allclose(after, half_way, atol=1e-3)


def test_a_cubic_through_a_straight_line_is_that_line():
    line = torch.arange(4.0).reshape(4, 1, 1, 1)
    assert torch.allclose(cubic(line, 1, 0.25, loop=False), torch.tensor(1.25))
    assert torch.allclose(walk(line, 2, loop=False)[2:5].flatten(), torch.tensor([1.0, 1.5, 2.0]))
