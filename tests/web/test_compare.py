"""Compare: only the settings that differ, and each grid with the time of training until then."""

import json

from fake_run import make_run
from served import serving

from mien.runtime.atomic_files import write_json


def test_settings_that_differ_and_times_of_grids(tmp_path):
    make_run(tmp_path, name="00001-one")
    other = make_run(tmp_path, name="00002-two")
    recipe = json.loads(other.recipe.read_text())
    write_json(other.recipe, {**recipe, "batch_size": 7})
    with serving(tmp_path) as served:
        found = served.ask("/api/compare?run=00001-one&run=00002-two&run=00001-one").json
        assert [run["id"] for run in found["runs"]] == ["00001-one", "00002-two"]
        assert found["table"][0] == ["setting", "00001", "00002"]
        assert [row[0] for row in found["table"][1:]] == ["batch_size"] and found["table"][1][2] == "7"
        grids = found["runs"][0]["grids"]
        assert [name for name, _, _ in grids] == ["000000", "000001", "000002", "000004.500"]
        assert [seconds for _, _, seconds in grids] == [0.0, 20.0, 40.0, 90.0]  # 50 images a second
        assert served.ask("/api/compare?run=00001-one&run=gone").status == 404
        many = "&".join(f"run={number}" for number in range(7))
        assert "at most 6 runs" in served.ask(f"/api/compare?{many}").json["error"]
