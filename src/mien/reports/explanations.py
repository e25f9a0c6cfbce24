"""Texts that explain the curves: a guide for every run, and sentences on the last rows of this one."""

from __future__ import annotations

from mien.config.serialization import find_class
from mien.errors import UsageError
from mien.losses.adversarial import says
from mien.reports.run_data import RunData, mean_of_last, points

SURE, SAME = 0.05, 0.05  # scores this near to 0 and 1 are sure; scores this near to each other are the same

GUIDE = (
    (
        "D(real) and D(fake)",
        "These scores say how real the discriminator D finds real and generated images. Both sides learn while there "
        "is a gap that D has to work for. “D(fake) after” is the score after D's step, when the generator G answers.",
    ),
    (
        "D(real) → 1 and D(fake) → 0",
        "D is too strong. It is sure of every image, so G learns almost nothing from it. Try a lower learning rate for "
        "D, fewer steps of D, or a penalty such as R1.",
    ),
    (
        "The same score for every image",
        "Either the generated images look real, or D is too weak to see a difference. Look at the images. A weak D "
        "needs a better network or a lower learning rate.",
    ),
    (
        "All generated images look alike",
        "This is mode collapse. No curve shows it reliably, so look at the grid. Go back to an earlier checkpoint, or "
        "change the loss. If some kinds of faces never appear, G dropped modes; the metric recall measures that.",
    ),
    (
        "Black or constant images",
        "The learning rates are too high.",
    ),
    (
        "Losses that rise or stay the same",
        "This is often harmless. The loss of each side depends on how good the other side is, so a lower loss does not "
        "mean better images. Only a Wasserstein loss should fall while the images improve.",
    ),
)

METRICS = (
    "Compare two numbers only if they were measured in the same way: the same number of images, the same extractor, "
    "the same resize. The table shows the newest number of each metric. “Of real” is the same measure on real images."
)

NEIGHBOURS = (
    "Did the generator memorize images? Each row starts with a generated image; the real images nearest to it "
    "follow. A red distance is less than half the usual distance between a real image and its nearest other one. "
    "Look whether that image is a copy."
)

GRADIENTS = (
    "The norms show how strongly the objective pulls at each layer of D. Under weight clipping, in a deep D without "
    "normalization, they grow or vanish from layer to layer, and some layers learn almost nothing. Under a gradient "
    "penalty they keep one size (Gulrajani et al. 2017, figure 1). Batch norm evens them out. Their height depends on "
    "the loss."
)


def are_probabilities(run: RunData) -> bool:
    """Whether the loss makes D(real) a probability. Other losses give scores without bounds, and so does a loss of a
    user's file that nobody named with --code."""
    loss = run.recipe.get("loss")
    try:
        return says(find_class(loss["class"]), "realness_is_probability") if isinstance(loss, dict) else False
    except (KeyError, UsageError):
        return False


def verdict(run: RunData) -> str:
    """One to three careful sentences on this run, from its last rows."""
    if run.state == "diverged":
        terms = {str(row.get("term")) for row in run.events if row.get("event") == "diverged"} - {"None"}
        what = ", ".join(sorted(terms)) or "a value"
        return f"A number stopped being finite ({what}). The checkpoints before that are intact. Try lower rates."
    real, fake = mean_of_last(run.stats, "D(real)"), mean_of_last(run.stats, "D(fake)")
    if real is None or fake is None:
        return "There are no scores of the discriminator yet, so nothing can be said about the game."
    return " ".join(filter(None, [balance(run, real, fake), trend(run)]))


def balance(run: RunData, real: float, fake: float) -> str:
    """What the two scores say about the discriminator."""
    count = min(5, len(points(run.stats, "D(real)")))
    when = "In the last row" if count == 1 else f"Over the last {count} rows"
    scores = f"{when}, D gave real images {real:.2f} and generated images {fake:.2f} on average."
    if not are_probabilities(run):
        return f"{scores} These scores have no bounds, so only their distance means something."
    after = mean_of_last(run.stats, "D(fake) after")
    if real > 1 - SURE and fake < SURE:
        return f"{scores} D is nearly sure of every image and looks too strong: G may learn little."
    if abs(real - fake) < SAME:
        return f"{scores} D can barely separate the two. Look at the images: either G is that good, or D is that weak."
    if fake > real:
        return f"{scores} D finds the generated images more real. That is usual early in a run, and odd later."
    if after is not None and after < SURE:
        return f"{scores} After D's step it was only {after:.2f}, which leaves G almost no gradient."
    if real > 1 - 3 * SURE and fake < 3 * SURE:
        return f"{scores} D is sure of most images. Keep an eye on it."
    return f"{scores} D tells them apart without being sure, as it should."


def trend(run: RunData) -> str:
    """How the distance between the two scores moved since the second quarter of the run."""
    real, fake = dict(points(run.stats, "D(real)")), dict(points(run.stats, "D(fake)"))
    gaps = [(kimg, real[kimg] - fake[kimg]) for kimg in real if kimg in fake]
    if len(gaps) < 12:
        return ""
    quarter = len(gaps) // 4
    before = sum(gap for _, gap in gaps[quarter : 2 * quarter]) / quarter
    now = sum(gap for _, gap in gaps[-quarter:]) / quarter
    since = f"since about {gaps[quarter][0]:.3g} kimg"
    if abs(now - before) < max(0.03, 0.1 * abs(before)):
        return f"Their distance has stayed about the same {since}."
    moved, meaning = ("grown", "D gains on G") if now > before else ("shrunk", "G catches up with D")
    return f"Their distance has {moved} from {before:.2f} to {now:.2f} {since}: {meaning}."
