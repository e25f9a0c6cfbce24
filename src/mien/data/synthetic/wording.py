"""Wordings of the built-in faces. A wording has frames and words, and the face's number chooses among both.

A frame is a row of clauses. A clause is a list of items after its first words: "wearing | {glasses} | {outfit}" gives
"wearing glasses and a dress". A clause without bars is a single item. Braces in an item stand for words: {hair} and
{eyes} for a colour's name, {style} for the style with the hair's colour, {cut} for the style without it. People rarely
describe everything, so items are left out at random.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.config.renamed import OldName
from mien.data.synthetic.face import CHOICES, SWITCHES, Face, attribute_names

COLOURS = ("hair", "eyes")
OFTEN = 0.9  # probability that a caption names a colour; the other items share one probability, drawn for each caption


class Frame(NamedTuple):
    """join: the text between clauses. articles: whether words have their "a"; tags have none."""

    join: str
    clauses: tuple[str, ...]
    articles: bool = True

    @property
    def items(self) -> list[str]:
        return [item for clause in self.clauses for item in _parts(clause)[1]]


@dataclass(frozen=True)
class Wording:
    """stream: of random numbers, from 0 to 2^64 - 1, different from the seeds of faces.

    words: the words for each value of each attribute except colours, or several between slashes. A value without words
    never appears in a caption.
    """

    stream: int
    frames: tuple[Frame, ...]
    words: dict[str, dict[str, str]]

    def caption(self, face: Face, number: int) -> str:
        """Return the caption of a face by the frame and items of a number: "a girl with a green bob, smiling"."""
        frame, items, random = self.chosen(number)
        words = {}
        for name in (*CHOICES, *SWITCHES):
            value = str(getattr(face, name))
            phrases = self.words[name].get(value, "").split(" / ") if name in self.words else [value]
            phrase = phrases[int(random.random() * len(phrases))]
            words[name] = phrase if frame.articles else re.sub("^an? ", "", phrase)
        words["cut"] = " ".join(words["style"].format(hair="").split())
        words["style"] = words["style"].format(hair=words["hair"])
        clauses = []
        for lead, own in map(_parts, frame.clauses):
            said = [item.format(**words) for item in own if item in items and all(words[name] for name in _names(item))]
            if said:
                clauses.append(f"{lead} {_listed(said)}".strip())
        return re.sub(r"\ba(?= [aeiou])", "an", frame.join.join(clauses))

    def stated_labels(self, labels: NDArray[np.float32], numbers: Sequence[int]) -> NDArray[np.float32]:
        """Return labels [N,K] of faces with their numbers [N] -> [N,K], set to 0 if the caption does not name them.

        A caption never names a binary attribute that is off.
        """
        values = [(name, value or "True") for name, _, value in (label.partition("=") for label in attribute_names())]
        worded = np.array([name in COLOURS or value in self.words[name] for name, value in values], np.float32)
        stated = [set().union(*map(_attributes, self.chosen(number)[1])) for number in numbers]
        said = np.array([[name in own for name, _ in values] for own in stated], np.float32)
        return labels * worded * said.reshape(labels.shape)

    told = OldName("stated_labels")

    def chosen(self, number: int) -> tuple[Frame, list[str], np.random.Generator]:
        """Return the frame of a number, its items in the caption (always with the first), and the random generator."""
        random = np.random.Generator(np.random.Philox(key=np.array([self.stream, number], dtype=np.uint64)))
        frame, chance = self.frames[int(random.random() * len(self.frames))], random.random()
        first, *others = frame.items
        stated = [
            item for item in others if random.random() < (chance if _attributes(item).isdisjoint(COLOURS) else OFTEN)
        ]
        return frame, [first, *stated], random


@cache
def _parts(clause: str) -> tuple[str, tuple[str, ...]]:
    """Return the parts of a clause: "with | {hair} hair | {bangs}" -> ("with", ("{hair} hair", "{bangs}"))."""
    lead, *items = (part.strip() for part in clause.split("|"))
    return (lead, tuple(items)) if items else ("", (lead,))


@cache
def _names(item: str) -> tuple[str, ...]:
    return tuple(re.findall(r"{(\w+)}", item))


@cache
def _attributes(item: str) -> frozenset[str]:
    """Return the attributes of an item: for "with {style}", style and hair."""
    known = {"style": {"style", "hair"}, "cut": {"style"}}
    return frozenset().union(*(known.get(name, {name}) for name in _names(item)))


def _listed(words: list[str]) -> str:
    """Return a list in words: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
