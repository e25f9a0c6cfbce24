"""The options of mien resume: checked before the run is touched."""

import dataclasses
import inspect

import pytest

from mien.commands.resume import resume
from mien.errors import UsageError
from mien.trainer.resume_config import ResumeConfig


@pytest.mark.parametrize(
    "changed", [{"budget": "+2h"}, {"data": "faces"}, {"metrics": "none"}, {"set": ("parts=2",)}, {}]
)
def test_what_changes_the_training(changed):
    config = ResumeConfig("last", code=("my_gan.py",), device="cpu", **changed)
    assert config.changes_nothing is (not changed)


@pytest.mark.parametrize("budget", ["2x", "+2x", "+", "-1h", "++1h"])
def test_an_impossible_budget_is_refused_before_a_run_is_found(budget):
    with pytest.raises(UsageError, match="is not an amount of training"):
        resume("no-such-run", budget=budget)


def test_the_verb_takes_the_fields():
    names = [field.name for field in dataclasses.fields(ResumeConfig)]
    assert list(inspect.signature(resume).parameters) == [name for name in names if name != "_"]
