"""Each diagnosis: what makes it, what does not, its onset, and remedies that the recipe takes."""

from dataclasses import replace

import pytest
from doctors_case import case

from mien import recipes
from mien.losses.adversarial import Hinge, LeastSquares, NonSaturating, Relativistic, Saturating, Wasserstein
from mien.reports.doctor.case import chance
from mien.reports.doctor.diagnoses import ALL
from mien.reports.doctor.examination import examine

COLLAPSED = {"diversity": 0.1, "individuality": 0.2, "twins": 0.9, "distance": 1.2}


def names(found) -> list[str]:
    return [one.name for one in found.active]


@pytest.mark.parametrize(
    "loss, least",
    [(NonSaturating(), 1.3863), (Saturating(), 1.3863), (Hinge(), 2), (LeastSquares(), 0.25), (Relativistic(), 0.6931)],
)
def test_the_loss_by_chance(loss, least):
    assert chance(loss) == pytest.approx(least, abs=1e-4)


def test_a_wasserstein_loss_has_no_scale():
    assert chance(Wasserstein()) is None
    found = examine(case("wgan-gp", loss=[-3.0] * 20))
    assert found.severity == "fine"  # its images are


@pytest.mark.parametrize(
    "recipe", ["dcgan", "dcgan-laptop", "hinge", "r3gan-laptop", "wgan", "wgan-gp", "sngan", "hw6"]
)
def test_a_good_run_is_fine(recipe):
    found = examine(case(recipe, loss=0.6))
    assert (found.severity, names(found), found.past) == ("fine", [], [])
    assert found.answer == "no trouble found at 200 kimg"


def test_without_grids_the_answer_says_what_it_leaves_out():
    assert examine(case("pix2pix", grids=[])).answer.endswith("kimg; the images themselves are not judged")


def test_a_translators_d_may_be_sure():
    assert names(examine(case("pix2pix", loss=0.01, grids=[]))) == []
    assert names(examine(case("dcgan", loss=0.01, grids=[]))) == ["d-has-won"]


def test_the_beginning_is_too_early():
    """A new generator is gray, and its images are alike."""
    found = examine(case(loss=0.01, grids={"contrast": 0.01, "diversity": 0.01, "twins": 1, "distance": 3}, kimg=0.5))
    assert (found.severity, names(found)) == ("note", [])
    assert found.answer.startswith("too early to judge: the generator has made 156 steps")


@pytest.mark.parametrize("brightness, colour", [(0.01, "black"), (0.99, "white"), (0.5, "of one colour")])
def test_flat_images(brightness, colour):
    found = examine(case(grids=[{}] * 5 + [{"contrast": 0.02, "brightness": brightness, "diversity": 0.01}] * 5))
    assert names(found) == ["flat-images"]  # and not mode collapse, too
    assert (found.active[0].onset, found.active[0].confirmed) == (60, 80)
    assert colour in found.answer


def test_mode_collapse_has_its_onset():
    found = examine(case(grids=[{}] * 6 + [COLLAPSED] * 4))
    assert names(found) == ["mode-collapse"]
    assert (found.active[0].onset, found.active[0].confirmed, found.active[0].end) == (70, 90, None)
    assert "nearly all generated images look alike (diversity 0.1, individuality 0.2, twins 0.9)" in found.answer


def test_two_looks_are_not_enough():
    assert names(examine(case(grids=[{}] * 6 + [COLLAPSED] * 2))) == []


def test_twins_alone_are_a_collapse_to_several_images():
    found = examine(case(grids={"twins": 0.6, "diversity": 0.8}))
    assert names(found) == ["mode-collapse"]
    assert "many generated images look alike" in found.answer


def test_a_collapse_that_healed_is_past():
    found = examine(case(grids=[{}] * 3 + [COLLAPSED] * 5 + [{}] * 6))
    assert (found.severity, names(found)) == ("fine", [])
    assert [(one.name, one.onset, one.end) for one in found.past] == [("mode-collapse", 40, 90)]
    assert found.past[0].remedies == ()


def test_an_early_fall_counts_and_early_likeness_does_not():
    """1 kimg a look: 1,500 steps of G are 96 kimg at batch 64."""
    alike = {"diversity": 0.15, "twins": 0.1}
    assert names(examine(case(grids=[alike] * 40, kimg=1))) == []
    assert names(examine(case(grids=[{}] * 36 + [alike] * 4, kimg=1))) == ["mode-collapse"]


