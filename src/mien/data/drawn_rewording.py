"""The built-in faces in other words: captions for asking a generator what no caption of its training said so.

Neither a sentence frame nor a part between commas is shared with `drawn_caption.py`. Colours keep their plain names one
time in three; all else has other words. Which frame and which words a face gets follows from its number alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data import drawn_caption
from mien.data.drawn_face import Face, attribute_names

STREAM = 2**63  # of random numbers; no seed of faces is as large in practice

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "hair": {
        "aqua": ("aqua", "turquoise", "cyan"),
        "black": ("black", "raven", "jet-black"),
        "blonde": ("blonde", "golden", "flaxen"),
        "blue": ("blue", "azure", "cobalt"),
        "brown": ("brown", "chestnut", "chocolate"),
        "gray": ("gray", "silver", "grey"),
        "green": ("green", "emerald", "grassy"),
        "orange": ("orange", "tangerine", "carrot"),
        "pink": ("pink", "rose", "bubblegum"),
        "purple": ("purple", "violet", "plum"),
        "red": ("red", "crimson", "scarlet"),
        "white": ("white", "snowy", "ivory"),
    },
    "style": {
        "long": ("flowing {hair} hair", "{hair} locks past the shoulders"),
        "bob": ("{hair} hair cut to the chin", "chin-length {hair} hair"),
        "twintails": ("{hair} pigtails", "{hair} hair tied on both sides"),
        "ponytail": ("{hair} hair tied back", "{hair} hair gathered in one tail"),
        "spiky": ("tousled {hair} hair", "{hair} hair that stands on end"),
        "buns": ("{hair} hair in odango", "{hair} hair rolled up on both sides"),
        "braids": ("{hair} plaits", "plaited {hair} hair"),
        "hime": ("{hair} hair cut like a princess's", "{hair} hair like a court lady"),
        "curly": ("{hair} curls", "frizzy {hair} hair"),
        "drills": ("{hair} ringlets", "{hair} corkscrew locks"),
    },
    "bangs": {
        "straight": ("a blunt fringe", "a fringe cut level"),
        "zigzag": ("a ragged fringe", "an uneven fringe"),
        "swept": ("a fringe brushed to one side", "a slanting fringe"),
        "parted": ("a fringe divided in the middle", "a split fringe"),
        "crossed": ("a strand over the nose", "a lock falling over the nose"),
    },
    "eyes": {
        "aqua": ("aqua", "turquoise", "cyan"),
        "blue": ("blue", "azure", "sapphire"),
        "brown": ("brown", "chestnut", "chocolate"),
        "green": ("green", "emerald", "grassy"),
        "pink": ("pink", "rose", "bubblegum"),
        "purple": ("purple", "violet", "amethyst"),
        "red": ("red", "crimson", "ruby"),
        "yellow": ("yellow", "golden", "amber"),
    },
    "skin": {
        "pale": ("a fair complexion", "a porcelain complexion"),
        "tan": ("a sun-kissed complexion", "a bronzed complexion"),
        "dark": ("a deep brown complexion", "an ebony complexion"),
    },
    "mouth": {
        "smile": ("a friendly smile", "lips curved up"),
        "open_smile": ("a wide open grin", "a laugh"),
        "neutral": ("a straight face", "a neutral mouth"),
        "frown": ("a frown", "lips turned down"),
        "surprised": ("an astonished mouth", "a gasp"),
        "cat": ("a feline grin", "a kitty mouth"),
    },
    "brows": {
        "raised": ("lifted eyebrows", "high eyebrows"),
        "angry": ("furious eyebrows", "eyebrows drawn together"),
        "worried": ("anxious eyebrows", "uneasy eyebrows"),
    },
    "outfit": {
        "sailor": ("a school uniform with a sailor's collar", "a seifuku"),
        "blouse": ("a buttoned shirt", "a shirt"),
        "sweater": ("a pullover", "a knitted jumper"),
        "dress": ("a gown", "a frock"),
    },
    "accessory": {
        "ribbon": ("a bow", "a tied bow"),
        "hairband": ("a headband", "an alice band"),
        "flower": ("a blossom", "a bloom"),
        "cat_ears": ("a cat girl's ears", "feline ears"),
        "headphones": ("a headset", "earphones"),
        "hairclip": ("barrettes", "hair slides"),
        "crown": ("a tiara", "a diadem"),
    },
    "background": {
        "gradient": ("a fading backdrop", "a backdrop of blended shades"),
        "dots": ("a dotted backdrop", "a backdrop with spots"),
        "stripes": ("a striped backdrop", "a backdrop of bands"),
        "rays": ("beams", "a sunburst"),
        "sky": ("clouds", "the open sky"),
    },
    "glasses": {"True": ("spectacles", "eyeglasses")},
    "blush": {"True": ("flushed cheeks", "rosy cheeks")},
    "ahoge": {"True": ("a cowlick", "a lone strand sticking up")},
}
"""Values without words are told by neither wording, see `drawn_caption.SILENT`. {hair}: its colour."""


class Frame(NamedTuple):
    """parts: what it tells of which attributes, in this order, {} for their words; those of a style tell the hair's
    colour as well."""

    join: str
    parts: dict[str, str]


FRAMES = (
    Frame(" ", {"hair": "one {}-haired lady", "eyes": "whose eyes are {}"}),
    Frame(", ", {"hair": "hair: {}", "eyes": "eyes: {}"}),
    Frame(", ", {"style": "somebody has {}", "eyes": "looks at you out of {} eyes", "glasses": "through {}",
                 "outfit": "is dressed in {}"}),
    Frame("; ", {"style": "hairdo: {}", "bangs": "front: {}", "eyes": "irises: {}", "skin": "complexion: {}",
                 "mouth": "mouth: {}", "brows": "brow: {}", "blush": "cheeks: {}", "glasses": "eyewear: {}",
                 "accessory": "accessory: {}", "outfit": "clothes: {}", "ahoge": "top: {}",
                 "background": "backdrop: {}"}),
    Frame(", ", {"style": "please draw {}", "bangs": "then {}", "eyes": "colour her eyes {}", "skin": "choose {}",
                 "brows": "give her {}", "mouth": "paint {}", "blush": "and {}", "outfit": "put her into {}",
                 "glasses": "hand her {}", "accessory": "adorn her by {}", "ahoge": "leave {}",
                 "background": "and behind her put {}"}),
    Frame(". ", {"outfit": "In {} she poses", "background": "Behind her: {}", "style": "Her head shows {}",
                 "bangs": "In front hangs {}", "eyes": "Her gaze is {}", "skin": "She has {}", "mouth": "You see {}",
                 "brows": "And {}", "blush": "Note the {}", "glasses": "She needs {}", "accessory": "She chose {}",
                 "ahoge": "There is {}"}),
)  # fmt: skip


def reworded(face: Face, number: int) -> str:
    """What the frame of a number tells of a face: "hair: silver, eyes: ruby". number: of the face, from 0."""
    frame, share = _chosen(number)
    said = []
    for name, template in frame.parts.items():
        phrases = WORDS[name].get(str(getattr(face, name)), ())
        if not phrases or (name == "bangs" and face.style == "hime"):
            continue
        words = phrases[int(share[name] * len(phrases))]
        if name == "style":
            colours = WORDS["hair"][face.hair]
            words = words.format(hair=colours[int(share["hair"] * len(colours))])
        said.append(template.format(words))
    return frame.join.join(said)


def told(labels: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """Labels [N,K] of faces, and their numbers [N] -> [N,K]: 0 where the caption does not say it."""
    known = np.stack([_columns(_chosen(int(number))[0]) for number in numbers]) if len(numbers) else 1.0
    return drawn_caption.told(labels) * known


def _chosen(number: int) -> tuple[Frame, dict[str, float]]:
    """The frame, and for each attribute a number in [0, 1) that chooses among its words."""
    generator = np.random.Generator(np.random.Philox(key=np.array([STREAM, number], dtype=np.uint64)))
    first, *others = generator.random(1 + len(WORDS)).tolist()
    return FRAMES[int(first * len(FRAMES))], dict(zip(WORDS, others))


def _columns(frame: Frame) -> NDArray[np.float32]:
    """[K]: 1 for the attributes that a frame tells"""
    names = {*frame.parts, *(["hair"] if "style" in frame.parts else [])}
    return np.array([name.partition("=")[0] in names for name in attribute_names()], np.float32)
