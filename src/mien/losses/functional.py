"""The losses and penalties as functions of tensors, for any training loop. The terms of mien's own loop call them.

Logits are [N], or [N,P] of a discriminator that judges P patches; a loss has the shape of its logits. Take the mean:

    loss = hinge_discriminator_loss(D(real), D(fake)).mean()
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from mien.errors import UsageError
from mien.runtime import draws

MODE_SEEKING_EPSILON = 1e-5  # of the authors' code


def non_saturating_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), D = sigmoid(logit) (Goodfellow et al. 2014, eq. 1)."""
    return softplus(-real) + softplus(fake)


def non_saturating_generator_loss(fake: Tensor) -> Tensor:
    """-log D(G(z)) (Goodfellow et al. 2014, section 3; "BCE" in DCGAN code)."""
    return softplus(-fake)


def saturating_generator_loss(fake: Tensor) -> Tensor:
    """log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1). Its gradient vanishes if the discriminator wins."""
    return -softplus(fake)


def hinge_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))) (Miyato et al. 2018, eq. 16)."""
    return torch.relu(1.0 - real) + torch.relu(1.0 + fake)


def hinge_generator_loss(fake: Tensor) -> Tensor:
    """-D(G(z)) (Miyato et al. 2018, eq. 17)."""
    return -fake


def least_squares_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """((D(x) - 1)^2 + D(G(z))^2) / 2 (LSGAN, Mao et al. 2017, eq. 9)."""
    return 0.5 * ((real - 1.0).square() + fake.square())


def least_squares_generator_loss(fake: Tensor) -> Tensor:
    """(D(G(z)) - 1)^2 / 2 (LSGAN, Mao et al. 2017, eq. 9)."""
    return 0.5 * (fake - 1.0).square()


def wasserstein_critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """D(G(z)) - D(x) (Arjovsky et al. 2017, eq. 2). The negative of its mean estimates the distance."""
    return fake - real


def wasserstein_generator_loss(fake: Tensor) -> Tensor:
    """-D(G(z)) (Arjovsky et al. 2017, eq. 2)."""
    return -fake


def relativistic_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-log sigmoid(D(x) - D(G(z))), each fake against one real (Jolicoeur-Martineau 2019; R3GAN, eq. 2)."""
    return softplus(fake - real)


def relativistic_generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-log sigmoid(D(G(z)) - D(x)): unlike the other losses, the generator's needs the real logits, too."""
    return softplus(real - fake)


# --- penalties --------------------------------------------------------------------------------------------------------


def r1_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """1/2 * |grad D(x)|^2 of each real image (Mescheder et al. 2018, eq. 9). Its weight is the gamma of the papers.

    logits: [N] or [N,P], D(images). images: real, [N,C,H,W]; call `images.requires_grad_()` before D(images).
    -> [N]. Raises UsageError if the images do not require a gradient.
    """
    return 0.5 * image_gradient(logits, images).square().sum(1)


def r2_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """1/2 * |grad D(G(z))|^2 of each generated image (Mescheder et al. 2018, eq. 10). Arguments as of `r1_penalty`."""
    return r1_penalty(logits, images)


def finite_difference_penalty(
    discriminator: Callable[[Tensor], Tensor], images: Tensor, logits: Tensor, epsilon: float = 0.01
) -> Tensor:
    """1/2 * ((D(x + epsilon*n) - D(x)) / epsilon)^2, n ~ N(0, I): R1 or R2 without a second gradient.

    For a small epsilon the quotient is the product of n and grad D(x). The mean of its square over n is |grad D(x)|^2,
    whatever the number of pixels. A single n gives that mean with a standard deviation of sqrt(2) times the mean.
    (APT, arXiv 2501.08316, section 3.5; GAT, arXiv 2509.24935; AFM, arXiv 2511.22475.)

    images: [N,C,H,W]; they need no gradient. logits: D(images), [N] or [N,P]. `discriminator` must repeat the random
    numbers (augmentation, dropout) that `logits` had. -> [N]. n comes from torch's global random state.
    """
    near = images.detach() + epsilon * draws.normal_like(images)
    slopes = (discriminator(near) - logits) / epsilon
    return 0.5 * slopes.reshape(len(slopes), -1).sum(1).square()  # patches add up, as in r1_penalty


def gradient_penalty(
    discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, target: float = 1.0
) -> Tensor:
    """(|grad D(x)| - target)^2 at x between each real and its fake (Gulrajani et al. 2017, eq. 3; weight 10 there).

    real, fake: [N,C,H,W] of one shape. -> [N]. Each image has its own random position: one position for the entire
    batch is a well-known mistake. The positions come from torch's global random state.
    """
    position = draws.uniform(len(real), 1, 1, 1, device=real.device, dtype=real.dtype)
    between = torch.lerp(real.detach(), fake.detach(), position).requires_grad_()
    norms: Tensor = image_gradient(discriminator(between), between).norm(dim=1)
    return (norms - target).square()


def path_lengths(images: Tensor, w: Tensor) -> Tensor:
    """|J^T y| of each image for noise y, J the derivative of the images by w (Karras et al. 2020, eq. 4).

    images: generated from w, [N,C,H,W]. w: [N,num_ws,w_dim], with requires_grad. -> [N], differentiable.
    The penalty is (lengths - a)^2 with a running mean a of the lengths.
    """
    noise = draws.normal_like(images) / (images.shape[2] * images.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((images * noise).sum(), w, create_graph=True)
    return gradient.square().sum(2).mean(1).sqrt()


def mode_seeking_loss(z: Tensor, images: Tensor) -> Tensor:
    """|z1 - z2| / |G(z1, c) - G(z2, c)|, mean absolute differences (the inverse of Mao et al. 2019, eq. 3).

    The pairs are the first and the second half of the batch. z: [N,…], images: [N,C,H,W]. -> [N // 2]
    """
    noise, image = (difference_of_halves(values) for values in (z, images))
    return noise / (image + MODE_SEEKING_EPSILON)


def image_gradient(logits: Tensor, images: Tensor) -> Tensor:
    """Return d logits[i] / d images[i], flattened: [N], [N,C,H,W] -> [N, C*H*W], differentiable."""
    if not images.requires_grad:
        raise UsageError("the images do not require a gradient: call images.requires_grad_() before the discriminator")
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.flatten(1)


def difference_of_halves(values: Tensor) -> Tensor:
    """Return the mean absolute difference between the first and the second half: [N,…] -> [N // 2]."""
    half = len(values) // 2
    return (values[:half] - values[half : 2 * half]).abs().flatten(1).mean(1)
