"""Start: data sets by ids, uploads that stay in their folder, forms that become the command line and nothing else."""

import json

import pytest
from conftest import picture_folder
from fake_run import make_run
from served import TOKEN, serving

from mien.web import datasets
from mien.web.jobs import Jobs
from mien.web.shelf import Shelf


@pytest.fixture
def place(tmp_path, monkeypatch):
    picture_folder(tmp_path / "faces", count=12)
    make_run(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def studio(place):
    with serving(place / "runs") as served:
        yield served


def post(studio, path, form):
    return studio.post(path, json.dumps(form).encode())


def ids(studio):
    return {row["data"]: row["id"] for row in studio.ask("/api/data").json}


def test_a_form_becomes_a_command(studio, place):
    found = ids(studio)
    assert {"drawn", "drawn-varied", str(place / "faces")} <= found.keys()
    form = {
        "data": found[str(place / "faces")],
        "recipe": "dcgan",
        "budget": "5m",
        "cond": "",
        "init": "00003-dcgan-tiny",
    }
    command = post(studio, "/api/start/command", form).json["command"]
    assert command == (
        f"mien train dcgan --data {place}/faces --budget 5m --init {place}/runs/00003-dcgan-tiny --outdir {place}/runs"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"data": "/etc"},
        {"data": ""},
        {"recipe": "evil.py:gan"},
        {"recipe": "--code=evil.py"},
        {"cond": "evil.py:Pose"},
        {"budget": "-5m"},
        {"budget": "5m --code evil.py"},
        {"name": "../../x"},
        {"init": "../../elsewhere"},
        {"metrics": "--detector=evil.py:f"},
        {"seed": 7},
    ],
)
def test_a_form_starts_no_code_and_names_no_path(studio, change):
    form = {"data": ids(studio)["drawn"], "budget": "5m", **change}
    for path in ("/api/start/command", "/api/start"):
        assert post(studio, path, form).status in (400, 404)


@pytest.mark.parametrize(
    "group, name, where",
    [
        ("my set", "a b.png", "my-set/a-b.png"),
        ("", "faces.zip", "faces.zip"),
        ("../../x", "../../../evil.png", "x/evil.png"),
        ("..", "..png", None),
        (".hidden", ".zip", None),
        ("x", "script.py", None),
        ("x", "nul\0.png", "x/nul-.png"),
    ],
)
def test_an_upload_stays_in_its_folder(place, group, name, where):
    shelf = Shelf(place / "runs")
    if where is None:
        with pytest.raises(datasets.UsageError, match="is no image, archive or list of labels"):
            datasets.upload_path(shelf, group, name, 10)
    else:
        assert datasets.upload_path(shelf, group, name, 10) == place / "runs" / ".uploads" / where


def test_uploaded_files_are_a_data_set(studio, place):
    for path in sorted((place / "faces").iterdir()):
        assert studio.post(f"/api/upload?group=mine&name={path.name}", path.read_bytes()).json == {"name": path.name}
    assert str(place / "runs" / ".uploads" / "mine") in ids(studio)
    assert studio.ask("/api/upload?name=x.png", "POST", b"x", x_mien_token="guess").status == 403
    huge = studio.ask("/api/upload?name=x.zip", "POST", b"", x_mien_token=TOKEN, content_length=str(1 << 50))
    assert huge.status == 413


def test_a_job_is_a_verb_in_a_process_of_its_own(studio):
    jobs = Jobs()
    good, bad = jobs.start(["--version", "--json"]), jobs.start(["no-verb"])
    for name in (good, bad):
        jobs.job(name).process.wait(60)
    done, failed = jobs.job(good).as_dict(), jobs.job(bad).as_dict()
    assert (done["state"], done["command"], done["run"]) == ("done", "mien --version", None)
    assert failed["state"] == "failed" and "no-verb" in failed["lines"]
    assert studio.ask("/api/job/../sheet").status == studio.ask("/api/job/x").status == 404