def test_d_has_won_needs_far_images():
    assert names(examine(case(loss=0.01, grids={"distance": 2.0}))) == ["d-has-won"]
    assert names(examine(case(loss=0.01, grids={"distance": 0.3}))) == []
    assert names(examine(case(loss=0.4, grids={"distance": 2.0}))) == []


def test_one_odd_row_does_not_hide_that_d_has_won():
    losses = [0.01] * 20
    losses[10] = 1.4
    found = examine(case(loss=losses, grids={"distance": 2.0}))
    assert found.active[0].onset == 20  # at 10 kimg, G has made too few steps


def test_gradients_of_both_sides_are_evidence():
    sick = case(loss=0.01, grids={"distance": 2.0})
    for row in sick.stats:
        row |= {"generator/gradient/G.a": 3.0, "generator/gradient/G.b": 4.0, "discriminator/gradient/D.a": 50.0}
    assert examine(sick).active[0].evidence["gradient of G / of D"] == 0.1


def test_the_separation_of_logits_is_evidence():
    sick = case(loss=0.01, grids={"distance": 2.0})
    for row in sick.stats:
        row |= {"discriminator/logits/real": 5.0, "discriminator/logits/real_spread": 3.0}
        row |= {"discriminator/logits/fake": -1.0, "discriminator/logits/fake_spread": 3.0}
    assert sick.separation[0] == (10, 2)
    assert examine(sick).active[0].evidence["logits apart, in spreads"] == 2


def test_d_underfits_needs_far_images():
    assert names(examine(case(loss=1.38, grids={"distance": 2.0}))) == ["d-underfits"]
    assert names(examine(case(loss=1.38, grids={"distance": 0.3}))) == []


def test_a_surprised_d_means_high_rates():
    found = examine(case(loss=2.5, grids={"distance": 0.3}))
    assert names(found) == ["rate-too-high"]
    assert found.severity == "watch"


def test_images_that_jump_mean_high_rates():
    assert names(examine(case(grids={"motion": 1.1, "distance": 0.9}))) == ["rate-too-high"]
    assert names(examine(case(grids={"motion": 1.1, "distance": 0.2}))) == []


def test_checkerboards_must_be_visible_and_not_in_the_data():
    assert names(examine(case("dcgan", grids={"checkerboard": 9, "checkerboard_ratio": 9}))) == ["checkerboards"]
    assert names(examine(case("dcgan", grids={"checkerboard": 9, "checkerboard_ratio": 1.1}))) == []
    assert names(examine(case("dcgan", grids={"checkerboard": 1, "checkerboard_ratio": 9}))) == []


def test_checkerboards_have_filters_as_remedy():
    remedy = examine(case("dcgan", grids={"checkerboard": 9, "checkerboard_ratio": 9})).active[0].remedies[0]
    assert remedy.settings == ("generator.filtered=true", "discriminator.filtered=true")
    assert remedy.command.startswith("mien train dcgan --data faces.zip --resolution 64 --set generator.filtered=true")


def test_a_divergence_that_mien_mended_is_past():
    event = {"event": "went back", "why": "diverged", "images": 30_000, "to": 20_000}
    found = examine(case(events=[event, {**event, "why": "memory"}]))
    assert [(one.name, one.onset) for one in found.past] == [("not-finite", 30)]
    assert names(found) == []


def test_a_divergence_at_the_end_is_final():
    found = examine(case(events=[{"event": "diverged", "images": 30_000}], state="diverged"))
    assert names(found) == ["not-finite"]
    assert found.active[0].remedies[0].settings == ("rate_factor=0.25",)


def metrics(values: list[float], better: str = "lower") -> list[dict]:
    return [{"metric": "fid", "value": value, "kimg": 10.0 * n, "better": better} for n, value in enumerate(values, 1)]


def test_a_metric_without_gain_is_stalled():
    found = examine(case(metrics=metrics([300, 200, 150, 120, *[121] * 9]), budget_images=400_000))
    assert names(found) == ["stalled"]
    assert found.active[0].onset == 40
    assert "fid was best at 40 kimg and has not improved since; 200 kimg of the budget are left" in found.answer


@pytest.mark.parametrize("values", [[300, 200, 150, 120, *[121] * 4], [300 * 0.9**n for n in range(14)], []])
def test_a_metric_that_gains_is_not_stalled(values):
    assert names(examine(case(metrics=metrics(values)))) == []


