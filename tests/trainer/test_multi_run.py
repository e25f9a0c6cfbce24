"""Every combination of recipes, settings and seeds: which trainings, under which names, and what a repetition does."""

import pytest

import mien
from mien.config.budget import divided, parse_budget
from mien.errors import UsageError
from mien.trainer.config import TrainConfig
from mien.trainer.multi_run import members


def planned(**options):
    return members(TrainConfig(data="faces", **options))


def test_every_combination_with_the_seeds_last():
    found = planned(
        recipes="dcgan,wgan", sweep=("generator.width=16,32", "mirror=true"), seeds="0-1", set=("jitter=0.1",)
    )
    assert [one.label for one in found[:4]] == [
        "dcgan generator.width=16 mirror=true seed=0",
        "dcgan generator.width=16 mirror=true seed=1",
        "dcgan generator.width=32 mirror=true seed=0",
        "dcgan generator.width=32 mirror=true seed=1",
    ]
    assert len(found) == 8 and {one.config.recipe for one in found} == {"dcgan", "wgan"}
    last = found[-1].config
    assert (last.recipe, last.seed, last.set) == ("wgan", 1, ("jitter=0.1", "generator.width=32", "mirror=true"))
    assert not last.is_series and last.name is None


def test_names_tell_the_members_apart():
    found = planned(recipe="dcgan", sweep=("discriminator.optimizer.lr=1e-4,2e-4",), seeds="3", name="study")
    assert [one.config.name for one in found] == ["study-optimizer.lr-1e-4-seed-3", "study-optimizer.lr-2e-4-seed-3"]
    assert [one.config.name for one in planned(recipes="dcgan,wgan", name="two")] == ["two-dcgan", "two-wgan"]


def test_a_total_budget_is_shared_equally():
    found = planned(recipe="dcgan", sweep=("generator.width=16,32",), seeds="0-1", total_budget="6h,90kimg")
    assert [one.config.budget for one in found] == ["1.5h,22.5kimg"] * 4
    assert {one.config.total_budget for one in found} == {None}
    assert divided("50ep", 3) == "16.666667ep" and parse_budget(divided("6h", 7), 1).seconds * 7 == pytest.approx(21600)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"total_budget": "6h"}, "--total-budget 6h is for --recipes, --sweep or --seeds: write --budget 6h"),
        ({"seeds": "0-1", "total_budget": "6h", "budget": "1h"}, "--budget 1h and --total-budget 6h: leave one"),
        ({"seeds": "0-1", "total_budget": "6 lightyears"}, "--total-budget '6 lightyears' is not an amount"),
        ({"sweep": ("generator.width",)}, "--sweep 'generator.width' is no setting with values, each once"),
        ({"sweep": ("generator.width=4,4",)}, "is no setting with values, each once"),
        ({"recipe": "dcgan", "sweep": ("generator.wdth=4,8",)}, "wdth"),
        ({"seeds": "0-a"}, "--seeds '0-a' is not a list of seeds"),
        ({"seeds": "0-9", "seed": 3}, "--seed 3 and --seeds 0-9: name the seeds in one place"),
        ({"seeds": "0-1000"}, "make 1,001 trainings: at most 1,000"),
    ],
)
def test_mistakes_before_anything_is_trained(options, message):
    with pytest.raises(UsageError, match=message):
        planned(**options)


def test_a_repetition_continues_what_is_missing(faces, tiny, tmp_path, capsys):
    """Each seed is the training of `--seed`, and `--auto-resume` makes the series one that can be repeated."""
    small = {"data": faces, "outdir": tmp_path, "resolution": 16, "tick": 0.016, "set": (*tiny, "batch_size=8")}
    made = mien.train("dcgan", seeds=[0, 1], name="s", auto_resume=True, budget="16img", **small)
    assert [run.path.name for run in made.runs] == ["00000-s-seed-0", "00001-s-seed-1"] and made.failed == {}
    alone = mien.train("dcgan", seed=1, budget="16img", **small)
    weights = [(run.path / "snapshots" / "kimg-000000.016.safetensors") for run in (made.runs[1], alone)]
    first, second = (mien.load(path) for path in weights)
    assert (first.pixels([0]) == second.pixels([0])).all()
    assert "training 2 of 2: seed=1" in capsys.readouterr().err
    again = mien.train("dcgan", seeds="0-2", name="s", auto_resume=True, budget="16img", **small)
    assert [run.path for run in again.runs[:2]] == [run.path for run in made.runs]
    assert again.runs[2].path.name == "00003-s-seed-2"
