"""Mode seeking: by hand, and it is what makes a generator listen to z."""

import pytest
import torch
from torch import nn

from mien.batch import Batch, Turn
from mien.errors import UsageError
from mien.games.noise import NoiseGame
from mien.losses.mode_seeking import ModeSeeking
from mien.recipes import find


def test_by_hand():
    z = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 3.0], [1.0, 1.0], [9.0, 9.0]])
    fake = torch.tensor([0.0, 0.5, 0.25, 0.5, 9.0])[:, None, None, None].expand(5, 3, 2, 2)
    # |z1 - z2| = 2 and 0, |x1 - x2| = 0.25 and 0; the fifth has no fellow.
    torch.testing.assert_close(ModeSeeking()(Turn([], {"z": z, "fake": fake})), torch.tensor([2 / 0.25001, 0.0]))


class Deaf(nn.Module):
    """Draws its label, and nearly nothing of z."""

    latent_dim = 4

    def __init__(self):
        super().__init__()
        self.heard = nn.Linear(4, 3, bias=False)
        nn.init.normal_(self.heard.weight, std=1e-3)

    def forward(self, z, label):
        return torch.tanh(self.heard(z) + label)[:, :, None, None]


def test_a_generator_that_draws_one_picture_for_each_label_learns_to_listen():
    torch.manual_seed(0)
    generator = Deaf()
    game = NoiseGame(generator, nn.Identity(), paired_labels=True)
    optimizer = torch.optim.SGD(generator.parameters(), lr=1e-5)
    batch = Batch(torch.zeros(16, 3, 1, 1), torch.eye(3)[torch.arange(16) % 3])
    apart = []
    for _ in range(30):
        turn = game.generator_turn(batch)
        first, second = turn.views["fake"].chunk(2)
        apart.append((first - second).abs().mean().item())
        optimizer.zero_grad()
        ModeSeeking()(turn).mean().backward()
        optimizer.step()
    assert apart[0] < 0.01 and apart[-1] > 10 * apart[0]


@pytest.mark.parametrize("name", ["dcgan", "stylegan2-laptop", "r3gan-laptop"])
def test_a_recipe_with_mode_seeking_draws_paired_labels_for_it(name):
    recipe = find(name).replace(resolution=(16, 16))
    assert not recipe.build_game().paired_labels
    seeking = recipe.override(("mode_seeking.weight=0.2",))
    game = seeking.build_game()
    assert game.paired_labels and seeking.players(game)[1].terms["mode_seeking"] == ModeSeeking(weight=0.2)


def test_a_game_without_noise_has_no_paired_labels():
    with pytest.raises(
        UsageError, match="mode_seeking needs paired_labels, which PairedGame does not take: leave mode_seeking out"
    ):
        find("pix2pix").override(("mode_seeking.weight=0.2",))
