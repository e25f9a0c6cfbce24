"""Losses and penalties: terms for mien's own loop, and functions for any loop.

`mien.losses.r1_penalty(logits, images)` is one of the functions, which are listed here."""

from mien.losses.functional import (
    finite_difference_penalty,
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
    "finite_difference_penalty",
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
