"""AC-GAN: the discriminator does not get the label, it predicts it (Odena, Olah & Shlens 2017)."""

from __future__ import annotations

from mien.recipes.dcgan import dcgan, dcgan_laptop
from mien.recipes.extras import AuxiliaryClassifier, ModeSeeking
from mien.recipes.recipe import Recipe, recipe


@recipe
def acgan() -> Recipe:
    """DCGAN with a discriminator that also classifies images by class or attributes (AC-GAN).

    Sizes: as dcgan. Needs labels.
    """
    return dcgan().replace(classifier=AuxiliaryClassifier(weight=1.0, fakes=True))


@recipe
def acgan_laptop() -> Recipe:
    """acgan for two processor cores: on dcgan-laptop's networks, labels learned from real images alone.

    Sizes: as dcgan. Needs labels.
    """
    # If fakes are classified, too, G and D soon agree on features that real images lack. Without mode seeking, G
    # generates one image for each label and ignores z.
    return dcgan_laptop().replace(classifier=AuxiliaryClassifier(weight=1.0), mode_seeking=ModeSeeking(weight=0.1))
