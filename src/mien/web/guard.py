"""The guard in front of every page: it refuses foreign hosts, foreign origins, large bodies and writes without a token.

A page of another site may not read or steer the studio. The Host header must name this machine, because a foreign name
may point here (DNS rebinding). A browser names the page that sends a request (Origin, Sec-Fetch-Site). Only a page that
was opened by the link from the terminal knows the token, which every write needs.
"""

from __future__ import annotations

import asyncio
import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))
MOST_BYTES = 32 << 20  # of an upload
UPLOAD, MOST_UPLOAD = "/api/upload", 8 << 30  # the address that writes parts to disk as they come; bytes of a file
MOST_QUERY = 16 << 10
BODY_SECONDS = 30.0  # an upload that takes longer is refused
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
}


class Guard:
    """ASGI middleware.

    token: every POST sends it as the header x-mien-token. local: only this machine can reach the server, so reading
    needs no token. port: part of the cookie's name, because browsers share cookies between the ports of a machine.
    """

    def __init__(self, app: ASGIApp, token: str, local: bool, port: int):
        self.app, self.token, self.local, self.cookie = app, token, local, f"mien-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        scope["knows_token"] = self.knows_token(headers)
        early = self.answer(scope, headers)
        if early is not None:
            await early(scope, receive, send_with_headers)
            return
        if scope["method"] != "POST" or scope["path"] == UPLOAD:
            await self.app(scope, receive, send_with_headers)
            return
        try:
            body = await asyncio.wait_for(read_body(receive), BODY_SECONDS)
        except (TimeoutError, TooLarge):
            await refusal(413, "the upload is too large or too slow")(scope, receive, send_with_headers)
            return
        await self.app(scope, replay(body, receive), send_with_headers)

    def answer(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to a request that goes no further; None for one that may pass."""
        names = [name for name, _ in scope["headers"]]
        if names.count(b"host") != 1 or not self.is_own(headers["host"]):
            return refusal(403, "this address is not the studio's: open the link that the terminal printed")
        if is_foreign(headers, scope["method"]):
            return refusal(403, "a page of another site may not use the studio")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return refusal(405, "the studio answers GET and POST only")
        if len(scope["query_string"]) > MOST_QUERY or len(scope["raw_path"]) > MOST_QUERY:
            return refusal(414, "the address is too long")
        if scope["method"] == "POST":
            if not same(headers.get("x-mien-token", ""), self.token):
                return refusal(403, "this needs the token: open the link that the terminal printed")
            length = headers.get("content-length", "0")
            most = MOST_UPLOAD if scope["path"] == UPLOAD else MOST_BYTES
            if not length.isdecimal() or int(length) > most:
                return refusal(413, f"an upload has at most {most >> 20:,} MB")
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if given and same(given, self.token):
            response = RedirectResponse("/" + scope["path"].lstrip("/"), 303)  # never another site
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
            return response
        if not self.local and not scope["knows_token"]:
            return refusal(403, "this needs the token: open the link that the terminal printed")
        return None

    def is_own(self, host: str) -> bool:
        """Whether a Host header may name this server. A server for other machines has any name, but needs the token."""
        try:
            return not self.local or urlsplit(f"//{host}").hostname in LOCAL
        except ValueError:
            return False

    def knows_token(self, headers: Headers) -> bool:
        cookie = cookie_parser(headers.get("cookie", "")).get(self.cookie, "")
        return same(cookie, self.token) or same(headers.get("x-mien-token", ""), self.token)


def is_foreign(headers: Headers, method: str) -> bool:
    """Whether a page of another site sent the request. A link from elsewhere may open a page, and no more."""
    site = headers.get("sec-fetch-site", "none")
    opens = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if site not in ("same-origin", "none") and not opens:
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit_netloc(origin) != headers["host"].lower()


def urlsplit_netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def refusal(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)


class TooLarge(Exception):
    """A body that is larger than its header said, or than is allowed."""


async def read_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise TooLarge
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body, which was read already, and then what comes after it."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
