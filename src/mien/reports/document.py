"""The HTML document around a page: style and script inside, nothing from elsewhere."""

from __future__ import annotations

import datetime
from html import escape
from importlib import resources

from mien import __version__

MOST_BYTES = 9_500_000


def document(title: str, body: str) -> str:
    """body: HTML, whatever comes from a file escaped already."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">",
            f"<title>{escape(title)} · mien</title>",
            f"<style>\n{asset('style.css')}</style>",
            "</head>",
            f"<body>\n<main>\n{body}\n{footer()}\n</main>",
            f"<script>\n{asset('hover.js')}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def asset(name: str) -> str:
    return resources.files("mien.reports").joinpath(name).read_text("utf-8")


def footer() -> str:
    now = moment(datetime.datetime.now(datetime.UTC).timestamp())
    return (
        f"<footer>Written by mien {escape(__version__)} on {now}, from the run’s own files. Needs no network.</footer>"
    )


def moment(seconds: float) -> str:
    """ "2026-11-21 03:12 UTC" """
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "at an unknown time"
