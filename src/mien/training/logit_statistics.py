"""How a discriminator's logits lie: their mean, their spread, and how many are saturated."""

from __future__ import annotations

import torch
from torch import Tensor

from mien.batch import Turn

SATURATED = 6.0  # from here on, a sigmoid is within 0.0025 of 0 or 1


def logit_statistics(turn: Turn, name: str) -> dict[str, Tensor]:
    """Return numbers about the logits that a turn has computed: {"discriminator/logits/real": …, …}.

    Each is 0-dimensional and on the device: the mean, "…_spread" (standard deviation over all images and patches) and
    "…_saturated" (share of logits beyond SATURATED), for "real" and "fake". With several parts or processes a player
    takes the mean of their numbers; so a spread is that within a part. It computes no logits itself, because a turn may
    not need them: a generator's turn often has no real ones. name: of the player.
    """
    found: dict[str, Tensor] = {}
    for side in ("real", "fake"):
        known = [vars(match)[f"{side}_logits"] for match in turn.matches if f"{side}_logits" in vars(match)]
        if known:
            logits = torch.cat([one.detach().flatten().float() for one in known])
            found[f"{name}/logits/{side}"] = logits.mean()
            found[f"{name}/logits/{side}_spread"] = logits.std(correction=0)
            found[f"{name}/logits/{side}_saturated"] = (logits.abs() > SATURATED).float().mean()
    return found
