"""The film and the walk: frames, captions, durations, closed loops, sizes."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from fake_run import make_run
from PIL import Image

from mien.commands import video as module
from mien.commands.video import video
from mien.errors import FileError, UsageError


def frames_of(path: Path) -> list[tuple[np.ndarray, int]]:
    """(RGB pixels, milliseconds) of each frame."""
    found = []
    with Image.open(path) as film:
        for index in range(getattr(film, "n_frames", 1)):
            film.seek(index)
            film.load()
            found.append((np.asarray(film.convert("RGB")), film.info["duration"]))
    return found


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def test_evolution_shows_each_grid_and_rests_on_the_last(run):
    made = video(str(run.path), kind="evolution")
    assert [path.name for path in made.files] == ["evolution.gif", "evolution.webp"]
    for path in made.files:
        frames = frames_of(path)
        assert len(frames) == 4 == made.frames["evolution"]
        assert frames[-1][1] > 3 * frames[0][1]
    cells = module.read_cells(run.sample_grids()[-1][1])
    shown = frames_of(made.files[0])[-1][0]
    rows = round(len(cells) ** 0.5)
    scale = module.visible_scale((16, 16), rows, rows)
    expected = module.grid(module.enlarged(module.as_rgb(cells), scale))
    assert min(expected.shape[:2]) >= 512 and shown.shape[0] == expected.shape[0] + module.CAPTION
    # The GIF shows the grid itself, but for its 256 colours.
    difference = np.abs(shown[: -module.CAPTION].astype(int) - expected.astype(int))
    assert difference.mean() < 16


def test_each_frame_is_captioned_with_its_kimg(run):
    frames = [pixels for pixels, _ in frames_of(video(str(run.path), kind="evolution").files[1])]
    strips = [frame[-module.CAPTION + 2 :, :60].astype(int) for frame in frames]
    assert all(strip.max() > 150 for strip in strips)
    assert all(np.abs(one - other).mean() > 1 for one, other in itertools.pairwise(strips))


def test_a_film_too_large_gets_fewer_faces(run, monkeypatch):
    whole = frames_of(video(str(run.path), kind="evolution").files[0])[0][0].shape
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    small = frames_of(video(str(run.path), kind="evolution").files[0])[0][0].shape
    assert small[1] < whole[1]


def test_a_scale_that_is_named_is_kept(run):
    plain = frames_of(video(str(run.path), kind="evolution", scale=1).files[0])[-1][0]
    twice = frames_of(video(str(run.path), kind="evolution", scale=2).files[0])[-1][0]
    cells = module.read_cells(run.sample_grids()[-1][1])
    assert plain.shape[1] == module.grid(cells).shape[1]
    assert twice.shape[1] - plain.shape[1] == round(len(cells) ** 0.5) * 16


def test_the_walk_is_a_closed_loop_of_small_steps(run, tmp_path):
    made = video(str(run.path), kind="interpolation", seeds="0-2", frames=6, fps=10, output=tmp_path / "out")
    frames = frames_of(made.files[1])
    assert len(frames) == 18 == made.frames["interpolation"]
    assert {duration for _, duration in frames} == {100}
    pictures = [pixels.astype(int) for pixels, _ in frames]
    steps = [np.abs(one - other).mean() for one, other in zip(pictures, [*pictures[1:], pictures[0]])]
    assert steps[-1] < 2 * max(steps[:-1])  # from the last frame to the first is a step like any other
    assert np.abs(pictures[0] - pictures[6]).mean() > 2 * np.median(steps)


def test_a_gray_run_has_films_too(tmp_path):
    made = video(str(make_run(tmp_path, channels=1).path), frames=2, seeds="0-1")
    assert len(made.files) == 4
    assert str(made).count("MB") == 4
    assert all(path.stat().st_size > 0 for path in made.files)


def test_mistakes_are_told_in_one_line(run, tmp_path):
    with pytest.raises(UsageError, match="two stations"):
        video(str(run.path), kind="interpolation", seeds="3")
    with pytest.raises(UsageError, match="--frames 1"):
        video(str(run.path), frames=1)
    empty = make_run(tmp_path / "other", samples=())
    with pytest.raises(FileError, match="no sample grids"):
        video(str(empty.path), kind="evolution")
    next(iter(run.samples.glob("*.png"))).write_bytes(b"no picture")
    with pytest.raises(FileError, match="not a sample grid"):
        video(str(run.path), kind="evolution")
