"""The examples in the sample grids of a translation."""

from dataclasses import replace

import numpy as np
import torch
from paired_sets import a_set, of

from mien.trainer.translation_data import examples

CPU = torch.device("cpu")


def test_examples_are_spread_over_the_set():
    shown = examples(of("pix2pix"), a_set(), CPU)
    assert len(shown) == 3 and [one.image.shape for one in shown] == [(1, 3, 16, 16)] * 3
    two = replace(a_set("drawn-unpaired"), sources=np.zeros((100, 16, 16, 3), np.uint8))
    assert len(examples(of("cyclegan"), two, CPU)) == 3
