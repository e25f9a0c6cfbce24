"""A budget in time becomes a number of images, at which all schedules end."""

import math
from dataclasses import replace

import pytest
import torch
from exact import assert_equal, begin, weights

import mien
from mien import recipes
from mien.config.budget import parse_budget
from mien.errors import UsageError
from mien.recipes.recipe import from_json
from mien.recipes.schedules import schedules, schedules_end
from mien.runs.records import Object
from mien.runtime import typed_json
from mien.trainer import calibration
from mien.trainer.config_file import read_config
from mien.trainer.trainer import Trainer
from mien.training.player import Player

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
OWN_RECIPE = '''
from mien.recipes.dcgan import dcgan
from mien.recipes.recipe import recipe
from mien.config.schedules import Linear
from mien.training.optimizer import Adam

@recipe
def falling():
    """DCGAN whose rate falls to the end of the budget."""
    rate = Linear(4e-4, 0.0, 1000, begin=500)
    return dcgan().replace(generator_optimizer=Adam(lr=rate), schedules_follow_budget=True)
'''


def recipe_of(run):
    return from_json(typed_json.read(run.path / "recipe.json", Object))


def lengths(run):
    return {schedule.images for _, schedule in schedules(recipe_of(run))}


def stop_after(images, start, *arguments, **options):
    """Start or resume a run, and stop it by a signal after this number of images."""
    after_round = Trainer.after_round

    def stopping(self, line):
        after_round(self, line)
        if self.training.images == images:
            self.ask_to_stop(15)

    with pytest.MonkeyPatch.context() as patched, pytest.raises(mien.MienError, match=r"SIGTERM: saved at "):
        patched.setattr(Trainer, "after_round", stopping)
        start(*arguments, **options)


@pytest.fixture
def speed(monkeypatch):
    """speed(80.0): the measured images a second."""
    return lambda images: monkeypatch.setattr(calibration, "measure", lambda setup, seconds: images)


def test_a_budget_in_time_has_the_bits_of_its_number_of_images(faces, tmp_path, capsys):
    """The measured rounds leave no trace. The images are those that the run printed."""
    by_time = begin(faces, tmp_path / "time", "r3gan-laptop", TINY, "1s")
    said = capsys.readouterr().err
    (end,) = lengths(by_time)
    assert f" images a second, so {end / 1000:.12g} kimg in 1s; all schedules end there\n" in said
    status, config = by_time.directory.read_status(), read_config(by_time.directory)
    assert (status["budget_images"], status["budget_seconds"]) == (end, 1.0) and end % 8 == 0
    assert config.budget == f"{end}img,1.000s"
    if by_time.images < end:  # a machine that was slower than when it was measured
        mien.resume(by_time, budget=f"{end}img")
    by_images = begin(faces, tmp_path / "images", "r3gan-laptop", TINY, f"{end}img")
    assert by_images.images == by_time.images == end and lengths(by_images) == {end}
    made = {f"{name}.safetensors" for name in ("G", "D", "G_ema")}
    assert made <= weights(by_images.path).keys() and weights(by_images.path) == weights(by_time.path)
    other = begin(faces, tmp_path / "other", "r3gan-laptop", (*TINY, "schedules_follow_budget=false"), f"{end}img")
    assert weights(other.path)["G.safetensors"] != weights(by_images.path)["G.safetensors"]


def test_the_measured_rounds_leave_a_warm_start_as_it_was(faces, tmp_path):
    first = begin(faces, tmp_path / "first", "r3gan-laptop", TINY, "64img")
    by_time = begin(faces, tmp_path / "time", "auto", (), "1s", init=str(first.path))
    (end,) = lengths(by_time)
    mien.resume(by_time, budget=f"{end}img")
    by_images = begin(faces, tmp_path / "images", "auto", (), f"{end}img", init=str(first.path))
    assert weights(by_images.path) == weights(by_time.path)


def test_interrupted_it_keeps_its_number(faces, tmp_path, speed):
    speed(2.0)  # 0.95 * 2 * 100 = 190: 23 rounds of 8
    stop_after(80, begin, faces, tmp_path / "stopped", "r3gan-laptop", TINY, "100s")
    speed(1000.0)  # no second measurement
    resumed = mien.resume(str(tmp_path / "stopped" / "00000-run"))
    assert resumed.images == 184 and lengths(resumed) == {184}
    whole = begin(faces, tmp_path / "whole", "r3gan-laptop", TINY, "184img")
    assert_equal(whole.path, resumed.path)


