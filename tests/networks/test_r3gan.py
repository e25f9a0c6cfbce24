"""R3GAN's networks: parameters by hand, what a block computes, how it begins, gradients of both orders."""

from itertools import pairwise

import pytest
import torch
from layers import convolution, count, linear
from torch import nn
from torch.nn.functional import conv2d, leaky_relu

from mien.batch import Match, Turn
from mien.config.serialization import decode, encode
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.losses.penalties import R1, R2
from mien.networks.r3gan import Block, Down, R3GANDiscriminator, R3GANGenerator, Stage, Up, widths
from mien.networks.resample import downsample2, upsample2
from mien.runtime import device

TINY = {"width": 4, "full": 1, "group_width": 4, "blocks": 1}


def block(width, cardinality):
    """Two biases of the inner width, and no third."""
    inner = 2 * width
    return convolution(width, inner, 1) + 9 * inner * inner // cardinality + inner + convolution(inner, width, 1, False)


# widths and cardinalities from 4 x 4 up, and the published millions of G and D
PUBLISHED = {
    32: ([768] * 4, [96] * 4, 20_732_160, 20_683_776),
    64: ([768] * 4 + [384], [96] * 4 + [48], 22_429_824, 22_381_440),
    256: ([768] * 4 + [384, 192, 96], [96] * 4 + [48, 24, 12], 23_057_952, 23_009_568),
}


@pytest.mark.parametrize("size", PUBLISHED)
def test_parameters_as_published(size):
    wide, cardinalities, of_generator, of_discriminator = PUBLISHED[size]
    blocks = sum(2 * block(width, cardinality) for width, cardinality in zip(wide, cardinalities, strict=True))
    changes = sum(one * other for one, other in pairwise(wide) if one != other)
    trunk = blocks + changes + 16 * 768 + 3 * wide[-1]
    with torch.device("meta"):  # shapes only
        generator, discriminator = R3GANGenerator((size, size), 3), R3GANDiscriminator((size, size), 3)
    assert count(generator) == trunk + linear(64, 768, bias=False) == of_generator
    assert count(discriminator) == trunk + linear(768, 1, bias=False) == of_discriminator
    groups = [part.conv2.groups for part in generator.modules() if isinstance(part, Block)]
    assert groups == [number for number in cardinalities for _ in range(2)]
    assert [part.conv2.groups for part in discriminator.modules() if isinstance(part, Block)] == groups[::-1]


def test_widths():
    assert widths(768, 4, 7) == [768, 768, 768, 768, 384, 192, 96]
    assert widths(1536, 5, 5) == [1536] * 5  # ImageNet at 64 px
    assert widths(4, 1, 5) == [4, 2, 1, 1, 1]


