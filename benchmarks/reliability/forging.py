"""Mutations of JSON and of bytes, as an attacker or a failing disk makes them."""

from __future__ import annotations

import json
import random as randoms
from typing import Any

CANARY = "evil.py:canary"  # a user's file that must not be executed
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
RAW = {  # what json.dumps cannot write
    "@nan": "NaN",
    "@inf": "Infinity",
    "@1e400": "1e400",
    "@digits": "1" * 5000,
    "@digits19": "9" * 19,
    "@surrogate": '"\\ud800"',
    "@nul": '"\\u0000"',
    "@deep": "[" * 100_000 + "]" * 100_000,
    "@deeper": '{"a":' * 900 + "1" + "}" * 900,
    "@cut": '"',
}
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        -1,
        0,
        1,
        2,
        7,
        10**6,
        10**9,
        10**12,
        10**18,
        -(10**18),
        10**30,
        0.5,
        -0.5,
        1e300,
        -1e300,
        5e-324,
    ),
    *("", "x", "none", "1", "../../../etc/passwd", "/dev/zero", "\n", "é" * 50, "x" * 10**5, SCRIPT, CANARY),
    *("os:system", "builtins:eval", "mien.__main__:main", "mien.cli:run", "mien.runs.directory:RunDirectory"),
    *("mien.networks.dcgan:DCGANGenerator", "mien.losses.penalties:R1", "evil.py:Net", "\x1b[2J"),
    *([], {}, [[]], [None], {"class": "os:system"}, {"class": "mien.recipes.recipe:Recipe"}, {"x": {"y": {"z": []}}}),
    *(list(range(300)), {str(key): key for key in range(300)}, [[1, 2], [3, 4]], [1e300, -1e300], ["a", 1]),
    *RAW,
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Yields the path to every value inside, the document itself first."""
    found = [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        found += places(part, (*path, key))
    return found


def forged(value: Any, random: randoms.Random) -> tuple[str, str]:
    """Returns (the text of a JSON document with one change, a description of the change)."""
    value = json.loads(json.dumps(value))
    path = random.choice(places(value))
    if not path:
        new = random.choice(VALUES)
        return text_of(new), f"all = {shown(new)}"
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    how = random.choice(["set", "set", "set", "set", "set", "remove", "rename", "add", "near", "near"])
    where = ".".join(map(str, path))
    key, old = path[-1], inner[path[-1]]
    if how == "remove":
        del inner[key]
        return text_of(value), f"{where} removed"
    if how == "rename" and isinstance(inner, dict):
        inner[random.choice(["x", "", SCRIPT, "class"])] = inner.pop(key)
        return text_of(value), f"{where} renamed"
    if how == "add":
        if isinstance(inner, dict):
            inner["added"] = random.choice(VALUES)
        else:
            inner.append(random.choice(VALUES))
        return text_of(value), f"something added beside {where}"
    if how == "near" and isinstance(old, int | float) and not isinstance(old, bool):
        inner[key] = random.choice([-old, old + 1, old * 10**6, old / 3, old * 2, str(old), [old]])
    else:
        inner[key] = random.choice(VALUES)
    return text_of(value), f"{where} = {shown(inner[key])}"


def text_of(value: Any) -> str:
    text = json.dumps(value)
    for word, raw in RAW.items():
        text = text.replace(json.dumps(word), raw)
    return text


def shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:60] + "…"


def damaged(data: bytes, random: randoms.Random) -> tuple[bytes, str]:
    """Returns (bytes as a failing disk or a bad transfer leaves them, a description of the change)."""
    if not data:
        return random.randbytes(40), "junk in an empty file"
    place = random.randrange(len(data) + 1)
    how = random.choice(["cut", "flip", "flips", "zeros", "junk", "end", "front", "utf-16", "empty", "twice", "latin"])
    if how == "cut":
        return data[:place], f"cut at {place}"
    if how in ("flip", "flips"):
        found = bytearray(data)
        for _ in range(1 if how == "flip" else 20):
            found[random.randrange(len(found))] ^= 1 << random.randrange(8)
        return bytes(found), how
    if how == "zeros":
        return data[:place] + b"\0" * (len(data) - place), f"zeros from {place}"
    if how == "junk":
        return data[:place] + random.randbytes(20) + data[place + 20 :], f"junk at {place}"
    if how == "end":
        return data + random.randbytes(50), "junk at the end"
    if how == "front":
        return b"\xef\xbb\xbf" + data, "a byte order mark"
    if how == "utf-16":
        return data.decode("latin-1").encode("utf-16"), "UTF-16"
    if how == "twice":
        return data + data, "twice"
    if how == "latin":
        return data[:place] + b"\xe9\xff" + data[place:], f"bytes that are not UTF-8 at {place}"
    return b"", "empty"
