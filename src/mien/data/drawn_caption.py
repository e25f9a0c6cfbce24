"""What a built-in face is told by, in one sentence. `drawn_rewording.py` has other words for the same."""

import numpy as np
from numpy.typing import NDArray

from mien.data.drawn_face import Face, attribute_names

_STYLE_WORDS = {
    "long": "long {hair} hair",
    "bob": "a {hair} bob",
    "twintails": "{hair} twintails",
    "ponytail": "a {hair} ponytail",
    "spiky": "short spiky {hair} hair",
    "buns": "{hair} hair in two buns",
    "braids": "{hair} braids",
    "hime": "a {hair} hime cut",
    "curly": "curly {hair} hair",
    "drills": "{hair} drill curls",
}
_BANG_WORDS = {
    "straight": "straight bangs",
    "zigzag": "messy bangs",
    "swept": "swept bangs",
    "parted": "parted bangs",
    "crossed": "hair between the eyes",
}
_SKIN_WORDS = {"pale": "pale skin", "light": "", "tan": "tanned skin", "dark": "dark skin"}
_MOUTH_WORDS = {
    "smile": "smiling",
    "open_smile": "laughing",
    "neutral": "with a calm look",
    "frown": "frowning",
    "surprised": "surprised",
    "cat": "with a cat-like smile",
}
_BROW_WORDS = {"calm": "", "raised": "raised brows", "angry": "angry brows", "worried": "worried brows"}
_OUTFIT_WORDS = {"sailor": "a sailor uniform", "blouse": "a blouse", "sweater": "a sweater", "dress": "a dress"}
_ACCESSORY_WORDS = {
    "none": "",
    "ribbon": "a ribbon",
    "hairband": "a hairband",
    "flower": "a flower in her hair",
    "cat_ears": "cat ears",
    "headphones": "headphones",
    "hairclip": "hairclips",
    "crown": "a crown",
}
_BACKGROUND_WORDS = {
    "plain": "",
    "gradient": "before a gradient",
    "dots": "before polka dots",
    "stripes": "before stripes",
    "rays": "before rays of light",
    "sky": "under a blue sky",
}


def _listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _with_article(words: str) -> str:
    """ "a orange bob" -> "an orange bob"."""
    return f"an {words[2:]}" if words.startswith("a ") and words[2] in "aeiou" else words


def caption(face: Face) -> str:
    """One sentence without a full stop: "a girl with long green hair, straight bangs and red eyes, smiling, ..."."""
    hair = _with_article(_STYLE_WORDS[face.style].format(hair=face.hair))
    bangs = "" if face.style == "hime" else _BANG_WORDS[face.bangs]
    looks = [hair, bangs, f"{face.eyes} eyes", _SKIN_WORDS[face.skin], _BROW_WORDS[face.brows]]
    worn = ["glasses" if face.glasses else "", _ACCESSORY_WORDS[face.accessory], _OUTFIT_WORDS[face.outfit]]
    mood = [_MOUTH_WORDS[face.mouth], "blushing" if face.blush else ""]
    parts = [
        f"a girl with {_listed([word for word in looks if word])}",
        _listed([word for word in mood if word]),
        f"wearing {_listed([word for word in worn if word])}",
        "an ahoge" if face.ahoge else "",
        _BACKGROUND_WORDS[face.background],
    ]
    return ", ".join(part for part in parts if part)


_WORDS = {
    "skin": _SKIN_WORDS, "brows": _BROW_WORDS, "accessory": _ACCESSORY_WORDS, "background": _BACKGROUND_WORDS,
}  # fmt: skip
SILENT = {f"{block}={value}" for block, words in _WORDS.items() for value, text in words.items() if not text}
"""Values that no caption tells: the usual skin and brows, no accessory, a plain background. No switch that is off is
told, either."""


def told(labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Labels [N,K] of faces -> [N,K]: 0 where the caption does not say it."""
    names = attribute_names()
    known = labels * np.array([name not in SILENT for name in names], np.float32)
    bangs = np.array([name.startswith("bangs=") for name in names])
    hime = labels[:, names.index("style=hime")] == 1  # the cut tells the bangs
    known[np.ix_(hime, bangs)] = 0
    return known
