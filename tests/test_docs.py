"""The docs: short sentences, the field's words, links that resolve, and commands that exist."""

import ast
import contextlib
import functools
import importlib
import io
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import mien
from mien import cli, recipes
from mien.config.overrides import paths

ROOT = Path(__file__).parents[1]
CHANGES = ROOT / "CHANGELOG.md"
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "benchmarks").rglob("*.md")),
    CHANGES,
]
MOST_WORDS = 30
FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:    .*\n|\n(?=    ))+", re.MULTILINE)
LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
SENTENCE_END = re.compile(r"(?<=[.!?])[*_\")\]]*\s+(?=[^a-z]|mien\b)|(?<=[。！？])")
ABBREVIATIONS = ("et al.", "e.g.", "i.e.", "vs.")

FORBIDDEN = {
    r"pictures?": "image",
    r"draws?|drew|drawn": "generate (a generator) or render (the built-in faces)",
    r"told|asks?|asked|wanted|wished": "given, requested",
    r"seen": "shown to the discriminator, found, known",
    r"kept|whole": "saved, complete, entire",
    r"such(?! as)|so many|by heart|slips?|verdicts?|obeys?|obedience|laboratory": "the field's word",
}
"""Private words, each a pattern of whole words, and what the docs say in their place."""

ALLOWED = r"no such|whole numbers?"
FORBIDDEN_IN_CODE = {
    **{pattern: better for pattern, better in FORBIDDEN.items() if "draws?" not in pattern},
    r"(?:generators?|networks?|GANs?|mien) (?:draws?|drew)": "generate (the built-in faces are drawn by code)",
    r"in truth|hardly": "expected, almost not",
}


def read(page: Path) -> str:
    """A page; of the changes those that are not yet released, for the old ones stay as they were written."""
    text = page.read_text(encoding="utf-8")
    return text.partition("\n## 0.1.0")[0] if page == CHANGES else text


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(text: str) -> str:
    """The page without code, tables, formulas and headings; inline code and links as one word each."""
    text = INDENTED.sub("\n", FENCE.sub("\n", text))
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    text = re.sub(r"^(?:\|.*|#+ .*)$", "", text, flags=re.MULTILINE)
    text = re.sub(r"`[^`]*`", "CODE", text)
    text = re.sub(r"\$[^$\n]+\$", "FORMULA", text)
    return LINK.sub(lambda link: link["text"], text)


def sentences(text: str) -> list[str]:
    """The sentences of a page's prose; a list item or a paragraph ends one, too."""
    found = []
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", prose(text)):
        block = " ".join(block.split())
        for word in ABBREVIATIONS:
            block = block.replace(word, word[:-1])
        found += [sentence for sentence in SENTENCE_END.split(block) if sentence]
    return found


def words(sentence: str) -> int:
    return len(re.findall(r"[^\W_][\w'’.,×%-]*", sentence))


def code(text: str) -> list[str]:
    """The lines of a page's code blocks, continued lines joined."""
    blocks = [match[0] for match in (*FENCE.finditer(text), *INDENTED.finditer(FENCE.sub("\n", text)))]
    return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def commands(text: str) -> list[list[str]]:
    """Every `mien …` command in a page's code blocks, without comments and alternatives in brackets."""
    found = []
    for line in code(text):
        for part in line.partition("#")[0].split(";"):
            call = re.match(
                r"(?:\$ )?(?:OMP_NUM_THREADS=\d+ )?(?:torchrun .*-m |- exec )?(mien(?: .*)?)$", part.strip()
            )
            if call:
                found.append(shlex.split(re.sub(r"[\[\]()]", " ", call[1]).replace("|", " "), posix=True))
    return found


@functools.cache
def flags_of(verb: tuple[str, ...]) -> frozenset[str]:
    """The flags that `mien VERB --help` lists."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert cli.run([*verb, "--help"]) == 0
    return frozenset(re.findall(r"^\W*(?:-h, )?(--[a-z][a-z0-9-]*)", printed.getvalue(), re.MULTILINE)) | {"--json"}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", read(page)), re.MULTILINE)
    plain = (LINK.sub(lambda link: link["text"], heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_sentences_are_short(page: Path) -> None:
    found = [(words(sentence), sentence) for sentence in sentences(read(page))]
    long = [f"{count} words: {sentence}" for count, sentence in found if count > MOST_WORDS]
    assert not long, "\n".join(["split these sentences:", *long])


def private_words(text: str, forbidden: dict[str, str]) -> list[str]:
    return [
        f"{match[0]!r} in '…{text[max(match.start() - 30, 0) : match.end() + 30]}…': write {better}"
        for pattern, better in forbidden.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
    ]


def texts(source: str) -> Iterator[str]:
    """The docstrings and messages of a Python file, without code and quoted words. A single word is a key or a name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\w\S? \w", node.value):
            yield re.sub(rf"`[^`]*`|\"[^\"\n]*\"|\b(?:{ALLOWED})\b", "CODE", node.value)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_words_are_those_of_the_field(page: Path) -> None:
    found = private_words(prose(read(page)), FORBIDDEN)
    assert not found, "\n".join(found)


