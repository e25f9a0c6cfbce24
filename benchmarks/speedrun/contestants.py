"""The contestants of the speed run: one entry each. `run.py NAME` trains it.

A contestant is what `mien train RECIPE FLAGS --set SETTING…` does. To enter, add an entry.
"""

from __future__ import annotations

from dataclasses import dataclass

PLAIN = "plain"


@dataclass(frozen=True)
class Contestant:
    """A training that anyone can repeat.

    recipe: a name from `mien recipes`, my_gan.py:name, "auto" for what `mien train` chooses, or "plain" for the
    textbook script (benchmarks/plain_dcgan.py). settings: for --set. flags: further words of the command line.
    threads: of the processor; None: one for each core.
    """

    recipe: str
    settings: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    threads: int | None = None


HALF = ("generator.width=32", "discriminator.width=32")  # of the published width, for recipes made for a GPU
FLOAT32 = ("generator.bf16_stages=0", "discriminator.bf16_stages=0")
EACH_STEP = ("discriminator.terms.r1.every=1", "discriminator.terms.r2.every=1")
# The choice of mien 0.1.0 for half an hour: [1,2,1] filters, float32, and schedules over 100 kimg whatever the budget.
AS_IN_0_1_0 = (
    *("generator.resampling=linear", "discriminator.resampling=linear", "generator.optimizer.lr.images=100000"),
    *FLOAT32,
    *EACH_STEP,
)

FACES = ("--init", "faces")  # the networks that mien ships; a named recipe starts from chance

CONTESTANTS = {
    "plain": Contestant(PLAIN),
    "mien-0.1.0": Contestant("r3gan-laptop", AS_IN_0_1_0),
    "r3gan-laptop": Contestant("r3gan-laptop"),
    "r3gan-laptop-faces": Contestant("r3gan-laptop", flags=FACES),
    "r3gan-laptop-float32": Contestant("r3gan-laptop", FLOAT32),
    "r3gan-laptop-each-step": Contestant("r3gan-laptop", EACH_STEP),
    "dcgan-laptop": Contestant("dcgan-laptop"),
    "stylegan2-laptop": Contestant("stylegan2-laptop"),
    "dcgan-half": Contestant("dcgan", HALF),
    "wgan-gp-half": Contestant("wgan-gp", HALF),
    "sngan-half": Contestant("sngan", HALF),
    "auto": Contestant("auto"),
}
