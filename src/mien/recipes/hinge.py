"""The hinge loss on DCGAN's networks (Lim & Ye 2017)."""

from __future__ import annotations

from mien.losses.adversarial import Hinge
from mien.recipes.dcgan import dcgan
from mien.recipes.recipe import Recipe, recipe


@recipe
def hinge() -> Recipe:
    """DCGAN with the hinge loss: an image stops counting for D once its logit is right by a margin of 1.

    Sizes: any.
    """
    return dcgan().replace(loss=Hinge())
