"""A class and its arguments."""

import pytest

from mien.config.spec import Spec
from mien.errors import UsageError
from mien.networks.dcgan import DCGANGenerator


def test_spec_builds_with_its_arguments_and_those_added():
    network = Spec(DCGANGenerator, latent_dim=5, width=2).build(resolution=(16, 16), channels=1)
    assert network.latent_dim == 5 and network.layers[0].out_channels == 4
    with pytest.raises(UsageError, match=r"DCGANGenerator has no argument height"):
        Spec(DCGANGenerator, height=3)
    assert Spec(DCGANGenerator, width=2) == Spec(DCGANGenerator, width=2) != Spec(DCGANGenerator, width=3)
    assert repr(Spec(DCGANGenerator, width=2)) == "Spec(DCGANGenerator, width=2)"
