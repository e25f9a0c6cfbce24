"""A real browser for tests of pages: headless, silent, with a profile of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
needs_browser = pytest.mark.skipif(not BROWSER, reason="needs Chromium or Chrome on the PATH")


def browse(page: Path, profile: Path, *flags: str) -> str:
    """What the browser prints when it shows the page: with --dump-dom, the page as its scripts left it."""
    command = [BROWSER, "--headless", *QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=2000", *flags]
    return subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True).stdout
