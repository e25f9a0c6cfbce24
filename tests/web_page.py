"""The exported page in a real browser: its images are mien's, it needs no other server, and it is quick.

`python tests/web_page.py DIST` takes half a minute, so it is no part of the tests. DIST is the folder `dist` of the npm
package onnxruntime-web. It needs Chromium (`/usr/bin/chromium` or CHROMIUM) and playwright. Each line is one check.
"""

from __future__ import annotations

import functools
import http.server
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from conditional_run import ATTRIBUTES, conditional_run
from playwright.sync_api import Page, sync_playwright

import mien
from mien import recipes
from mien.config import serialization
from mien.inference.generator import Generator
from mien.runs.directory import RunDirectory
from mien.runs.snapshot import save_snapshot
from mien.runtime.atomic_files import write_json

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
READ = """async (seeds) => {
  const page = window.mien.page, found = [];
  for (const seed of seeds) {
    const image = await page.run([page.face(seed)]);
    found.push(Array.from(image.data, (value) => Math.min(255, Math.max(0, Math.round(value * 127.5 + 127.5)))));
  }
  return found;
}"""
CANVAS = """(id) => {
  const canvas = document.getElementById(id);
  return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
}"""


def make(outdir: Path, recipe: str, resolution: str) -> RunDirectory:
    """A run of fresh weights, made larger until the images are not gray."""
    made = recipes.find(recipe).override((f"resolution={resolution}",))
    torch.manual_seed(1)
    states = {}
    for name, network in made.build_game().generators.items():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                parameter.data.mul_(2.5)
        states[name] = dict(network.state_dict())
    run = RunDirectory(outdir / f"00001-{recipe}")
    run.snapshots.mkdir(parents=True)
    encoded = serialization.encode(made)
    write_json(run.recipe, encoded)
    save_snapshot(
        run.snapshots / "kimg-000001.safetensors", states, {"recipe": encoded, "run": run.name, "images": 1000}
    )
    return run


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()


def opened(page: Page, address: str) -> tuple[float, list[str]]:
    """Return (seconds until the first face, requests to other places). Nothing but this address is reachable."""
    others: list[str] = []
    page.route(
        "**/*",
        lambda route: (
            route.continue_()
            if route.request.url.startswith(address)
            else (others.append(route.request.url), route.abort())[1]
        ),
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_function(
        "document.getElementById('which').textContent || document.getElementById('answer').textContent.includes('ms')"
    )
    first = time.perf_counter() - begun
    page.wait_for_function("document.body.dataset.ready")
    assert page.evaluate("document.body.dataset.ready") == "yes", page.inner_text("#state")
    assert not errors, errors
    return first, [url for url in others if not url.startswith(("data:", "blob:"))]


def check_generator(page: Page, address: str, generator: Generator, name: str) -> None:
    first, others = opened(page, address)
    assert not others, others
    height, width = generator.resolution
    shape = (20, generator.channels, height, width)
    found = np.array(page.evaluate(READ, list(range(20)))).reshape(shape).transpose(0, 2, 3, 1)
    expected = generator.pixels(range(20)).astype(int)
    assert expected.std() > 10
    mean, most = np.abs(found - expected).mean(), np.abs(found - expected).max()
    assert mean <= 1, mean
    canvas = np.array(page.evaluate(CANVAS, "face")).reshape(height, width, 4)[..., :3]
    assert np.abs(canvas - expected[0]).max() <= 1
    print(
        f"{name}: first face after {first:.2f} s, no other server; "
        f"20 seeds differ by {mean:.4f} of 255 on average, at most {most}"
    )
    before = page.evaluate(CANVAS, "face")
    page.locator("#truncation").fill("0.2")
    page.wait_for_timeout(500)
    assert page.evaluate(CANVAS, "face") != before
    page.locator("#wall button").nth(1).click()
    page.locator("#between").fill("0.5")
    page.wait_for_timeout(500)
    assert page.inner_text("#which") == "seed 0 to seed 1"
    print(f"{name}: truncation and the way to a second face change the image")


def main(dist: str) -> int:
    outdir = Path(tempfile.mkdtemp())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        plain = make(outdir, "dcgan-laptop", "64x64")
        page_of = lambda run: mien.export(run, to="web", runtime=dist).path  # noqa: E731
        with served(page_of(plain.path)) as address:
            page = browser.new_page()
            check_generator(page, address, mien.load(plain.path), "dcgan-laptop, 64 px")
            page.screenshot(path=str(outdir / "generator.png"), full_page=True)
        conditional = conditional_run(outdir, ATTRIBUTES, "stylegan2")
        with served(page_of(conditional.path)) as address:
            page = browser.new_page()
            G = mien.load(conditional.path)
            first, others = opened(page, address)
            assert not others
            page.locator("#attributes select").first.select_option("pink")
            page.wait_for_timeout(700)
            label = "() => Array.from(window.mien.page.label(window.mien.page.chosen[0]))"
            assert page.evaluate(label)[:2] == [0, 1]
            asked = G.with_labels(torch.tensor([page.evaluate(label)]))
            found = np.array(page.evaluate(CANVAS, "face")).reshape(16, 16, 4)[..., :3]
            assert np.abs(found - asked.pixels([0])[0]).max() <= 1
            page.locator("#attributes input").first.fill("0.5")
            assert page.evaluate(label)[:2] in ([0.5, 0.5], [0, 1])
            print("stylegan2 with attributes: a requested attribute gives the image of mien.load(run).with_labels")
        translator = make(outdir, "pix2pix-laptop", "64x64")
        with served(page_of(translator.path)) as address:
            page = browser.new_page()
            first, others = opened(page, address)
            assert not others
            box = page.locator("#sketch").bounding_box()
            page.mouse.move(box["x"] + 40, box["y"] + 40)
            page.mouse.down()
            page.mouse.move(box["x"] + 200, box["y"] + 220, steps=5)
            page.mouse.up()
            page.wait_for_timeout(700)
            sketch = np.array(page.evaluate(CANVAS, "sketch"), np.uint8).reshape(64, 64, 4)[..., :3]
            assert (sketch < 100).any()
            found = np.array(page.evaluate(CANVAS, "result")).reshape(64, 64, 4)[..., :3]
            expected = mien.load(translator.path)(sketch[None], "B")[0][0]
            difference = np.abs(found - expected.astype(int))
            assert difference.mean() <= 1, difference.mean()
            print(
                f"pix2pix-laptop: first answer after {first:.2f} s; "
                f"a drawn line differs by {difference.mean():.4f} of 255 on average"
            )
            page.screenshot(path=str(outdir / "translator.png"), full_page=True)
        browser.close()
    print(f"screenshots in {outdir}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
