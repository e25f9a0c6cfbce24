"""mien train --recipes: several in turn, none of which takes the others with it."""

import json

import pytest

from mien import cli
from mien.commands.train import train
from mien.errors import DivergenceError, MienError, UsageError
from mien.runs.directory import RunDirectory

OWN = """
from dataclasses import replace
from mien.recipes.recipe import recipe
from mien.recipes.dcgan import dcgan
from mien.training.optimizer import Adam

@recipe
def wild():
    return dcgan().replace(discriminator_optimizer=Adam(lr=1e30))

@recipe
def lone():
    return replace(dcgan(), batch_size=0)
"""


@pytest.fixture
def flags(faces, tiny, tmp_path):
    small = {"resolution": "16", "tick": 0.016, "budget": "64img", "set": (*tiny,)}
    return {"data": str(faces), "outdir": tmp_path / "runs", **small}


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own_gans.py").write_text(OWN)
    return tmp_path / "own_gans.py"


def test_each_recipe_gets_a_run_with_the_whole_budget(flags, faces, capsys):
    flags |= {"set": (*flags["set"], "batch_size=8")}
    made = train(recipes="dcgan, dcgan-laptop", name="pair", **flags)
    assert [(run.state, run.images) for run in made.runs] == [("finished", 64)] * 2 and made.failed == {}
    first, second = (run.path for run in made.runs)
    assert (first.name, second.name) == ("00000-pair-dcgan", "00001-pair-dcgan-laptop")
    assert str(made).splitlines()[-1] == f"  compare    mien compare {first} {second}"
    assert cli.run(["compare", str(first), str(second), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runs"][0]["kimg"] == 0.064 and "discriminator.terms.r1.weight" in found["differences"]
    assert all(len(norms) == 3 for norms in found["gradients"])  # recorded by the very training


def test_one_that_diverges_or_cannot_begin_does_not_end_the_others(flags, own):
    made = train(recipes=f"{own}:wild,{own}:lone,dcgan", **{**flags, "budget": "512img"})
    assert [run.state for run in made.runs] == ["diverged", "finished"]
    assert "stopped being finite" in made.failed[f"{own}:wild"] and "--batch 0" in made.failed[f"{own}:lone"]
    assert made.compare() == f"mien compare {made.runs[0].path} {made.runs[1].path}"
    assert list(made) == made.runs


def test_when_all_fail_the_last_reason_is_the_answer(flags, own):
    with pytest.raises(DivergenceError) as caught:
        train(recipes=f"{own}:lone,{own}:wild", **{**flags, "budget": "512img"})
    assert caught.value.run and RunDirectory(caught.value.run).read_status()["state"] == "diverged"


@pytest.mark.parametrize(
    ("recipes", "change", "said"),
    [
        ("dcgan,dcgan-laptp", (), "did you mean dcgan-laptop"),
        ("dcgan,dcgan", (), "each once"),
        (" , ", (), "must name recipes"),
        ("dcgan-laptop,dcgan", ("discriminator.terms.r1.weight=2",), "no such setting"),
    ],
)
def test_slips_are_told_before_anything_is_trained(flags, recipes, change, said):
    with pytest.raises(UsageError, match=said):
        train(recipes=recipes, **{**flags, "set": (*flags["set"], *change)})
    assert not flags["outdir"].exists()


def test_recipes_are_named_in_one_place(flags):
    with pytest.raises(MienError, match="in one place"):
        train("dcgan", recipes="dcgan,dcgan-laptop", **flags)


def test_a_dry_run_names_no_runs_to_compare(flags):
    made = train(recipes="dcgan,dcgan-laptop", dry_run=True, **flags)
    assert made.compare() is None and not flags["outdir"].exists()
