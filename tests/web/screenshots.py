"""The images of the studio in its docs, 1280 and 360 px wide: `python tests/web/screenshots.py RUNS TRANSLATOR FACES…`.

RUNS is a folder of runs; TRANSLATOR and FACES are names of some of them. It needs Chromium and playwright. The images
go to docs/studio. Look at each one before you commit it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from served import TOKEN, serving

OUT = Path(__file__).parents[2] / "docs" / "studio"
SIZES = {"": (1280, 860), "-phone": (360, 740)}
SHOWN = 820  # px: the width of the wide images in the docs
WAIT = 3000  # ms, for charts and grids


def pages(translator: str, faces: list[str]) -> dict[str, tuple[str, str, Callable[[Page], None]]]:
    """Return (address, what must be on the page, what to do on it) by the name of the image."""
    return {
        "runs": ("/", ".card img", nothing),
        "run": (f"/run/{faces[0]}", ".uplot", nothing),
        "compare": (f"/compare?{urlencode([('run', name) for name in faces])}", "#images img", nothing),
        "play": (f"/play?run={faces[0]}", "#sides canvas", pin),
        "translate": (f"/translate?run={translator}", "#translate:visible", sketch),
        "start": ("/start", "#form", nothing),
        "lab": ("/lab", "#plot", nothing),
    }


def nothing(page: Page) -> None:
    pass


def pin(page: Page) -> None:
    for seed in (3, 15):
        page.get_by_label(f"Seed {seed}", exact=True).click()


def sketch(page: Page) -> None:
    """Draw a face with two eyes and a mouth."""
    box = page.locator("#paper").bounding_box()
    assert box
    lines = [[(0.3, 0.3), (0.27, 0.55), (0.38, 0.76), (0.5, 0.84), (0.62, 0.76), (0.73, 0.55), (0.7, 0.3)]]
    lines += [[(0.2, 0.6), (0.2, 0.3), (0.35, 0.14), (0.5, 0.1), (0.65, 0.14), (0.8, 0.3), (0.8, 0.6)]]
    lines += [[(x, 0.5), (x + 0.09, 0.46), (x + 0.1, 0.56), (x, 0.56), (x, 0.5)] for x in (0.35, 0.56)]
    lines += [[(0.46, 0.7), (0.5, 0.72), (0.54, 0.7)]]
    for line in lines:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()


def main(runs: str, translator: str, *faces: str) -> None:
    OUT.mkdir(exist_ok=True)
    browser_at = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    os.chdir(Path(runs).parent)  # pages show paths
    with serving(Path(Path(runs).name)) as studio, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_at, args=["--no-sandbox", "--disable-gpu"])
        for suffix, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(60_000)
            page.goto(f"{studio.link}/?token={TOKEN}")
            for name, (address, ready, act) in pages(translator, list(faces)).items():
                page.goto(studio.link + address)
                page.wait_for_selector(ready)
                act(page)
                page.wait_for_timeout(WAIT)
                image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                image.thumbnail((SHOWN, 2000))
                image.save(OUT / f"{name}{suffix}.webp", quality=75, method=6)
                print(OUT / f"{name}{suffix}.webp", flush=True)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
