"""Files of tensors: snapshots, checkpoints, latents and directions that are cut, changed, forged, swapped or of a
wrong shape.

Each verb that reads them must succeed or end in one line with a documented exit code. A forged checkpoint has sums
that fit, because an attacker writes those, too.
"""

from __future__ import annotations

import json
import os
import random as randoms
import shutil
import struct
from pathlib import Path
from typing import Any

import forged
import forging
import harness
import victims

CHANGES = (
    *("damaged", "damaged", "header", "header", "recipe"),
    *("renamed", "shape", "type", "numbers", "dropped", "swapped"),
)


def case(index: int, random: randoms.Random, folder: Path) -> str | None:
    home = folder.parent / "victims"
    if home not in forged.made:
        forged.made[home] = victims.make(home)
    run = Path(shutil.copytree(forged.made[home].run, folder / "run"))
    (folder / "evil.py").write_text(f"open({str(folder / 'executed')!r}, 'w')\n")
    snapshots, checkpoint = sorted((run / "snapshots").glob("*.safetensors")), sorted(run.glob("checkpoints/*"))[-1]
    tensors = sorted(checkpoint.glob("*.safetensors"))
    path = random.choice([snapshots[-1], *[random.choice(tensors)] * 2, run / "latents.safetensors",
                          run / "directions.safetensors"])  # fmt: skip
    changed = f"{path.relative_to(run)}: {change(path, random)}"
    forged.fix_manifest(path)
    draw = ["generate", "run", "--seeds", "0-1"]
    lines = {
        "snapshots": [draw, ["evaluate", "run", *forged.SHARP], ["train", "--init", str(path), *BEGIN]],
        checkpoint.name: [
            ["resume", "run", "--budget", "+8img", "--device", "cpu"],
            ["train", "--init", "run", *BEGIN],
        ],
        "run": [
            [*draw, "--direction", "0=1"],
            ["interpolate", "run", "--latent", "run/latents.safetensors", "--frames", "2"],
        ],
    }[path.parent.name]
    wrong = forged.verbs(folder, lines)
    if wrong is None and (folder / "executed").exists():
        wrong = "code of a stranger's file was executed"
    return f"{changed}: {wrong}" if wrong else None


BEGIN = ("--data", "run2/set", "--dry-run", "--device", "cpu", "--resolution", "16")


def change(path: Path, random: randoms.Random) -> str:
    """Changes one file of tensors. Returns a description of the change."""
    if random.random() < 0.08:
        what = random.choice(victims.REPLACEMENTS)
        victims.replaced(path, what)
        return f"replaced by {what}"
    how, data = random.choice(CHANGES), path.read_bytes()
    header, body = split(data)
    names = [name for name in header if name != "__metadata__"]
    if how == "damaged" or not names:
        data, how = forging.damaged(data, random)
        path.write_bytes(data)
        return how
    name = random.choice(names)
    if how == "header":
        text, how = forging.forged(header, random)
        path.write_bytes(joined(text.encode(), body))
        return f"header: {how}"
    if how == "recipe":
        if "__metadata__" not in header:
            return "nothing"
        text, how = forging.forged(json.loads(header["__metadata__"]["mien"]), random)
        header["__metadata__"]["mien"] = text
    elif how == "renamed":
        header[random.choice(["x", "G/x", "G/", "labels/kept", "/", "", "../x", name.upper()])] = header.pop(name)
    elif how == "shape":
        header[name]["shape"], body = reshaped(header[name], body, random)
    elif how == "type":
        size = {"F32": ["I32", "U32"], "F16": ["BF16"], "I64": ["F64", "U64"]}.get(header[name]["dtype"], ["U8"])
        header[name]["dtype"] = random.choice(size)
    elif how == "numbers":
        begin, end = header[name]["data_offsets"]
        new = random.choice([b"\xff", b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f", b"\xff\xff\x7f\x7f", b"\0"])
        body = body[:begin] + (new * (end - begin))[: end - begin] + body[end:]
    elif how == "dropped":
        return dropped(path, header, body, name)
    else:
        other = random.choice(names)
        header[name], header[other] = header[other], header[name]
    path.write_bytes(joined(json.dumps(header).encode(), body))
    return f"{how} {name}"


def dropped(path: Path, header: dict[str, Any], body: bytes, name: str) -> str:
    """Removes one tensor and moves the others up."""
    begin, end = header.pop(name)["data_offsets"]
    for entry in (part for key, part in header.items() if key != "__metadata__"):
        entry["data_offsets"] = [place - (end - begin) * (place >= end) for place in entry["data_offsets"]]
    path.write_bytes(joined(json.dumps(header).encode(), body[:begin] + body[end:]))
    return f"dropped {name}"


def reshaped(entry: dict[str, Any], body: bytes, random: randoms.Random) -> tuple[list[int], bytes]:
    """Returns a shape with as many numbers, or with others."""
    count = 1
    for side in entry["shape"]:
        count *= side
    return random.choice([[count], [1, *entry["shape"]], [count, 1, 1], entry["shape"][::-1], [0], [2**62, 4]]), body


def split(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: bytes, body: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + body


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    harness.main("model-files", case, default_count=300, quick_count=20)
