"""mien learns faces from a folder of images and generates new ones.

    run = mien.train("dcgan", data="faces", budget="30m")
    G = mien.load(run)
    G(seeds=range(16))  # -> [PIL.Image]

Every verb of the command line is a function here, with the same arguments and the same checks. `mien data check` is
`mien.check_data`, `mien submit hw6` is `mien.submit_hw6`. Numbers, paths, lists and runs may stand where the command
line has text: `mien.generate(run, seeds=[0, 1])`. A mistake raises a MienError that names the argument. The losses and
the metrics are functions, too, for any training loop: `mien.losses.r1_penalty`, `mien.metrics.fid`. A verb that an
installed package adds is a function here, too."""

# Written by tests/stub.py from the verbs' own signatures. Do not edit.

from collections.abc import Iterable
from typing import Literal, overload

from mien import losses as losses
from mien import metrics as metrics
from mien import recipes as recipes
from mien.commands.compare import Compared
from mien.commands.data_align import Aligned
from mien.commands.data_check import Checked
from mien.commands.data_label import Labelled
from mien.commands.data_prepare import Prepared, PreparedPart, Sharded, Zipped
from mien.commands.demo import Demo
from mien.commands.directions import Discovered
from mien.commands.doctor import Examined
from mien.commands.env import Environment
from mien.commands.evaluate import Evaluated
from mien.commands.export import Exported, Page, Published
from mien.commands.generate import Generated
from mien.commands.gradients import Gradients
from mien.commands.interpolate import Interpolated
from mien.commands.lab import Shelf
from mien.commands.log import Logged
from mien.commands.mix import Mixed
from mien.commands.neighbours import Neighbours
from mien.commands.project import Projected
from mien.commands.python_api import (
    ClassName,
    Data,
    Device,
    Names,
    Numbers,
    PathLike,
    Resolution,
    RunLike,
    Settings,
    Snapshot,
)
from mien.commands.recipes import Listing
from mien.commands.report import Reported
from mien.commands.reproduce import Reproduced
from mien.commands.serve import Served
from mien.commands.studio import Closed
from mien.commands.submit import Submission, Valid
from mien.commands.translate import Translated
from mien.commands.video import Filmed
from mien.commands.weights import Weights
from mien.errors import MienError as MienError
from mien.inference.generator import Generator as Generator
from mien.inference.translator import Translator as Translator
from mien.recipes.create_networks import create_networks as create_networks
from mien.toy.run_experiment import ExperimentResult
from mien.trainer.multi_run import Runs
from mien.trainer.run import DryRun as DryRun
from mien.trainer.run import Run as Run
from mien.trainer.run import load as load

__version__: str
__all__ = [
    "DryRun",
    "Generator",
    "MienError",
    "Run",
    "Translator",
    "align_data",
    "check_data",
    "check_submission",
    "compare",
    "create_networks",
    "demo",
    "directions",
    "doctor",
    "env",
    "evaluate",
    "export",
    "generate",
    "gradients",
    "interpolate",
    "lab",
    "label_data",
    "list_recipes",
    "load",
    "log",
    "losses",
    "metrics",
    "mix",
    "neighbours",
    "prepare_data",
    "project",
    "recipes",
    "report",
    "reproduce",
    "resume",
    "serve",
    "studio",
    "submit_hw6",
    "train",
    "translate",
    "video",
    "weights",
]

def align_data(
    path: Data,
    *,
    output: PathLike | None = None,
    resolution: Resolution | None = None,
    margin: float = 0.25,
    detector: str = "auto",
    several: Literal["largest", "all", "skip"] = "largest",
    smallest: float | None = None,
    prepared: bool = False,
    format: Literal["png", "jpg", "webp"] = "png",
    sheet: PathLike | None = None,
    code: PathLike | Iterable[PathLike] = (),
    device: Device = "auto",
) -> Aligned:
    """Find the faces in images, turn them upright by their landmarks, and write them to a new folder.

    Args:
        path: Folder, zip or tar of images. The faces get the classes and other labels of their images.
        output: A new folder for the faces. If left out: PATH's name with -aligned, in the current folder.
        resolution: 128, or 160x128 (height x width). If left out, mien chooses it: most faces are then not enlarged.
        margin: Space around the face on each side, as a share of its side. 0: from the hairline to the chin.
        detector: photo (MTCNN), anime, human or a cascade.xml. auto: photo or anime, whichever finds more faces.
        several: For an image with several faces: crop the largest or all of them, or skip the image.
        smallest: Smallest face to find, as a share of the image's shorter side. If left out: photo 0.06, anime 0.1.
        prepared: Write a prepared set instead of image files.
        format: Format of the image files: png, jpg or webp.
        sheet: The contact sheet of images before and after, a .png file. If left out: beside the output.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
    """

def check_data(
    path: Data,
    *,
    resolution: Resolution | None = None,
    code: PathLike | Iterable[PathLike] = (),
    output: PathLike | None = None,
) -> Checked:
    """Describe a data set, list its faults, and write a contact sheet of the images as training reads them.

    Args:
        path: Folder, zip or tgz of images, a prepared set, or "drawn".
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        output: The contact sheet, a .png file. If left out: runs/mien-check-NAME.png.
    """

