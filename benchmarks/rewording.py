"""How much of captions in other words an encoder passes on: a ridge regression, taught attributes on 2,000 captions of
`drawn`, reads them off 500 other faces' captions, of the same wording and of `drawn-reworded`. Then the same, taught on
captions of one form that tells all. No GAN has a part in it.

    python benchmarks/rewording.py words sentences
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
    """Leaves nothing out."""

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
        told = [Labels(one.told(labels[LEARNED:], asked), names, states_off=False) for one in (wording, OTHER)]
        for ridge in RIDGES:
            read = regression(usual[:LEARNED], labels[:LEARNED], ridge)
            print(f"{name}, taught on {form}, penalty {ridge:g}: right about the same wording and about the other")
            for group in [group for group in attributes_of(names) if group.name in CHOICES]:
                shares = [right(read(x), one, group) for x, one in zip((usual[LEARNED:], other), told)]
                print(f"  {group.name:10}  {shares[0]:4.0%}  {shares[1]:4.0%}  chance {1 / len(group.values):.0%}")


def regression(vectors, labels, ridge):
    """[N,D], [N,K] -> what reads [M,D] as [M,K]"""
    middle, usual = vectors.mean(0), labels.mean(0)
    centred = vectors - middle
    gram = centred.T @ centred
    gram += np.eye(len(gram)) * ridge * np.diag(gram).mean()
    weights = np.linalg.solve(gram, centred.T @ (labels - usual))
    return lambda asked: (asked - middle) @ weights + usual


def right(read, told, group):
    """The share of the captions which tell an attribute that are read right."""
    wanted = told.decode(group)
    return (read[:, list(group.columns)].argmax(1) == wanted)[wanted >= 0].mean()


if __name__ == "__main__":
    main()
