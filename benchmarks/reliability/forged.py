"""Forged and damaged files: one file of a run or a set is changed, then the verbs that read it run.

Each verb must succeed or end in one line with a documented exit code, within a time limit. No code of the files may
run. Pages must escape their text.
"""

from __future__ import annotations

import json
import os
import random as randoms
import shutil
from pathlib import Path

import forging
import harness
import victims

RUN = (
    "recipe.json",
    "config.json",
    "status.json",
    "best.json",
    "latest.json",
    "environment.json",
    "data.json",
    "directions.json",
)
ROWS = ("stats.jsonl", "metrics.jsonl", "events.jsonl")
OTHERS = ("command.txt", ".lock", "samples", "reals.png", "log.txt")
STATE = ("state.json", "manifest.json")
SET = ("dataset.json", "images.npy", "labels.npy")
LABELS = ("stylegan", "metadata")
KINDS = (*("run",) * 8, *("rows",) * 3, "other", "state", *("set",) * 3, *("labels",) * 2)

made: dict[Path, victims.Victims] = {}


def case(index: int, random: randoms.Random, folder: Path) -> str | None:
    home = folder.parent / "victims"
    if home not in made:
        made[home] = victims.make(home)
    files = made[home]
    kind = random.choice(KINDS)
    (folder / "evil.py").write_text(f"open({str(folder / 'executed')!r}, 'w')\n")
    if kind == "set":
        place = Path(shutil.copytree(files.prepared, folder / "set"))
        changed = damage(place / random.choice(SET), random)
        wrong = verbs(folder, [["data", "check", "set"], ["evaluate", "set", "--data", str(files.prepared), *SHARP]])
    elif kind == "labels":
        which = random.choice(LABELS)
        place = Path(shutil.copytree(getattr(files, which), folder / "pictures"))
        changed = damage(next(place.glob("*.json*")), random)
        wrong = verbs(folder, [["data", "check", "pictures"]])
    else:
        place = Path(shutil.copytree(files.run, folder / "run"))
        changed = damage(target(place, kind, random), random)
        wrong = verbs(folder, of_a_run(random))
    if wrong is None and (folder / "executed").exists():
        wrong = "code of a stranger's file was executed"
    wrong = wrong or unescaped(folder)
    return f"{changed}: {wrong}" if wrong else None


SHARP = ("--metrics", "sharpness", "--num", "4", "--device", "cpu")


def target(run: Path, kind: str, random: randoms.Random) -> Path:
    if kind == "state":
        newest = sorted((run / "checkpoints").glob("kimg-*"))[-1]
        return newest / random.choice(STATE)
    name = random.choice(RUN if kind == "run" else ROWS if kind == "rows" else OTHERS)
    return random.choice(sorted((run / name).glob("*.png"))) if name == "samples" else run / name


def of_a_run(random: randoms.Random) -> list[list[str]]:
    """Runs two verbs that read a run."""
    known = [
        ["resume", "run", "--budget", "+8img", "--device", "cpu"],
        ["generate", "run", "--seeds", "0-1"],
        ["generate", "run", "--seeds", "0-1", "--snapshot", "best", "--direction", "0=1"],
        ["evaluate", "run", *SHARP],
        ["report", "run"],
        ["compare", "run", "run2"],
        ["gradients", "run"],
        ["video", "run"],
        ["train", "--init", "run", "--data", "run2/set", "--dry-run", "--device", "cpu"],
    ]
    return random.sample([*known, known[0], known[0]], 2)


def verbs(folder: Path, lines: list[list[str]]) -> str | None:
    """Returns what is wrong with the end of one of them."""
    if any("run2" in word for words in lines for word in words):
        home = made[folder.parent / "victims"]
        shutil.copytree(home.run, folder / "run2")
        shutil.copytree(home.prepared, folder / "run2" / "set")
    for words in lines:
        wrong, _, _ = victims.tried(*words, cwd=folder)
        if wrong:
            return wrong
    return None


def damage(path: Path, random: randoms.Random) -> str:
    """Changes one file. Returns a description of the change."""
    if not path.exists():
        path.write_bytes(b"{}")
    if random.random() < 0.12:
        what = random.choice(victims.REPLACEMENTS)
        victims.replaced(path, what)
        return f"{path.name} replaced by {what}"
    data = path.read_bytes()
    if path.suffix == ".npy" and random.random() < 0.7:
        data, how = forged_array(data, random)
    elif path.suffix == ".json" and random.random() < 0.8:
        text, how = forging.forged(json.loads(data), random)
        data = text.encode()
    elif path.suffix == ".jsonl" and random.random() < 0.8:
        lines = data.decode().splitlines()
        row = random.randrange(len(lines))
        lines[row], how = forging.forged(json.loads(lines[row]), random)
        data, how = ("\n".join(lines) + "\n").encode(), f"row {row}: {how}"
    else:
        data, how = forging.damaged(data, random)
    path.write_bytes(data)
    fix_manifest(path)
    return f"{path.name}: {how}"


def fix_manifest(path: Path) -> None:
    """Corrects the sums of a forged file, as an attacker would."""
    import hashlib

    manifest = path.parent / "manifest.json"
    is_small = path.is_file() and path.stat().st_size < 1 << 30  # no pipe, no device, no terabyte
    if path.name != "manifest.json" and manifest.exists() and is_small:
        sums = json.loads(manifest.read_bytes())
        sums[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest.write_text(json.dumps(sums))


def forged_array(data: bytes, random: randoms.Random) -> tuple[bytes, str]:
    """Writes an .npy file with another header of the same length."""
    end = 10 + int.from_bytes(data[8:10], "little")
    header, body = data[10:end].decode(), data[end:]
    shape = header[header.index("(") : header.index(")") + 1]
    shapes = ["()", "(1,)", "(-1, 2)", "(10**9,)", "(9223372036854775807, 16)", "(True, 16)", "None"]
    others = ["(" * 200, "{" * 60, "__import__('os').system('touch executed')", "{'descr': 1}", "\x00" * 50, "9" * 100]
    kinds = [
        header.replace("|u1", kind).replace("<f4", kind) for kind in ("|O", "<f8", "<U9", "zz", "[(", ">u1", "|b1")
    ]
    changed = [header.replace(shape, random.choice(shapes)), header.replace("False", "True")]
    new = random.choice([*changed, random.choice(kinds), random.choice(others)])
    new = new[: len(header) - 1].ljust(len(header) - 1) + "\n"
    return data[:10] + new.encode("latin-1") + body, f"header {new.strip()[:80]!r}"


def unescaped(folder: Path) -> str | None:
    """Returns whether a page holds the text of a file without escapes."""
    for page in folder.rglob("*.html"):
        if "<img src=x" in (text := page.read_text()) or "<script>alert(1)" in text:
            return f"{page.name} holds a script of a stranger's file"
    return None


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    harness.main("forged", case, default_count=600, quick_count=20)
