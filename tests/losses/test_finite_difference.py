"""R1 and R2 by finite differences, and on a share of the batch: by hand, and against exact penalties."""

import pytest
import torch
from conftest import picture_folder
from exact import assert_equal, begin
from small_discriminators import LinearD, Net, pictures, turn_of, value_of, weight_gradients
from torch import nn

import mien
from mien.augmentation.ada import ADA
from mien.augmentation.diffaugment import DiffAugment
from mien.batch import Batch, Match, Turn
from mien.errors import UsageError
from mien.losses.functional import finite_difference_penalty
from mien.losses.penalties import R1, R2
from mien.networks.conditional import ProjectionDiscriminator
from mien.training.optimizer import Adam
from mien.training.player import Player

TERMS = [(R1, "real"), (R2, "fake")]


def noise_of(seed, images):
    torch.manual_seed(seed)
    return torch.randn_like(images)


@pytest.mark.parametrize("kind, which", TERMS)
@pytest.mark.parametrize("epsilon", [0.01, 3.0])
def test_of_a_linear_discriminator_it_is_half_the_square_of_the_noise_along_the_weight(kind, which, epsilon):
    """D(x) = <w, x>: the difference is epsilon * <w, n>, whatever epsilon is."""
    turn = turn_of(LinearD(3.0), 4)
    (match,) = turn.matches
    expected = 0.5 * (noise_of(5, getattr(match, which)) * match.discriminator.weight).sum((1, 2, 3)).square()
    torch.manual_seed(5)
    torch.testing.assert_close(value_of(kind(epsilon=epsilon), turn), expected, rtol=1e-9, atol=1e-12)
    assert not match.real.requires_grad and not match.fake.requires_grad


def test_a_share_is_the_last_part_of_the_batch():
    network, whole = LinearD(3.0), turn_of(LinearD(3.0), 4)
    torch.manual_seed(5)
    expected = value_of(R1(epsilon=0.01), whole)
    torch.manual_seed(5)
    torch.testing.assert_close(value_of(R1(epsilon=0.01, share=0.5), turn_of(network, 4)), expected[2:])
    assert value_of(R1(epsilon=0.01, share=0.01), turn_of(network, 4)).shape == (1,)


@pytest.mark.parametrize("kind, which", TERMS)
def test_the_mean_over_many_noises_is_the_exact_penalty_and_so_is_its_gradient(kind, which):
    """By the central limit theorem: within four standard errors, of the value and of each weight's gradient."""
    network = Net()
    exact = value_of(kind(), turn_of(network))
    gradients = torch.cat([part.flatten() for part in weight_gradients(exact.mean(), network)])
    torch.manual_seed(1)
    values, found = [], []
    for _ in range(600):
        value = value_of(kind(epsilon=1e-3), turn_of(network))
        values.append(value.detach())
        found.append(torch.cat([part.flatten() for part in weight_gradients(value.mean(), network)]))
    for samples, expected in ((torch.stack(values), exact.detach()), (torch.stack(found), gradients)):
        error = samples.std(0) / len(samples) ** 0.5
        assert ((samples.mean(0) - expected).abs() <= 4.5 * error + 1e-4 * expected.abs().max()).all()
    spread = torch.stack(values).std(0) / exact.detach()
    assert spread.tolist() == pytest.approx([2**0.5] * 4, rel=0.25)


@pytest.mark.parametrize("kind, which", TERMS)
def test_an_exact_penalty_on_a_share_is_that_of_the_last_images(kind, which):
    network = Net()
    expected = value_of(kind(), turn_of(network))[3:]
    value = value_of(kind(share=0.25), turn_of(network))
    torch.testing.assert_close(value, expected)
    for ours, reference in zip(
        weight_gradients(value.mean(), network), weight_gradients(expected.mean(), network), strict=True
    ):
        torch.testing.assert_close(ours, reference)


def test_patches_of_an_image_add_up_as_in_r1():
    logits, images = torch.zeros(2, 3), torch.zeros(2, 1, 1, 1)
    found = finite_difference_penalty(
        lambda near: torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]), images, logits, 0.5
    )
    assert found.tolist() == [72.0, 0.0]  # 1/2 * (6 / 0.5)^2


@pytest.mark.parametrize("augmentation", [DiffAugment(), ADA(p=0.9, cutout=1.0)])
@pytest.mark.parametrize("kind", [R1, R2])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_both_passes_have_one_augmentation(augmentation, kind, share):
    """If the augmentation were drawn again, the difference would not fall with epsilon: the quotient would explode."""
    found = []
    for epsilon in (1e-4, 1e-6):
        torch.manual_seed(3)
        augment = augmentation.at(Batch(pictures(1)), {})
        match = Match(Net(), pictures(1), pictures(2), augment=augment)
        found.append(value_of(kind(epsilon=epsilon, share=share), Turn([match])))
    torch.testing.assert_close(found[0], found[1], rtol=0.01, atol=1e-6)