def check_submission(
    file: PathLike,
) -> Valid:
    """Check an archive against the rules of homework 6: names, formats, sizes. Any fault exits with 65.

    Args:
        file: The .tgz to check. mien unpacks nothing to disk.
    """

def compare(
    runs: Iterable[RunLike] = (),
    *,
    output: PathLike | None = None,
    table: PathLike | None = None,
    outdir: PathLike = ...,
) -> Compared:
    """Compare runs: a table here, and images, curves, gradients and settings on one HTML page that works offline.

    Args:
        runs: Two or more runs: paths, numbers, names, or "last".
        output: The page's file, or a folder for compare.html. If left out: compare.html beside the first run.
        table: Also write the metrics as .csv, .md or .tex (LaTeX). Runs that differ in their seed alone are one row:
            mean, standard deviation, number of seeds.
        outdir: Folder that holds the runs.
    """

def demo(
    *,
    budget: str = "240s",
    faces: int = 10000,
    seed: int = 0,
    outdir: PathLike = ...,
) -> Demo:
    """Train on the built-in faces, then make the film and the report.

    Args:
        budget: How long to train: 240s, 20m, 100kimg.
        faces: Number of training images.
        seed: The same seed gives the same bits on the same machine (for a budget in kimg).
        outdir: Folder that holds the runs.
    """