def test_a_metric_that_should_rise():
    assert names(examine(case(metrics=metrics([0.1, 0.2, 0.5, *[0.4] * 9], "higher")))) == ["stalled"]
    assert names(examine(case(metrics=metrics([0.1 * n for n in range(1, 13)], "higher")))) == []


def test_without_grids_and_without_a_scale_nothing_is_said():
    found = examine(case("wgan-gp", loss=-3.0, grids=[], ticks=20))
    assert (found.severity, found.active) == ("note", [])


def test_the_most_severe_is_said_first():
    found = examine(case("dcgan", loss=2.5, grids={**COLLAPSED, "checkerboard": 9, "checkerboard_ratio": 9}))
    assert [one.severity for one in found.active] == ["trouble", "watch", "note"]
    assert found.answer == found.active[0].line


SICK = {"checkerboard": 9.0, "checkerboard_ratio": 9.0, "contrast": 0.01, "diversity": 0.01, "distance": 3.0}


@pytest.mark.parametrize("name", [name for name in recipes.known() if recipes.find(name).sources == "none"])
def test_every_remedy_fits_its_recipe(name):
    """Each setting changes the recipe, and each command is complete."""
    run = case(name, grids=SICK)
    remedies = [remedy for diagnosis in ALL for remedy in diagnosis.remedies(run)]
    assert remedies
    for remedy in remedies:
        assert remedy.command.startswith("mien resume runs/00001-x --set " if remedy.resumes else "mien train ")
        assert run.recipe is not None
        before = run.recipe.settings()
        after = run.recipe.override(remedy.settings).settings()
        assert not remedy.settings or before != after
        assert all(setting in remedy.command for setting in remedy.settings)


def test_a_new_run_keeps_what_the_user_has_set():
    recipe = recipes.find("dcgan").override(("generator.width=48", "discriminator.optimizer.lr=0.0001"))
    found = examine(case(recipe, grids={"checkerboard": 9, "checkerboard_ratio": 9}))
    assert found.active[0].remedies[0].settings == (
        *("discriminator.optimizer.lr=0.0001", "generator.width=48"),
        *("generator.filtered=true", "discriminator.filtered=true"),
    )


@pytest.mark.parametrize("resolution, other", [((64, 64), "r3gan-laptop"), ((50, 50), "dcgan-laptop")])
def test_another_recipe_takes_the_runs_size(resolution, other):
    sick = case("gan", loss=0.001, grids={"distance": 4.0})
    assert sick.recipe is not None
    found = examine(replace(sick, recipe=sick.recipe.replace(resolution=resolution)))
    assert found.active[0].remedies[0].settings == ("discriminator.updates=1",)
    assert found.active[0].remedies[-1].command == f"mien train {other} --data faces.zip --resolution {resolution[0]}"


def test_a_recipe_of_a_users_file_gets_no_command_that_mien_cannot_run():
    recipe = replace(recipes.find("dcgan"), name="mine")
    found = examine(case(recipe, grids={"checkerboard": 9, "checkerboard_ratio": 9}))
    assert found.active[0].remedies == ()


def test_a_schedule_keeps_its_shape():
    run = case("r3gan-laptop", loss=0.001, grids={"distance": 3.0})
    slower = examine(run).active[0].remedies[0]
    assert slower.settings == ("discriminator.optimizer.lr.start=0.00025", "discriminator.optimizer.lr.end=6.25e-05")


def test_a_recipe_that_mien_cannot_read_has_no_remedies():
    found = examine(replace(case(loss=0.001, grids=COLLAPSED), recipe=None))
    assert names(found) == ["mode-collapse"]
    assert found.active[0].remedies == ()


def test_the_first_signs_of_a_short_run_are_said():
    """The naive GAN: five steps of D to one of G. After 50 steps of G its D is certain of every image."""
    start = case("gan", loss=[0.2, 0.03, 0.003, 0.002], grids={"distance": 9.0, "diversity": 0.01}, ticks=4, kimg=4)
    assert start.steps(16) == 100 and start.steps_of_d(16) == 500
    found = examine(start)
    assert (found.severity, found.active) == ("note", [])
    assert found.answer.endswith("the generator has made 100 steps, and 500 are the least; first signs of: D has won")


def test_steps_of_d_count_for_d():
    assert names(examine(case("gan", loss=0.01, grids={"distance": 9.0}, ticks=12, kimg=4))) == ["d-has-won"]
    assert names(examine(case("gan", loss=0.01, grids={"distance": 9.0}, ticks=12, kimg=0.4))) == []


