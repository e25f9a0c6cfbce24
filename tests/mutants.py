"""Deliberate faults in the core, one at a time, each in a copy of the tree: do the tests notice?

    python tests/mutants.py [PART_OF_A_FILE_NAME …]

Prints one line a fault, killed or survived, and ends with 1 if a fault survived. Each fault names the tests that are to
notice it; these must pass without any fault, which is tried first.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PASSED, FAILED = 0, 1  # of pytest's exit codes


class Mutant(NamedTuple):
    """file: below src/mien. old: a text that stands there once. tests: files below tests/, divided by spaces."""

    file: str
    old: str
    new: str
    tests: str


MUTANTS = [
    # losses and penalties
    Mutant("losses/functional.py", "softplus(-real) + softplus(fake)", "softplus(-real)", "losses/test_adversarial.py"),
    Mutant("losses/functional.py", "return -softplus(fake)", "return softplus(fake)", "losses/test_adversarial.py"),
    Mutant("losses/functional.py", "torch.relu(1.0 + fake)", "torch.relu(fake)", "losses/test_adversarial.py"),
    Mutant("losses/functional.py", "0.5 * (fake - 1.0)", "0.5 * (fake + 1.0)", "losses/test_adversarial.py"),
    Mutant("losses/functional.py", "return fake - real", "return real - fake", "losses/test_adversarial.py"),
    Mutant("losses/functional.py", "softplus(real - fake)", "softplus(fake - real)", "losses/test_adversarial.py"),
    Mutant("losses/auxiliary.py", '"generator" or self.fakes', '"generator"', "losses/test_auxiliary.py"),
    Mutant("losses/functional.py", "noise / (image", "image / (noise", "losses/test_mode_seeking.py"),
    Mutant("losses/path_length.py", "newest, self.decay)", "newest, 1 - self.decay)", "losses/test_path_length.py"),
    Mutant("losses/functional.py", "0.5 * image_gradient", "image_gradient", "losses/test_penalties.py"),
    Mutant(
        "losses/penalties.py",
        '"real", "fake"]] = "fake"',
        '"real", "fake"]] = "real"',
        "losses/test_penalties.py",
    ),
    Mutant("losses/functional.py", "draws.uniform(len(real), ", "draws.uniform(1, ", "losses/test_penalties.py"),
    Mutant("losses/functional.py", "norms - target", "norms", "losses/test_penalties.py"),
    Mutant("losses/reconstruction.py", ".abs()", ".square()", "losses/test_reconstruction.py"),
    # a player's update
    Mutant("training/player.py", " * term.every", "", "training/test_player.py"),
    Mutant("training/player.py", "% term.every == 0", "% term.every == 1", "training/test_player.py"),
    Mutant("training/player.py", "self.constrain(module)", "pass", "training/test_player.py"),
    Mutant("training/player.py", "draws.begin(batch.seed, batch.image.device)", "pass", "training/test_player.py"),
    Mutant("training/player.py", "zero_grad(set_to_none=True)", "param_groups", "training/test_player.py"),
    Mutant("training/player.py", "*= self.rate_factor", "*= 1.0", "training/test_player.py"),
    Mutant("training/player.py", "self.trainable(False)", "pass", "training/test_player.py"),
    Mutant("training/player.py", " * share", "", "training/test_parts.py"),
    Mutant("training/parts.py", ".mean(0) for name", ".sum(0) for name", "training/test_parts.py"),
    Mutant(
        "training/optimizer.py",
        '"betas"] = at(self.lr, images)',
        '"betas"] = at(self.lr, 0)',
        "training/test_optimizer.py",
    ),
    Mutant("training/optimizer.py", ".copy_(value)", ".zero_()", "training/test_optimizer.py"),
    # the loop and the average
    Mutant("training/loop.py", "* max(player", "* min(player", "training/test_loop.py training/test_player.py"),
    Mutant(
        "training/loop.py", "update(images, images_per_round)", "update(images, batch_size)", "training/test_loop.py"
    ),
    Mutant(
        "training/loop.py",
        "batches(images, player.name)",
        'batches(images, "discriminator")',
        "training/test_loop.py training/test_player.py",
    ),
    Mutant(
        "training/loop.py",
        "while images < total",
        "while images <= total",
        "training/test_loop.py training/test_player.py",
    ),
    Mutant("training/ema.py", "min(at(", "max(at(", "training/test_ema.py"),
    Mutant("training/ema.py", "batch_size / half_life)", "half_life / batch_size)", "training/test_ema.py"),
    Mutant("training/ema.py", "state_dict(keep_vars=True).values()", "parameters()", "training/test_ema.py"),
    Mutant("training/ema.py", ".eval()", "", "training/test_ema.py"),
    # augmentation
    Mutant("augmentation/ada.py", "- self.target)", "+ self.target)", "augmentation/test_ada.py"),
    Mutant("augmentation/ada.py", "moved.clamp(0, 1)", "moved", "augmentation/test_ada.py"),
    Mutant("augmentation/ada.py", "1 - (1 - p).sqrt()", "p", "augmentation/test_ada.py"),
    Mutant(
        "augmentation/ada.py",
        "rest.roll(1, 1) - rest.roll(-1, 1)",
        "rest.roll(-1, 1) - rest.roll(1, 1)",
        "augmentation/test_ada.py",
    ),
    Mutant("augmentation/diffaugment.py", "2 * saturation", "saturation", "augmentation/test_diffaugment.py"),
    Mutant("augmentation/diffaugment.py", "(side + 4) // 8", "side // 8", "augmentation/test_diffaugment.py"),
    Mutant(
        "augmentation/diffaugment.py", "size = (side + 1) // 2", "size = side // 2", "augmentation/test_diffaugment.py"
    ),
    Mutant(
        "batch.py",
        "self.discriminator(self.augment(image)",
        "self.discriminator(image",
        "augmentation/test_diffaugment.py losses/test_penalties.py",
    ),
    # games
    Mutant("games/noise.py", "gather(right).roll(1, 0)", "gather(right)", "games/test_noise.py"),
    Mutant("games/noise.py", "label[:half], label[:half]", "label[half:], label[:half]", "games/test_noise.py"),
    Mutant("games/style.py", ">= crossover", "> crossover", "games/test_style.py"),
    Mutant("games/paired.py", "target, fake, source)", "target, fake)", "games/test_translation.py"),
    Mutant("games/unpaired.py", "generator=choices) < 0.5", "generator=choices) < 0.1", "games/test_translation.py"),
    # metrics
    Mutant("metrics/fid.py", "- 2 * eigenvalues", "- eigenvalues", "metrics/test_fid.py"),
    Mutant("metrics/fid.py", "len(features) - 1", "len(features)", "metrics/test_fid.py"),
    Mutant("metrics/kid.py", " - kernel_diagonal(z).sum()", "", "metrics/test_kid.py"),
    Mutant(
        "metrics/kid.py",
        "(x @ y.T).double() / x.shape[1] + 1) ** 3",
        "(x @ y.T).double() / x.shape[1] + 1) ** 2",
        "metrics/test_kid.py",
    ),
    Mutant("metrics/mind.py", "start // m", "start // n", "metrics/test_mind.py"),
    Mutant("metrics/mind.py", "3 * width * sliced", "2 * width * sliced", "metrics/test_mind.py"),
    Mutant("metrics/mind.py", "y.sort(0).values", "y", "metrics/test_mind.py"),
    Mutant("metrics/precision_recall.py", "nearest[:, k]", "nearest[:, k - 1]", "metrics/test_precision_recall.py"),
    Mutant("metrics/precision_recall.py", "within.sum(1)", "within.any(1)", "metrics/test_precision_recall.py"),
    # checkpoints and batches
    Mutant("runs/checkpoint.py", ".hexdigest() != expected", ".hexdigest() == ''", "runs/test_checkpoint.py"),
    Mutant("runs/checkpoint.py", "if sums.keys() != {", "if False and {", "runs/test_checkpoint.py"),
    Mutant("runs/checkpoint.py", "whole[-keep:]", "whole[-keep - 1 :]", "runs/test_checkpoint.py"),
    Mutant("data/batches.py", "order(images + self.rank", "order(images", "data/test_batches.py"),
    Mutant("data/batches.py", "0, images, purpose)", "0, images)", "data/test_batches.py"),
    Mutant("data/orders.py", "self.purpose, epoch)", "self.purpose)", "data/test_batches.py"),
    Mutant("data/batches.py", "pixels.flip(2)", "pixels.flip(1)", "data/test_batches.py"),
]


def main(words: Sequence[str]) -> int:
    """-> 1 if a fault of the files that are meant survived, else 0."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.file for word in words)]
    warm_up()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        for folder in ("src", "tests", "benchmarks"):
            shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        tests = sorted({name for mutant in chosen for name in mutant.tests.split()})
        if run_tests(tree, tests) != PASSED:
            print("the tests fail without any fault:\n" + (tree / "log.txt").read_text()[-3000:])
            return 1
        survivors = 0
        for mutant in chosen:
            verdict = judge(mutant, tree)
            survivors += verdict != "killed"
            print(f"{verdict:<9} {mutant.file}: {mutant.old!r} -> {mutant.new!r}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} faults were noticed")
    return int(survivors > 0)


