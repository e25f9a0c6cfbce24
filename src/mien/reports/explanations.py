"""What the curves mean, in words: how to read them, and what this run's last rows say."""

from __future__ import annotations

from mien.config.serialization import find_class
from mien.errors import UsageError
from mien.losses.adversarial import says
from mien.reports.run_data import Facts, mean_of_last, points

SURE, SAME = 0.05, 0.05  # how near to 0 and 1, and to each other, scores must be to say so

GUIDE = (
    (
        "D(real) and D(fake)",
        "How real the discriminator D finds real and drawn pictures. Between the two there must be a gap that D has to "
        "work for. “D(fake) after” is the score when the generator G answers, once D has made its step.",
    ),
    (
        "D(real) → 1 and D(fake) → 0",
        "D is too strong: it is sure of every picture, and G learns next to nothing from it. What helps: a lower rate "
        "for D, fewer steps of D, a penalty such as R1.",
    ),
    (
        "The same score for every picture",
        "Either the drawn pictures have become hard to tell from real ones, or D is too weak to see a difference. "
        "The pictures decide which: a better network or a lower rate helps a weak D.",
    ),
    (
        "All drawn pictures alike",
        "Mode collapse. No curve shows it reliably; look at the grid. What helps: go back to an earlier checkpoint, or "
        "change the loss. If whole kinds of faces never appear, modes were dropped: that takes recall to see.",
    ),
    (
        "Black or constant pictures",
        "The rates are too high.",
    ),
    (
        "Losses that go up, or stay where they are",
        "Often harmless. Each side's loss depends on how good the other is, so in most recipes neither falls steadily "
        "and a lower one is not a better picture. Only a Wasserstein loss is meant to fall as pictures improve.",
    ),
)

METRIC_WORDS = (
    "Numbers compare only where they were measured in the same way: as many pictures, the same extractor and resize. "
    "The newest of each is here; “of real” is what the same measure gives for real pictures."
)

NEIGHBOURS = (
    "Was anything learned by heart? Each drawn picture, then the real ones that it is nearest to. Distances in "
    "red are less than half of the usual one between a real picture and its nearest other: look whether it is a copy."
)

GRADIENTS = (
    "How strongly the objective pulls at each layer of D. In a deep D without normalization the norms grow or vanish "
    "from layer to layer under weight clipping, so that some layers hardly learn, and stay of one size under a "
    "gradient penalty (Gulrajani et al. 2017, figure 1). Batch norm evens them out; their height depends on the loss."
)


def are_probabilities(facts: Facts) -> bool:
    """Whether D(real) lies between 0 and 1: the loss says so. With other losses, and with those of a user's file that
    nobody named with --code, it is a score without bounds."""
    loss = facts.recipe.get("loss")
    try:
        return says(find_class(loss["class"]), "realness_is_probability") if isinstance(loss, dict) else False
    except (KeyError, UsageError):
        return False


def state_of(facts: Facts) -> str:
    """One to three careful sentences on this run, from its last rows."""
    if facts.state == "diverged":
        terms = {str(row.get("term")) for row in facts.events if row.get("event") == "diverged"} - {"None"}
        what = ", ".join(sorted(terms)) or "a value"
        return f"The run left the finite numbers ({what}); the checkpoints before that are whole. Try lower rates."
    real, fake = mean_of_last(facts.stats, "D(real)"), mean_of_last(facts.stats, "D(fake)")
    if real is None or fake is None:
        return "There are no scores of the discriminator yet, so nothing can be said about the game."
    return " ".join(filter(None, [balance(facts, real, fake), trend(facts)]))


def balance(facts: Facts, real: float, fake: float) -> str:
    count = min(5, len(points(facts.stats, "D(real)")))
    when = "In the last row" if count == 1 else f"Over the last {count} rows"
    scores = f"{when} D gave real pictures {real:.2f} and drawn ones {fake:.2f} on average"
    if not are_probabilities(facts):
        return f"{scores} (scores without bounds here, so only their distance means something)."
    after = mean_of_last(facts.stats, "D(fake) after")
    if real > 1 - SURE and fake < SURE:
        return f"{scores}: it is nearly sure of every picture, so G may be learning little. D looks too strong."
    if abs(real - fake) < SAME:
        return f"{scores}: it hardly tells them apart. The pictures decide whether G is that good or D that weak."
    if fake > real:
        return f"{scores}: it takes the drawn ones for the more real. Early in a run that happens; later it is odd."
    if after is not None and after < SURE:
        return f"{scores}, but {after:.2f} once it had made its step: G starts from almost nothing then."
    if real > 1 - 3 * SURE and fake < 3 * SURE:
        return f"{scores}: it is sure of most pictures. Keep an eye on it."
    return f"{scores}: it tells them apart without being sure, as it should."


def trend(facts: Facts) -> str:
    """How the distance between the two scores moved since the run's second quarter."""
    real, fake = dict(points(facts.stats, "D(real)")), dict(points(facts.stats, "D(fake)"))
    gaps = [(kimg, real[kimg] - fake[kimg]) for kimg in real if kimg in fake]
    if len(gaps) < 12:
        return ""
    quarter = len(gaps) // 4
    before = sum(gap for _, gap in gaps[quarter : 2 * quarter]) / quarter
    now = sum(gap for _, gap in gaps[-quarter:]) / quarter
    if abs(now - before) < max(0.03, 0.1 * abs(before)):
        return f"The distance between the two has stayed about the same since {gaps[quarter][0]:.3g} kimg."
    moved = "grown" if now > before else "shrunk"
    meaning = "D gains on G" if now > before else "G catches up with D"
    return (
        f"Their distance has {moved} from {before:.2f} to {now:.2f} since about {gaps[quarter][0]:.3g} kimg: {meaning}."
    )
