"""LSGAN (Mao et al. 2017): least squares in place of cross-entropy."""

from __future__ import annotations

from mien.losses.adversarial import LeastSquares
from mien.recipes.dcgan import dcgan
from mien.recipes.recipe import Recipe, recipe


@recipe
def lsgan() -> Recipe:
    """DCGAN with least squares (Mao et al. 2017): fakes that D takes for real still get a gradient.

    Sizes: any.
    """
    return dcgan().replace(loss=LeastSquares())