def lively(module):
    """Every weight N(0, 0.3^2): at the beginning a block is nothing but its skip."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.3)
    return module.double()


def picture(channels, size=8, count=2):
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(1), dtype=torch.double)


def test_a_block_by_hand():
    one, x = lively(Block(4, group_width=2, blocks=1)), picture(4)
    assert one.conv2.groups == 4
    h = leaky_relu(conv2d(x, one.conv1.weight[:, :, None, None], one.conv1.bias), 0.2)
    groups = [
        conv2d(h[:, first : first + 2], one.conv2.weight[first : first + 2], padding=1) for first in range(0, 8, 2)
    ]
    h = leaky_relu(torch.cat(groups, 1) + one.conv2.bias[:, None, None], 0.2)
    torch.testing.assert_close(one(x), x + conv2d(h, one.conv3.weight[:, :, None, None]))
    assert one.conv3.bias is None


def test_groups_divide_the_width_and_never_exceed_it():
    assert [Block(width, 16, 1).conv2.groups for width in (768, 20, 4, 1)] == [96, 5, 1, 1]
    assert Block(32, 1024, 1).conv2.groups == 1  # a plain convolution


def test_the_width_changes_on_the_small_side():
    up, down = lively(Up(4, 2)), lively(Down(2, 4))
    small, large = picture(4), picture(2, 16)
    kernel = up.width.weight[:, :, None, None]
    torch.testing.assert_close(up(small), conv2d(upsample2(small), kernel))
    torch.testing.assert_close(down(large), downsample2(conv2d(large, down.width.weight[:, :, None, None])))
    assert count(Up(4, 4)) == count(Down(4, 4)) == 0


def test_heads_by_hand():
    generator, discriminator = lively(R3GANGenerator((8, 8), 3, **TINY)), lively(R3GANDiscriminator((8, 8), 3, **TINY))
    z = torch.randn(2, 64, dtype=torch.double)
    head = generator.head
    torch.testing.assert_close(head(z), torch.einsum("nz,cz,chw->nchw", z, head.linear.weight, head.basis[0]))
    x, head = picture(4, 4), discriminator.head
    torch.testing.assert_close(head(x), torch.einsum("nchw,chw,c->n", x, head.basis[0], head.linear.weight[0]))


def filled(module):
    """Weights that anybody can write down: the n-th number of the k-th parameter is ((7 n + 3 k) mod 11 - 5) / 8."""
    with torch.no_grad():
        for k, parameter in enumerate(module.parameters()):
            n = torch.arange(parameter.numel(), dtype=torch.double)
            parameter.copy_((((7 * n + 3 * k) % 11 - 5) / 8).view(parameter.shape))
    return module.double()


def test_the_published_formula_as_numbers():
    """Computed apart from this code, by loops over numpy arrays: zeros between pixels, [1,2,1] convolved with [1,1]."""
    settings = {"width": 2, "full": 1, "group_width": 2, "blocks": 1}
    image = filled(R3GANGenerator((8, 8), 1, latent_dim=2, **settings))(torch.tensor([[0.5, -1.0]]).double())[0, 0]
    first = [0.062764, 0.063561, 0.050808, 0.046558, 0.054502, 0.045424, 0.017828, -0.002391]
    last = [0.028692, 0.02731, 0.043729, 0.040145, 0.013236, 0.003677, 0.017541, 0.021293]
    torch.testing.assert_close(image[[0, 7]], torch.tensor([first, last]).double(), atol=1e-6, rtol=0)
    assert image.sum().item() == pytest.approx(2.528427019960433, abs=1e-12)
    picture = torch.arange(64).double().sin().view(1, 1, 8, 8)
    logit = filled(R3GANDiscriminator((8, 8), 1, **settings))(picture).item()
    assert logit == pytest.approx(-0.038218986383694226, abs=1e-15)


@pytest.mark.parametrize("name", ["R3GANGenerator", "R3GANDiscriminator"])
def test_a_recipe_of_version_0_1_0_keeps_its_filter(name):
    """It names none. One of today names it, so it comes back as it is."""
    old = decode({"class": f"mien.networks.r3gan:{name}", "width": 4, "full": 1})
    network = old.build(resolution=(8, 8), channels=3)
    assert {part.kernel for part in network.modules() if isinstance(part, Up | Down)} == {(1, 2, 1)}
    assert decode(encode(old)).arguments["resampling"] == "linear"
    new = decode(encode(Spec(type(network), width=4)))
    assert new.arguments["resampling"] == "binomial" and new == Spec(type(network), width=4)


def test_how_it_begins():
    """gain / sqrt(fan_in), the gain in a block sqrt(2/1.04) * L^(-1/4); last convolutions 0, biases 0."""
    torch.manual_seed(0)
    generator = R3GANGenerator((32, 32), 3, width=128)
    blocks = [part for part in generator.modules() if isinstance(part, Block)]
    gain = (2 / 1.04) ** 0.5 * 8**-0.25
    for part in blocks:
        assert part.conv1.weight.std().item() == pytest.approx(gain / 128**0.5, rel=0.03)
        assert part.conv2.weight.std().item() == pytest.approx(gain / (9 * 16) ** 0.5, rel=0.03)
        assert not part.conv3.weight.any() and not part.conv1.bias.any() and not part.conv2.bias.any()
    assert generator.head.linear.weight.std().item() == pytest.approx(64**-0.5, rel=0.05)
    assert generator.head.basis.std().item() == pytest.approx(1, rel=0.05)
    x = torch.randn(1, 128, 4, 4)
    assert torch.equal(blocks[0](x), x)


@pytest.mark.parametrize("size", [(8, 8), (16, 16), (96, 80), (96, 96), (112, 64)])
def test_other_sizes_and_gray(size):
    images = R3GANGenerator(size, 1, latent_dim=3, **TINY)(torch.randn(2, 3))
    assert images.shape == (2, 1, *size)
    assert R3GANDiscriminator(size, 1, **TINY)(images).shape == (2,)


def test_a_size_that_cannot_be_halved():
    for network in (R3GANGenerator, R3GANDiscriminator):
        with pytest.raises(UsageError, match=r"^--resolution 100: .* try 96$"):
            network((100, 100), 3)


def test_channels_last_from_end_to_end():
    generator = R3GANGenerator((16, 16), 3, **TINY).to(memory_format=torch.channels_last)
    found = []
    for part in generator.modules():
        if isinstance(part, Block | Up | Stage):
            part.register_forward_hook(lambda _module, _inputs, output: found.append(output))
    generator(torch.randn(2, 64))
    assert len(found) > 5 and all(one.is_contiguous(memory_format=torch.channels_last) for one in found)


def test_a_processor_without_bfloat16_ignores_the_setting(monkeypatch):
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: False)
    reduced, full = (R3GANDiscriminator((16, 16), 3, bf16_stages=stages, **TINY) for stages in (3, 0))
    assert [stage.bf16 for stage in reduced.stages] == [True] * 3 and not any(stage.bf16 for stage in full.stages)
    assert [s.bf16 for s in R3GANGenerator((16, 16), 3, bf16_stages=2, **TINY).stages] == [False, True, True]
    full.load_state_dict(reduced.state_dict())
    images = torch.randn(2, 3, 16, 16)
    assert torch.equal(reduced(images), full(images))


def test_in_evaluation_a_processor_computes_in_float32(monkeypatch):
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: True)
    reduced, full = (R3GANGenerator((16, 16), 3, bf16_stages=stages, **TINY).eval() for stages in (3, 0))
    full.load_state_dict(reduced.state_dict())
    z = torch.randn(2, 64)
    assert torch.equal(reduced(z), full(z))


def test_bfloat16_in_training_on_a_processor(monkeypatch):
    """Its results are those of float32 but for rounding, in the first and in the second gradient; sums stay float32."""
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: True)  # any processor can, most are slow
    torch.manual_seed(0)
    discriminator = R3GANDiscriminator((16, 16), 3, width=32, bf16_stages=2)
    for block in discriminator.modules():
        if isinstance(block, Block):
            nn.init.normal_(block.conv3.weight, std=0.1)
    images = torch.randn(4, 3, 16, 16)
    found = {}
    for bf16 in (True, False):
        for stage in list(discriminator.stages)[:2]:
            stage.bf16 = bf16
        seen = images.clone().requires_grad_()
        logits = discriminator(seen)
        (gradient,) = torch.autograd.grad(logits.sum(), seen, create_graph=True)
        discriminator.zero_grad()
        gradient.square().sum().backward()
        second = torch.cat([p.grad.flatten() for p in discriminator.parameters() if p.grad is not None])
        assert logits.dtype == gradient.dtype == second.dtype == torch.float32
        found[bf16] = (logits.detach(), gradient.detach(), second)
    for low, full in zip(found[True], found[False], strict=True):
        error = (low - full).norm() / full.norm()
        assert 1e-5 < error < 0.08, error


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_bfloat16_on_a_gpu():
    torch.manual_seed(0)
    discriminator = R3GANDiscriminator((16, 16), 3, width=32, bf16_stages=2).cuda()
    seen = {}
    for name, stage in discriminator.stages.named_children():
        stage.register_forward_hook(lambda _module, _inputs, output, name=name: seen.update({name: output.dtype}))
    images = torch.randn(2, 3, 16, 16, device="cuda", requires_grad=True)
    logits = discriminator(images)
    assert logits.dtype == torch.float32 and seen == {"0": torch.bfloat16, "1": torch.bfloat16, "2": torch.float32}
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    gradient.square().sum().backward()
    assert all(part.grad.dtype == torch.float32 for part in discriminator.parameters() if part.grad is not None)
    torch.testing.assert_close(logits, discriminator.cpu()(images.cpu()).cuda(), atol=0.05, rtol=0.05)


# --- gradients --------------------------------------------------------------------------------------------------------


def test_gradients_of_a_block_by_picture_and_weights():
    one = lively(Block(2, 2, 1))
    x = picture(2, 3, 1).requires_grad_()
    names, weights = zip(*one.named_parameters(), strict=True)

    def run(x, *weights):
        return torch.func.functional_call(one, dict(zip(names, weights, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, (x, *weights))
    assert torch.autograd.gradgradcheck(run, (x, *weights))


@pytest.fixture(scope="module")
def tiny():
    return lively(R3GANDiscriminator((8, 8), 1, width=2, full=1, group_width=2, blocks=1))


def test_gradients_of_a_whole_discriminator(tiny):
    x = picture(1, 8, 1).requires_grad_()
    assert torch.autograd.gradcheck(tiny, x)
    assert torch.autograd.gradgradcheck(tiny, x)


def test_r1_and_r2_by_hand(tiny):
    """Differences of D from pixel to pixel; for the weights, differences of squares of first gradients."""
    real, fake = picture(1), picture(1).flip(0) * 0.7
    turn = Turn([Match(tiny, real.clone(), fake.clone())])
    terms = (R1(), R2())
    for term in terms:
        term.prepare(turn)
    found = sum(term(turn) for term in terms)
    step = 1e-6
    one_pixel = torch.eye(64, dtype=torch.double).view(64, 1, 8, 8) * step
    with torch.no_grad():
        slopes = [(tiny(one + one_pixel) - tiny(one - one_pixel)) / (2 * step) for one in torch.cat([real, fake])]
    by_hand = torch.stack([0.5 * slope.square().sum() for slope in slopes]).view(2, 2).sum(0)
    torch.testing.assert_close(found.detach(), by_hand, rtol=1e-6, atol=1e-9)
    tiny.zero_grad()
    found.sum().backward()
    for weight in (tiny.stages[0][1].conv2.weight, tiny.stages[1][1].conv1.weight, tiny.head.basis):
        first = (0,) * weight.ndim
        squares = []
        for sign in (1, -1):
            with torch.no_grad():
                weight[first] += sign * step
            squares.append(sum_of_half_squares(tiny, torch.cat([real, fake])))
            with torch.no_grad():
                weight[first] -= sign * step
        difference = (squares[0] - squares[1]) / (2 * step)
        torch.testing.assert_close(weight.grad[first], difference, rtol=1e-4, atol=1e-8)


def sum_of_half_squares(network, images):
    images = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(images).sum(), images)
    return 0.5 * gradient.square().sum()


def test_a_discriminator_learns_to_tell_two_kinds_apart():
    torch.manual_seed(0)
    network = R3GANDiscriminator((8, 8), 1, width=8, full=1)
    checks, noise = torch.randn(2, 16, 1, 8, 8) * 0.3
    checks[:, :, ::2] += 0.5
    optimizer = torch.optim.Adam(network.parameters(), 3e-3, betas=(0.0, 0.9))
    losses = []
    for _ in range(40):
        turn = Turn([Match(network, checks.clone(), noise.clone())])
        terms = (R1(), R2())
        for term in terms:
            term.prepare(turn)
        (match,) = turn.matches
        loss = torch.nn.functional.softplus(match.fake_logits - match.real_logits).mean()
        optimizer.zero_grad()
        (loss + 0.01 * sum(term(turn).mean() for term in terms)).backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 < 0.4 < losses[0]
    assert network(checks).min() > network(noise).max() - 0.5
