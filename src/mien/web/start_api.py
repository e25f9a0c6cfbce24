"""What the page Start fetches: data sets and their cards, recipes, plans, and the start of a training."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mien.errors import UsageError
from mien.runtime import leftovers, typed_json
from mien.web import datasets
from mien.web.runs_api import png_bytes

if TYPE_CHECKING:
    from mien.web.app import Studio

Plain = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^(\w[\w.,@-]*)?\Z")]
"""The value of a flag. It is no path, names no file of code, and cannot begin with "-" as another flag would."""


class Form(TypedDict, total=False):
    """The form of the page: the flags of `mien train`. data: an id. init: a run's id. An empty value is left out."""

    data: Plain
    recipe: Plain
    resolution: Plain
    budget: Plain
    cond: Literal["", "none", "class", "attributes", "text"]
    metrics: Plain
    name: Plain
    seed: Plain
    init: Annotated[str, msgspec.Meta(max_length=300)]


FLAGS = ("resolution", "budget", "cond", "metrics", "name", "seed")


def routes(studio: Studio) -> Iterator[tuple[Any, ...]]:
    """Yields (path, function[, method])."""
    shelf, jobs = studio.shelf, studio.jobs

    def words(request: Request, body: bytes) -> list[str]:
        """Return the words of `mien train` for a form. Raises UsageError."""
        form = typed_json.decode(body or b"{}", Form, "the form", UsageError)
        recipe = [form["recipe"]] if form.get("recipe") not in (None, "", "auto") else []
        if recipe and recipe[0] not in {one["name"] for one in recipe_list()}:
            raise UsageError(f"mien has no recipe {recipe[0]}")
        given: dict[str, Any] = dict(form)
        init = form.get("init", "")
        start = ["--init", init if init in ("none", "faces") else str(shelf.run(init).path)] if init else []
        flags = [word for flag in FLAGS if given.get(flag) for word in (f"--{flag}", given[flag])]
        data = datasets.chosen(shelf, form.get("data", ""))
        return ["train", *recipe, "--data", data, *flags, *start, "--outdir", str(shelf.folder)]

    def data(request: Request, body: bytes) -> Any:
        found = datasets.choices(shelf)
        return [{"id": name, "data": path, "why": why} for name, (path, why) in found.items()]

    def check(request: Request, body: bytes) -> Any:
        form = typed_json.decode(body or b"{}", Form, "the form", UsageError)
        size = ["--resolution", form["resolution"]] if form.get("resolution") else []
        path = datasets.chosen(shelf, form.get("data", ""))
        return {"job": jobs.start(["data", "check", path, *size, "--output", "@sheet.png", "--json"], ("sheet.png",))}

    def command(request: Request, body: bytes) -> Any:
        return {"command": shlex.join(["mien", *words(request, body)])}

    def plan(request: Request, body: bytes) -> Any:
        return {"job": jobs.start([*words(request, body), "--dry-run", "--json"])}

    def start(request: Request, body: bytes) -> Any:
        return {"job": jobs.start([*words(request, body), "--json"])}

    def sheet(request: Request, body: bytes) -> Any:
        job = jobs.job(request.path_params["job"])
        return Response(png_bytes(job.files.get("sheet.png", Path("-"))), media_type="image/png")

    yield "/api/data", data
    yield "/api/recipes", lambda request, body: recipe_list()
    yield "/api/data/check", check, "POST"
    yield "/api/start/command", command, "POST"
    yield "/api/start/plan", plan, "POST"
    yield "/api/start", start, "POST"
    yield "/api/job/{job}", lambda request, body: jobs.job(request.path_params["job"]).as_dict()
    yield "/api/job/{job}/sheet", sheet


def recipe_list() -> list[dict[str, str]]:
    from mien import recipes

    return [{"name": name, "about": recipes.about(name).partition("\n")[0]} for name in recipes.known()]


async def upload(studio: Studio, request: Request) -> dict[str, str]:
    """Write the body of a request to a file, part by part. The guard has checked the token, and the size it names."""
    size = int(request.headers.get("content-length", "0"))
    query = request.query_params
    path = datasets.upload_path(studio.shelf, query.get("group", ""), query.get("name", ""), size)
    with leftovers.temporary_file(path.parent) as file:
        async for part in request.stream():
            file.write(part)
            if file.tell() > size:
                raise UsageError("the upload is longer than it said")
        file.flush()
        os.replace(file.name, path)  # noqa: PTH105
    return {"name": path.name}
