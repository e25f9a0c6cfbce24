"""Remedies: what to try, as exact commands. Each setting is checked against the run's own recipe."""

from __future__ import annotations

import functools
import shlex
from dataclasses import dataclass

import torch

from mien.config.schedules import Cosine, Linear
from mien.errors import MienError
from mien.media.pixels import resolution_text
from mien.recipes import find, known
from mien.recipes.recipe import Recipe
from mien.reports.doctor.case import Case
from mien.reports.settings import HAVE_FLAGS, value_text

RATE_OF_D, RATE_OF_G = "discriminator.optimizer.lr", "generator.optimizer.lr"
RATES = (RATE_OF_G, RATE_OF_D, "rate_factor")
STEPS_OF_D, STEPS_OF_G = "discriminator.updates", "generator.updates"
PENALTIES = ("r1", "r2", "gradient_penalty")
WEIGHTS_OF_PENALTIES = tuple(f"discriminator.terms.{name}.weight" for name in PENALTIES)
LOSS_OF_G = "generator.loss_weight"
TIE_TERMS = [f"generator.terms.{name}" for name in ("identity_a", "identity_b", "cycle_a", "cycle_b", "l1")]
TIES = tuple(f"{term}.weight" for term in TIE_TERMS)  # a translator's result to its source
TIED = tuple(f"{term}.{side}" for term in TIE_TERMS for side in "ab")  # the two images that a term compares
USUAL_STEP, TINY_STEP, LARGE_STEP = 0.002, 0.0002, 0.015  # norm of a step as a share of that of the weights
FILTERED = ("generator.filtered", "discriminator.filtered")


@dataclass(frozen=True)
class Remedy:
    """what: in words. command: to type. settings: of its --set. resumes: the run goes on; False: a new run starts."""

    what: str
    command: str
    settings: tuple[str, ...] = ()
    resumes: bool = True


def change(case: Case, what: str, settings: list[str], resumes: bool = True) -> list[Remedy]:
    """Return a remedy that sets these settings, or [] if there are none or the recipe does not take them."""
    if case.recipe is None or not settings:
        return []
    try:
        case.recipe.override(tuple(settings))
    except MienError:
        return []
    if not resumes and case.recipe.name not in known():
        return []  # of a user's file, whose place the run does not know
    begin = ["mien", "resume", case.run]
    if not resumes:
        begin = ["mien", "train", case.recipe.name, *data_flags(case), *batch_flag(case.recipe)]
        settings = [*own_settings(case.recipe, settings), *settings]
    words = [*begin, *(word for setting in settings for word in ("--set", setting))]
    return [Remedy(what, shlex.join(words), tuple(settings), resumes)]


def data_flags(case: Case) -> list[str]:
    """Return the flags of a new run on the same images."""
    assert case.recipe is not None
    condition = case.recipe.condition
    cond = ["--cond", condition.kind] if condition and condition.kind != "own" else []
    held = ["--hold-out", str(case.hold_out)] if case.hold_out else []
    return ["--data", case.data or "DATA", *held, "--resolution", resolution_text(*case.recipe.resolution), *cond]


def batch_flag(recipe: Recipe) -> list[str]:
    """Return the flag of the batch size, if the run has another one than its recipe."""
    return ["--batch", str(recipe.batch_size)] if find(recipe.name).batch_size != recipe.batch_size else []


def own_settings(recipe: Recipe, changed: list[str]) -> list[str]:
    """Return the settings in which the run differs from its recipe's defaults, without those that change."""
    defaults, paths = find(recipe.name).settings(), {setting.partition("=")[0] for setting in changed}
    return [
        f"{path}={value_text(value)}"
        for path, value in recipe.settings().items()
        if path not in HAVE_FLAGS | paths
        and isinstance(value, int | float | str)
        and defaults.get(path) != value
        and not (recipe.schedules_follow_budget and path.endswith((".images", ".begin")))
    ]


def scaled(case: Case, path: str, factor: float) -> list[str]:
    """Return settings that multiply a number: ["discriminator.optimizer.lr=0.0001"]. A schedule keeps its shape."""
    value = case.recipe.settings().get(path) if case.recipe else None
    if isinstance(value, Cosine | Linear):
        return [f"{path}.start={value.start * factor:g}", f"{path}.end={value.end * factor:g}"]
    return [f"{path}={value * factor:g}"] if isinstance(value, int | float) and value > 0 else []


def undone(
    case: Case,
    too_high: tuple[str, ...] = (),
    too_low: tuple[str, ...] = (),
    other: tuple[str, ...] = (),
    resumes: bool = True,
) -> list[Remedy]:
    """Go back to the recipe's own values of those settings that the user has changed in this direction.

    other: settings that are no numbers. They go back if they differ at all.
    """
    if case.recipe is None or case.recipe.name not in known():
        return []
    mine, own, settings = case.recipe.settings(), find(case.recipe.name).settings(), []
    for path, sign in [(path, 1) for path in too_high] + [(path, -1) for path in too_low]:
        value, default = mine.get(path), own.get(path)
        if isinstance(value, int | float) and isinstance(default, int | float) and sign * (value - default) > 0:
            settings.append(f"{path}={value_text(default)}")
    settings += [f"{path}={value_text(own[path])}" for path in other if path in own and mine[path] != own[path]]
    what = "Go back to the recipe's own values of what you have changed."
    return change(case, what if resumes else f"Start again. {what}", settings, resumes)


