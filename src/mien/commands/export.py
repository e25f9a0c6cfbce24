"""mien export: write a trained generator or translator in a format that other programs run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.exporters.graphs import Graph
    from mien.inference.generator import Generator
    from mien.inference.translator import Translator

ENDINGS = {"onnx": ".onnx", "torch": ".pt2"}


@dataclass(frozen=True)
class Exported(VerbResult):
    """files: file -> the largest difference of its numbers from mien's. inputs: file -> its inputs, one line each."""

    to: str
    files: dict[str, float]
    inputs: dict[str, list[str]]
    usage: str
    run: str
    kimg: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"exported {self.run} at {self.kimg:g} kimg"]
        for file, difference in self.files.items():
            lines.append(f"{file}: at most {difference:.1g} away from mien's numbers, in batches of 1, 3 and 8")
            lines += [f"  {one}" for one in self.inputs[file]]
        return "\n".join([*lines, "usage:", *(f"  {line}" for line in self.usage.splitlines())])


@dataclass(frozen=True)
class Published(VerbResult):
    """path: the folder. files: names in it. address: of the repository, None if nothing was uploaded."""

    path: Path
    files: tuple[str, ...]
    address: str | None

    def as_dict(self) -> dict[str, Any]:
        return {"path": str(self.path), "files": list(self.files), "address": self.address}

    def __str__(self) -> str:
        lines = [f"{self.path}: {', '.join(self.files)}", f"  try it   mien generate {self.path} --seeds 0-35 --grid"]
        if self.address:
            return "\n".join([*lines, f"  uploaded to {self.address}"])
        return "\n".join([*lines, "  read README.md, then upload it: add --push user/repo"])


@dataclass(frozen=True)
class Page(VerbResult):
    """path: the folder. bytes: the sizes of its files by name."""

    path: Path
    bytes: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {"path": str(self.path), "bytes": self.bytes}

    def __str__(self) -> str:
        size = sum(self.bytes.values()) / 1e6
        return (
            f"{self.path}: {len(self.bytes)} files, {size:.1f} MB\n"
            f"  try it   python -m http.server --directory {self.path}, then open http://localhost:8000\n"
            "  publish it on any server of static files"
        )


@takes_groups
def export(
    run_flags: RunFlags,
    *,
    to: Literal["onnx", "torch", "hub", "web"],
    output: Path | None = None,
    split: bool = False,
    precision: Literal["fp32", "fp16"] = "fp32",
    noise: Literal["fixed", "input"] = "fixed",
    data_license: str | None = None,
    push: str | None = None,
    private: bool = False,
    runtime: Path | None = None,
) -> Exported | Published | Page:
    """Write a generator or translator as a file that other programs run, and compare it with mien's own numbers.

    Args:
        to: onnx: for onnxruntime, browsers and other languages. torch: a program of torch.export, which needs only
            PyTorch. hub: a folder for Hugging Face, with a card, which mien.load and the other verbs read. web: a page
            that generates in the visitor's browser.
        output: A folder; or a file that ends in .onnx or .pt2, if there is one. If left out: "exported" in the run's
            folder.
        split: Write mapping (z to w) and synthesis (w to images) as two files.
        precision: fp16 halves an ONNX file. Inputs and outputs stay float32.
        noise: Noise of the style layers. fixed: as in mien generate. input: each layer's noise is an input.
        data_license: Licence of the training images, for the card of --to hub: "CC BY 4.0".
        push: Upload the folder of --to hub to this repository: user/repo.
        private: Make the repository of --push private, if it is new.
        runtime: Folder of the npm package onnxruntime-web, for --to web. If left out: the one in node_modules here.
    """
    check_flags(to, precision, split or noise != "fixed", data_license, push, private)
    if to == "hub":
        return publish(run_flags, output, data_license, push, private)
    if runtime is not None and to != "web":
        raise UsageError("--runtime belongs to --to web: leave it out")
    if to == "web":
        return export_page(run_flags, output, precision == "fp16", runtime)
    return export_graphs(run_flags, to, output, split, precision == "fp16", noise == "input")


def check_flags(
    to: str, precision: str, of_graphs: bool, data_license: str | None, push: str | None, private: bool
) -> None:
    """Raises UsageError for flags that do not belong together."""
    from mien.runs.hub import check_push

    if to in ("hub", "web") and (of_graphs or (to == "hub" and precision != "fp32")):
        raise UsageError("--split, --precision and --noise belong to --to onnx and torch: leave them out")
    if to == "torch" and precision != "fp32":
        raise UsageError("--precision fp16 belongs to --to onnx: a program of PyTorch has .half() of its own")
    if to != "hub" and (data_license or push):
        raise UsageError(f"{'--push' if push else '--data-license'} belongs to --to hub: leave it out")
    if private and not push:
        raise UsageError("--private belongs to --push user/repo: add it, or leave --private out")
    if push:
        check_push(push)


