"""The Chinese pages keep step with the English ones: headings, commands, code, images, tables and languages' links."""

import re
from pathlib import Path

import pytest
from test_docs import FENCE, INDENTED, LINK, code

ROOT = Path(__file__).parents[1]
ENGLISH = {
    "README.md": "README.{}.md",
    "docs/quick-start.md": "docs/{}/quick-start.md",
    "docs/recipes/hw6.md": "docs/{}/hw6.md",
    "docs/submit.md": "docs/{}/submit.md",
    "docs/symptoms.md": "docs/{}/symptoms.md",
}
"""English page -> its translations, by language."""
PAIRS = [(page, language) for page in ENGLISH for language in ("zh-CN", "zh-TW")]
NAMES = {"en": "English", "zh-CN": "简体中文", "zh-TW": "繁體中文"}
SIMPLIFIED, TRADITIONAL = "这训练图网络运数据个们来时后", "這訓練圖網絡運數據個們來時後"


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def skeleton(page: str) -> dict[str, list[str]]:
    """What a translation leaves as it is: its structure, and all that a reader types or sees from mien."""
    text = read(page)
    plain = INDENTED.sub("\n", FENCE.sub("\n", text))
    return {
        "headings": [f"{marks} {' '.join(re.findall('`.*?`', rest))}" for marks, rest in headings(plain)],
        "code": [line.partition(" #")[0].rstrip() for line in code(text)],
        "inline code": sorted(re.findall(r"`[^`\n]+`", without_link_to_chinese(plain))),
        "images": [Path(link["target"]).name for link in LINK.finditer(plain) if link[0].startswith("!")],
        "table rows": [str(line.count("|")) for line in plain.splitlines() if line.startswith("|")],
        "list items": [line[:2] for line in without_link_to_chinese(plain).splitlines() if line.startswith("- ")],
    }


def headings(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^(#+) (.*)$", text, re.MULTILINE)


def without_link_to_chinese(text: str) -> str:
    """The page without the line that leads to the other Chinese pages, which the English page does not need."""
    return re.sub(r"^- 作[业業]六：.*$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("page, language", PAIRS)
def test_a_translation_keeps_step(page: str, language: str) -> None:
    english, other = skeleton(page), skeleton(ENGLISH[page].format(language))
    for part, expected in english.items():
        assert other[part] == expected, f"{part} of {ENGLISH[page].format(language)} differ from {page}"


@pytest.mark.parametrize("page, language", PAIRS)
def test_a_translation_is_in_its_own_script(page: str, language: str) -> None:
    text = "".join(read(ENGLISH[page].format(language)).split("\n\n")[2:])
    wrong = set(text) & set(SIMPLIFIED if language == "zh-TW" else TRADITIONAL)
    assert not wrong - (set(SIMPLIFIED) & set(TRADITIONAL)), wrong


@pytest.mark.parametrize("page", ENGLISH)
def test_each_page_leads_to_its_other_languages(page: str) -> None:
    there = {"en": page, **{language: ENGLISH[page].format(language) for language in ("zh-CN", "zh-TW")}}
    for language, own in there.items():
        line = read(own).split("\n\n")[1]
        found = {link["text"]: (ROOT / own).parent / link["target"] for link in LINK.finditer(line)}
        expected = {NAMES[other]: ROOT / path for other, path in there.items() if other != language}
        assert {name: path.resolve() for name, path in found.items()} == expected
        assert line.split(" · ")[list(NAMES).index(language)] == NAMES[language]
