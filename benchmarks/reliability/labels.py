"""Labels and layouts as people write them, and as accidents leave them: right labels, or one line; never silence.

Every attempt makes a small set of one format. Half of them only write it in another way (separators, encodings, case,
order): the labels must be right. The others damage it. Then all labels but those of the damaged rows must be right, or
the set must be refused in one line. If no labels are read, a note must name the file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import harness
from PIL import Image

from mien.data.layouts import Layout, detect
from mien.errors import DataError, FileError

COLOURS = ("red", "blue", "dark green", "größer", "银色")
Truth = dict[str, set[str]]


@dataclass
class Made:
    """A set on disk. `truth`: image -> its labels. `files`: the label files. `touched`: images whose labels the damage
    may have changed."""

    truth: Truth
    files: list[Path] = field(default_factory=list)
    kind: str | None = None
    touched: set[str] = field(default_factory=set)


def case(index: int, draw: random.Random, folder: Path) -> str | None:
    """Returns None, or what went wrong."""
    make = FORMATS[index % len(FORMATS)]
    made = make(draw, folder)
    damage = DAMAGES[index // len(FORMATS) % len(DAMAGES)] if made.files and draw.random() < 0.5 else None
    if damage:
        damage(draw, made)
        made.touched |= set(made.truth) if make is tags else set()  # a shorter text is a text
    what = f"{make.__name__}{f', {damage.__name__}' if damage else ''}"
    try:
        layout = detect(folder)
    except (DataError, FileError) as error:
        if damage is None:
            return f"{what}: refused: {error}"
        return f"{what}: not one line: {error}" if "\n" in str(error) or str(folder) not in str(error) else None
    wrong = judged(layout, made, damaged=damage is not None)
    return f"{what}: {wrong}" if wrong else None


def judged(layout: Layout, made: Made, *, damaged: bool) -> str | None:
    if layout.labels is None:
        names = {path.name for path in made.files}
        told = any(name in note for name in names for note in layout.notes)
        empty = damaged and not any(made.truth.values())
        if damaged and (told or empty or layout.kind.startswith("stylegan")):
            return None
        return f"no labels ({layout.kind}; {'; '.join(layout.notes)})" if any(made.truth.values()) else None
    if made.kind and layout.kind != made.kind and not damaged:
        return f"{layout.kind}, not {made.kind}"
    found = {
        entry: {name for name, on in zip(layout.label_names, row) if on}
        for entry, row in zip(layout.entries, layout.labels)
    }
    if not damaged and found.keys() != made.truth.keys():
        return f"pictures differ: {sorted(found.keys() ^ made.truth.keys())[:3]}"
    odd = [name for name, labels in found.items() if name not in made.touched and labels - made.truth.get(name, set())]
    lost = [name for name, labels in found.items() if made.truth.get(name, set()) - labels]
    lost = [name for name in lost if not (name in made.touched and found[name])]  # a changed value is a value
    lost = [name for name in lost if not (damaged and layout.kind.startswith("sidecar"))]
    if odd and len(odd) > damaged:  # a cut may shorten the last value
        return f"{odd[0]} has {sorted(found[odd[0]])}, not {sorted(made.truth[odd[0]])}"
    if lost and not damaged:
        return f"{lost[0]} lost {sorted(made.truth[lost[0]] - found[lost[0]])}"
    if lost and not any(word in " ".join(layout.notes) for word in ("unlabelled", "not in", "without", "twice")):
        return f"{lost[0]} lost its labels without a word"
    return None


# --- formats ----------------------------------------------------------------------------------------------------------


def pictures(folder: Path, names: list[str]) -> None:
    data = _png()
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _png(cache: list[bytes] = []) -> bytes:  # noqa: B006 (one picture for all)
    import io

    if not cache:
        file = io.BytesIO()
        Image.new("RGB", (8, 8), (200, 90, 9)).save(file, "PNG")
        cache.append(file.getvalue())
    return cache[0]


def named(draw: random.Random, count: int) -> list[str]:
    """Returns names of images, some in folders."""
    below = draw.choice(["", "faces/", "a/b/", "Faces/1/"])
    return [
        f"{below}{draw.choice(['', 'x', 'IMG_'])}{n:04d}.{draw.choice(['png', 'PNG', 'jpg'])}" for n in range(count)
    ]


def written(draw: random.Random, name: str) -> str:
    """Returns the same name as another system writes it."""
    return draw.choice([str, lambda n: n.replace("/", "\\"), lambda n: f"./{n}", lambda n: n.upper(), str.swapcase])(
        name
    )


def csv(draw: random.Random, folder: Path) -> Made:
    """metadata.csv with any separator, quoting, encoding and line ending."""
    names = named(draw, draw.randint(4, 12))
    separator = draw.choice(",;\t|")
    columns = ["file_name", "hair", "smile"]
    order = draw.sample(range(3), 3)
    heading = draw.choice([str, str.upper, lambda word: word.replace("_", " ") if word == "file_name" else word])
    truth, lines = {}, []
    for name in names:
        hair, smile = draw.choice(COLOURS), draw.random() < 0.5
        truth[name] = {f"hair={hair}"} | ({"smile"} if smile else set())
        values = [written(draw, name), hair, "1" if smile else "0"]
        lines.append([cell(draw, values[place], separator) for place in order])
    if len({row[order.index(2)].strip(' "') for row in lines}) < 2:  # a column of one value is a label of that name
        return csv(draw, folder)
    draw.shuffle(lines)
    head = [columns[place] if columns[place] != "file_name" else heading("file_name") for place in order]
    end = draw.choice(["\n", "\r\n", "\r"])
    text = end.join([separator.join(head), *(separator.join(row) for row in lines)]) + draw.choice(["", end, end + end])
    path = folder / draw.choice(["metadata.csv", "Metadata.CSV", "METADATA.csv"])
    pictures(folder, names)
    path.write_bytes(text.encode(draw.choice(["utf-8", "utf-8-sig", "utf-16"])))
    return Made(truth, [path])


def cell(draw: random.Random, value: str, separator: str) -> str:
    value = f'"{value}"' if draw.random() < 0.4 else value
    return f" {value} " if draw.random() < 0.2 and separator != "\t" and '"' not in value else value


def jsonl(draw: random.Random, folder: Path) -> Made:
    """metadata.jsonl with keys in any order."""
    names = named(draw, draw.randint(4, 12))
    truth, lines = {}, []
    for number, name in enumerate(names):
        hair, smile = draw.choice(COLOURS), number % 2 == 0
        truth[name] = {f"hair={hair}"} | ({"smile"} if smile else set())
        row = {"file_name": written(draw, name), "hair": hair, "smile": draw.choice([smile, smile])}
        keys = draw.sample(list(row), 3)
        lines.append(json.dumps({key: row[key] for key in keys}, ensure_ascii=draw.random() < 0.5))
    draw.shuffle(lines)
    path = folder / draw.choice(["metadata.jsonl", "Metadata.JSONL"])
    pictures(folder, names)
    path.write_bytes(
        draw.choice(["\n", "\r\n", "\n\n"]).join(lines).encode(draw.choice(["utf-8", "utf-8-sig", "utf-16"]))
    )
    return Made(truth, [path])


def stylegan(draw: random.Random, folder: Path) -> Made:
    """dataset.json with numbers, names or vectors, as a list or an object."""
    names = named(draw, draw.randint(4, 12))
    kind = draw.choice(["number", "name", "vector"])
    truth: Truth = {}
    rows: list[list[object]] = []
    for name in names:
        number = draw.randrange(4)
        label: object = {"number": number, "name": COLOURS[number], "vector": [int(n == number) for n in range(4)]}[
            kind
        ]
        truth[name] = {{"number": str(number), "name": COLOURS[number], "vector": f"label{number}"}[kind]}
        rows.append([written(draw, name), label])
    draw.shuffle(rows)
    path = folder / draw.choice(["dataset.json", "DATASET.JSON", "Dataset.json"])
    pictures(folder, names)
    labels: object = dict(rows) if draw.random() < 0.3 else rows  # type: ignore[arg-type]
    path.write_text(json.dumps({"labels": labels}), encoding=draw.choice(["utf-8", "utf-8-sig"]))
    return Made(truth, [path])


def celeba(draw: random.Random, folder: Path) -> Made:
    """list_attr_celeba.txt or .csv, inside the folder."""
    names = [f"{n:06d}.{draw.choice(['jpg', 'JPG'])}" for n in range(1, draw.randint(5, 12))]
    attributes = ["Bald", "Smiling", "Young"]
    below = draw.choice(["", "img_align_celeba/"])
    truth, lines = {}, []
    as_csv = draw.random() < 0.4
    separator = draw.choice(",;") if as_csv else " "
    for name in names:
        on = [draw.random() < 0.5 for _ in attributes]
        truth[below + name] = {word for word, yes in zip(attributes, on) if yes}
        values = [("1" if yes else draw.choice(["-1", "0"])).rjust(0 if as_csv else 2) for yes in on]
        lines.append(separator.join([name.lower(), *values]))
    draw.shuffle(lines)
    head = [separator.join(["image_id", *attributes])] if as_csv else [str(len(names)), " ".join(attributes)]
    path = folder / draw.choice(["list_attr_celeba", "LIST_ATTR_CELEBA"])
    path = path.with_suffix(".csv" if as_csv else ".txt")
    pictures(folder, [below + name for name in names])
    path.write_text(draw.choice(["\n", "\r\n"]).join([*head, *lines]), newline="")
    return Made(truth, [path])


def classes(draw: random.Random, folder: Path) -> Made:
    """Class folders, with parts around or inside them, and a single other image."""
    names = draw.sample(["smile", "Frown", "3", "größer", "a b", "trainer", "tested"], draw.randint(2, 4))
    truth: Truth = {}
    train = draw.choice(["train", "Train", "TRAINING", "train_set"])
    test = draw.choice(["test", "Val", "VALIDATION", "test_set"])
    style = draw.choice(["plain", "around", "inside", "top"])
    made = []
    for name in names:
        for number in range(draw.randint(4, 6)):
            for part in ("", test) if style in ("around", "inside") else ("",):
                place = {
                    "plain": name, "top": f"set/{name}", "around": f"{part or train}/{name}",
                    "inside": f"{name}/{part or train}",
                }[style]  # fmt: skip
                made.append(f"{place}/{number}.png")
                if not part:
                    truth[made[-1]] = {name}
    if draw.random() < 0.5:
        made.append(draw.choice(["preview.png", "Contact Sheet.png"]))
    pictures(folder, made)
    return Made(truth, kind="class folders")


def tags(draw: random.Random, folder: Path) -> Made:
    """A text of tags beside each image."""
    names = named(draw, 12)
    truth, files = {}, []
    words = ["red hair", "smile", "hat", "rain"]
    pictures(folder, names)
    for number, name in enumerate(names):
        chosen = [word for place, word in enumerate(words) if (number >> place) % 2 or number == place]
        truth[name] = set(chosen)
        path = (folder / name).with_suffix(draw.choice([".txt", ".TXT"]))
        path.write_bytes(
            ", ".join(draw.sample(["1girl", *chosen], len(chosen) + 1)).encode(draw.choice(["utf-8", "utf-16"]))
        )
        files.append(path)
    return Made(truth, files, "sidecar tags")


FORMATS: tuple[Callable[[random.Random, Path], Made], ...] = (csv, jsonl, stylegan, celeba, classes, tags)


NONSENSE = (
    *(b"", b"\0" * 100, b"null", b"[]", b"{}", b"\xff\xfe\x00", b"a,b\n1,2\n", b"[" * 5000),
    *(b'{"labels": 3}', b'{"labels": [[1, 2], "x"]}', b'{"labels": {"a": {}}}'),
)


# --- damages ----------------------------------------------------------------------------------------------------------


def cut(draw: random.Random, made: Made) -> None:
    """The file ends early."""
    path = draw.choice(made.files)
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(len(data))])


def flipped(draw: random.Random, made: Made) -> None:
    """Some bytes change; the affected rows are unknown."""
    path = draw.choice(made.files)
    data = bytearray(path.read_bytes())
    for _ in range(draw.randint(1, 5)):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(bytes(data))
    made.touched = set(made.truth)


def doubled(draw: random.Random, made: Made) -> None:
    """Lines are doubled, or missing."""
    path = draw.choice(made.files)
    text = path.read_bytes().split(b"\n")
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(text) or 1)
        text[place : place + 1] = [] if draw.random() < 0.4 else text[place : place + 1] * 2
    path.write_bytes(b"\n".join(text))
    made.touched = set(made.truth)  # in UTF-16 a line that moves by a byte is another text


def nonsense(draw: random.Random, made: Made) -> None:
    """The file has another content."""
    path = draw.choice(made.files)
    path.write_bytes(draw.choice([*NONSENSE, draw.randbytes(200)]))
    made.touched = set(made.truth)


def renamed(draw: random.Random, made: Made) -> None:
    """The images have other names than in the file."""
    folder = made.files[0].parent
    for name in list(made.truth):
        here = next((path for path in folder.rglob("*") if path.as_posix().endswith(f"/{name}")), None)
        if here and (draw.random() < 0.7 or name == next(iter(made.truth))):
            new = here.with_name(f"other {here.name}")
            here.rename(new)
            made.truth[name.rpartition("/")[0] + "/" * ("/" in name) + new.name] = set()
            del made.truth[name]
    made.touched = set()


DAMAGES = (cut, flipped, doubled, nonsense, renamed)

if __name__ == "__main__":
    harness.main("labels", case, default_count=2000, quick_count=60)