def publish(
    flags: RunFlags, output: Path | None, data_license: str | None, push: str | None, private: bool
) -> Published:
    """Write the folder for a hub and upload it if requested."""
    from mien.exporters.hub_folder import hub_files
    from mien.inference.generator import snapshot_path
    from mien.runs import hub
    from mien.runs.directory import find, folder_for_files
    from mien.runtime.atomic_files import io_errors, write_bytes

    folder = output or (folder_for_files(flags.run, flags.outdir) or Path()) / "exported" / "hub"
    run = None if Path(flags.run).suffix == ".safetensors" else find(flags.run, flags.outdir)
    model, snapshot = flags.load_any("cpu"), snapshot_path(flags.run, flags.snapshot, flags.outdir)
    files = hub_files(model, snapshot, run, data_license, push or "user/repo")
    with io_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_bytes(folder / name, data)
    address = hub.push(folder, list(files), push, private) if push else None
    return Published(folder, tuple(files), address)


def export_page(flags: RunFlags, output: Path | None, half: bool, runtime: Path | None) -> Page:
    """Write the folder of a page that runs the network in a browser."""
    from mien.exporters import onnx_file
    from mien.exporters.web_folder import runtime_files, web_files
    from mien.runs.directory import folder_for_files
    from mien.runtime.atomic_files import io_errors, write_bytes

    onnx_file.check_installed()
    parts = runtime_files(runtime)
    folder = output or (folder_for_files(flags.run, flags.outdir) or Path()) / "exported" / "web"
    files = web_files(flags.load_any("cpu"), parts, half)
    with io_errors(folder):
        (folder / "runtime").mkdir(parents=True, exist_ok=True)
        files |= {f"runtime/{name}": path.read_bytes() for name, path in parts.items()}
    for name, data in files.items():
        write_bytes(folder / name, data)
    return Page(folder, {name: len(data) for name, data in files.items()})


def export_graphs(
    run_flags: RunFlags, to: str, output: Path | None, split: bool, half: bool, noise_inputs: bool
) -> Exported:
    """Write the files of a run's graphs, each compared with mien's numbers first."""
    from mien.exporters import onnx_file, programs
    from mien.exporters.usage import facts_of, usage
    from mien.runtime.atomic_files import io_errors, write_bytes
    from mien.runtime.console import say

    if to == "onnx":
        onnx_file.check_installed()
    model, graphs = graphs_of(run_flags, split, half, noise_inputs)
    paths = output_paths(run_flags, output, [graph.name for graph in graphs], to)
    facts = facts_of(model, "fp16" if half else "fp32")
    script = usage(graphs, [path.name for path in paths], to)
    made: dict[Path, bytes] = {}
    differences: dict[str, float] = {}
    for graph, path in zip(graphs, paths, strict=True):
        say(f"exporting {path.name} …")
        if to == "onnx":
            data, run = onnx_file.onnx_bytes(graph, facts, script)
        else:
            data, run = programs.torch_bytes(graph, {**facts, "usage": script})
        differences[str(path)] = programs.largest_difference(graph, run, half)
        made[path] = data
    with io_errors(paths[0].parent):
        paths[0].parent.mkdir(parents=True, exist_ok=True)
    for path, data in made.items():
        write_bytes(path, data)
    return Exported(
        to=to,
        files=differences,
        inputs={str(path): lines_of(graph) for graph, path in zip(graphs, paths, strict=True)},
        usage=script,
        run=model.run,
        kimg=model.images / 1000,
    )


def graphs_of(
    flags: RunFlags, split: bool, half: bool, noise_inputs: bool
) -> tuple[Generator | Translator, list[Graph]]:
    """Return the run's generator or translator, on the CPU, and its graphs. Raises UsageError for a flag it lacks."""
    from mien.exporters import graphs
    from mien.inference.translator import Translator

    found = flags.load_any("cpu")
    if isinstance(found, Translator):
        if split or noise_inputs:
            raise UsageError(f"{'--split' if split else '--noise input'}: a translator has no styles: leave it out")
        return found, graphs.of_translator(found, half)
    return found, graphs.of_generator(found, split, half, noise_inputs)


def output_paths(flags: RunFlags, output: Path | None, names: list[str], to: str) -> list[Path]:
    """Return a file for each graph. Raises UsageError for a file name that does not suit."""
    from mien.runs.directory import folder_for_files

    ending = ENDINGS[to]
    if output is not None and output.suffix in ENDINGS.values() and not output.is_dir():
        if output.suffix != ending:
            raise UsageError(f"--output {output}: --to {to} writes {ending}: name a folder or a file of that ending")
        if len(names) > 1:
            raise UsageError(f"--output {output} is one file, and there are {len(names)}: name a folder")
        return [output]
    if output is None:
        output = (folder_for_files(flags.run, flags.outdir) or Path()) / "exported"
    return [output / f"{name}{ending}" for name in names]


def lines_of(graph: Graph) -> list[str]:
    """Return a line for each input, and one for the output."""
    values = [*((one, "") for one in graph.inputs), (graph.output, " (output)")]
    return [f"{one.name} [{','.join(map(str, one.shape))}]{mark}: {one.about}" for one, mark in values]
