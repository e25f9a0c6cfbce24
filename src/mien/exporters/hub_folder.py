"""A run as a folder for the Hugging Face hub: `model.safetensors`, `recipe.json`, `config.json`, a grid and a card.

`mien.load(folder)` and every verb that takes a run read it. The files hold no path of this machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien import __version__
from mien.config import serialization
from mien.exporters.usage import facts_of
from mien.inference.generator import Generator
from mien.inference.translator import Translator
from mien.media.image_files import encode, to_image
from mien.media.pixels import grid
from mien.runs.directory import RunDirectory
from mien.runs.hub import MODEL
from mien.runs.records import DataCard
from mien.runtime import typed_json

SEEDS = 36  # images of the grid
GRID = "grid.png"


@dataclass(frozen=True)
class Facts:
    """What the run's own files say, as far as it has them. metrics: the newest row of each metric."""

    settings: dict[str, Any]
    data: DataCard | None
    metrics: list[dict[str, Any]]
    seconds: float | None


def hub_files(
    model: Generator | Translator, snapshot: Path, run: RunDirectory | None, data_license: str | None, repo: str
) -> dict[str, bytes]:
    """Return the folder's files.

    run: the snapshot's run, None for a single file. data_license: as the user states it. repo: the name in the usage.
    """
    weights = snapshot.read_bytes()
    facts = read_facts(model, run)
    config = {
        "library_name": "mien",
        **facts_of(model, "fp32"),
        "images": model.images,
        "latent_dim": model.latent_dim if isinstance(model, Generator) else None,
        "model_sha256": hashlib.sha256(weights).hexdigest(),
    }
    files = {
        MODEL: weights,
        "recipe.json": text(json.dumps(serialization.encode(model.recipe), indent=2)),
        "config.json": text(json.dumps(config, indent=2)),
    }
    picture = grid_of(model, run)
    if picture is not None:
        files[GRID] = picture
    files["README.md"] = text("\n".join(card(model, facts, data_license, repo, picture is not None)))
    return files


def text(lines: str) -> bytes:
    return (lines.rstrip("\n") + "\n").encode("utf-8", "replace")


def read_facts(model: Generator | Translator, run: RunDirectory | None) -> Facts:
    settings = {name: value for name, value in model.recipe.settings().items() if value not in (None, "", {}, ())}
    if run is None:
        return Facts(settings, None, [], None)
    data = typed_json.read(run.data, DataCard) if run.data.exists() else None
    newest = {
        str(row["metric"]): dict(row) for row in run.metrics.read() if "metric" in row and row.get("value") is not None
    }
    seconds = run.read_status()["seconds"] if run.status.exists() else None
    return Facts(settings, data, list(newest.values()), seconds)


def grid_of(model: Generator | Translator, run: RunDirectory | None) -> bytes | None:
    """Return a sheet of the first seeds; of a translator the newest samples of its training, if there are some."""
    if isinstance(model, Generator):
        facts = {"seeds": f"0-{SEEDS - 1}", "run": model.run, "kimg": model.images / 1000}
        return encode(to_image(grid(model.pixels(range(SEEDS)), 6)), "png", facts)
    found = run.sample_grids() if run else []
    return found[-1][1].read_bytes() if found else None


# --- the card ---------------------------------------------------------------------------------------------------------


def card(
    model: Generator | Translator, facts: Facts, data_license: str | None, repo: str, has_grid: bool
) -> Iterator[str]:
    """Yield the lines of README.md: front matter of the hub, then what a reader needs to know."""
    recipe, kimg = model.recipe, model.images / 1000
    is_generator = isinstance(model, Generator)
    yield from front_matter(model, facts)
    yield f"# {one_line(model.run)}"
    yield ""
    what = "generates images from noise" if is_generator else "translates images"
    height, width = model.resolution
    yield f"A GAN that {what}, {height} x {width} pixels, trained with mien {__version__}."
    yield ""
    if has_grid:
        yield f"![{'Seeds 0 to 35' if is_generator else 'Samples of the training'}, not selected]({GRID})"
        yield ""
    yield from ["## Use", "", "```python", "import mien", ""]
    if isinstance(model, Generator):
        yield f'G = mien.load("{repo}")'
        yield f"images = G(seeds=range(16), truncation=0.8{requested(model)})"
        yield 'images[0].save("first.png")'
    else:
        yield f'T = mien.load("{repo}")'
        yield f'results = T(pixels, to="{next(iter(model.routes))}")  # uint8 [N,H,W,{model.channels}]'
    yield from ["```", "", "## Training", ""]
    yield from table(
        ("recipe", recipe.name),
        ("real images shown to the discriminator", f"{kimg:,g} thousand"),
        ("time", f"{facts.seconds / 3600:.1f} h" if facts.seconds else None),
        ("condition", condition_text(model)),
    )
    yield from ["", "<details><summary>All settings</summary>", "", "```"]
    yield from (f"{name} = {value}" for name, value in facts.settings.items())
    yield from ["```", "", "</details>", ""]
    yield from metric_lines(facts.metrics)
    yield from data_lines(facts.data, data_license)
    yield "## Limits"
    yield ""
    yield "The images show what the training images show, with their gaps and their bias."
    yield "Nobody checked that none of them shows a real person or a training image."
    yield "`mien neighbours` shows the nearest training images."


