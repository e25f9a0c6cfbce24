"""mien evaluate: score images against real ones: FID, KID, Inception Score, precision and recall, face rate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from mien.commands.shared_flags import SnapshotFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.evaluation.image_sets import ImageSet


@dataclass(frozen=True)
class Evaluated(VerbResult):
    """rows: one for each number, as in metrics.jsonl. written: the file that has them now, if any."""

    target: str
    rows: list[dict[str, Any]]
    written: str | None

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def __str__(self) -> str:
        shown = [("", "value", "std", "of real", "N real", "N fake", "by"), *map(cells, self.rows)]
        widths = [max(len(line[column]) for line in shown) for column in range(len(shown[0]))]
        lines = []
        for line in shown:
            numbers = (cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:]))
            lines.append("  ".join([line[0].ljust(widths[0]), *numbers, line[-1]]).rstrip())
        whose: dict[str, list[str]] = {}
        for row in self.rows:
            for warning in row["warnings"]:
                whose.setdefault(warning, []).append(row["metric"])
        lines += [line for row in self.rows for line in row.get("details", [])]
        lines += [f"warning ({', '.join(names)}): {warning}" for warning, names in whose.items()]
        return "\n".join([*lines, *([f"added to {self.written}"] if self.written else [])])


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    by = f"{row['extractor']}, {row['resize']}" if row["extractor"] else ""
    by = ", ".join(part for part in (by, row["settings"]) if part)
    counts = (f"{row['n_real']:,}" if row["n_real"] else "", f"{row['n_fake']:,}")
    return (row["metric"], number(row["value"]), number(row["std"]), number(row["real"]), *counts, by)


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.6f}" if abs(value) < 1 else f"{value:.4f}"


@takes_groups
def evaluate(
    target: tyro.conf.Positional[str],
    snapshot_flags: SnapshotFlags,
    *,
    data: str | None = None,
    metrics: str = "fid,kid,pr",
    num: int = 10_000,
    num_real: int | None = None,
    seeds: str | None = None,
    trunc: float = 1.0,
    to: Literal["A", "B"] | None = None,
    extractor: str = "auto",
    resize: Literal["clean", "legacy"] = "clean",
    weights: Path | None = None,
    detector: str | None = None,
    resolution: str | None = None,
    batch: int = 32,
    device: str = "auto",
    output: Path | None = None,
) -> Evaluated:
    """Score the images of a run, or of a folder, against real ones. The same command gives the same digits.

    Args:
        target: A run (folder, number, name, "last"), a snapshot, or a folder or archive of images.
        data: The real images: folder, archive, prepared set or "drawn". If left out: the run's training data.
        metrics: Names with commas between: fid, kid, mind, is, pr, afd, modes, agreement, fid_by_class, l1,
            sharpness, or my_metric.py:name.
        num: Number of generated images: seeds 0 to num-1 of a run, or at most this many images of a folder.
        num_real: Use at most this many real images. If left out: as many as --num.
        seeds: Seeds of a run's images, instead of --num: 0-49999.
        trunc: Truncation. Published numbers use 1.
        to: Target domain of a run that translates both ways.
        extractor: auto, inception, efficientnet-lite0 or mobilenet-v2. auto: inception if its weights are installed
            (mien weights).
        resize: Resize to the extractor's size by: clean (antialiased) or legacy (TensorFlow 1's bilinear).
        weights: File of the extractor's weights, .pth or .safetensors. If left out: the file in the cache.
        detector: Face detector of afd: anime, human, a cascade.xml or my_detector.py:function. If left out: anime.
        resolution: Compare the images of a folder at this size: 64, or 96x80. If left out: their own size.
        batch: Images per batch. A larger batch needs more memory and may change the last digit.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        output: Also append the rows to this file, one JSON object per line.
    """
    from mien.config.serialization import add_user_file
    from mien.evaluation.attribute_classifier import with_attribute_classifier
    from mien.evaluation.evaluate import score
    from mien.evaluation.image_sets import announce, is_run
    from mien.evaluation.resolve import choose_metrics
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.inference.translator import translates
    from mien.metrics.choose_extractor import choose_extractor
    from mien.runs.directory import RunDirectory, find
    from mien.runs.jsonl_log import JsonlLog
    from mien.runtime.device import pick_device

    snapshot, code, outdir = snapshot_flags.snapshot, snapshot_flags.code, snapshot_flags.outdir
    for flag, value in (("--num", num), ("--num-real", num_real), ("--batch", batch)):
        if value is not None and value < 1:
            raise UsageError(f"{flag} {value} is too small: it must be at least 1")
    check_truncation(trunc)
    chosen = parse_seeds(seeds if seeds is not None else f"0-{num - 1}")
    place = pick_device(device)
    chosen_metrics = choose_metrics(metrics, detector)
    if translates(target, outdir):
        wrong = {"--seeds": seeds, "--trunc": None if trunc == 1 else trunc, "--resolution": resolution}
        sides = image_sets_of_translation(target, data, num, num_real, to, snapshot, code, outdir, place, wrong)
    elif to is not None:
        raise UsageError(f"--to {to}: {target} does not translate; leave it out")
    elif is_run(target, outdir):
        sides = image_sets_of_run(
            target, data, chosen, seeds, trunc, snapshot, num_real, resolution, code, outdir, place
        )
    else:
        if code is not None:
            add_user_file(code)  # it may hold the layout of these images
        given = {"--seeds": seeds, "--snapshot": snapshot, "--trunc": None if trunc == 1 else trunc}
        sides = image_sets_of(target, data, num, num_real, resolution, given)
    real, fake = sides
    announce("fake", fake)
    announce("real", real)
    chosen_metrics = with_attribute_classifier(chosen_metrics, real)
    reads_features = any(metric.reads != "pixels" for metric in chosen_metrics)
    used = choose_extractor(extractor, resize, weights, place) if reads_features else None
    rows = score(real, fake, chosen_metrics, used, batch)
    journals = [JsonlLog(output)] if output else []
    if is_run(target, outdir) and not target.endswith(".safetensors"):
        journals.append(RunDirectory(find(target, outdir).path).metrics)
    for journal in journals:
        for row in rows:
            journal.append(row)
    return Evaluated(target, rows, str(journals[-1].path) if journals else None)


def image_sets_of_run(
    target: str,
    data: str | None,
    seeds: list[int],
    text: str | None,
    trunc: float,
    snapshot: str | None,
    num_real: int | None,
    resolution: str | None,
    code: Path | None,
    outdir: Path,
    device: Any,
) -> tuple[ImageSet, ImageSet]:
    from mien.evaluation.image_sets import generated_by, image_set_of, own_data
    from mien.inference.generator import load

    if resolution is not None:
        raise UsageError(f"--resolution {resolution}: a run's images have the run's resolution; leave it out")
    generator = load(target, snapshot, outdir=outdir, code=code, device=device)
    real = image_set_of(data or own_data(target, outdir), generator.resolution, num_real or len(seeds))
    return real, generated_by(generator, seeds, text or f"0-{len(seeds) - 1}", trunc, real)


def image_sets_of_translation(
    target: str,
    data: str | None,
    num: int,
    num_real: int | None,
    to: str | None,
    snapshot: str | None,
    code: Path | None,
    outdir: Path,
    device: Any,
    given: dict[str, Any],
) -> tuple[ImageSet, ImageSet]:
    from mien.evaluation.image_sets import own_data
    from mien.evaluation.translated_sets import target_images, translated_images
    from mien.inference.translator import load

    for flag, value in given.items():
        if value is not None:
            raise UsageError(f"{flag} {value}: {target} translates the images of --data unchanged; leave it out")
    translator = load(target, snapshot, outdir=outdir, code=code, device=device)
    domain, source = translator.domain(to), data or own_data(target, outdir)
    real = target_images(translator, source, num_real or num, domain)
    return real, translated_images(translator, source, num, domain)


def image_sets_of(
    target: str, data: str | None, num: int, num_real: int | None, resolution: str | None, given: dict[str, Any]
) -> tuple[ImageSet, ImageSet]:
    from dataclasses import replace

    from mien.data.layouts import detect
    from mien.evaluation.image_sets import common_size, image_set_of, resized
    from mien.media.pixels import parse_resolution

    for flag, value in given.items():
        if value is not None:
            raise UsageError(f"{flag} {value} is for a run: {target} is a set of images")
    if data is None:
        raise UsageError(f"mien evaluate {target} needs --data DATA: the real images to compare with")
    layouts = [detect(target), detect(data)]
    size = parse_resolution(resolution) if resolution else common_size(layouts)
    sides = image_set_of(data, size, num_real or num, layouts[1]), image_set_of(target, size, num, layouts[0])
    real, fake = (
        replace(side, doubts=(*side.doubts, *resized(layout, size))) for side, layout in zip(sides, reversed(layouts))
    )
    return real, fake
