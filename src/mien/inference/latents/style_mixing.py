"""Style mixing: some layers use one latent, the others another (Karras et al. 2019, section 3.1)."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from mien.errors import UsageError


def parse_layers(text: str | None, count: int, default: int) -> list[int]:
    """ "0-3,6" -> [0, 1, 2, 3, 6], for a generator with `count` layers; None -> the first `default` of them.

    Raises UsageError.
    """
    if text is None:
        return list(range(default))
    layers: set[int] = set()
    for part in text.replace(" ", "").split(","):
        found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise UsageError(f"--layers {text!r} is not a list of layers: write 0-3, or 0,2,5-7")
        layers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    if max(layers) >= count:
        raise UsageError(f"--layers {text}: this generator's layers are 0-{count - 1}")
    return sorted(layers)


def mix_styles(rows: Tensor, columns: Tensor, layers: list[int]) -> Tensor:
    """rows [R,num_ws,w_dim], columns [C,num_ws,w_dim] -> [R,C,num_ws,w_dim].

    `layers` are those of the column, all others those of the row.
    """
    mixed = rows[:, None].repeat(1, len(columns), 1, 1)
    mixed[:, :, layers] = columns[None, :, layers]
    return mixed


def with_parents(rows: Tensor, columns: Tensor, layers: list[int]) -> Tensor:
    """[R + 1, C + 1, num_ws, w_dim]: the mixed latents, with the columns' latents above and the rows' to the left.

    The upper left corner is not used; it holds the first row's latent.
    """
    above = torch.cat([rows[:1], columns])[None]
    return torch.cat([above, torch.cat([rows[:, None], mix_styles(rows, columns, layers)], 1)])
