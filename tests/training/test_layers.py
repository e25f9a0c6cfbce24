import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from mien.training.layers import by_layer, common, leading


def network():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        spectral_norm(nn.Conv2d(4, 5, 3)),
        nn.Flatten(),
        nn.Linear(5, 1),
    )


def layer(*shape):
    return {"weight": torch.zeros(shape)}


def test_tensors_by_the_layer_that_they_belong_to():
    layers = by_layer(dict(network().state_dict()))
    assert {name: sorted(parts) for name, parts in layers.items()} == {
        "0": ["bias", "weight"],
        "1": ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"],
        "3": ["bias"] + [f"parametrizations.weight.{part}" for part in ("0._u", "0._v", "original")],
        "5": ["bias", "weight"],
    }
    assert list(by_layer({"basis": torch.zeros(1), "head.basis": torch.zeros(1)})) == ["", "head"]


def test_leading_layers_bring_the_norms_between_them():
    net = network()
    names = {parameter: name for name, parameter in net.named_parameters()}
    assert [names[part] for part in leading(net, 0)] == []
    assert [names[part] for part in leading(net, 1)] == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert {names[part] for part in leading(net, 2)} == set(names.values()) - {"5.weight", "5.bias"}
    assert len(leading(net, 9)) == len(names)


def test_equal_networks_have_all_layers_in_common():
    layers = [layer(3, 2), layer(2, 2), layer(2, 2), layer(1)]
    assert common(layers, layers) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_of_several_ways_the_one_that_holds_the_most_numbers():
    old = [layer(9, 9), layer(2), layer(3)]
    new = [layer(2), layer(3), layer(9, 9)]
    assert common(old, new) == [(0, 2)]  # 81 numbers in one layer, not 5 in two


def test_of_equally_good_ways_the_earliest():
    """Old 4 x 4, 8 x 8 against new 4 x 4, 8 x 8, 16 x 16, all of one width: the 16 x 16 stays new."""
    assert common([layer(4, 4)] * 2, [layer(4, 4)] * 3) == [(0, 0), (1, 1)]
    assert common([layer(4, 4)] * 3, [layer(4, 4)] * 2) == [(0, 0), (1, 1)]


def test_layers_of_the_same_names_but_other_shapes_have_nothing_in_common():
    assert common([layer(4, 4)], [layer(4, 5)]) == []
    assert common([{"weight": torch.zeros(4), "bias": torch.zeros(4)}], [layer(4)]) == []
    assert common([], [layer(1)]) == []
