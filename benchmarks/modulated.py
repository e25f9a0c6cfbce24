"""Compares two forms of the modulated convolution: mien's single convolution for all images, and one weight per image.

    python benchmarks/modulated.py [--batch 16] [--repeats 5]

It runs the forward and backward pass of one layer on one core, at sizes of `stylegan2-laptop`. It prints the least CPU
time of each form in its best memory layout, and the ratio. First it compares their values.
"""

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d

from mien.networks.modulated import ModulatedConv2d
from mien.networks.smooth import smooth

SHAPES = ((16, 64, False), (32, 32, False), (64, 16, False), (128, 8, False), (64, 16, True))  # channels, size, up
LAYOUTS = (torch.contiguous_format, torch.channels_last)


def grouped(layer: ModulatedConv2d, x: Tensor, w: Tensor) -> Tensor:
    """Equations 1 and 3 of the paper: a weight for each image, and a grouped convolution."""
    count, inputs, height, width = x.shape
    weight = layer.weight * (layer.style(w) * layer.scale)[:, None, :, None, None]
    weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt() * layer.gain
    x = x.reshape(1, count * inputs, height, width)
    if layer.up:
        y = conv_transpose2d(x, weight.transpose(1, 2).flatten(0, 1), stride=2, groups=count)
        return smooth(y.view(count, -1, *y.shape[2:]), padding=1, gain=4.0)
    return conv2d(x, weight.flatten(0, 1), padding=layer.pad, groups=count).view(count, -1, height, width)


def seconds(form: Callable[..., Tensor], layer: ModulatedConv2d, x: Tensor, w: Tensor) -> float:
    started = time.process_time()
    y = form(x, w) if form is layer else form(layer, x, w)
    torch.autograd.grad(y, [x, w, *layer.parameters()], torch.ones_like(y))
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for channels, size, up in SHAPES:
        w = torch.randn(arguments.batch, 128, requires_grad=True)
        image = torch.randn(arguments.batch, channels, size, size)
        layer = ModulatedConv2d(channels, channels, 3, 128, up=up)
        torch.testing.assert_close(layer(image, w), grouped(layer, image, w), rtol=1e-3, atol=1e-3)
        best = {"shared": float("inf"), "grouped": float("inf")}
        for _ in range(arguments.repeats):
            for layout in LAYOUTS:
                layer.to(memory_format=layout)  # type: ignore[call-overload]
                x = image.clone(memory_format=layout).requires_grad_()
                best["shared"] = min(best["shared"], seconds(layer, layer, x, w))
                best["grouped"] = min(best["grouped"], seconds(grouped, layer, x, w))
        times = ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in best.items())
        ratio = best["grouped"] / best["shared"]
        print(f"{channels} channels, {size} px{', up' if up else ''}: {times}, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