def front_matter(model: Generator | Translator, facts: Facts) -> Iterator[str]:
    """Yield YAML. Texts are JSON strings, which YAML reads."""
    yield from ["---", "library_name: mien"]
    yield f"pipeline_tag: {'unconditional-image-generation' if isinstance(model, Generator) else 'image-to-image'}"
    yield f"tags: {json.dumps(['gan', 'mien', model.recipe.name])}"
    if facts.metrics:
        yield from ["model-index:", f"- name: {json.dumps(model.run)}", "  results:"]
        yield from [
            "  - task: {type: image-generation}",
            "    dataset: {name: training images, type: images}",
            "    metrics:",
        ]
        for row in facts.metrics:
            yield f"    - {{type: {json.dumps(row['metric'])}, value: {json.dumps(row['value'])}}}"
    yield from ["---", ""]


def requested(model: Generator) -> str:
    """Return an argument that requests a condition, for the usage."""
    known = model.recipe.condition
    if known is None or not known.names:
        return ', text="…"' if known and known.kind == "text" else ""
    if known.kind == "class":
        return f", class_={known.names[0]!r}"
    name, _, value = known.names[0].partition("=")
    return f", attributes={{{name!r}: {value or True!r}}}"


def condition_text(model: Generator | Translator) -> str | None:
    known = model.recipe.condition
    if known is None:
        return None
    names = ", ".join(known.names)
    return f"{known.kind}: {names}" if names else known.kind


def metric_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the newest value of each metric with all that it depends on, and the reasons not to compare it."""
    if not rows:
        return
    yield from ["## Metrics", "", "| metric | value | real images | of | extractor | at |", "|---|---|---|---|---|---|"]
    remarks: dict[str, None] = {}
    for row in rows:
        counts = f"{row.get('n_fake') or '?'} generated, {row.get('n_real') or '?'} real"
        extractor = " ".join(str(row[name]) for name in ("extractor", "resize", "settings") if row.get(name))
        real = "" if row.get("real") is None else f"{row['real']:.4g}"
        cells = (row["metric"], f"{row['value']:.4g}", real, counts, extractor, f"{row.get('kimg', 0):g} kimg")
        yield f"| {' | '.join(one_line(str(cell)) for cell in cells)} |"
        remarks |= dict.fromkeys(str(one) for one in row.get("warnings") or ())
    yield ""
    yield from (f"- {one_line(remark)}" for remark in remarks)
    if remarks:
        yield ""


def data_lines(data: DataCard | None, data_license: str | None) -> Iterator[str]:
    yield from ["## Data", ""]
    info = data["info"] if data else {}
    height, width = info.get("height"), info.get("width")
    yield from table(
        ("images", f"{info['count']:,}" if "count" in info else "not known"),
        (
            "prepared",
            f"{height} x {width}, crop {info.get('crop', '?')}, {info.get('filter', '?')}" if height else None,
        ),
        ("layout", info.get("layout")),
        ("labels", str(len(info["label_names"])) if info.get("label_names") else None),
        ("sha256", info.get("sha256")),
        ("licence, as the publisher states it", data_license or "not stated"),
    )
    yield ""


def table(*rows: tuple[str, Any]) -> Iterator[str]:
    yield from ["| | |", "|---|---|"]
    yield from (f"| {name} | {one_line(str(value))} |" for name, value in rows if value)


def one_line(value: str) -> str:
    """Return a text for a cell of Markdown: a bar or an angle bracket in it is only a character."""
    return " ".join(value.split()).replace("|", "\\|").replace("<", "&lt;")
