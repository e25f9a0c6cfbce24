"""A real browser for tests of pages: headless, silent, with a profile of its own."""

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
needs_browser = pytest.mark.skipif(not BROWSER, reason="needs Chromium or Chrome on the PATH")


def browse(page: Path | str, profile: Path, *flags: str) -> str:
    """What the browser prints when it shows a file or an address: with --dump-dom, the page as its scripts left it."""
    command = [BROWSER, "--headless", *QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=2000", *flags]
    return subprocess.run(
        [*command, page if isinstance(page, str) else page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


def measure(page: Path, profile: Path, width: int) -> dict[str, Any]:
    """How the page looks in a window of `width` pixels: {"images": [[width, height], …] as decoded, "charts": count,
    "overhang": pixels by which the page is too wide}. A frame stands for the window, which cannot be narrower than 500.
    """
    probe = page.with_name(f"probe-{width}.html")
    style = f"width:{width}px;height:2000px;border:0"
    probe.write_text(
        f"<!doctype html><title></title><iframe style='{style}' srcdoc=\"{escape(page.read_text())}\"></iframe><script>"
        "onload = () => { const page = document.querySelector('iframe').contentDocument, root = page.documentElement;"
        "document.title = JSON.stringify({images: [...page.images].map(i => [i.naturalWidth, i.naturalHeight]),"
        "charts: page.querySelectorAll('svg').length, overhang: root.scrollWidth - root.clientWidth}) }</script>"
    )
    title = re.search(r"<title>(.*?)</title>", browse(probe, profile, "--window-size=1400,2100", "--dump-dom"))
    assert title
    return json.loads(unescape(title[1]))