def faster_generator(case: Case) -> list[Remedy]:
    """Raise G's rate, so that a step changes its weights by a usual share, if it is far below."""
    steps = case.relative_updates["generator"]
    if not steps or not 0 < steps[-1][1] < TINY_STEP or max(step for _, step in steps) > LARGE_STEP:
        return []  # after large steps, small ones are no sign of a low rate
    factor = float(f"{USUAL_STEP / steps[-1][1]:.1g}")
    return change(
        case, "Raise G's learning rate: a step changes its weights by almost nothing.", scaled(case, RATE_OF_G, factor)
    )


def slower_discriminator(case: Case, factor: float = 0.25) -> list[Remedy]:
    return change(case, "Lower D's learning rate, so that G can follow.", scaled(case, RATE_OF_D, factor))


def faster_discriminator(case: Case) -> list[Remedy]:
    return change(case, "Raise D's learning rate, so that D can follow.", scaled(case, RATE_OF_D, 2.0))


def fewer_steps_of_d(case: Case) -> list[Remedy]:
    side = case.recipe.discriminator if case.recipe else None
    many = side is not None and side.updates > 1
    return change(case, "Let D make one step to each step of G.", ["discriminator.updates=1"] if many else [])


def slower_generator(case: Case) -> list[Remedy]:
    return change(case, "Lower G's learning rate, so that D can follow.", scaled(case, RATE_OF_G, 0.25))


def fewer_steps_of_g(case: Case) -> list[Remedy]:
    many = case.recipe is not None and case.recipe.generator.updates > 1
    return change(case, "Let G make one step to each step of D.", ["generator.updates=1"] if many else [])


def more_steps_of_d(case: Case) -> list[Remedy]:
    side = case.recipe.discriminator if case.recipe else None
    more = [f"discriminator.updates={side.updates + 1}"] if side else []
    return change(case, "Let D make one more step to each step of G.", more)


def penalty(case: Case, factor: float) -> list[Remedy]:
    """Multiply the weights of D's gradient penalties, if it has any."""
    what = "Strengthen D's gradient penalty." if factor > 1 else "Weaken D's gradient penalty: it holds D back."
    settings = [line for path in WEIGHTS_OF_PENALTIES for line in scaled(case, path, factor)]
    return change(case, what, settings)


def terms_of_g(case: Case, what: str, factor: float, *kinds: str) -> list[Remedy]:
    """Multiply the weights of G's terms of these kinds. A term may have one copy a domain: "cycle_a", "cycle_b"."""
    terms = case.recipe.generator.terms if case.recipe else {}
    names = [name for name in terms if name.removesuffix("_a").removesuffix("_b") in kinds]
    return change(
        case, what, [line for name in names for line in scaled(case, f"generator.terms.{name}.weight", factor)]
    )


def lighter_terms(case: Case, *kinds: str) -> list[Remedy]:
    """One remedy a kind: "identity", "cycle", "l1"."""
    what = "Weaken G's term {}, which ties the result to the source."
    return [remedy for kind in kinds for remedy in terms_of_g(case, what.format(kind), 0.2, kind)]


def heavier_terms(case: Case, *kinds: str) -> list[Remedy]:
    what = "Strengthen G's term {}, which ties the result to the source."
    return [remedy for kind in kinds for remedy in terms_of_g(case, what.format(kind), 5.0, kind)]


def slower(case: Case, factor: float = 0.5, resumes: bool = True) -> list[Remedy]:
    what = "Lower both learning rates."
    return change(case, what if resumes else f"Start again. {what}", scaled(case, "rate_factor", factor), resumes)


def gentler_start(case: Case) -> list[Remedy]:
    """Start again with lower rates, if large steps have blown up the weights. A resume cannot mend them."""
    if not case.is_blown_up:
        return []
    return [*undone(case, RATES, resumes=False), *slower(case, 0.1, resumes=False)]


def mode_seeking(case: Case) -> list[Remedy]:
    """Add the term that keeps images of different z apart, if the game takes it and the recipe lacks it."""
    lacks = (
        case.recipe is not None and case.recipe.accepts("paired_labels") and "mode_seeking" not in case.recipe.extras
    )
    settings = ["mode_seeking.weight=0.1"] if lacks else []
    return change(case, "Start again, with a term that keeps the images of different z apart.", settings, resumes=False)


def augmentation(case: Case) -> list[Remedy]:
    """Show D changed images, if the game takes it and the run does not do so yet."""
    recipe = case.recipe
    if recipe is None or recipe.augment is not None or not recipe.accepts("augment") or recipe.name not in known():
        return []
    settings = [word for setting in own_settings(recipe, []) for word in ("--set", setting)]
    words = [
        "mien",
        "train",
        recipe.name,
        *data_flags(case),
        *batch_flag(recipe),
        "--augment",
        "diffaugment",
        *settings,
    ]
    return [Remedy("Start again with augmented images for D: so few images seem many.", shlex.join(words), (), False)]


def filters(case: Case) -> list[Remedy]:
    """Filter each resampling, if the networks can and do not."""
    off = [path for path in FILTERED if case.recipe and case.recipe.settings().get(path) is False]
    what = "Start again with a low-pass filter after each resampling."
    return change(case, what, [f"{path}=true" for path in off], resumes=False)


def other_recipe(case: Case, what: str, *names: str) -> list[Remedy]:
    """Train the first of these recipes that the run does not use and that takes its image size."""
    if case.recipe is None or case.recipe.sources != "none":
        return []
    for name in names:
        if name != case.recipe.name and fits(name, case.recipe.resolution):
            return [Remedy(what, shlex.join(["mien", "train", name, *data_flags(case)]), (), resumes=False)]
    return []


@functools.cache
def fits(name: str, resolution: tuple[int, int]) -> bool:
    """Return whether the networks of a recipe can have this size."""
    try:
        with torch.random.fork_rng(devices=[]):
            find(name).replace(resolution=resolution).build_game()
    except MienError:
        return False
    return True
