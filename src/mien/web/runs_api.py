"""What the pages about runs fetch: cards, grids, curves, logs, settings; and the requests that they send."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from mien.errors import FileError, UsageError
from mien.media.image_files import read_facts
from mien.runs import requests
from mien.runs.directory import RunDirectory
from mien.runtime import typed_json
from mien.runtime.typed_json import is_number
from mien.web import curves
from mien.web.shelf import GRID, SNAPSHOT, NotFound, changed_at, numbered

if TYPE_CHECKING:
    from mien.web.app import Studio

MOST_PNG = 1 << 26  # bytes of a grid
MOST_LOG = 1 << 16  # bytes of log.txt that a page gets at once
EVENTS = 200
MOST_ROWS, MOST_GRIDS = 2000, 24  # that the doctor looks at
STRIP = (6, 3)  # columns and rows of a grid that a card shows
PNG = b"\x89PNG\r\n\x1a\n"
FOREVER = "private, max-age=31536000, immutable"  # of a file whose address names its version


def routes(studio: Studio) -> Iterator[tuple[Any, ...]]:
    """Yields (path, function[, method])."""
    shelf = studio.shelf

    def run_of(request: Request) -> RunDirectory:
        return shelf.run(request.path_params["id"])

    def cards(request: Request, body: bytes) -> Any:
        known = request.query_params.get("boot") == studio.boot
        return {"boot": studio.boot, **shelf.cards(whole_number(request, "since") if known else 0)}

    def card(request: Request, body: bytes) -> Any:
        run = run_of(request)
        return {**shelf.card(request.path_params["id"]), "requests": requests.pending(run)}

    def thumbnail(request: Request, body: bytes) -> Any:
        path = grid_path(run_of(request), request.path_params["kimg"])
        return picture(strip(path, changed_at(path)), "image/webp")

    def grid(request: Request, body: bytes) -> Any:
        return picture(png_bytes(grid_path(run_of(request), request.path_params["kimg"])), "image/png")

    def reals(request: Request, body: bytes) -> Any:
        return picture(png_bytes(run_of(request).reals), "image/png")

    def curve(request: Request, body: bytes) -> Any:
        with studio.logs.reading(run_of(request).stats.path) as columns:
            known = curves.rows_known(columns, request.query_params.get("cursor", ""))
            cursor = curves.cursor_of(columns)
            if known is None:
                return {"cursor": cursor, "charts": curves.charts(columns)}
            return {"cursor": cursor, "rows": curves.rows_after(columns, known) if known < columns.count else {}}

    def request_action(request: Request, body: bytes) -> Any:
        run, action = run_of(request), request.path_params["action"]
        if action == "go-on":
            requests.withdraw(run, "pause")
        elif not shelf.card(request.path_params["id"])["alive"]:
            raise UsageError(f"no process trains {run.name} now: go on with mien resume {run.path}")
        else:
            requests.make(run, action)
        return {"requests": requests.pending(run)}

    yield "/api/runs", cards
    yield "/api/run/{id}", card
    yield "/api/run/{id}/thumbnail/{kimg}", thumbnail
    yield "/api/run/{id}/grids", lambda request, body: grids(run_of(request))
    yield "/api/run/{id}/grid/{kimg}", grid
    yield "/api/run/{id}/reals", reals
    yield "/api/run/{id}/curves", curve
    yield "/api/run/{id}/metrics", lambda request, body: metrics(run_of(request))
    yield "/api/run/{id}/log", lambda request, body: log(run_of(request), whole_number(request, "after"))
    yield "/api/run/{id}/about", lambda request, body: about(run_of(request))
    yield "/api/run/{id}/verdict", lambda request, body: verdict(run_of(request))
    yield "/api/run/{id}/request/{action}", request_action, "POST"


def whole_number(request: Request, name: str) -> int:
    """Return a number of the query; 0 if it is missing. Raises UsageError."""
    text = request.query_params.get(name, "0")
    if not (text.isdecimal() and len(text) < 16):
        raise UsageError(f"{name} is {text[:40]!r}, not a whole number")
    return int(text)


def picture(data: bytes, kind: str) -> Response:
    return Response(data, media_type=kind, headers={"cache-control": FOREVER})


# --- grids ------------------------------------------------------------------------------------------------------------


def grids(run: RunDirectory) -> dict[str, Any]:
    """Return all grids and snapshots of a run, and how a grid is laid out."""
    found = numbered(run.samples, GRID)
    return {
        "grids": [[kimg, changed_at(run.samples / f"fakes{kimg}.png")] for kimg in found],
        "snapshots": numbered(run.snapshots, SNAPSHOT),
        "layout": layout(run.samples / f"fakes{found[-1]}.png") if found else None,
        "reals": changed_at(run.reals),
    }


def grid_path(run: RunDirectory, kimg: str) -> Path:
    """Return the file of a grid, by the kimg in its name. Raises NotFound."""
    if kimg not in numbered(run.samples, GRID):
        raise NotFound(f"{run.name} has no grid at {kimg[:40]!r}")
    return run.samples / f"fakes{kimg}.png"


def png_bytes(path: Path) -> bytes:
    """Return the content of a PNG file. Raises NotFound for a link, and for a file of another kind."""
    try:
        data = b"" if path.is_symlink() else typed_json.read_bytes(path, MOST_PNG)
    except FileError:
        data = b""
    if not data.startswith(PNG):
        raise NotFound(f"{path.name} is not a PNG file")
    return data


def layout(path: Path) -> dict[str, int] | None:
    """Return {"columns", "rows", "height", "width", "gap"} of a grid, as mien wrote them into it."""
    try:
        with Image.open(io.BytesIO(png_bytes(path))) as image:
            facts = read_facts(image) or {}
            size = image.size
    except (FileError, OSError, ValueError, Image.DecompressionBombError):
        return None
    names = ("columns", "rows", "height", "width", "gap")
    if not all(is_number(facts.get(name)) and 0 <= facts[name] <= 10_000 for name in names):
        return None
    found = {name: int(facts[name]) for name in names}
    fits = found["columns"] * (found["width"] + found["gap"]) <= size[0] and min(found["width"], found["columns"]) > 0
    return found if fits else None


@lru_cache(maxsize=512)
def strip(path: Path, version: int) -> bytes:
    """Return the first images of a grid as WebP. version: of the file, so that a new file gets a new strip."""
    found = layout(path)
    try:
        with Image.open(io.BytesIO(png_bytes(path))) as opened:
            image = opened.convert("RGB")
        if found:
            across, down, gap = min(STRIP[0], found["columns"]), min(STRIP[1], found["rows"]), found["gap"]
            image = image.crop((0, 0, across * (found["width"] + gap) + gap, down * (found["height"] + gap) + gap))
        image.thumbnail((800, 400))
        file = io.BytesIO()
        image.save(file, "WEBP", quality=85, method=2)
    except (OSError, ValueError, Image.DecompressionBombError):
        raise NotFound(f"{path.name} cannot be read as an image") from None
    return file.getvalue()


# --- words and numbers ------------------------------------------------------------------------------------------------


def log(run: RunDirectory, after: int) -> dict[str, Any]:
    """Return the part of log.txt after the byte `after`, 64 kB at most. next: where the following part begins."""
    try:
        with os.fdopen(typed_json.open_regular(run.log), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = after if size - MOST_LOG <= after <= size else max(0, size - MOST_LOG)
            file.seek(start)
            data = file.read(size - start)
    except (OSError, FileError):
        return {"text": "", "next": 0, "again": True}
    return {"text": data.decode(errors="replace"), "next": start + len(data), "again": start != after}


def metrics(run: RunDirectory) -> list[dict[str, Any]]:
    """Return each metric that has values: its points, and which of them is the best."""
    from mien.reports.metrics import measured
    from mien.reports.run_data import rows

    return [
        {
            "title": one.metric,
            "how": one.how,
            "better": one.better,
            "best": one.best,
            "x": [x for x, _ in one.points],
            "y": [y for _, y in one.points],
        }
        for one in measured(rows(run.metrics))
    ]


def about(run: RunDirectory) -> dict[str, Any]:
    """Return settings, data, environment, commands and events: what seldom changes."""
    from mien.reports import sections
    from mien.reports.document import cut
    from mien.reports.run_data import read_run
    from mien.reports.settings import compare_with_recipe

    data = read_run(run, with_statistics=False)
    defaults, settings = compare_with_recipe(data)
    card = sections.data_card(data)
    return {
        "summary": defaults.summary if defaults else "This version of mien lacks this recipe. It may be your own.",
        "start": cut(data.start),
        "settings": [[one.path, cut(one.text), one.differs, cut(one.default or "")] for one in settings],
        "settings_text": sections.settings_text(data.recipe_name, defaults is not None, settings),
        "data": card.lines,
        "facts": card.facts,
        "skipped": card.skipped,
        "environment": sections.fact_rows(data.environment),
        "commands": sections.commands(data, run.path, settings if defaults else None),
        "events": data.events[-EVENTS:],
        "missing": data.missing,
    }


def verdict(run: RunDirectory) -> dict[str, Any]:
    """Return what the doctor finds, with its remedies, and one to three sentences on how the game stands."""
    return said(run.path, changed_at(run.stats.path), changed_at(run.status))


def some_rows(run: RunDirectory) -> list[dict[str, Any]]:
    """Return at most MOST_ROWS rows of the statistics, evenly over the run. Only these lines are parsed."""
    from mien.reports.run_data import rows
    from mien.runs.jsonl_log import MOST_BYTES

    try:
        lines = typed_json.read_bytes(run.stats.path, MOST_BYTES).splitlines()
    except FileError:
        return []
    step = -(-len(lines) // MOST_ROWS) or 1
    found = typed_json.rows(b"\n".join(lines[::-1][::step][::-1]), typed_json.Row)
    return rows(found)


@lru_cache(maxsize=64)
def said(path: Path, *version: int) -> dict[str, Any]:
    from mien.reports.doctor.case import case_of
    from mien.reports.doctor.examination import examine
    from mien.reports.explanations import verdict as in_words
    from mien.reports.run_data import read_run

    run = read_run(RunDirectory(path), with_statistics=False)
    step = -(-len(run.grids) // MOST_GRIDS) or 1
    run = replace(run, stats=some_rows(RunDirectory(path)), grids=run.grids[::-1][::step][::-1])
    found = examine(case_of(run))
    active = [
        {
            "severity": one.severity,
            "line": one.line,
            "cause": one.cause,
            "remedies": [{"what": remedy.what, "command": remedy.command} for remedy in one.remedies],
        }
        for one in found.active
    ]
    return {"severity": found.severity, "answer": found.answer, "active": active, "text": in_words(run)}
