"""The rooms of the package, in order: `python tests/rooms.py` prints rooms, floors, arrows and back arrows.

A room is a module or a package directly below `mien`. A room imports rooms of lower floors only. An arrow is a pair of
rooms of which one imports the other. A back arrow goes up, or to a room of the same floor.
"""

from __future__ import annotations

import ast
from pathlib import Path

FLOORS = (
    ("errors",),
    ("runtime", "protocols"),
    ("config", "media", "batch"),
    ("networks", "games", "losses", "data"),
    ("runs", "metrics", "augmentation", "training", "conditioning"),
    ("recipes", "faces"),
    ("inference", "reports"),
    ("evaluation", "toy", "exporters"),
    ("trainer", "web"),
    ("commands", "cli", "__main__", ""),  # "": mien/__init__.py
)
"""The lowest floor first."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TOP = len(FLOORS) - 1
ROOT = Path(__file__).parent.parent / "src" / "mien"
MODULES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    """src/mien/losses/term.py -> "mien.losses.term"."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(["mien", *(part for part in parts if part != "__init__")])


NAMES = {name_of(path) for path in MODULES}


def room_of(module: str) -> str:
    """ "mien.losses.term" -> "losses"; "mien" -> ""."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path, source: str | None = None) -> set[str]:
    """The modules that a file imports anywhere, except for the type checker alone. source: its text, if not on disk."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            package = name_of(path).split(".")[: None if path.name == "__init__.py" else -1]
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            base = base if node.level else node.module or ""
            below = {f"{base}.{alias.name}" for alias in node.names}
            found.update(below & NAMES or {base})
            if below - NAMES and below & NAMES:
                found.add(base)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(source or path.read_text()))
    return found


def own_imports(path: Path, source: str | None = None) -> set[str]:
    """Those of mien's own modules."""
    return {module for module in imports(path, source) if module == "mien" or module.startswith("mien.")}


def is_wrong(here: str, there: str) -> bool:
    """Whether room `here` may not import room `there`. Everyone may read mien's version; the top floor is one."""
    if there in ("", here) or FLOOR[here] == FLOOR[there] == TOP:
        return False
    return FLOOR[there] >= FLOOR[here]


def wrong_imports(path: Path, source: str | None = None) -> list[str]:
    here = room_of(name_of(path))
    return sorted(module for module in own_imports(path, source) if is_wrong(here, room_of(module)))


def arrows() -> dict[tuple[str, str], list[str]]:
    """(room, room that it imports) -> the files that do."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in MODULES:
        here = room_of(name_of(path))
        for there in {room_of(module) for module in own_imports(path)} - {here, ""}:
            found.setdefault((here, there), []).append(str(path.relative_to(ROOT)))
    return found


def main() -> None:
    found = arrows()
    back = {pair: files for pair, files in found.items() if is_wrong(*pair)}
    for number, rooms in reversed(list(enumerate(FLOORS, 1))):
        print(f"{number:2}  {'  '.join(room or '__init__' for room in rooms)}")
    print(f"rooms {len(FLOOR)}, floors {len(FLOORS)}, arrows {len(found)}, back arrows {len(back)}")
    for (here, there), files in sorted(back.items()):
        print(f"  {here} -> {there}: {', '.join(sorted(files))}")


if __name__ == "__main__":
    main()
