"""The wording of the built-in faces' captions, in usual forms. `rewording.py` has other wordings."""

from mien.data.synthetic.wording import Frame, Wording

FRAMES = (
    Frame(", ", (
        "a girl with | {style} | {bangs} | {eyes} eyes | {skin} | {brows} | {ahoge}",
        "| {mouth} | {blush}", "wearing | {glasses} | {accessory} | {outfit}", "before {background}",
    )),
    Frame(", ", (
        "a {eyes}-eyed girl with {style}", "| {mouth} | {blush}",
        "with | {bangs} | {skin} | {brows} | {ahoge} | {glasses} | {accessory}", "in {outfit}", "before {background}",
    )),
    Frame(", ", (
        "a girl in {outfit}", "wearing | {glasses} | {accessory}", "| {mouth} | {blush}",
        "with | {eyes} eyes | {skin} | {bangs} | {brows} | {ahoge} | {style}", "before {background}",
    )),
    Frame(". ", (
        "| Her hair is {hair} | her eyes are {eyes}", "She has | {cut} | {bangs} | {skin} | {brows} | {ahoge}",
        "She is | {mouth} | {blush}", "She wears | {glasses} | {accessory} | {outfit}",
        "She stands before {background}",
    )),
    Frame(", ", (
        "{style}", "{eyes} eyes", "{mouth}", "{blush}", "{glasses}", "{accessory}", "{outfit}", "{bangs}", "{ahoge}",
        "{skin}", "{brows}", "{background}",
    ), articles=False),
    Frame(", ", (
        "{eyes} eyes", "{hair} hair", "{cut}", "{bangs}", "{skin}", "{accessory}", "{glasses}", "{brows}", "{ahoge}",
        "{blush}", "{mouth}", "{background}", "{outfit}",
    ), articles=False),
)  # fmt: skip

WORDS = {
    "style": {
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
    },
    "bangs": {
        "straight": "straight bangs",
        "zigzag": "messy bangs",
        "swept": "swept bangs",
        "parted": "parted bangs",
        "crossed": "hair between the eyes",
    },
    "skin": {"pale": "pale skin", "tan": "tanned skin", "dark": "dark skin"},
    "mouth": {
        "smile": "smiling",
        "open_smile": "laughing",
        "neutral": "looking calm",
        "frown": "frowning",
        "surprised": "looking surprised",
        "cat": "smiling like a cat",
    },
    "brows": {"raised": "raised brows", "angry": "angry brows", "worried": "worried brows"},
    "outfit": {"sailor": "a sailor uniform", "blouse": "a blouse", "sweater": "a sweater", "dress": "a dress"},
    "accessory": {
        "ribbon": "a ribbon",
        "hairband": "a hairband",
        "flower": "a flower in her hair",
        "cat_ears": "cat ears",
        "headphones": "headphones",
        "hairclip": "hairclips",
        "crown": "a crown",
    },
    "background": {
        "gradient": "a gradient",
        "dots": "polka dots",
        "stripes": "stripes",
        "rays": "rays of light",
        "sky": "a blue sky",
    },
    "glasses": {"True": "glasses"},
    "blush": {"True": "blushing"},
    "ahoge": {"True": "an ahoge"},
}
"""Never mention the usual skin and brows, no accessory, and a plain background."""

USUAL = Wording(stream=2**63, frames=FRAMES, words=WORDS)
