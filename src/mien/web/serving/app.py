"""The HTTP routes of a server. Needs the extra `serve`."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.errors import DataError, MienError
from mien.inference.generator import Generator
from mien.inference.translator import Translator
from mien.web.serving import model as models
from mien.web.serving.batches import Batches, Closed, QueueFull
from mien.web.serving.counters import Counters
from mien.web.serving.openapi import facts_of, openapi

MOST_JSON, MOST_IMAGE = 1 << 20, 1 << 24  # bytes of a body
RETRY = {"Retry-After": "1"}
SMALL = 2 * 64 * 64 * 3  # numbers of an answer that is encoded in under two milliseconds

T = TypeVar("T")


def app_of(model: Generator | Translator, most: int, waiting: int) -> Starlette:
    """Return the application. most: images in one request and in one forward. waiting: images that may wait."""
    batches = Batches(partial(models.forward, model), most, waiting)
    counters, about = Counters(), facts_of(model)
    document = openapi(model, most)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(batches.close)

    async def generate(request: Request) -> Response:
        assert isinstance(model, Generator)
        if request.method == "GET":
            wanted = read_query(request, model)
        else:
            demand_type(request, ("application/json",))
            wanted = models.read_generate(await body_of(request, MOST_JSON))
        known = model.recipe.condition
        is_quick = known is None or known.kind in ("class", "attributes")  # an encoder of texts takes long
        rows = await call(is_quick, models.rows_of, model, wanted, most)
        images = await asyncio.wrap_future(batches.submit(None, rows))
        facts = {**about, "truncation": wanted.truncation, **wanted.requested}
        body = await call(images.size < SMALL, models.answer, images, wanted.format, facts, wanted.sources)
        return Response(body, media_type=models.TYPES[wanted.format])

    async def translate(request: Request) -> Response:
        assert isinstance(model, Translator)
        query = checked_query(request, ("to", "format"))
        to, format = model.domain(query.get("to")), read_format(query)
        demand_type(request, ("image/", "application/octet-stream"))
        source = await run_in_threadpool(models.source_of, model, await body_of(request, MOST_IMAGE))
        images = await asyncio.wrap_future(batches.submit((to, source.shape), source))
        body = await call(images.size < SMALL, models.answer, images, format, {**about, "to": to}, [{}])
        return Response(body, media_type=models.TYPES[format])

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", **about})

    async def metrics(request: Request) -> Response:
        return Response(counters.text(batches), media_type="text/plain; version=0.0.4")

    async def description(request: Request) -> Response:
        return JSONResponse(document)

    routes = [
        Route("/health", health),
        Route("/metrics", metrics),
        Route("/openapi.json", description),
        Route("/v1/translate", translate, methods=["POST"])
        if isinstance(model, Translator)
        else Route("/v1/generate", generate, methods=["GET", "POST"]),
    ]
    handlers: Any = {
        HTTPException: on_http_error,
        MienError: on_mistake,
        QueueFull: on_full,
        Closed: on_stopping,
        ClientDisconnect: on_stopping,
        Exception: on_bug,
    }
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    app.add_middleware(Counting, counters=counters, paths={route.path for route in routes})
    app.state.batches, app.state.counters = batches, counters
    return app


async def call(is_quick: bool, function: Callable[..., T], *arguments: Any) -> T:
    """Return the function's result. What is quick needs no thread: on busy cores, the way to one takes longer."""
    return function(*arguments) if is_quick else await run_in_threadpool(function, *arguments)


# --- reading requests -------------------------------------------------------------------------------------------------


async def body_of(request: Request, most: int) -> bytes:
    """Return the body. Raises HTTPException 413 once it is larger than `most` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise HTTPException(413, f"the body is larger than {most:,} bytes")
        parts.append(part)
    return b"".join(parts)


def demand_type(request: Request, types: tuple[str, ...]) -> None:
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not found.startswith(types):
        raise HTTPException(415, f"Content-Type is {found or 'missing'}: send {' or '.join(types)}")


def checked_query(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """Return the query. Raises DataError for an unknown or a repeated name."""
    found = request.query_params.multi_items()
    for name, _ in found:
        if name not in known:
            raise DataError(f"unknown parameter {name[:40]!r}: there are {', '.join(known)}")
    if len(dict(found)) < len(found):
        raise DataError("a parameter is given twice: give each one once")
    return dict(found)


def read_query(request: Request, model: Generator) -> models.Generate:
    """Return the request of GET /v1/generate. Raises DataError."""
    query = checked_query(request, ("seed", "truncation", "class", "format"))
    fields: dict[str, Any] = {}
    if "seed" in query:
        fields["seeds"] = [number(query, "seed", int)]
    if "truncation" in query:
        fields["truncation"] = number(query, "truncation", float)
    if "class" in query:
        fields["class"] = query["class"]
    fields["format"] = read_format(query)
    return models.generate_of(fields)


def number(query: dict[str, str], name: str, kind: type[int] | type[float]) -> int | float:
    text = query[name]
    try:
        if text != text.strip() or "_" in text or not text.isascii():
            raise ValueError
        return kind(text)
    except ValueError:
        raise DataError(f"{name} is {text[:40]!r}, not a {'whole ' if kind is int else ''}number") from None


def read_format(query: dict[str, str]) -> models.Format:
    found = query.get("format", "png")
    if found in models.FORMATS:
        return models.FORMATS[found]
    raise DataError(f"format is {found[:40]!r}: it is png, webp or json")


# --- errors -----------------------------------------------------------------------------------------------------------


def trouble(status: int, words: str, headers: Any = None) -> JSONResponse:
    return JSONResponse({"error": words}, status, headers)


async def on_http_error(request: Request, error: HTTPException) -> Response:
    known = {404: f"there is no {request.url.path}: see /openapi.json", 405: f"{request.method} is not allowed here"}
    return trouble(error.status_code, known.get(error.status_code, error.detail), error.headers)


async def on_mistake(request: Request, error: MienError) -> Response:
    return trouble(400, re.sub(r"--([a-z]+)", r"\1", str(error)))  # a field here, no flag


async def on_full(request: Request, error: QueueFull) -> Response:
    return trouble(429, "too many images wait: try again in a second", RETRY)


async def on_stopping(request: Request, error: Exception) -> Response:
    return trouble(503, "the server is stopping: try again later", RETRY)


async def on_bug(request: Request, error: Exception) -> Response:
    return trouble(500, "this is a bug in mien: its log has the details")


class Counting:
    """Counts each request with its time. Unknown paths share one line, or a stranger could fill the memory."""

    def __init__(self, app: ASGIApp, counters: Counters, paths: set[str]):
        self.app, self.counters, self.paths = app, counters, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            path = scope["path"] if scope["path"] in self.paths else "other"
            self.counters.answered(path, status, time.perf_counter() - begun)
