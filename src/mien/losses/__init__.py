"""Losses and penalties. As terms they are written for a match of mien's own loop; as functions, listed here, they serve
any loop: `mien.losses.r1_penalty(logits, images)`."""

from mien.losses.functional import (
    gradient_penalty,
    hinge_discriminator_loss,
    hinge_generator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    mode_seeking_loss,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
    path_lengths,
    r1_penalty,
    r2_penalty,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    saturating_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)

__all__ = [
    "gradient_penalty",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "mode_seeking_loss",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "path_lengths",
    "r1_penalty",
    "r2_penalty",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "saturating_generator_loss",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]
