"""The parts of a data set by folder names: training images and test images."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from mien.runtime.printable import count_text

_TAIL = r"([ _.-]?(set|data|dataset|images|imgs|img|pictures|photos|faces|split|part))?([ _-]?(19|20)\d\d)?"
_TRAIN = re.compile(rf"(train|training|trn|trainset){_TAIL}", re.IGNORECASE)
_KEPT = re.compile(
    rf"(val|valid|validation|validate|dev|eval|evaluation|test|testing|tst|holdout|hold[ _-]out){_TAIL}", re.IGNORECASE
)
_VARIANT = re.compile(r"train(?!.?[ab]$)", re.IGNORECASE)  # train_old beside train; trainA is a domain


def kind_of(folder: str) -> str | None:
    """Return "train", "kept" (validation and test) or None for a folder's name in any case: Test, test_set, val2017."""
    folder = folder.strip()
    if _TRAIN.fullmatch(folder):
        return "train"
    return "kept" if _KEPT.fullmatch(folder) else None


def few(count: int, total: int) -> bool:
    """Return whether this number of images is so small that they do not decide the layout."""
    return count <= max(2, total / 20) and 3 * count < total


@dataclass
class Parts:
    """The folders of a data set that training leaves out.

    `left_out`: folder that is left out with all its subfolders -> number of images. `strays`: folders that are left out
    without their subfolders. `logical`: folder with images -> the folder without splits.
    """

    left_out: dict[str, int] = field(default_factory=dict)
    strays: set[str] = field(default_factory=set)
    logical: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def leaves_out(self, folder: str) -> bool:
        """Return whether the folder, or one above it, is left out."""
        while folder:
            if folder in self.left_out:
                return True
            folder = folder.rpartition("/")[0]
        return False


def divide(pictures: list[str]) -> Parts:
    """Return the folders that training uses. If `train` lies beside `test` or `val`, only `train` is used, at any
    depth.
    """
    tree = _Tree(Counter(name.rpartition("/")[0] for name in pictures))
    parts = Parts()
    _visit(tree, "", "", parts)
    if parts.left_out:
        count = sum(parts.left_out.values())
        parts.notes.insert(0, f"{count_text(count, 'image')} left out in {_words(sorted(parts.left_out))}")
    return parts


class _Tree:
    def __init__(self, direct: Counter[str]):
        self.direct = direct  # folder -> number of images in it
        self.below: Counter[str] = Counter()  # folder -> number of images in it and its subfolders
        self.children: dict[str, set[str]] = defaultdict(set)  # folder -> names of folders in it
        for folder, count in direct.items():
            self.below[folder] += count
            while folder:
                parent, _, name = folder.rpartition("/")
                self.children[parent].add(name)
                self.below[parent] += count
                folder = parent


def _visit(tree: _Tree, folder: str, logical: str, parts: Parts) -> None:
    """Decide about the subfolders of `folder`, then about theirs. `logical`: the name of `folder` without splits."""
    names = sorted(tree.children.get(folder, ()))
    path = {name: f"{folder}/{name}" if folder else name for name in names}
    trains = [name for name in names if kind_of(name) == "train"]
    kept = [name for name in names if kind_of(name) == "kept"]
    others = [name for name in names if kind_of(name) is None]
    direct = tree.direct.get(folder, 0)
    if trains and (kept or all(_VARIANT.match(name) for name in others)):
        gone = [*kept, *others]
        going_on, inside = trains, dict.fromkeys(trains, logical)
        if direct and kept and few(direct, tree.below[folder]):
            parts.notes.append(f"{count_text(direct, 'image')} beside {_words(trains)} left out")
            parts.strays.add(folder)
            direct = 0
    elif kept and not trains and not others and not few(direct, tree.below[folder]):
        gone, going_on, inside = kept, [], {}
    elif kept and not trains and not others:
        gone, going_on, inside = [], kept, dict.fromkeys(kept, logical)
        parts.notes.append(f"warning: there is no train beside {_words(kept)}, so they are learned")
    else:
        gone, going_on = [], names
        inside = {name: f"{logical}/{name}" if logical else name for name in names}
        if (trains or kept) and len(names) > 1:
            odd = _words([*trains, *kept])
            cure = "name the folder to learn from" if trains else "move the test images out of the folder"
            parts.notes.append(f"warning: {odd} beside {_words(others)} is learned as one of them; {cure}")
    if gone:
        parts.left_out.update({path[name]: tree.below[path[name]] for name in gone})
    if direct:
        parts.logical[folder] = logical
    for name in going_on:
        _visit(tree, path[name], inside[name], parts)


def _words(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
