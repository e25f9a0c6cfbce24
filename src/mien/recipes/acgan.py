"""AC-GAN: the discriminator is not told the label, it names it (Odena, Olah & Shlens 2017)."""

from __future__ import annotations

from mien.recipes.dcgan import dcgan, dcgan_laptop
from mien.recipes.extras import AuxiliaryClassifier, ModeSeeking
from mien.recipes.recipe import Recipe, recipe


@recipe
def acgan() -> Recipe:
    """DCGAN whose discriminator names each image's class or attributes, and whose generator must be understood.

    Sizes: as dcgan. Needs labels.
    """
    return dcgan().replace(classifier=AuxiliaryClassifier(weight=1.0, fakes=True))


@recipe
def acgan_laptop() -> Recipe:
    """acgan for two processor cores: on dcgan-laptop's networks, labels learned from real images alone.

    Sizes: as dcgan. Needs labels.
    """
    # Where fakes are named too, G and D soon agree on signs of their own, which real images do not bear. And without
    # mode seeking G draws one image for each label, and leaves z alone.
    return dcgan_laptop().replace(classifier=AuxiliaryClassifier(weight=1.0), mode_seeking=ModeSeeking(weight=0.1))
