"""Prints how much of a caption in other words each text encoder preserves.

    python benchmarks/rewording.py words sentences

A ridge regression learns attributes from 2,000 captions of `drawn`. Then it predicts them for the captions of 500
other faces, in the same wording and in that of `drawn-reworded`. A second regression learns from captions of one form
that names all attributes. No GAN is involved.
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np

from mien.conditioning.text import encoder
from mien.data.attributes import attributes_of
from mien.data.synthetic.draw import CHOICES, OTHER, USUAL, attribute_names, attributes, sample_face
from mien.data.synthetic.wording import Frame, Wording
from mien.metrics.metric import Labels

LEARNED, ASKED = 2000, 500
RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # times the mean square of the embedding


class Everything(Wording):
    """A form that leaves nothing out."""

    def chosen(self, number: int) -> tuple[Frame, list[str], np.random.Generator]:
        frame, _, random = super().chosen(number)
        return frame, frame.items, random


TAUGHT = {"drawn": USUAL, "one form": Everything(USUAL.stream, USUAL.frames[:1], USUAL.words)}


def main() -> None:
    names = attribute_names()
    faces = [sample_face(0, number) for number in range(LEARNED + ASKED)]
    labels = np.stack([attributes(face) for face in faces])
    asked = range(LEARNED, LEARNED + ASKED)
    for name, (form, wording) in product(sys.argv[1:] or ["words"], TAUGHT.items()):
        encode = encoder.find(encoder.asked(name))
        usual = encode([wording.caption(face, number) for number, face in enumerate(faces)]).astype(np.float64)
        other = encode([OTHER.caption(faces[number], number) for number in asked]).astype(np.float64)
        told = [Labels(one.stated_labels(labels[LEARNED:], asked), names, states_off=False) for one in (wording, OTHER)]
        for ridge in RIDGES:
            read = regression(usual[:LEARNED], labels[:LEARNED], ridge)
            print(f"{name}, taught on {form}, penalty {ridge:g}: right about the same wording and about the other")
            for group in [group for group in attributes_of(names) if group.name in CHOICES]:
                shares = [right(read(x), one, group) for x, one in zip((usual[LEARNED:], other), told)]
                print(f"  {group.name:10}  {shares[0]:4.0%}  {shares[1]:4.0%}  chance {1 / len(group.values):.0%}")


def regression(vectors, labels, ridge):
    """Takes [N,D] and [N,K]. Returns a function that predicts [M,K] from [M,D]."""
    middle, usual = vectors.mean(0), labels.mean(0)
    centred = vectors - middle
    gram = centred.T @ centred
    gram += np.eye(len(gram)) * ridge * np.diag(gram).mean()
    weights = np.linalg.solve(gram, centred.T @ (labels - usual))
    return lambda asked: (asked - middle) @ weights + usual


def right(read, told, group):
    """Returns the share of correct predictions among the captions that name an attribute."""
    wanted = told.decode(group)
    return (read[:, list(group.columns)].argmax(1) == wanted)[wanted >= 0].mean()


if __name__ == "__main__":
    main()