def directions(
    run: RunLike,
    *,
    method: Literal["sefa", "pca"] = "sefa",
    count: int = 8,
    strength: float = 3.0,
    layers: Numbers | None = None,
    seeds: Numbers | None = None,
    latent: PathLike | None = None,
    trunc: float = 1.0,
    scale: int | None = None,
    name: Settings = (),
    label_directions: bool = False,
    output: PathLike | None = None,
    class_: ClassName | None = None,
    attributes: Settings | None = None,
    text: str | None = None,
    condition: Settings | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Discovered:
    """Find directions in latent space, show them on a sheet, and save them for mien generate --direction.

    Args:
        method: sefa computes directions from the first layer's weights. pca computes them from w, or from the first
            layer's activations, of many seeds.
        count: Number of directions, the strongest first.
        strength: Strength of the sheet's first and last column, in standard deviations.
        layers: Change only these layers: 0-3 or 0,2,5-7. Needs a generator with a latent for each layer. If left out:
            all.
        seeds: Seeds of the images on the sheet. If left out: 0-1.
        latent: Show the latents of this file (mien project) instead of seeds.
        trunc: Truncation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image of the sheet this many times. If left out, mien chooses it.
        name: Name a direction: 0=smile. May be given several times. Earlier names stay.
        label_directions: List the attribute that each direction changes most. mien first trains a classifier for
            this. Only for runs on the built-in faces.
        output: A .safetensors file. If left out: directions.safetensors in the run's folder. The names and the sheet
            are written beside it.
        class_: Requested class: its name or number. For runs with --cond class.
        attributes: Requested attributes: "hair=silver,eyes=green,smile". The seed chooses the others. For runs with
            --cond attributes.
        text: Requested text: "a smiling girl with green hair". For runs with --cond text.
        condition: Request for your own condition: "yaw=20,pitch=0". For runs with --cond my_pose.py:Pose.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def doctor(
    run: RunLike,
    *,
    outdir: PathLike = ...,
    code: PathLike | None = None,
) -> Examined:
    """Say what is wrong with a training: since when, by which numbers, the likely cause, and what helps.

    It reads the logs and sample grids of any run, also of one that trains now.

    Args:
        run: A run's path, number or name, or "last".
        outdir: Folder that holds the runs.
        code: Your Python file, if the run's recipe comes from one.
    """

def env() -> Environment:
    """Show versions, processor, GPU and folders."""

def evaluate(
    target: RunLike,
    *,
    data: Data | None = None,
    metrics: Names = "fid,kid,pr",
    num: int = 10000,
    num_real: int | None = None,
    seeds: Numbers | None = None,
    trunc: float = 1.0,
    to: Literal["A", "B"] | None = None,
    extractor: str = "auto",
    resize: Literal["clean", "legacy"] = "clean",
    weights: PathLike | None = None,
    detector: str | None = None,
    resolution: Resolution | None = None,
    batch: int = 32,
    device: Device = "auto",
    output: PathLike | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
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
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def export(
    run: RunLike,
    *,
    to: Literal["onnx", "torch", "hub", "web"],
    output: PathLike | None = None,
    split: bool = False,
    precision: Literal["fp32", "fp16"] = "fp32",
    noise: Literal["fixed", "input"] = "fixed",
    data_license: str | None = None,
    push: str | None = None,
    private: bool = False,
    runtime: PathLike | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
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
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def generate(
    run: RunLike,
    *,
    seeds: Numbers | None = None,
    latent: PathLike | None = None,
    direction: Settings = (),
    attribute_grid: Names | None = None,
    trunc: float = 1.0,
    grid: bool = False,
    columns: int | None = None,
    scale: int | None = None,
    zip: bool = False,
    output: PathLike | None = None,
    format: Literal["png", "jpg", "webp"] | None = None,
    class_: ClassName | None = None,
    attributes: Settings | None = None,
    text: str | None = None,
    condition: Settings | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Generated:
    """Generate images from seeds into a folder, one file, one grid or one zip. A seed always gives the same image.

    Args:
        seeds: Seeds of the images: 0-99, or 1,5,9-12. If left out: 0-63, or 0 for one file.
        latent: Use the latents of this file (mien project) instead of seeds.
        direction: Move along a direction of mien directions: smile=2, 0=-1.5 or FILE:smile=2. May be given several
            times.
        attribute_grid: One sheet with all values of one or two attributes. hair,eyes: one row per hair and one column
            per eyes, for one seed. hair: one row per seed.
        trunc: Truncation. 1: as trained. Below 1: fewer broken images and less variety.
        grid: Write all images on one sheet.
        columns: Images per row of the grid. If left out, the grid is about square.
        scale: Enlarge each image this many times: each pixel becomes a square. If left out, mien enlarges a grid of
            small images, and no single files.
        zip: Write all files into one zip.
        output: A folder; face.png for one image or a grid; faces.zip; or - for standard output. If left out: a folder
            or file in the run's folder.
        format: Format of the images: png (exact), jpg or webp. If left out: by the output's name, else png.
        class_: Requested class: its name or number. For runs with --cond class.
        attributes: Requested attributes: "hair=silver,eyes=green,smile". The seed chooses the others. For runs with
            --cond attributes.
        text: Requested text: "a smiling girl with green hair". For runs with --cond text.
        condition: Request for your own condition: "yaw=20,pitch=0". For runs with --cond my_pose.py:Pose.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def gradients(
    runs: Iterable[RunLike] = (),
    *,
    output: PathLike | None = None,
    outdir: PathLike = ...,
) -> Gradients:
    """Plot the mean gradient norm of each discriminator layer on a logarithmic axis, one line per run.

    Args:
        runs: One or more runs: paths, numbers, names, or "last".
        output: An .svg file. If left out: gradients.svg in the run's folder, or beside the first of several runs.
        outdir: Folder that holds the runs.
    """

def interpolate(
    run: RunLike,
    *,
    seeds: Numbers | None = None,
    latent: PathLike | None = None,
    frames: int = 60,
    fps: int = 30,
    loop: bool = False,
    grid: str = "1x1",
    trunc: float = 1.0,
    scale: int | None = None,
    output: PathLike | None = None,
    class_: ClassName | None = None,
    attributes: Settings | None = None,
    text: str | None = None,
    condition: Settings | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Interpolated:
    """Make a film that morphs from one seed's image to the next, and with --loop back to the first.

    Args:
        seeds: Seeds of the stations: 0,5,9. If left out: 0-5.
        latent: Use the latents of this file (mien project) as stations, before those of --seeds.
        frames: Frames from one station to the next.
        fps: Frames per second.
        loop: Return to the first station at the end.
        grid: Several interpolations at once, rows x columns: 4x4. Each one has other seeds.
        trunc: Truncation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image this many times. If left out, mien chooses it.
        output: A .gif, .webp or .mp4 file. If left out: generated/walk.gif in the run's folder.
        class_: Requested class: its name or number. For runs with --cond class.
        attributes: Requested attributes: "hair=silver,eyes=green,smile". The seed chooses the others. For runs with
            --cond attributes.
        text: Requested text: "a smiling girl with green hair". For runs with --cond text.
        condition: Request for your own condition: "yaw=20,pitch=0". For runs with --cond my_pose.py:Pose.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def lab(
    name: str | None = None,
    *,
    recipe: str | None = None,
    set: Settings = (),
    budget: str | None = None,
    seed: int = 0,
    outdir: PathLike = ...,
) -> Shelf | ExperimentResult:
    """Train GANs on points on a line or a plane, and film it. Without a name, list all experiments.

    Args:
        name: An experiment (mode-collapse, js-fails, …) or a distribution (ring, grid, spiral, …).
        recipe: Recipe for a distribution: gan, wgan-gp, …, or several with commas to compare them. If left out: gan.
        set: Change a setting in every arm that has it: discriminator.optimizer.lr=1e-3. May be given several times.
        budget: Number of real points for each D (300kimg: a point counts as an image), or a time (20s).
        seed: The same seed gives the same numbers on the same machine (for a budget in kimg).
        outdir: Folder for the results. Each result gets a new folder inside.
    """

def label_data(
    path: Data,
    *,
    output: PathLike | None = None,
    accuracy: float = 0.9,
    num: int | None = None,
    resolution: Resolution | None = None,
    extractor: str = "auto",
    weights: PathLike | None = None,
    batch: int = 32,
    code: PathLike | Iterable[PathLike] = (),
    device: Device = "auto",
) -> Labelled:
    """Predict missing labels from the labelled images of a set, and write a new set with them.

    Args:
        path: Folder, zip or tgz of images with some labels, or a prepared set.
        output: A new folder for the prepared set. If left out: PATH's name with -labelled, in the current folder.
        accuracy: The accuracy that predicted labels must reach on held-out images. Other labels stay unknown.
        num: Use and write at most this many images, evenly spread.
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        extractor: auto, inception or efficientnet-lite0. auto: inception if its weights are installed (mien weights).
        weights: File of the extractor's weights, .pth or .safetensors. If left out: the file in the cache.
        batch: Images per batch. A larger batch needs more memory.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
    """

def list_recipes(
    name: str | None = None,
) -> Listing:
    """List the recipes. With a name, describe that recipe and list its settings for --set.

    Args:
        name: A recipe, or my_gan.py:name.
    """

def log(
    run: RunLike,
    *,
    to: str,
    follow: bool = False,
    outdir: PathLike = ...,
) -> Logged:
    """Send the rows of stats.jsonl and metrics.jsonl and the sample grids to trackers. Nothing is sent twice.

    Args:
        run: A run's folder, its number or name, or "last".
        to: Trackers: csv, tensorboard, trackio, wandb; several with commas.
        follow: Go on until the training of this run ends. mien train --log starts this by itself.
        outdir: Folder that holds the runs.
    """

def mix(
    run: RunLike,
    *,
    rows: Numbers = "0-5",
    columns: Numbers = "6-11",
    layers: Numbers | None = None,
    trunc: float = 1.0,
    scale: int | None = None,
    output: PathLike | None = None,
    class_: ClassName | None = None,
    attributes: Settings | None = None,
    text: str | None = None,
    condition: Settings | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Mixed:
    """Generate a sheet of mixed images: some layers from the column's seed, the others from the row's seed.

    Args:
        rows: Seeds that give all other layers.
        columns: Seeds that give the layers of --layers.
        layers: Layers from the column's seed: 0-3 or 0,2,5-7. If left out: the first four, or the first half of fewer
            than eight.
        trunc: Truncation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image this many times. If left out, mien chooses it.
        output: A .png, .jpg or .webp file. If left out: generated/mix.png in the run's folder.
        class_: Requested class: its name or number. For runs with --cond class.
        attributes: Requested attributes: "hair=silver,eyes=green,smile". The seed chooses the others. For runs with
            --cond attributes.
        text: Requested text: "a smiling girl with green hair". For runs with --cond text.
        condition: Request for your own condition: "yaw=20,pitch=0". For runs with --cond my_pose.py:Pose.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def neighbours(
    run: RunLike,
    *,
    seeds: Numbers = "0-11",
    trunc: float = 1.0,
    data: Data | None = None,
    num_real: int | None = None,
    extractor: str = "auto",
    weights: PathLike | None = None,
    device: Device = "auto",
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Neighbours:
    """Find the nearest real images of generated ones, by pixels and by features. The report shows them.

    Args:
        seeds: Seeds of the generated images: 0-11, or 1,5,9-12.
        trunc: Truncation of the generated images.
        data: The training images, if they moved.
        num_real: Compare with at most this many real images, spread evenly. If left out: all.
        extractor: auto, inception or efficientnet-lite0, as in mien evaluate.
        weights: File of the extractor's weights. If left out: the file in the cache.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def prepare_data(
    path: Data,
    *,
    resolution: Resolution | None = None,
    code: PathLike | Iterable[PathLike] = (),
    output: PathLike | None = None,
    seed: int = 0,
    part: str | None = None,
    merge: bool = False,
    shards: str | None = None,
) -> Prepared | Zipped | PreparedPart | Sharded:
    """Decode, crop and resize the images of a data set once. `mien train` does this by itself too.

    Args:
        path: Folder, zip or tgz of images, or "drawn".
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        output: A new folder for the prepared set, or a .zip for the programs of the StyleGAN family. If left out: the
            cache.
        seed: Seed of the built-in faces. Another seed gives other faces.
        part: Prepare only one part of the set: 3/8 is the third of eight. So eight machines share the work. Needs
            --output, a folder that all of them see.
        merge: Make the set from the parts.
        shards: Copy the prepared set in shards to this new folder or URL (s3://bucket/faces). A training streams them
            from there.
    """

def project(
    run: RunLike,
    photo: PathLike,
    *,
    steps: int = 300,
    features: Literal["auto", "efficientnet-lite0", "none"] = "auto",
    seed: int = 0,
    scale: int | None = None,
    output: PathLike | None = None,
    class_: ClassName | None = None,
    attributes: Settings | None = None,
    text: str | None = None,
    condition: Settings | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Projected:
    """Find the latent whose image is nearest to a photo, starting from the best of 512 seeds.

    Args:
        photo: An image of any size. mien crops the middle and resizes it, as for training.
        steps: Number of Adam steps.
        features: Compare features besides pixels. auto: if the extra "metrics" is installed.
        seed: Seed of the search. Another seed may find a better latent.
        scale: Enlarge each image of the sheet this many times. If left out, mien chooses it.
        output: A .safetensors file. If left out: projected/PHOTO.safetensors in the run's folder. The sheet is written
            beside it.
        class_: Requested class: its name or number. For runs with --cond class.
        attributes: Requested attributes: "hair=silver,eyes=green,smile". The seed chooses the others. For runs with
            --cond attributes.
        text: Requested text: "a smiling girl with green hair". For runs with --cond text.
        condition: Request for your own condition: "yaw=20,pitch=0". For runs with --cond my_pose.py:Pose.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def report(
    run: RunLike,
    *,
    output: PathLike | None = None,
    outdir: PathLike = ...,
) -> Reported:
    """Write one HTML page about a run: images, curves, data, settings, commands. It works offline.

    Args:
        run: A run's path, number or name, or "last".
        output: The page's file, or a folder for its report.html. If left out: RUN/report.html.
        outdir: Folder that holds the runs.
    """

def reproduce(
    image: PathLike,
    *,
    run: RunLike | None = None,
    outdir: PathLike = ...,
    code: PathLike | None = None,
    output: PathLike | None = None,
) -> Reproduced:
    """Generate an image again that mien generate or the studio saved, and compare every pixel.

    Args:
        image: A PNG, JPEG or WebP file. It names its run, snapshot, seeds and settings.
        run: The run's folder, number or name. If left out: the run that the file names.
        outdir: Folder that holds the runs.
        code: Your Python file, if the run's recipe comes from one.
        output: The new file. If left out: IMAGE-again.png beside the image.
    """

def resume(
    run: RunLike,
    *,
    budget: str | None = None,
    warm_restart: bool = False,
    data: Data | None = None,
    metrics: Names | None = None,
    on_trouble: Literal["none", "stop", "rollback"] | None = None,
    stop_at_plateau: Literal["yes", "no"] | None = None,
    set: Settings = (),
    code: PathLike | Iterable[PathLike] = (),
    device: Device = "auto",
    outdir: PathLike = ...,
) -> Run:
    """Continue a stopped or finished run in its folder.

    Args:
        run: A run's path, number or name, or "last".
        budget: New total (2h, 500kimg), or an addition (+2h, +100kimg). If left out: the budget of the run.
        warm_restart: The learning rates start again from their first value, and all schedules end with the new budget.
            If left out: schedules that have ended stay at their last values.
        data: The training images, if they moved.
        metrics: New metrics for the rest of the training: fid,kid. none: stop evaluating. If left out: as before.
        on_trouble: From now on: none, stop or rollback, as in mien train. If left out: as before.
        stop_at_plateau: yes: end the training if the first metric has stopped to gain. no: do not. If left out: as
            before.
        set: Change a setting of the recipe from now on: generator.optimizer.lr=1e-4. May be given several times.
        code: Your Python file, if the run's recipe or metrics come from one. Once for each file.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        outdir: Folder that holds the runs.
    """

def serve(
    run: RunLike,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    max_batch: int = 32,
    max_waiting: int = 256,
    device: Device = "auto",
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Served:
    """Answer requests for images over HTTP: JSON in, PNG, WebP or JSON out, until Ctrl-C or SIGTERM.

    Args:
        host: Address to listen on. 0.0.0.0: all of this machine.
        port: Port to listen on. 0: any free one.
        max_batch: Most images in one request, and in one forward of several requests.
        max_waiting: Most images that wait. More requests get the status 429.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def studio(
    folder: PathLike = ...,
    *,
    host: str = "127.0.0.1",
    port: int = 8100,
    open: bool = False,
) -> Closed:
    """Show runs in a browser: watch, pause and steer trainings, and generate images. Ctrl-C closes the studio alone.

    Args:
        folder: Folder that holds the runs, or one run.
        host: Address to listen on. With another address than 127.0.0.1, other machines can use the link, too.
        port: Port to listen on. 0: any free one.
        open: Open the link in the browser of this machine.
    """

def submit_hw6(
    run: RunLike,
    *,
    output: PathLike | None = None,
    seeds: Numbers = "1-1000",
    trunc: float = 1.0,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Submission:
    """Pack 1,000 generated faces for NTU ML2022 homework 6: 1.jpg to 1000.jpg in a tgz under 2 MB.

    The JPEG quality is the highest that fits; the same run gives the same bytes.

    Args:
        output: The archive, a .tgz file. If left out: RUN/hw6.tgz.
        seeds: Exactly 1,000 seeds: 1-1000.
        trunc: Truncation. 1: as trained. Below 1: fewer broken faces and less variety.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

@overload
def train(
    recipe: str = "auto",
    *,
    data: Data,
    resolution: Resolution | None = None,
    batch: int | None = None,
    init: RunLike | None = None,
    freeze_d: int | None = None,
    augment: str = "auto",
    cond: str = "none",
    encoder: str | None = None,
    code: PathLike | Iterable[PathLike] = (),
    budget: str = "20m",
    total_budget: str | None = None,
    seed: int = 0,
    set: Settings = (),
    outdir: PathLike = ...,
    name: str | None = None,
    device: Device = "auto",
    tick: float = 1.0,
    checkpoint_every: str = "2m",
    checkpoint_keep: int = 2,
    metrics: Names | None = None,
    metrics_every: float | None = None,
    metrics_num: int = 2500,
    metrics_share: float = 0.1,
    detector: str | None = None,
    hold_out: int = 0,
    on_trouble: Literal["none", "stop", "rollback"] = "none",
    stop_at_plateau: bool = False,
    log: Names | None = None,
    auto_resume: bool = False,
    dry_run: bool = False,
) -> Run:
    """Train a GAN on a folder of images, a zip, or the built-in faces.

    Args:
        recipe: Recipe to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Recipes to train one after the other, each with the full budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images per step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or file. Without RECIPE, its recipe is
            used, too. At another resolution the layers that fit are copied. faces: networks that know the built-in
            faces, if mien has some for this recipe (the default without RECIPE). none: start from chance.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small data sets. Needs --init.
        augment: Augmentation for the discriminator: none, diffaugment or ada. auto: the recipe's own, or one for few
            images.
        cond: Condition: none, class, attributes, text (captions) or your own my_pose.py:Pose. mien generate can then
            request its values.
        encoder: Text encoder: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (see CONTRIBUTING.md). May be given several times.
        budget: Length of the training: 30m, 2h, 200kimg (thousand real images) or 50ep (epochs). 200kimg,2h: the first
            of both.
        total_budget: Length of all trainings of --recipes, --sweep and --seeds together, in place of --budget. Each
            gets an equal share.
        seed: Same seed, same machine: same bits.
        seeds: Train once with each of these seeds: 0,1,2 or 0-4. mien compare then shows mean and spread.
        sweep: Train once with each of these values: generator.width=16,32. Several sweeps, --seeds and --recipes give
            every combination, each with the full budget. May be repeated.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be repeated.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        tick: kimg until the first samples and statistics. The intervals grow later.
        checkpoint_every: Least time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume uses the one before it.
        metrics: Evaluate during training: fid,afd. The best generator by the first metric is saved.
        metrics_every: kimg until the first evaluation. The intervals grow later. Five ticks if left out.
        metrics_num: Number of generated images per evaluation, and the largest number of real images.
        metrics_share: Largest share of the time for evaluations, above 0, at most 1. 1: no evaluation is skipped.
        detector: Face detector of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        hold_out: Hold N images out of the training. The doctor compares what the discriminator says of them.
        on_trouble: What to do if the doctor finds a trouble. none: say so. stop: save and end. rollback: go back to a
            checkpoint before it and apply the first remedy, at most three times.
        stop_at_plateau: End the training if the first metric has stopped to gain. Needs --metrics.
        log: Mirror numbers and sample grids into trackers: csv, tensorboard, trackio, wandb; several with commas. A
            process of its own does it, so the training does not wait.
        auto_resume: Continue the run of this --name if there is one, else start it. If it is finished, say so. The same
            command does all three, for SLURM, Kubernetes and other engines that repeat it.
        dry_run: Print what would happen, but train nothing.
    """

@overload
def train(
    recipe: str = "auto",
    *,
    data: Data,
    recipes: Names,
    resolution: Resolution | None = None,
    batch: int | None = None,
    init: RunLike | None = None,
    freeze_d: int | None = None,
    augment: str = "auto",
    cond: str = "none",
    encoder: str | None = None,
    code: PathLike | Iterable[PathLike] = (),
    budget: str = "20m",
    total_budget: str | None = None,
    seed: int = 0,
    seeds: Numbers | None = None,
    sweep: Names = (),
    set: Settings = (),
    outdir: PathLike = ...,
    name: str | None = None,
    device: Device = "auto",
    tick: float = 1.0,
    checkpoint_every: str = "2m",
    checkpoint_keep: int = 2,
    metrics: Names | None = None,
    metrics_every: float | None = None,
    metrics_num: int = 2500,
    metrics_share: float = 0.1,
    detector: str | None = None,
    hold_out: int = 0,
    on_trouble: Literal["none", "stop", "rollback"] = "none",
    stop_at_plateau: bool = False,
    log: Names | None = None,
    auto_resume: bool = False,
    dry_run: bool = False,
) -> Runs:
    """Train a GAN on a folder of images, a zip, or the built-in faces.

    Args:
        recipe: Recipe to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Recipes to train one after the other, each with the full budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images per step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or file. Without RECIPE, its recipe is
            used, too. At another resolution the layers that fit are copied. faces: networks that know the built-in
            faces, if mien has some for this recipe (the default without RECIPE). none: start from chance.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small data sets. Needs --init.
        augment: Augmentation for the discriminator: none, diffaugment or ada. auto: the recipe's own, or one for few
            images.
        cond: Condition: none, class, attributes, text (captions) or your own my_pose.py:Pose. mien generate can then
            request its values.
        encoder: Text encoder: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (see CONTRIBUTING.md). May be given several times.
        budget: Length of the training: 30m, 2h, 200kimg (thousand real images) or 50ep (epochs). 200kimg,2h: the first
            of both.
        total_budget: Length of all trainings of --recipes, --sweep and --seeds together, in place of --budget. Each
            gets an equal share.
        seed: Same seed, same machine: same bits.
        seeds: Train once with each of these seeds: 0,1,2 or 0-4. mien compare then shows mean and spread.
        sweep: Train once with each of these values: generator.width=16,32. Several sweeps, --seeds and --recipes give
            every combination, each with the full budget. May be repeated.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be repeated.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        tick: kimg until the first samples and statistics. The intervals grow later.
        checkpoint_every: Least time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume uses the one before it.
        metrics: Evaluate during training: fid,afd. The best generator by the first metric is saved.
        metrics_every: kimg until the first evaluation. The intervals grow later. Five ticks if left out.
        metrics_num: Number of generated images per evaluation, and the largest number of real images.
        metrics_share: Largest share of the time for evaluations, above 0, at most 1. 1: no evaluation is skipped.
        detector: Face detector of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        hold_out: Hold N images out of the training. The doctor compares what the discriminator says of them.
        on_trouble: What to do if the doctor finds a trouble. none: say so. stop: save and end. rollback: go back to a
            checkpoint before it and apply the first remedy, at most three times.
        stop_at_plateau: End the training if the first metric has stopped to gain. Needs --metrics.
        log: Mirror numbers and sample grids into trackers: csv, tensorboard, trackio, wandb; several with commas. A
            process of its own does it, so the training does not wait.
        auto_resume: Continue the run of this --name if there is one, else start it. If it is finished, say so. The same
            command does all three, for SLURM, Kubernetes and other engines that repeat it.
        dry_run: Print what would happen, but train nothing.
    """

@overload
def train(
    recipe: str = "auto",
    *,
    data: Data,
    recipes: Names | None = None,
    resolution: Resolution | None = None,
    batch: int | None = None,
    init: RunLike | None = None,
    freeze_d: int | None = None,
    augment: str = "auto",
    cond: str = "none",
    encoder: str | None = None,
    code: PathLike | Iterable[PathLike] = (),
    budget: str = "20m",
    total_budget: str | None = None,
    seed: int = 0,
    seeds: Numbers,
    sweep: Names = (),
    set: Settings = (),
    outdir: PathLike = ...,
    name: str | None = None,
    device: Device = "auto",
    tick: float = 1.0,
    checkpoint_every: str = "2m",
    checkpoint_keep: int = 2,
    metrics: Names | None = None,
    metrics_every: float | None = None,
    metrics_num: int = 2500,
    metrics_share: float = 0.1,
    detector: str | None = None,
    hold_out: int = 0,
    on_trouble: Literal["none", "stop", "rollback"] = "none",
    stop_at_plateau: bool = False,
    log: Names | None = None,
    auto_resume: bool = False,
    dry_run: bool = False,
) -> Runs:
    """Train a GAN on a folder of images, a zip, or the built-in faces.

    Args:
        recipe: Recipe to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Recipes to train one after the other, each with the full budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images per step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or file. Without RECIPE, its recipe is
            used, too. At another resolution the layers that fit are copied. faces: networks that know the built-in
            faces, if mien has some for this recipe (the default without RECIPE). none: start from chance.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small data sets. Needs --init.
        augment: Augmentation for the discriminator: none, diffaugment or ada. auto: the recipe's own, or one for few
            images.
        cond: Condition: none, class, attributes, text (captions) or your own my_pose.py:Pose. mien generate can then
            request its values.
        encoder: Text encoder: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (see CONTRIBUTING.md). May be given several times.
        budget: Length of the training: 30m, 2h, 200kimg (thousand real images) or 50ep (epochs). 200kimg,2h: the first
            of both.
        total_budget: Length of all trainings of --recipes, --sweep and --seeds together, in place of --budget. Each
            gets an equal share.
        seed: Same seed, same machine: same bits.
        seeds: Train once with each of these seeds: 0,1,2 or 0-4. mien compare then shows mean and spread.
        sweep: Train once with each of these values: generator.width=16,32. Several sweeps, --seeds and --recipes give
            every combination, each with the full budget. May be repeated.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be repeated.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        tick: kimg until the first samples and statistics. The intervals grow later.
        checkpoint_every: Least time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume uses the one before it.
        metrics: Evaluate during training: fid,afd. The best generator by the first metric is saved.
        metrics_every: kimg until the first evaluation. The intervals grow later. Five ticks if left out.
        metrics_num: Number of generated images per evaluation, and the largest number of real images.
        metrics_share: Largest share of the time for evaluations, above 0, at most 1. 1: no evaluation is skipped.
        detector: Face detector of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        hold_out: Hold N images out of the training. The doctor compares what the discriminator says of them.
        on_trouble: What to do if the doctor finds a trouble. none: say so. stop: save and end. rollback: go back to a
            checkpoint before it and apply the first remedy, at most three times.
        stop_at_plateau: End the training if the first metric has stopped to gain. Needs --metrics.
        log: Mirror numbers and sample grids into trackers: csv, tensorboard, trackio, wandb; several with commas. A
            process of its own does it, so the training does not wait.
        auto_resume: Continue the run of this --name if there is one, else start it. If it is finished, say so. The same
            command does all three, for SLURM, Kubernetes and other engines that repeat it.
        dry_run: Print what would happen, but train nothing.
    """

@overload
def train(
    recipe: str = "auto",
    *,
    data: Data,
    recipes: Names | None = None,
    resolution: Resolution | None = None,
    batch: int | None = None,
    init: RunLike | None = None,
    freeze_d: int | None = None,
    augment: str = "auto",
    cond: str = "none",
    encoder: str | None = None,
    code: PathLike | Iterable[PathLike] = (),
    budget: str = "20m",
    total_budget: str | None = None,
    seed: int = 0,
    seeds: Numbers | None = None,
    sweep: Names,
    set: Settings = (),
    outdir: PathLike = ...,
    name: str | None = None,
    device: Device = "auto",
    tick: float = 1.0,
    checkpoint_every: str = "2m",
    checkpoint_keep: int = 2,
    metrics: Names | None = None,
    metrics_every: float | None = None,
    metrics_num: int = 2500,
    metrics_share: float = 0.1,
    detector: str | None = None,
    hold_out: int = 0,
    on_trouble: Literal["none", "stop", "rollback"] = "none",
    stop_at_plateau: bool = False,
    log: Names | None = None,
    auto_resume: bool = False,
    dry_run: bool = False,
) -> Runs:
    """Train a GAN on a folder of images, a zip, or the built-in faces.

    Args:
        recipe: Recipe to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Recipes to train one after the other, each with the full budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images per step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or file. Without RECIPE, its recipe is
            used, too. At another resolution the layers that fit are copied. faces: networks that know the built-in
            faces, if mien has some for this recipe (the default without RECIPE). none: start from chance.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small data sets. Needs --init.
        augment: Augmentation for the discriminator: none, diffaugment or ada. auto: the recipe's own, or one for few
            images.
        cond: Condition: none, class, attributes, text (captions) or your own my_pose.py:Pose. mien generate can then
            request its values.
        encoder: Text encoder: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (see CONTRIBUTING.md). May be given several times.
        budget: Length of the training: 30m, 2h, 200kimg (thousand real images) or 50ep (epochs). 200kimg,2h: the first
            of both.
        total_budget: Length of all trainings of --recipes, --sweep and --seeds together, in place of --budget. Each
            gets an equal share.
        seed: Same seed, same machine: same bits.
        seeds: Train once with each of these seeds: 0,1,2 or 0-4. mien compare then shows mean and spread.
        sweep: Train once with each of these values: generator.width=16,32. Several sweeps, --seeds and --recipes give
            every combination, each with the full budget. May be repeated.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be repeated.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        tick: kimg until the first samples and statistics. The intervals grow later.
        checkpoint_every: Least time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume uses the one before it.
        metrics: Evaluate during training: fid,afd. The best generator by the first metric is saved.
        metrics_every: kimg until the first evaluation. The intervals grow later. Five ticks if left out.
        metrics_num: Number of generated images per evaluation, and the largest number of real images.
        metrics_share: Largest share of the time for evaluations, above 0, at most 1. 1: no evaluation is skipped.
        detector: Face detector of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        hold_out: Hold N images out of the training. The doctor compares what the discriminator says of them.
        on_trouble: What to do if the doctor finds a trouble. none: say so. stop: save and end. rollback: go back to a
            checkpoint before it and apply the first remedy, at most three times.
        stop_at_plateau: End the training if the first metric has stopped to gain. Needs --metrics.
        log: Mirror numbers and sample grids into trackers: csv, tensorboard, trackio, wandb; several with commas. A
            process of its own does it, so the training does not wait.
        auto_resume: Continue the run of this --name if there is one, else start it. If it is finished, say so. The same
            command does all three, for SLURM, Kubernetes and other engines that repeat it.
        dry_run: Print what would happen, but train nothing.
    """

def translate(
    run: RunLike,
    images: PathLike | Iterable[PathLike],
    *,
    to: Literal["A", "B"] | None = None,
    beside: bool = False,
    resize: bool = False,
    output: PathLike | None = None,
    format: Literal["png", "jpg", "webp"] = "png",
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Translated:
    """Translate images of any size; each result has the size of its source.

    Args:
        images: Images, folders of images, or archives.
        to: Target domain, A or B as in the data. Needed only if the run translates both ways.
        beside: Write source and result side by side, for cyclegan also the round trip.
        resize: First resize each image to the training's resolution, with the same aspect ratio.
        output: The folder for the results. If left out: "translated" in the run's folder.
        format: Format of the results: png (exact), jpg or webp.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def video(
    run: RunLike,
    *,
    kind: Literal["both", "evolution", "interpolation"] = "both",
    seeds: Numbers = "0-5",
    frames: int = 16,
    fps: int = 20,
    trunc: float = 1.0,
    scale: int | None = None,
    output: PathLike | None = None,
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Filmed:
    """Film the faces during a training (evolution), and faces that morph into each other (interpolation).

    Args:
        kind: evolution: the sample grids of the training. interpolation: a loop between generated faces. Or both.
        seeds: Stations of the first interpolated face: 0-5 or 3,14,15. The other faces have other stations.
        frames: Frames from one station to the next.
        fps: Frames per second of the interpolation.
        trunc: Truncation of the interpolation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image this many times. If left out, mien chooses it.
        output: Folder for the files. If left out: the run's folder.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def weights(
    action: Literal["list", "fetch"] = "list",
    name: str | None = None,
) -> Weights:
    """List the published weights that metrics use, or download one. No other part of mien downloads anything.

    Args:
        action: list, or fetch (download).
        name: The file to download: inception, anime-cascade or mobilenet-v2.
    """