def judge(mutant: Mutant, tree: Path) -> str:
    """killed: a test failed. survived: all passed. broken: the tests did not run at all."""
    file = tree / "src" / "mien" / mutant.file
    whole = file.read_text()
    if whole.count(mutant.old) != 1:
        return "broken"
    file.write_text(whole.replace(mutant.old, mutant.new))
    code = run_tests(tree, mutant.tests.split())
    file.write_text(whole)
    return {FAILED: "killed", PASSED: "survived"}.get(code, "broken")


def warm_up() -> None:
    """torch is imported once; each fault is tried in a fork."""
    os.environ |= {"OMP_NUM_THREADS": "1", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True  # two texts of a file may have one size and one second
    import pytest  # noqa: F401
    import torch._dynamo  # noqa: F401


def run_tests(tree: Path, files: Sequence[str]) -> int:
    """pytest's exit code on these files of the copy; what it prints is in `log.txt` there."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 70
    try:
        log = os.open(tree / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(tree)
        sys.path.insert(0, str(tree / "src"))
        import pytest

        import mien

        assert Path(mien.__file__).is_relative_to(tree)
        code = int(
            pytest.main(["-x", "-p", "no:cacheprovider", "-p", "no:xdist", *(f"tests/{file}" for file in files)])
        )
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
