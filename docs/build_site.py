"""Build the docs as a site: `make docs`. The site is in site/html. Neither the build nor a browser needs the network.

The generator (zensical) reads site/pages, a copy of this repository's pages in the same folders. So a link to another
page, to a notebook or to a source file is the same here, on a code host and on the site. Pages about the verbs and
about the Python API are written from signatures and docstrings. A broken link ends the build with an error.
"""

from __future__ import annotations

import dataclasses
import html
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES, HTML = ROOT / "site" / "pages", ROOT / "site" / "html"
LINK = re.compile(r"\]\((?P<target>[^)\s#]+)(?:#[^)\s]*)?\)")
FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
LANGUAGES = ("zh-CN", "zh-TW")

API = {
    "runs": ("Runs and generators", ["mien.trainer.run", "mien.inference.generator", "mien.inference.translator"]),
    "losses": ("Losses and penalties", ["mien.losses"]),
    "metrics": ("Metrics", ["mien.metrics"]),
    "recipes": ("Recipes", ["mien.recipes", "mien.config.spec", "mien.config.schedules"]),
    "networks": ("Networks", ["mien.networks", "mien.protocols"]),
    "games": ("Games", ["mien.games", "mien.batch"]),
    "errors": ("Errors", ["mien.errors"]),
}
"""Page of the API reference -> its title, and the packages and modules that it describes."""


# --- the repository's pages -------------------------------------------------------------------------------------------


def pages() -> list[Path]:
    """The repository's pages, relative to its root."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]
    return sorted(page.relative_to(ROOT) for page in found)


def copy_pages() -> None:
    """Copy each page and each file that a page links to."""
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        write(page, FORMULA.sub(formula, text))
        for link in LINK.finditer(FENCE.sub("", text)):
            file = (ROOT / page).parent / link["target"]
            if "://" not in link["target"] and file.is_file() and file.suffix != ".md":
                there = PAGES / file.resolve().relative_to(ROOT)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, there)


def formula(found: re.Match[str]) -> str:
    """A formula as MathML, which browsers show without a script."""
    from latex2mathml.converter import convert

    return f'<div class="formula">{convert(found[1], display="block")}</div>'


def write(page: Path, text: str) -> None:
    there = PAGES / page
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_text(text, encoding="utf-8")


# --- a page for each verb ---------------------------------------------------------------------------------------------


def commands() -> dict[str, str]:
    """Name of a page -> name of the function in Python: "data-check" -> "check_data"."""
    import mien

    found = {}
    for name, (module, function) in mien.VERBS.items():
        verb = module.rpartition(".")[2]
        words = verb.split("_") if "_" in verb else [verb, *([] if function == verb else [function])]
        found["-".join(words)] = name
    return found


def command_page(name: str, in_python: str) -> str:
    """The page of one verb: what it does, its arguments, its name in Python."""
    import mien
    from mien.cli import signature_of
    from mien.commands.python_api import plain

    verb = plain(getattr(mien, in_python))
    about, _, arguments = str(inspect.getdoc(verb)).partition("Args:\n")
    help_of = dict(described(arguments))
    words, rows = [f"mien {name.replace('-', ' ')}"], []
    for part in signature_of(verb).parameters.values():
        word = part.name.rstrip("_")
        flag = f"--{word.replace('_', '-')}" if part.kind is part.KEYWORD_ONLY else word.upper()
        if part.kind is not part.KEYWORD_ONLY:
            words.append(f"{word.upper()} …" if part.kind is part.VAR_POSITIONAL else word.upper())
        rows.append((f"`{flag}`", shown(help_of.get(part.name, "")), default_of(part)))
    rows.append(("`--json`", "Print the result, or the error, as JSON.", ""))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    usage = f"```\n{' '.join(words)} [FLAGS]\n```"
    python = f"In Python: `mien.{in_python}(…)`, with the same arguments: see [Python](../docs/python.md)."
    title = f"# `mien {name.replace('-', ' ')}`"
    head = "| argument | meaning | default |\n|---|---|---|"
    return f"{title}\n\n{shown(about)}\n\n{usage}\n\n{head}\n{table}\n\n{python}\n"


def described(arguments: str) -> Iterator[tuple[str, str]]:
    """The names and texts below "Args:" of a docstring."""
    for entry in re.split(r"\n(?=\s{0,4}\w+:)", inspect.cleandoc(arguments)):
        name, _, text = entry.partition(":")
        yield name.strip(), " ".join(text.split())


def default_of(part: inspect.Parameter) -> str:
    if part.default is part.empty:
        return "required" if part.kind is not part.VAR_POSITIONAL else ""
    if part.default in (None, (), False):
        return ""
    return f"`{part.default}`"


# --- the Python API ---------------------------------------------------------------------------------------------------


def api_page(title: str, names: list[str]) -> str:
    """A page of every public class and function of some modules."""
    texts = [f"# {title}"]
    for module in (module for name in names for module in modules(name)):
        found = [text for name, value in members(module) if (text := entry(name, value, 3))]
        if found:
            texts += [f"## `{module.__name__}`", shown(inspect.getdoc(module) or ""), *found]
    return "\n\n".join(texts) + "\n"


def modules(name: str) -> Iterator[types.ModuleType]:
    """A module, and those of its package that are one level below."""
    module = importlib.import_module(name)
    yield module
    for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not part.ispkg:
            yield importlib.import_module(f"{name}.{part.name}")


def members(module: types.ModuleType) -> list[tuple[str, Any]]:
    """The public classes and functions that a module defines, in its order."""
    kinds = (type, types.FunctionType)
    own = [(name, value) for name, value in vars(module).items() if isinstance(value, kinds) and name[0] != "_"]
    return [(name, value) for name, value in own if value.__module__ == module.__name__]


def entry(name: str, value: Any, level: int) -> str:
    """Heading, signature, docstring; the public methods of a class, too. "" if there is no docstring."""
    about = written_doc(value)
    if not about:
        return ""
    texts = [f"{'#' * level} `{name}`", f"```python\n{signature(name, value)}\n```", shown(about)]
    if isinstance(value, type):
        for key, method in vars(value).items():
            function = method.fget if isinstance(method, property) else getattr(method, "__func__", method)
            if key[0] != "_" and isinstance(function, types.FunctionType) and function.__doc__:
                line = f"{name}.{key}" if isinstance(method, property) else signature(f"{name}.{key}", function)
                texts += [f"```python\n{line}\n```", shown(str(inspect.getdoc(function)))]
    return "\n\n".join(texts)


def written_doc(value: Any) -> str:
    """The docstring as it was written. A dataclass without one gets its signature from Python: that is none."""
    about = (
        inspect.cleandoc(vars(value).get("__doc__") or "") if isinstance(value, type) else inspect.getdoc(value) or ""
    )
    return "" if isinstance(value, type) and about.startswith(f"{value.__name__}(") else about


def signature(name: str, value: Callable[..., Any]) -> str:
    """ "fid(real, fake)", a line for each argument if it is long."""
    if getattr(value, "_is_protocol", False):
        return f"class {name}(Protocol)"
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    fields = {field.name for field in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else set()
    parts = [part for part in found.parameters.values() if part.name != "self" or part.name in fields]
    found = found.replace(parameters=[part.replace(annotation=plain_hint(part.annotation)) for part in parts])
    text = name + str(found.replace(return_annotation=plain_hint(found.return_annotation)))
    text = re.sub(r"<factory>|<(?:function|class) '?([\w.]+)'?[^>]*>", lambda match: match[1] or "…", text)
    if len(text) <= 100:
        return text
    inside = [f"    {part},".replace("<factory>", "…") for part in map(str, found.parameters.values())]
    returned = "" if found.return_annotation is found.empty else f" -> {found.return_annotation}"
    return "\n".join([f"{name}(", *inside, f"){returned}"])


class Text(str):
    """An annotation that prints without quotes."""

    __repr__ = str.__str__


def plain_hint(hint: Any) -> Any:
    return Text(hint) if isinstance(hint, str) else hint


def shown(text: str) -> str:
    """A docstring as Markdown: brackets and stars outside of code stand for themselves."""
    pieces = re.split(r"(`[^`\n]*`|^(?:    .*\n?)+)", text, flags=re.MULTILINE)
    plain = (re.sub(r"([\[\]*_<|])", lambda match: html.escape(f"\\{match[1]}"), piece) for piece in pieces[::2])
    return "".join(piece for pair in zip(plain, [*pieces[1::2], ""], strict=True) for piece in pair).strip()


# --- the demo ---------------------------------------------------------------------------------------------------------

START = ROOT / "src/mien/trainer/starts/r3gan-laptop-64.safetensors"
DEMO = """# A generator in your browser

