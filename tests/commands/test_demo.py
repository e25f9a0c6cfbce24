"""The main job end to end: built-in faces, training, film, report."""

from pathlib import Path

from PIL import Image

import mien


def test_demo_leaves_a_grid_a_film_and_a_report(tmp_path: Path) -> None:
    done = mien.demo(budget="0.12kimg", faces=64, outdir=tmp_path)

    assert done.run == tmp_path / "00000-demo"
    with Image.open(done.grid) as grid:
        assert grid.size == (8 * 66 + 2, 8 * 66 + 2)
        assert len(grid.convert("RGB").getcolors(1 << 20)) > 5  # drawn, if still nearly gray after four rounds
    with Image.open(done.film) as film:
        assert getattr(film, "n_frames", 1) >= 2
    assert "<html" in done.report.read_text()
    assert set(done.as_dict()) == {"run", "grid", "film", "report"}
    assert "mien train --data" in str(done)