def separated(logits: list[float], **more):
    """A run whose reals have the logit 0 with spread 1, and whose fakes have these logits with spread 1."""
    run = case(ticks=len(logits), **more)
    for row, fake in zip(run.stats, logits, strict=True):
        row |= {"discriminator/logits/real": 0.0, "discriminator/logits/real_spread": 1.0}
        row |= {"discriminator/logits/fake": fake, "discriminator/logits/fake_spread": 1.0}
    return run


def test_g_is_ahead_if_its_images_have_the_larger_logits():
    found = examine(separated([0.4] * 20, grids={"distance": 0.9}))
    assert names(found) == ["g-ahead"]
    assert found.active[0].evidence == {"logits apart, in spreads": -0.4, "distance": 0.9}
    assert found.active[0].remedies[0].settings[0].startswith("generator.optimizer.lr=")
    assert names(examine(separated([0.4] * 20, grids={"distance": 0.2}))) == []  # its images are good
    assert names(examine(separated([-0.4] * 20, grids={"distance": 0.9}))) == []
    assert names(examine(separated([-0.4] * 17 + [0.4] * 3, grids={"distance": 0.9}))) == []


def test_a_growing_distance_is_getting_worse():
    """A look each 1,000 steps. The medians of three grids are 0.2 at the fifth look, and 0.6 from the ninth one on."""
    course = [0.9, 0.6, 0.3, 0.2, 0.2, 0.2, 0.3, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8]
    found = examine(case(grids=[{"distance": one} for one in course], ticks=14, kimg=64))
    assert names(found) == ["getting-worse"]
    assert (found.active[0].onset, found.active[0].confirmed) == (9 * 64, 12 * 64)
    assert found.active[0].evidence == {"best distance": 0.2, "now": 0.8}
    assert f"they were best at {5 * 64} kimg" in found.answer


def test_a_distance_that_stays_small_is_not_getting_worse():
    course = [0.1] * 5 + [0.25] * 10
    assert names(examine(case(grids=[{"distance": one} for one in course]))) == []


def test_the_metric_decides_over_the_distance():
    worse = [{"distance": 0.2}] * 10 + [{"distance": 0.9}] * 10
    assert names(examine(case(grids=worse))) == ["getting-worse"]
    good = metrics([300 * 0.9**n for n in range(14)])
    assert names(examine(case(grids=worse, metrics=good))) == []
    rising = metrics([300, 200, 100, 90, 110, 120, 125, 130, 140])  # 117 is the limit
    found = examine(case(metrics=rising, kimg=5))
    assert (names(found), found.active[0].onset) == (["getting-worse"], 60)
    assert found.active[0].evidence == {"best fid": 90, "now": 140}


def test_one_label_collapses():
    """A run with labels, whose third row shows one image."""
    row = {"least_diversity": 0.05, "least_row": 2.0, "diversity": 0.8}
    found = examine(case("acgan-laptop", grids=row))
    assert names(found) == ["label-collapse"]
    assert "the images in row 3 of the grid" in found.answer
    assert names(examine(case("acgan-laptop", grids={**row, "least_diversity": 0.3}))) == []
    assert names(examine(case("acgan-laptop", grids={**row, "diversity": 0.1}))) == ["mode-collapse"]


def test_new_images_that_d_takes_for_generated_ones():
    found = examine(case("dcgan", grids={"memorized": 0.6}))
    assert names(found) == ["d-memorizes"]
    assert (
        found.active[0].remedies[0].command.startswith("mien train dcgan --data faces.zip --resolution 64 --augment ")
    )
    assert names(examine(case("dcgan", grids={"memorized": 0.4}))) == []


def test_copies_of_training_images():
    assert names(examine(case(grids={"copies": 0.7}))) == ["copies"]
    assert names(examine(case(grids={"copies": 0.3}))) == []


def test_missing_parts_need_varied_and_good_images():
    assert names(examine(case(grids={"dropped": 0.4, "distance": 0.5}))) == ["mode-dropping"]
    assert names(examine(case(grids={"dropped": 0.4, "distance": 3.0}))) == []
    assert names(examine(case(grids={"dropped": 0.2}))) == []


def translator(recipe, **symptoms: float):
    rows = [{"kimg": 10.0 * n, "changed": 0.8, "diversity": 0.9, **symptoms} for n in range(1, 21)]
    return case(recipe, loss=0.5, grids=[], ticks=20, translations=rows)