`mien export RUN --to web` made this page from the networks that mien starts a training from. They know the
[built-in faces](docs/drawn.md) and nothing else. Your browser runs the network: no image leaves your machine.

{page}

[How such a page is made](docs/export.md#a-page-in-the-browser).
"""
FRAME = '<iframe class="demo" src="../faces/index.html" title="A generator of faces"></iframe>'
WITHOUT = "This copy of the site has no demo: it needs `npm install onnxruntime-web` before `make docs`."


def write_demo() -> None:
    """Write the page of the demo, and beside it the start file that mien ships, exported as any run is."""
    import mien

    made = (ROOT / "node_modules/onnxruntime-web/dist").is_dir()
    if made:
        runtime = ROOT / "node_modules/onnxruntime-web"
        mien.export(START, to="web", runtime=runtime, output=PAGES / "faces")
    write(Path("demo.md"), DEMO.format(page=FRAME if made else WITHOUT))


# --- the site ---------------------------------------------------------------------------------------------------------


def write_pages() -> None:
    """Write site/pages anew."""
    shutil.rmtree(PAGES, ignore_errors=True)
    copy_pages()
    shutil.copyfile(ROOT / "docs" / "site.css", PAGES / "docs" / "site.css")
    for name, in_python in commands().items():
        write(Path("commands") / f"{name}.md", command_page(name, in_python))
    for name, (title, names) in API.items():
        write(Path("api") / f"{name}.md", api_page(title, names))
    write_demo()


def name_languages() -> None:
    """Mark the Chinese pages as such, for the browser's fonts and for readers of screens."""
    for page in HTML.rglob("*.html"):
        language = next((one for one in LANGUAGES if any(one in part for part in page.relative_to(HTML).parts)), None)
        if language:
            page.write_text(
                page.read_text(encoding="utf-8").replace('lang="en"', f'lang="{language}"', 1), encoding="utf-8"
            )


def main() -> int:
    write_pages()
    built = subprocess.run([sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=ROOT)
    if built.returncode == 0:
        name_languages()
        size = sum(file.stat().st_size for file in HTML.rglob("*") if file.is_file()) / 1e6
        print(f"{HTML}: {size:.0f} MB; python -m http.server --directory {HTML.relative_to(ROOT)}")
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
