"""Other captions of the built-in faces: requests in words that no caption of the training contained.

These captions share no frame and no part between commas with `captions.py`. Only the colours have the same words,
because a colour's name is the request itself.
"""

from mien.data.synthetic.wording import Frame, Wording

FRAMES = (
    Frame(" ", ("one {hair}-haired lady", "whose eyes are {eyes}")),
    Frame(", ", ("hair: {hair}", "eyes: {eyes}")),
    Frame(", ", (
        "somebody has {style}", "looks at you out of {eyes} eyes", "through {glasses}", "is dressed in {outfit}",
    )),
    Frame("; ", (
        "hairdo: {style}", "front: {bangs}", "irises: {eyes}", "complexion: {skin}", "mouth: {mouth}", "brow: {brows}",
        "cheeks: {blush}", "eyewear: {glasses}", "accessory: {accessory}", "clothes: {outfit}", "top: {ahoge}",
        "backdrop: {background}",
    )),
    Frame(", ", (
        "please draw {style}", "then {bangs}", "colour her eyes {eyes}", "choose {skin}", "give her {brows}",
        "paint {mouth}", "and {blush}", "put her into {outfit}", "hand her {glasses}", "adorn her by {accessory}",
        "leave {ahoge}", "and behind her put {background}",
    )),
    Frame(". ", (
        "In {outfit} she poses", "Behind her: {background}", "Her head shows {style}", "In front hangs {bangs}",
        "Her gaze is {eyes}", "She has {skin}", "You see {mouth}", "Above her eyes: {brows}", "Note the {blush}",
        "She needs {glasses}", "She chose {accessory}", "There is {ahoge}",
    )),
)  # fmt: skip

WORDS = {
    "style": {
        "long": "flowing {hair} hair / {hair} locks past the shoulders",
        "bob": "{hair} hair cut to the chin / chin-length {hair} hair",
        "twintails": "{hair} pigtails / {hair} hair tied on both sides",
        "ponytail": "{hair} hair tied back / {hair} hair gathered in one tail",
        "spiky": "tousled {hair} hair / {hair} hair that stands on end",
        "buns": "{hair} hair in odango / {hair} hair rolled up on both sides",
        "braids": "{hair} plaits / plaited {hair} hair",
        "hime": "{hair} hair cut like a princess's / {hair} hair like a court lady",
        "curly": "{hair} curls / frizzy {hair} hair",
        "drills": "{hair} ringlets / {hair} corkscrew locks",
    },
    "bangs": {
        "straight": "a blunt fringe / a fringe cut level",
        "zigzag": "a ragged fringe / an uneven fringe",
        "swept": "a fringe brushed to one side / a slanting fringe",
        "parted": "a fringe divided in the middle / a split fringe",
        "crossed": "a strand over the nose / a lock falling over the nose",
    },
    "skin": {
        "pale": "a fair complexion / a porcelain complexion",
        "tan": "a sun-kissed complexion / a bronzed complexion",
        "dark": "a deep brown complexion / an ebony complexion",
    },
    "mouth": {
        "smile": "a friendly smile / lips curved up",
        "open_smile": "a wide open grin / a laugh",
        "neutral": "a straight face / a neutral mouth",
        "frown": "a frown / lips turned down",
        "surprised": "an astonished mouth / a gasp",
        "cat": "a feline grin / a kitty mouth",
    },
    "brows": {
        "raised": "lifted eyebrows / high eyebrows",
        "angry": "furious eyebrows / eyebrows drawn together",
        "worried": "anxious eyebrows / uneasy eyebrows",
    },
    "outfit": {
        "sailor": "a school uniform with a sailor's collar / a seifuku",
        "blouse": "a buttoned shirt / a shirt",
        "sweater": "a pullover / a knitted jumper",
        "dress": "a gown / a frock",
    },
    "accessory": {
        "ribbon": "a bow / a tied bow",
        "hairband": "a headband / an alice band",
        "flower": "a blossom / a bloom",
        "cat_ears": "a cat girl's ears / feline ears",
        "headphones": "a headset / earphones",
        "hairclip": "barrettes / hair slides",
        "crown": "a tiara / a diadem",
    },
    "background": {
        "gradient": "a fading backdrop / a backdrop of blended shades",
        "dots": "a dotted backdrop / a backdrop with spots",
        "stripes": "a striped backdrop / a backdrop of bands",
        "rays": "beams / a sunburst",
        "sky": "clouds / the open sky",
    },
    "glasses": {"True": "spectacles / eyeglasses"},
    "blush": {"True": "flushed cheeks / rosy cheeks"},
    "ahoge": {"True": "a cowlick / a lone strand sticking up"},
}

OTHER = Wording(stream=2**63 + 1, frames=FRAMES, words=WORDS)