def test_a_good_translator_is_fine():
    found = examine(translator("cyclegan", hidden=0.1))
    assert (found.severity, found.answer) == ("fine", "no trouble found at 200 kimg")


@pytest.mark.parametrize(
    "symptoms, name, settings",
    [
        ({"changed": 0.05}, "identity", ("generator.terms.identity_a.weight=1", "generator.terms.identity_b.weight=1")),
        ({"diversity": 0.1}, "one-target", ("generator.terms.cycle_a.weight=50", "generator.terms.cycle_b.weight=50")),
        ({"hidden": 0.7}, "hidden-source", ("generator.terms.cycle_a.weight=2", "generator.terms.cycle_b.weight=2")),
    ],
)
def test_translators(symptoms, name, settings):
    found = examine(translator("cyclegan", **symptoms))
    assert names(found) == [name]
    assert found.active[0].remedies[0].settings == settings
    assert found.active[0].evidence.items() >= symptoms.items()


def test_pix2pix_has_its_own_remedies():
    assert examine(translator("pix2pix", changed=0.01)).active[0].remedies[0].settings == (
        "generator.terms.l1.weight=20",
    )


def test_d_may_be_sure_while_g_comes_nearer():
    """A distance that falls by a tenth at each look is far below 85 % of that at 60 % of the time."""
    falling = [{"distance": 9 * 0.9**n} for n in range(20)]
    assert names(examine(case(loss=0.01, grids=falling))) == []
    assert names(examine(case(loss=0.01, grids=[{"distance": 9 * 0.99**n} for n in range(20)]))) == ["d-has-won"]
    assert case(grids=falling).stuck(100) == pytest.approx(0.9**4)  # at 60 kimg, four looks before


def test_one_pattern_is_a_collapse_however_strong_it_is():
    found = examine(case("dcgan", grids={"individuality": 0.3, "distance": 3.0}))
    assert names(found) == ["mode-collapse"]
    assert "all generated images show one pattern" in found.answer
    assert found.active[0].onset == 130  # 1,000 steps of 128 images


def test_a_d_that_is_wrong_does_not_underfit():
    assert names(examine(case("dcgan", loss=1.45, grids={"distance": 2.0}))) == ["d-underfits"]
    assert names(examine(case("dcgan", loss=1.9, grids={"distance": 2.0}))) == []


def test_large_steps_mean_high_rates_as_long_as_images_are_far():
    def stepping(share: float, distance: float):
        run = case("dcgan", grids={"distance": distance})
        for row in run.stats:
            row |= {"generator/norms/weight": 10.0, "generator/norms/update": 10 * share}
            row |= {"discriminator/norms/weight": 10.0, "discriminator/norms/update": 0.01}
        return examine(run)

    found = stepping(0.08, 0.9)
    assert names(found) == ["rate-too-high"]
    assert found.active[0].evidence["step / weights"] == 0.08
    assert names(stepping(0.008, 0.9)) == []
    assert names(stepping(0.08, 0.2)) == []


def with_weights(run, side: str, weights: list[float], step: float):
    """The run with these norms of the weights of a side, and steps of this norm."""
    for row, weight in zip(run.stats, weights, strict=True):
        row |= {f"{side}/norms/weight": weight, f"{side}/norms/update": step}
    return run


def test_weights_that_large_steps_have_blown_up_need_a_new_start():
    """Later steps are a small share of the large weights. A higher rate would be the wrong advice."""
    recipe = recipes.find("dcgan").override(("generator.optimizer.lr=1.0",))
    grown = [10.0, 30, 50, *[70.0] * 17]
    found = examine(with_weights(case(recipe, loss=0.01, grids={"distance": 2.0}), "generator", grown, 0.001))
    assert names(found) == ["d-has-won", "rate-too-high"]
    assert found.active[1].evidence["weights / those at the start"] == 7
    assert found.active[1].onset == 30
    for one in found.active:
        assert [remedy.settings[-1] for remedy in one.remedies] == ["generator.optimizer.lr=0.0002", "rate_factor=0.1"]
        assert not any(remedy.resumes for remedy in one.remedies)
    sudden = case(recipe, loss=0.01, grids={"distance": 2.0}, kimg=0.25)
    for row, step in zip(sudden.stats, [0.5, 0.06, 0.06, 0.05, *[0.0] * 16], strict=True):
        row |= {"generator/norms/weight": 100.0, "generator/norms/update": 100 * step}
    assert [one.onset for one in examine(sudden).past if one.name == "rate-too-high"] == [0.25]
    assert sudden.is_blown_up
    healthy = [10.0, 12, 15, *[20.0] * 17]
    usual = with_weights(case(grids={"distance": 2.0}), "generator", healthy, 0.02)
    assert names(examine(usual)) == [] and not usual.is_blown_up