def test_after_a_divergence_the_end_is_the_same(faces, tmp_path, speed, monkeypatch):
    speed(2.0)
    after_round = Trainer.after_round

    def broken(self, line):
        if self.training.images >= 80 and self.recipe.rate_factor == 1.0:
            with torch.no_grad():
                next(self.training.networks["G"].parameters()).fill_(float("nan"))
        after_round(self, line)

    monkeypatch.setattr(Trainer, "after_round", broken)
    run = begin(faces, tmp_path, "r3gan-laptop", TINY, "100s")
    assert recipe_of(run).rate_factor == 0.5 and run.images == 184 and lengths(run) == {184}
    assert run.directory.read_status()["budget_images"] == 184


def test_the_time_ends_a_run_that_became_slower(faces, tmp_path, speed, capsys):
    speed(1e6)
    run = begin(faces, tmp_path, "r3gan-laptop", TINY, "1s")
    (end,) = lengths(run)
    assert end >= 475_000 - 8 and 0 < run.images < end and run.state == "finished"
    line = (
        f"schedule the budget ended at {run.images / 1000:.12g} kimg, before the schedules; to finish them: mien resume"
    )
    assert line in capsys.readouterr().err


def test_other_recipes_measure_nothing(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "measure", None)
    run = begin(faces, tmp_path, "r3gan-laptop", (*TINY, "schedules_follow_budget=false"), "0.2s")
    assert lengths(run) == {100_000} and run.directory.read_status()["budget_images"] is None
    set_length = begin(faces, tmp_path, "r3gan-laptop", (*TINY, "ema.half_life.images=50"), "16img")
    assert lengths(set_length) == {50, 100_000}


def test_more_time_stays_at_the_last_values(faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calibration, "measure", None)
    run = begin(faces, tmp_path / "run", "r3gan-laptop", TINY, "80img")
    capsys.readouterr()
    mien.resume(run, budget="+80img")
    line = "all schedules ended at 0.08 kimg and stay at their last values (--warm-restart starts them again)"
    assert f"schedule {line}\n" in capsys.readouterr().err
    assert run.images == 160 and lengths(run) == {80}
    fixed = [f"{path}.images=80" for path, _ in schedules(recipes.find("r3gan-laptop"))]
    same = begin(faces, tmp_path / "same", "r3gan-laptop", (*TINY, *fixed), "160img")
    assert weights(run.path) == weights(same.path)


def test_before_their_end_more_time_changes_no_schedule(faces, tmp_path, speed, capsys):
    speed(100.0)
    run = begin(faces, tmp_path, "r3gan-laptop", TINY, "0.5s,1kimg")
    mien.resume(run, budget="2s,2kimg")
    assert "schedule all schedules end at 1 kimg, then stay at their last values\n" in capsys.readouterr().err
    assert lengths(run) == {1000} and read_config(run.directory).budget == "2000img,2.000s"


def test_a_warm_restart_is_exact_and_said_in_one_line(faces, tmp_path, capsys):
    """Stopped on the way and resumed, it has the same bits. Only a change by --set has a line of its own."""
    names, change = ("once", "twice", "plain"), ("mirror=false",)
    once, twice, plain = (begin(faces, tmp_path / name, "r3gan-laptop", TINY, "40img") for name in names)
    capsys.readouterr()
    mien.resume(once, budget="120img", warm_restart=True, set=change)
    said = capsys.readouterr().err
    assert said.count("schedule ") == 1 and said.count("set      ") == 1 and "mirror was True, now False" in said
    assert "schedule the learning rates start again, and all schedules end at 0.12 kimg\n" in said
    rate, gamma = (recipe_of(once).generator.optimizer.lr, recipe_of(once).discriminator.terms["r1"].weight)
    assert (rate.start, rate.end, rate.begin, rate.images) == (1e-3, 2.5e-4, 40, 120)
    assert (gamma(40), gamma(120)) == pytest.approx((0.2, 0.2))
    stop_after(80, mien.resume, twice, budget="+80img", warm_restart=True, set=change)
    mien.resume(twice)
    assert_equal(once.path, twice.path)
    mien.resume(plain, budget="120img", set=change)
    assert weights(plain.path)["G.safetensors"] != weights(once.path)["G.safetensors"]


def test_a_warm_restart_by_time_measures_from_where_it_is(faces, tmp_path, speed, capsys):
    run = begin(faces, tmp_path, "r3gan-laptop", TINY, "80img")
    speed(2.0)
    before = run.seconds
    mien.resume(run, budget="+100s", warm_restart=True)
    (end,) = lengths(run)
    assert 80 + 184 - 8 <= end <= 80 + 184 and run.images == end
    assert f"calibrated: 2.0 images a second, so {end / 1000:.12g} kimg in 1m 4" in capsys.readouterr().err
    status = run.directory.read_status()
    assert status["budget_images"] == end and status["budget_seconds"] == pytest.approx(before + 100, abs=0.01)