def test_docstrings_and_messages_have_the_words_of_the_field() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for text in texts(path.read_text(encoding="utf-8"))
        for line in private_words(text, FORBIDDEN_IN_CODE)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_resolve(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", INDENTED.sub("\n", FENCE.sub("", read(page))))
    lost = []
    for link in LINK.finditer(text):
        name, _, anchor = link["target"].partition("#")
        if "://" in name:
            continue
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(link["target"])
    assert not lost, f"no such file or heading: {lost}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_exist(page: Path) -> None:
    wrong = []
    for _, *arguments in commands(read(page)):
        if not arguments or arguments[0].startswith("-"):
            continue  # mien, mien --help
        if arguments[0] == "sharpen":
            continue  # CONTRIBUTING's package adds it; tests/commands/test_installed_verbs.py runs it
        verb = tuple(arguments[: 2 if arguments[0] in cli.GROUPS and len(arguments) > 1 else 1])
        if verb[0] not in cli.verbs() or (len(verb) == 2 and verb[1] not in cli.GROUPS[verb[0]]):
            wrong.append(f"mien {' '.join(verb)} is no verb")
            continue
        given = {argument.partition("=")[0] for argument in arguments if argument.startswith("--")}
        wrong += [f"mien {' '.join(verb)} has no flag {flag}" for flag in sorted(given - flags_of(verb) - {"--help"})]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_names_in_python_exist(page: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)
    for node in (node for block in blocks for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mien":
            module = importlib.import_module(str(node.module))
            missing = [name.name for name in node.names if not hasattr(module, name.name)]
            assert not missing, f"{node.module} has no {missing}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "mien":
            assert hasattr(mien, node.attr), f"there is no mien.{node.attr}"


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    reached, waiting = set(), [index]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = (link["target"].partition("#")[0] for link in LINK.finditer(read(page)))
        waiting += [(page.parent / target).resolve() for target in targets if target and "://" not in target]
    lost = [page_id(page) for page in PAGES if page not in reached]
    assert not lost, f"no page leads to {lost}"


def test_the_checks_find_what_they_are_for() -> None:
    text = "# A picture\n\nA face is *drawn*. One `picture` more.\n\n| a picture |\n\n    mien train --data x\n"
    assert sentences(text) == ["A face is *drawn*.", "One CODE more."]
    assert commands(text + "```\nmien data check a/ --sheet x   # why\n```\n") == [
        ["mien", "data", "check", "a/", "--sheet", "x"],
        ["mien", "train", "--data", "x"],
    ]
    assert "--data" in flags_of(("train",)) and "--sheet" not in flags_of(("data", "check"))
    assert words("Seeds 0-63 take 1,000 images of 64 px.") == 8
    source = 'def f(n):\n    """Give `pictures` of "whole" faces."""\n    say(f"{n} pictures were kept", "picture")\n'
    found = [line for text in texts(source) for line in private_words(text, FORBIDDEN_IN_CODE)]
    assert [line.split()[0] for line in found] == ["'pictures'", "'kept'"]


def values(arguments: list[str], flag: str) -> list[str]:
    """The values of a flag that may be repeated."""
    return [value for name, value in itertools.pairwise(arguments) if name == flag]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_recipes_and_settings_exist(page: Path) -> None:
    for _, verb, *arguments in (words for words in commands(read(page)) if len(words) > 2):
        if verb != "train" or arguments[0].startswith(("-", "$")) or ".py" in arguments[0]:
            continue
        changes = [value.replace("$D", "2000000") for value in values(arguments, "--set")]
        wanted = recipes.find(arguments[0])
        wanted.override(tuple(change for change in changes if not change.startswith(("augment.", "condition."))))
        for several in values(arguments, "--recipes"):
            assert all(recipes.find(name) for name in several.split(","))


def test_the_file_of_the_course_is_a_recipe(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"^```python\n(# my_gan.py.*?)^```", read(ROOT / "docs" / "from-gan-to-r3gan.md"), re.M | re.S
    )
    (tmp_path / "my_gan.py").write_text(block, encoding="utf-8")
    settings = {path for path, _, _ in paths(recipes.find(f"{tmp_path}/my_gan.py:pairing"))}
    assert {"discriminator.terms.r1.weight", "discriminator.terms.r2.weight"} <= settings
