"""The studio as an ASGI application: pages, their files, and what the pages fetch."""

from __future__ import annotations

import functools
import itertools
import secrets
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from mien import __version__
from mien.errors import MienError, is_out_of_memory
from mien.web.curves import Logs
from mien.web.guard import UPLOAD, Guard
from mien.web.jobs import Jobs
from mien.web.models import Models
from mien.web.shelf import NotFound, Shelf

PAGES = {
    "/": "runs.html",
    "/run/{id}": "run.html",
    "/play": "play.html",
    "/translate": "translate.html",
    "/compare": "compare.html",
    "/start": "start.html",
    "/lab": "lab.html",
}
HERE = Path(__file__).parent


class Studio:
    """What the pages share: the runs of a folder, the logs that were read, the models in memory.

    boot: names this start of the server.
    """

    def __init__(self, folder: Path):
        self.folder, self.shelf, self.logs, self.models = folder, Shelf(folder), Logs(), Models()
        self.jobs = Jobs()
        self.boot = secrets.token_hex(4)


def create_app(folder: Path, token: str, local: bool = True, port: int = 0) -> ASGIApp:
    """Return the application. folder: of the runs. token, local, port: see `Guard`."""
    from mien.web import compare_api, photo_api, play_api, runs_api, start_api

    studio = Studio(folder)
    routes: list[BaseRoute] = [Route(path, page(template, token), methods=["GET"]) for path, template in PAGES.items()]
    served = itertools.chain.from_iterable(
        api.routes(studio) for api in (runs_api, play_api, photo_api, compare_api, start_api)
    )
    for path, function, *method in served:
        routes.append(Route(path, answer(function), methods=method or ["GET"]))
    routes.append(Route(UPLOAD, streamed(functools.partial(start_api.upload, studio)), methods=["POST"]))
    routes.append(Mount("/static", StaticFiles(directory=HERE / "static"), name="static"))
    routes.append(Route("/style.css", shared_style, methods=["GET"]))
    return Guard(Starlette(routes=routes, exception_handlers={HTTPException: not_served}), token, local, port)


Asked = Callable[[Request, bytes], Any]
"""Returns JSON, or a Response. The bytes are the body of a POST."""


def answer(function: Asked) -> Callable[[Request], Any]:
    """Return an endpoint that runs `function` in a thread. A user's mistake becomes {"error": one line}."""

    async def in_thread(request: Request) -> Any:
        return await run_in_threadpool(function, request, await request.body())

    return streamed(in_thread)


def streamed(function: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Any]:
    """Return an endpoint that awaits `function`, which reads the body itself."""

    async def endpoint(request: Request) -> Response:
        try:
            found = await function(request)
        except NotFound as error:
            return JSONResponse({"error": str(error)}, 404)
        except MienError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Exception as error:
            if is_out_of_memory(error):
                return JSONResponse({"error": "out of memory: use fewer images"}, 507)
            traceback.print_exception(error, file=sys.stderr)
            return JSONResponse({"error": "this is a bug in mien; the terminal shows more"}, 500)
        if isinstance(found, Response):
            return found
        return Response(msgspec.json.encode(found), media_type="application/json")

    return endpoint


def page(template: str, token: str) -> Callable[[Request], Any]:
    """Return an endpoint for a page. Only a browser that knows the token gets it, to send it with every write."""

    async def endpoint(request: Request) -> Response:
        values = {"version": __version__, "here": template, "path": request.path_params, "token": ""}
        if request.scope["knows_token"]:
            values["token"] = token
        return HTMLResponse(environment().get_template(template).render(values))

    return endpoint


@functools.cache
def environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mien.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def shared_style(request: Request) -> Response:
    """The style of `mien report`, which the studio shares."""
    text = (HERE.parent / "reports" / "templates" / "style.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css")


async def not_served(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse(
        {"error": "there is no such page" if status == 404 else "the request cannot be answered"}, status
    )