def test_the_next_random_numbers_do_not_depend_on_the_second_pass():
    """The second pass repeats old numbers; the state after it is that of the noise."""
    match = Match(Net(), pictures(1), pictures(2), augment=DiffAugment().at(Batch(pictures(1)), {}))
    term, turn = R1(epsilon=0.01), Turn([match])
    term.prepare(turn)
    torch.manual_seed(3)
    match.real_logits  # noqa: B018  # its augmentation draws
    torch.randn_like(match.real)
    expected = torch.rand(3)
    other = Match(match.discriminator, pictures(1), pictures(2), augment=DiffAugment().at(Batch(pictures(1)), {}))
    term.prepare(Turn([other]))
    torch.manual_seed(3)
    term(Turn([other]))
    assert torch.rand(3).tolist() == expected.tolist()


class Dropping(Net):
    def __init__(self):
        super().__init__()
        self.layers.insert(1, nn.Dropout(0.5))


def test_dropout_has_the_same_mask_in_both_passes():
    found = []
    for epsilon in (1e-4, 1e-6):
        torch.manual_seed(3)
        found.append(value_of(R1(epsilon=epsilon), turn_of(Dropping())))
    torch.testing.assert_close(found[0], found[1], rtol=0.01, atol=1e-6)


class Judge(Net):
    feature_dim = 5

    def features(self, image):
        return self.layers[:2](image).mean((2, 3)).float()

    def score(self, features):
        return features.sum(1)


def test_the_condition_goes_with_its_image():
    """Fakes have labels of their own; a share takes the labels of its images."""
    network = ProjectionDiscriminator(Judge(), 3)
    nn.init.normal_(network.embedding.weight, generator=torch.Generator().manual_seed(0))
    real, fake = torch.eye(3)[[0, 1, 2, 0]], torch.eye(3)[[2, 2, 1, 0]]

    def turn():
        return Turn([Match(network, pictures(1), pictures(2), real, fake_condition=fake)])

    for kind in (R1, R2):
        exact = value_of(kind(), turn())
        torch.testing.assert_close(value_of(kind(share=0.5), turn()), exact[2:])
        torch.manual_seed(2)
        samples = torch.stack([value_of(kind(epsilon=0.03, share=0.5), turn()).detach() for _ in range(400)])
        error = samples.std(0) / 400**0.5
        assert ((samples.mean(0) - exact[2:].detach()).abs() < 5 * error).all()


@pytest.mark.parametrize(
    "layer, share, said",
    [
        (nn.BatchNorm2d(5), 0.5, "share=0.5: the BatchNorm2d of D judges the complete batch at once: set share=1"),
        (nn.Dropout(0.1), 0.5, "share=0.5: the Dropout of D judges the complete batch at once: set share=1"),
        (
            nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2)),
            1.0,
            "epsilon: the ParametrizedLinear of D changes its weights with each pass: set epsilon=none",
        ),
    ],
)
def test_a_discriminator_that_cannot_repeat_a_pass_is_refused(layer, share, said):
    network = Net()
    network.layers.append(layer)
    with pytest.raises(UsageError) as refused:
        R1(epsilon=0.01, share=share).prepare(turn_of(network))
    assert str(refused.value) == said


@pytest.mark.parametrize("wrong", [{"epsilon": 0.0}, {"epsilon": -1.0}, {"share": 0.0}, {"share": 1.5}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(UsageError, match=f"^{next(iter(wrong))}="):
        R1(**wrong)


def test_in_parts_the_penalty_keeps_its_strength():
    """Of a linear D, R1's gradient is its weight times <u, n>^2, whose mean is 1."""
    strengths = []
    for parts in (1, 2):
        network = LinearD(3.0)
        player = Player(
            "discriminator",
            {"D": network},
            lambda batch, network=network: Turn([Match(network, batch.image, -batch.image)]),
            {"r1": R1(weight=0.5, every=2, epsilon=0.01, share=0.5)},
            Adam(lr=0.0),
            parts=parts,
        )
        player.trainable(True)
        found = []
        for seed in range(0, 300, 2):
            player.steps = 0
            player.step(Batch(pictures(1, 4, count=8), seed=seed), 0)
            found.append(((network.weight.grad * network.weight).sum() / 9).item())
        strengths.append(sum(found) / len(found))
    assert strengths == pytest.approx([1.0, 1.0], rel=0.25)  # weight 0.5, times 2; 600 noises


def test_a_training_with_augmentation_labels_and_lazy_differences_resumes_to_the_bit(tmp_path):
    """In parts, too."""
    for seed, name in enumerate("ab"):
        picture_folder(tmp_path / "faces" / name, 8, seed=seed)
    changes = [
        "parts=2",
        "generator.blocks=1",
        "discriminator.blocks=1",
        "generator.width=4",
        "generator.latent_dim=8",
        "discriminator.width=4",
    ]
    for name in ("r1", "r2"):
        changes += [f"discriminator.terms.{name}.{setting}" for setting in ("epsilon=0.01", "share=0.25", "every=2")]
    changes += ["condition.embedding_dim=4", "augment.p.images=200"]
    whole = begin(tmp_path / "faces", tmp_path / "whole", "r3gan", tuple(changes), "96img", cond="class")
    stopped = begin(tmp_path / "faces", tmp_path / "stopped", "r3gan", tuple(changes), "56img", cond="class")
    mien.resume(str(stopped.path), budget="96img")
    assert_equal(whole.path, stopped.path)