def test_saturated_images_after_large_steps_need_a_new_start():
    """One huge step is over before the first row. It leaves pixels at their limits, without a gradient."""
    recipe = recipes.find("dcgan").override(("generator.optimizer.lr=1.0",))

    def found(clipped, weight):
        run = case(recipe, loss=0.01, grids={"distance": 2.0, "clipped": clipped})
        return examine(with_weights(run, "generator", [10.0, *[weight] * 19], 1e-7)), run.is_blown_up

    told, blown_up = found(0.9, 20.0)
    assert names(told) == ["d-has-won", "rate-too-high"] and blown_up
    assert told.active[1].evidence["clipped"] == 0.9
    assert [remedy.settings[-1] for remedy in told.active[1].remedies] == [
        "generator.optimizer.lr=0.0002",
        "rate_factor=0.1",
    ]
    assert "rate-too-high" not in names(found(0.3, 20.0)[0])
    assert "rate-too-high" not in names(found(0.9, 11.0)[0])


def test_a_g_that_hardly_moves_gets_a_higher_rate():
    run = with_weights(case("dcgan", loss=0.01, grids={"distance": 2.0}), "generator", [10.0] * 20, 0.0002)
    found = examine(run).active[0]
    assert found.evidence["step of G / weights"] == 2e-5
    assert found.remedies[0].settings == ("generator.optimizer.lr=0.02",)  # a hundred times as much
    run.stats[0]["generator/norms/update"] = 0.3  # the rate was high, and D has no gradient left for G
    assert examine(replace(run)).active[0].remedies[0].settings == ("discriminator.optimizer.lr=5e-05",)
    quick = with_weights(case("dcgan", loss=0.01, grids={"distance": 2.0}), "generator", [10.0] * 20, 0.02)
    assert examine(quick).active[0].remedies[0].settings == ("discriminator.optimizer.lr=5e-05",)


def test_what_the_user_has_changed_in_the_wrong_direction_goes_back_first():
    changed = ("discriminator.optimizer.lr=0.001", "generator.optimizer.lr=0.001", "discriminator.updates=3")
    found = examine(case(recipes.find("dcgan").override(changed), loss=0.01, grids={"distance": 2.0})).active[0]
    assert found.remedies[0].settings == ("discriminator.optimizer.lr=0.0002", "discriminator.updates=1")
    penalized = recipes.find("dcgan-laptop").override(("discriminator.terms.r1.weight=1000",))
    found = examine(case(penalized, loss=1.38, grids={"distance": 2.0})).active[0]
    assert found.remedies[0].settings[0].startswith("discriminator.terms.r1.weight=")
    assert "Go back" in found.remedies[0].what
    assert [remedy.resumes for remedy in found.remedies[:2]] == [False, True]  # a flat D does not come back
    same = recipes.find("pix2pix").override(("generator.terms.l1.b=source", "generator.loss_weight=0.01"))
    found = examine(translator(same, changed=0.05)).active[0]
    assert found.remedies[0].settings == ("generator.loss_weight=1", "generator.terms.l1.b=target")
    still = recipes.find("dcgan").override(("generator.optimizer.lr=0",))
    found = examine(case(still, grids={"contrast": 0.01, "diversity": 0.01})).active[0]
    assert (found.name, found.remedies[0].settings) == ("flat-images", ("generator.optimizer.lr=0.0002",))
    assert [remedy.resumes for remedy in found.remedies[:2]] == [False, True]  # and the same for a rollback
    mine = replace(recipes.find("dcgan").override(changed), name="mine")
    assert "Go back" not in examine(case(mine, loss=0.01, grids={"distance": 2.0})).active[0].remedies[0].what


def test_a_new_run_has_the_batch_of_the_old_one():
    run = case(recipes.find("dcgan").override(("batch_size=16",)), grids={"checkerboard": 9, "checkerboard_ratio": 9})
    assert " --batch 16 --set generator.filtered=true" in examine(run).active[0].remedies[0].command
    held = replace(run, hold_out=64)
    assert " --data faces.zip --hold-out 64 " in examine(held).active[0].remedies[0].command
