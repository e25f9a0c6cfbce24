"""Two processes on one machine: equal weights, one writer, shared data, exact resuming."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import two_ranks
from exact import assert_equal, begin
from safetensors.torch import load_file

import mien
from mien.errors import OutOfMemory
from mien.runs.directory import RunDirectory
from mien.runs.jsonl_log import JsonlLog
from mien.runtime import distributed
from mien.trainer.resume import other_processes

SCRIPT = Path(__file__).parents[1] / "two_ranks.py"


@pytest.fixture(scope="module")
def reports(faces, cache, tmp_path_factory):
    """What the two processes tell, by case: [of rank 0, of rank 1]."""
    for domain in ("trainA", "trainB"):
        shutil.copytree(faces, faces.with_name("two-sets") / domain)
    folder, outdir = tmp_path_factory.mktemp("reports"), tmp_path_factory.mktemp("outdir")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", str(SCRIPT)]
    environment = {**os.environ, "MIEN_CACHE": str(cache), "PYTHONPATH": str(SCRIPT.parent)}
    done = subprocess.run(
        [*command, str(faces), str(outdir), str(folder)], env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]
    return {case: [report[case] for report in found] for case in found[0]} | {"outdir": outdir}


def test_all_go_back_together_when_one_diverges(reports):
    first, second = reports["fell"]
    assert first == second and (first["state"], first["images"]) == ("finished", 80)
    run = Path(first["run"])
    assert json.loads((run / "recipe.json").read_text())["rate_factor"] == 0.5
    rows = [row for row in JsonlLog(run / "events.jsonl").read() if row["event"] == "went back"]
    assert [(row["to"], row["rate_factor"]) for row in rows] == [(0, 0.5)]


@pytest.mark.parametrize(
    "case, told, to",
    [
        ("one", "told", 0),
        ("first", "told", 0),
        ("both", "told", 0),
        ("late", "late told", 24),
        ("after", "late told", 24),
    ],
)
def test_all_go_on_in_parts_when_one_has_too_little_memory(reports, case, told, to):
    """Which rank it befalls, and before or after the gradients are averaged: the bits are those of `parts=2`."""
    first, second = reports["short"]
    assert first[case] == second[case]
    run = Path(first[case])
    rows = [row for row in JsonlLog(run / "events.jsonl").read() if row["event"] == "went back"]
    assert [(row["to"], row["why"], row["parts"]) for row in rows] == [(to, "memory", 2)]
    assert rows[0]["term"].startswith("rank 0: " if case == "first" else "rank 1: ")
    assert json.loads((run / "recipe.json").read_text())["parts"] == 2
    assert_equal(Path(first[told]), run)


def test_what_fits_in_no_way_ends_all_in_one_line(reports):
    first, second = reports["short"]
    fails = r".*allocate memory.*\): choose a smaller"
    for case, said in {
        "never": r"2 images at a time do not fit into this memory \(rank 1: ",
        "grid": "rank 0: out of memory",
        "building": "rank 1: out of memory",
    }.items():
        assert first[case] == second[case] and first[case][0] == 71
        assert re.match(said + fails, first[case][1]) and "\n" not in first[case][1]


DCGAN = {"G/layers.0.weight", "D/layers.3.running_mean", "G_ema/layers.1.running_var"}
HELD = {  # some of what each case has to hold
    "reused": DCGAN,
    "own": DCGAN,
    "pools": {"G_AB_ema/layers.1.weight", "D_A/layers.0.weight", "memory/pool_a", "memory/pool_b"},
    "style": {"G/start", "G/w_mean", "G_ema/w_mean", "D/out.weight", "memory/path_length/mean"},
}
CASES = pytest.mark.parametrize("case", HELD)


@CASES
def test_both_hold_the_same_bits(reports, case):
    first, second = reports[case]
    for one, other in zip(first["sums"], second["sums"], strict=True):
        assert HELD[case] <= one.keys()
        assert [name for name in one if one[name] != other[name]] == []


@CASES
def test_resumed_equals_unstopped_on_each(reports, case):
    for report in reports[case]:
        whole, stopped, resumed = report["sums"]
        assert whole == resumed and not {name for name in HELD[case] if whole[name] == stopped[name]}
    whole_run, stopped_run = map(Path, reports[case][0]["runs"])
    assert_equal(whole_run, stopped_run)


@CASES
def test_only_the_first_writes_and_into_one_directory(reports, case):
    assert [report["writes"] for report in reports[case]] == [[True] * 3, [False] * 3]
    assert reports[case][0]["runs"] == reports[case][1]["runs"]
    for kind in ("whole", "stopped"):
        assert [path.name for path in (reports["outdir"] / case / kind).iterdir()] == ["00000-run"]
    run = Path(reports[case][0]["runs"][0])
    rows = [json.loads(line)["images"] for line in (run / "stats.jsonl").read_text().splitlines()]
    assert rows == sorted(set(rows)) and len(rows) >= 3  # each row once
    assert json.loads((run / "environment.json").read_text())["processes"] == "2"
    assert json.loads(next(run.glob("checkpoints/*/state.json")).read_text())["world_size"] == 2


def test_all_share_an_evaluation_and_its_value_is_that_of_one_process(reports, faces):
    """40 images are a batch of 32 of rank 0 and a batch of 8 of rank 1."""
    whole, stopped = (JsonlLog(Path(run, "metrics.jsonl")).read() for run in reports["reused"][0]["runs"])
    assert [row["images"] for row in whole] == [64, 128]
    assert [row["value"] for row in whole] == [row["value"] for row in stopped]
    assert [report["evaluated"] for report in reports["reused"]] == [[32] * 4, [8] * 4]
    run = RunDirectory(Path(reports["reused"][0]["runs"][0]))
    metric = Path(__file__).parents[1] / "own_metric.py"
    found = mien.evaluate(str(run.best_snapshots()[-1]), data=str(faces), metrics=f"{metric}:brightness", num=40)
    assert [row["value"] for row in found.rows] == [run.read_best()["value"]]


def test_the_first_measures_for_all_when_the_schedules_end(reports):
    first, second = reports["calibrated"]
    assert first == second and len(first["sums"]) > 100
    end, schedules_end, seconds = first["ends"]
    assert end == schedules_end and end % 8 == 0 and 8 <= first["images"] <= end and 0 < seconds <= 1


def test_each_sees_its_own_half_of_a_batch(reports):
    first, second = (report["pictures"] for report in reports["reused"])
    assert len(first) == len(second) == 4 and not set(first) & set(second)


def test_two_processes_and_then_one_come_to_the_weights_of_one(reports, faces, tmp_path, capsys):
    """StyleGAN2 draws most of all: latents, mixing, noise, path lengths; it compares groups of four images."""
    recipe, changes = two_ranks.CASES["style"]
    one = begin(faces, tmp_path, recipe, changes, "72img", tick=0.016).path
    other = shutil.copytree(reports["style"][0]["runs"][0], tmp_path / "00001-two")
    mien.resume(str(other), budget="72img")
    assert "2 process(es) before, 1 now: the same batches and random numbers" in capsys.readouterr().err
    for network in ("G", "D", "G_ema", "memory"):
        alone, together = (
            load_file(run / f"checkpoints/kimg-000000.072/{network}.safetensors") for run in (one, other)
        )
        assert len(alone) == len(together) > 0
        for name, tensor in alone.items():
            assert torch.allclose(together[name], tensor, rtol=1e-3, atol=1e-5), (network, name)


@pytest.mark.parametrize(
    "before, more, now, said",
    [
        (2, {"global_draws": True}, 2, ""),
        (1, {}, 1, ""),
        (2, {"global_draws": True}, 4, "2 process(es) before, 4 now: the same batches and random numbers"),
        (1, {}, 2, "1 process(es) before, 2 now: the same batches and random numbers"),
        (2, {}, 2, "an earlier version trained on 2 processes: on 2 it continues with other random numbers"),
        (4, {}, 1, "an earlier version trained on 4 processes: on 1 it continues with other random numbers"),
    ],
)
def test_a_resume_says_what_the_number_of_processes_changes(before, more, now, said):
    assert other_processes({"world_size": before, **more}, now).startswith(said)
    assert bool(other_processes({"world_size": before, **more}, now)) == bool(said)


def test_without_torchrun_nothing_is_needed():
    tensor = torch.tensor([1.0, 2.0])
    distributed.start(torch.device("cpu"))
    distributed.average([tensor])
    distributed.broadcast([tensor])
    distributed.barrier()
    assert tensor.tolist() == [1.0, 2.0]
    trouble = OutOfMemory("too large")
    distributed.hear()
    assert distributed.tell(trouble) is trouble
    with pytest.raises(MemoryError), distributed.telling("ask for less"):  # as it came: the verb knows the cure
        raise MemoryError
    assert (distributed.rank(), distributed.world_size(), distributed.from_first("x")) == (0, 1, "x")


@pytest.mark.parametrize("in_bf16, sent, mean", [(False, torch.float32, 1.001), (True, torch.bfloat16, 1.0)])
def test_gradients_may_travel_in_bfloat16(in_bf16, sent, mean, monkeypatch):
    types = []
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    monkeypatch.setattr(distributed, "hear", lambda: None)
    monkeypatch.setattr(dist, "all_reduce", lambda flat, group: types.append(flat.dtype) or flat.mul_(2))
    gradients = [torch.full((2, 3, 4, 4), 1.001).contiguous(memory_format=torch.channels_last), torch.tensor(1.001)]
    distributed.average(gradients, in_bf16)
    assert types == [sent] and [one.dtype for one in gradients] == [torch.float32] * 2
    assert all(torch.equal(one, torch.full_like(one, mean)) for one in gradients)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("NCCL: out of memory")])
def test_within_an_operation_of_all_no_other_can_be_told(error):
    with (
        pytest.raises(OutOfMemory, match="out of memory while meeting the other processes") as caught,
        distributed.others_needed(),
    ):
        raise error
    assert type(caught.value) is OutOfMemory  # no RoundTooLarge: this process ends
