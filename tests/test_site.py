"""The site of the docs: each page is in the navigation, and pages about verbs and classes say what the code says."""

import re
import tomllib
from pathlib import Path

import build_site
import pytest

from mien import cli

ROOT = Path(__file__).parents[1]


def navigation(part: object) -> list[str]:
    """The pages of a navigation, in its order."""
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part
    return [page for one in parts for page in navigation(one)]


def test_each_page_is_in_the_navigation_once() -> None:
    config = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    found = navigation(config["project"]["nav"])
    written = [f"commands/{name}.md" for name in build_site.commands()] + [f"api/{name}.md" for name in build_site.API]
    assert sorted(found) == sorted(["demo.md", *written, *map(str, build_site.pages())])


def test_each_verb_has_a_page() -> None:
    verbs = [verb for verb in cli.verbs() if verb not in cli.GROUPS]
    verbs += [f"{verb}-{name}" for verb, names in cli.GROUPS.items() for name in names]
    assert sorted(build_site.commands()) == sorted(verbs)


@pytest.mark.parametrize("name, in_python", build_site.commands().items())
def test_the_page_of_a_verb_explains_each_flag(name: str, in_python: str) -> None:
    text = build_site.command_page(name, in_python)
    rows = re.findall(r"^\| `(.+?)` \| (.*) \| (.*) \|$", text, re.MULTILINE)
    flags = [flag for flag, _, _ in rows if flag.startswith("--")]
    assert flags[-1] == "--json" and all(meaning for _, meaning, _ in rows), text
    if name == "data-prepare":
        assert ("PATH", "required") in {(flag, default) for flag, _, default in rows}


def test_the_reference_has_signatures_and_docstrings() -> None:
    text = build_site.api_page("Losses", ["mien.losses"])
    assert "### `r1_penalty`\n\n```python\nr1_penalty(logits: Tensor, images: Tensor" in text
    assert "## `mien.losses.penalties`" in text and "class AdversarialLoss(Protocol)" in text


def test_docstrings_are_text_and_code_stays_code() -> None:
    assert build_site.shown("logits [N]; `a[0]` and b_c * 2") == r"logits \[N\]; `a[0]` and b\_c \* 2"
    assert build_site.shown("Use:\n\n    x = a[0]\n") == "Use:\n\n    x = a[0]"


def test_linked_files_are_copied_to_the_same_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_site, "PAGES", tmp_path)
    monkeypatch.setattr(build_site, "formula", lambda found: f"<b>{found[1]}</b>")
    build_site.copy_pages()
    linked = ("notebooks/2-homework.ipynb", "benchmarks/speedrun/contestants.py", "docs/faces.webp")
    assert all((tmp_path / name).read_bytes() == (ROOT / name).read_bytes() for name in linked)
    text = (tmp_path / "docs" / "recipes" / "wgan.md").read_text(encoding="utf-8")
    assert "<b>W(p, q)" in text and "$$" not in text


def test_a_formula_becomes_mathml() -> None:
    pytest.importorskip("latex2mathml")
    text = build_site.FORMULA.sub(build_site.formula, r"$$\tfrac{\gamma}{2}$$")
    assert "<mfrac>" in text and "$" not in text