@pytest.mark.parametrize(
    ("recipe", "options", "said"),
    [
        ("r3gan-laptop", {}, "warm_restart needs budget, at whose end the schedules end: add budget"),
        ("r3gan-laptop", {"budget": "40img"}, r"warm_restart: 0\.08 kimg in .* are done: give more with budget"),
        ("dcgan", {"budget": "+80img"}, "warm_restart: all numbers of dcgan are constant: leave it out"),
    ],
)
def test_a_warm_restart_that_cannot_be_changes_nothing(recipe, options, said, faces, tmp_path):
    run = begin(faces, tmp_path, recipe, TINY, "80img")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=said):
        mien.resume(run, warm_restart=True, **options)
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_your_own_recipe_may_follow_the_budget(faces, tmp_path, speed):
    speed(2.0)
    (tmp_path / "mine.py").write_text(OWN_RECIPE)
    run = begin(faces, tmp_path, f"{tmp_path / 'mine.py'}:falling", TINY, "100s")
    rate = recipe_of(run).generator.optimizer.lr
    assert (run.images, rate.begin, rate.images) == (184, 92, 184)


def test_a_dry_run_says_what_a_start_would_measure(faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calibration, "measure", None)
    begin(faces, tmp_path, "r3gan-laptop", TINY, "30m", dry_run=True)
    line = "schedule a start would measure the speed for 10 s: all schedules end with the budget\n"
    assert line in capsys.readouterr().err
    begin(faces, tmp_path, "r3gan-laptop", TINY, "0.5kimg", dry_run=True)
    assert "schedule all schedules end at 0.5 kimg\n" in capsys.readouterr().err


# --- the number ------------------------------------------------------------------------------------------------------


class Plan:
    def __init__(self, share, cost):
        self.plan, self.cost = self, cost
        self.share, self.every = share, 1000


@pytest.fixture
def setup(faces, tmp_path, monkeypatch):
    """The setup of a training of batch 8 with a budget in time."""
    found = []

    def caught(setup):
        found.append(setup)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(calibration, "begin", caught)
        begin(faces, tmp_path, "r3gan-laptop", TINY, "100s")
    return found[0]


def test_the_number_leaves_time_for_samples_and_evaluations(setup):
    assert calibration.images_in(setup, 100.0, 1000.0) == 95_000
    assert calibration.images_in(setup, 3.21, 100.0) == 304  # 304.95: whole rounds of 8
    assert calibration.images_in(setup, 0.01, 1.0) == 8  # at least one round
    # 1, 2 … 16, 17, 19, 21 … 99 kimg are 34 evaluations: 340 s of 1,340 s are theirs
    assert calibration.images_in(replace(setup, validator=Plan(1.0, 10.0)), 100.0, 1000.0) == 70_888
    assert calibration.images_in(replace(setup, validator=Plan(0.1, 10.0)), 100.0, 1000.0) == 85_496
    assert calibration.images_in(replace(setup, validator=Plan(0.1, 0.0)), 100.0, 1000.0) == 95_000


def test_short_budgets_measure_a_tenth_of_the_time(setup):
    def seconds(budget, trained):
        return calibration.seconds_of(replace(setup, budget=parse_budget(budget, 1)), trained)

    assert seconds("30m", 0.0) == 10.0 and seconds("30s", 0.0) == pytest.approx(3.0)
    assert seconds("30m", 1780.0) == pytest.approx(2.0)


def test_measuring_counts_rounds_and_leaves_the_setup_alone(setup, monkeypatch):
    before = {name: part.clone() for name, part in setup.training.networks["G"].state_dict().items()}
    done, spent, speed = calibration.calibrated(replace(setup, budget=parse_budget("3s", 1)), 0.0)
    assert done.training.images == 0 and setup.training.players[0].steps == 0
    assert all(part.equal(before[name]) for name, part in setup.training.networks["G"].state_dict().items())
    assert 0 < spent <= 1.5 and speed > 0 and done.budget.seconds == 3.0
    assert done.budget.images == calibration.images_in(setup, speed, 3.0 - spent)
    assert parse_budget(done.config.budget, 1) == done.budget


def test_rounds_that_do_not_fit_into_memory_are_measured_in_parts(setup, monkeypatch, capsys):
    learn = Player.learn

    def failing(self, batch, share, seen):
        if len(batch.image) > 4:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")
        return learn(self, batch, share, seen)

    monkeypatch.setattr(Player, "learn", failing)
    done, _ = calibration.begin(replace(setup, budget=parse_budget("1s", 1)))
    assert done.recipe.parts == 2 and [player.parts for player in done.training.players] == [2, 2]
    assert schedules_end(done.recipe) == done.budget.images < math.inf
    assert "the training continues in parts of 4 images" in capsys.readouterr().err


def test_recipes_without_schedules_are_left_alone(setup):
    constant = recipes.find("dcgan").replace(schedules_follow_budget=True)
    assert calibration.begin(replace(setup, recipe=constant)) == (replace(setup, recipe=constant), 0.0)
