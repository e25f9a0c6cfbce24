"""What tests of networks read off them: each layer as a row, its output's size, the number of parameters."""

from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def convolutions(network: nn.Module) -> list[tuple]:
    """(inputs, outputs, kernel, stride, padding, whether it has a bias) of each, in order of definition."""
    return [
        (one.in_channels, one.out_channels, one.kernel_size[0], one.stride[0], one.padding[0], one.bias is not None)
        for one in network.modules()
        if isinstance(one, CONVOLUTIONS)
    ]


def sizes(network: nn.Module, given: Tensor, kinds: tuple = (*CONVOLUTIONS, nn.Linear)) -> list[tuple[int, ...]]:
    """Each layer's output without the batch, in the order of the forward pass."""
    found: list[tuple[int, ...]] = []
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output: found.append(tuple(output.shape[1:])))
        for module in network.modules()
        if isinstance(module, kinds)
    ]
    network(given)
    for hook in hooks:
        hook.remove()
    return found


def names(network: nn.Module) -> list[str]:
    """Class names of the layers of a sequential network."""
    return [type(layer).__name__ for layer in network.layers]


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def convolution(inputs: int, outputs: int, kernel: int, bias: bool = True) -> int:
    """The number of its parameters, by hand."""
    return inputs * outputs * kernel**2 + bias * outputs


def linear(inputs: int, outputs: int, bias: bool = True) -> int:
    return inputs * outputs + bias * outputs


def norm(channels: int) -> int:
    return 2 * channels
