"""mien doctor, on run directories made by hand, and on a training that says what is wrong."""

import json

import numpy as np
import pytest
from exact import begin
from fake_run import make_run, save_grid
from PIL import Image

from mien import cli
from mien.commands.doctor import doctor
from mien.commands.report import report
from mien.errors import UsageError
from mien.reports.doctor.diagnoses import flat_images
from mien.runs.directory import kimg_name
from mien.trainer.live_doctor import diagnoses_said

TICKS = 16


@pytest.fixture
def collapsed(tmp_path):
    """A run of an older mien, without symptoms: from 320 kimg on, all its images are one image."""
    run = make_run(tmp_path, samples=(), rows=0)
    for tick in range(1, TICKS + 1):
        path = run.samples / f"fakes{kimg_name(tick * 40_000)}.png"
        save_grid(path, tick, 3)
        if tick >= 8:
            with Image.open(path) as image:
                sheet, facts = np.array(image), image.info["mien"]
            sheet[2:] = np.tile(sheet[2:20, :], (8, 1, 1))
            sheet[:, 2:] = np.tile(sheet[:, 2:20], (1, 8, 1))
            save(path, sheet, facts)
    for tick in range(1, TICKS + 1):
        row = {"images": tick * 40_000, "kimg": tick * 40.0, "seconds": float(tick), "images_per_second": 1.0}
        run.stats.append({**row, "discriminator/loss": 0.9, "generator/loss": 1.0})
    return run


def save(path, sheet, facts):
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text("mien", facts)
    Image.fromarray(sheet).save(path, pnginfo=text)


def test_an_old_run_has_a_diagnosis(collapsed):
    found = doctor(str(collapsed.path))
    assert (found.severity, found.active[0]["name"], found.active[0]["onset"]) == ("trouble", "mode-collapse", 320)
    assert str(found).startswith("00003-dcgan-tiny, finished at 640.0 kimg: trouble\nmode collapse since 320 kimg: ")
    assert "  likely cause  G found a few images" in str(found)
    assert f"mien resume {collapsed.path} --set rate_factor=0.5" in str(found)


def test_the_command_line_gives_json(collapsed, capsys):
    assert cli.run(["doctor", str(collapsed.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["active"][0]["evidence"]["twins"] == 1
    assert found["symptoms"]["kimg"] == 640
    assert "text" not in found


def test_the_report_begins_with_it(collapsed):
    report(str(collapsed.path))
    page = collapsed.report.read_text()
    assert page.index("<b>Mode collapse</b> since 320 kimg: nearly all generated images look alike.") < page.index(
        "<h2"
    )


def test_written_symptoms_are_not_computed_again(collapsed, monkeypatch):
    before = doctor(str(collapsed.path))
    from mien.reports.doctor.read_grids import symptoms_of_grids

    for row in symptoms_of_grids(collapsed.sample_grids(), collapsed.reals):
        collapsed.symptoms.append({"images": round(row["kimg"] * 1000), **row})
    monkeypatch.setattr("mien.reports.doctor.case.symptoms_of_grids", None)
    assert doctor(str(collapsed.path)).as_dict() == before.as_dict()


def test_a_damaged_row_of_symptoms_is_replaced_by_the_grid(collapsed):
    before = doctor(str(collapsed.path))
    collapsed.symptoms.append({"images": 40_000, "kimg": 40.0, "contrast": 0.0})
    assert doctor(str(collapsed.path)).as_dict() == before.as_dict()


def test_an_unknown_run_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="no run in"):
        doctor("last", outdir=tmp_path)


def test_a_training_says_it_once(faces, tmp_path, capsys, monkeypatch):
    """A rate of 0 leaves G at its gray start. 24 steps are 192 images, the third tick."""
    monkeypatch.setattr(flat_images, "STEPS", 24)
    still = ("generator.optimizer.lr=0", "generator.contrast=0.3", "generator.width=4", "discriminator.width=4")
    run = begin(faces, tmp_path, "dcgan", still, "400img")
    said = [line for line in capsys.readouterr().err.splitlines() if "doctor " in line]
    assert len(said) == 1
    assert said[0].startswith(
        "doctor   black or constant images since 0.192 kimg: the generated images are of one colour"
    )
    assert [row["images"] for row in run.directory.symptoms.read()] == [*range(0, 385, 64), 400]
    assert diagnoses_said(run.directory.events.read()) == {"flat-images": "black or constant images"}
    live = doctor(str(run.path))
    assert [finding["name"] for finding in live.active] == ["flat-images"]
    run.directory.symptoms.path.unlink()
    assert doctor(str(run.path)).active == live.active  # from the grids alone


def test_a_resume_forgets_what_was_said_after_its_checkpoint():
    begun = {"event": "diagnosis", "diagnosis": "flat-images", "title": "flat", "active": True, "images": 5000}
    assert diagnoses_said([begun]) == {"flat-images": "flat"}
    assert diagnoses_said([begun, {"event": "resumed", "images": 4000}]) == {}
    assert diagnoses_said([begun, {"event": "resumed", "images": 6000}]) == {"flat-images": "flat"}
    assert diagnoses_said([begun, {"event": "went back", "images": 6000, "to": 4000}]) == {}
    assert diagnoses_said([begun, {**begun, "active": False, "images": 9000}]) == {}
