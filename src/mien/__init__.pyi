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
from mien.commands.data import Checked, Labelled, Prepared
from mien.commands.data_align import Aligned
from mien.commands.demo import Demo
from mien.commands.directions import Discovered
from mien.commands.env import Environment
from mien.commands.evaluate import Evaluated
from mien.commands.generate import Generated
from mien.commands.gradients import Gradients
from mien.commands.interpolate import Interpolated
from mien.commands.lab import Shelf
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
    "env",
    "evaluate",
    "generate",
    "gradients",
    "interpolate",
    "lab",
    "label_data",
    "list_recipes",
    "load",
    "losses",
    "metrics",
    "mix",
    "neighbours",
    "prepare_data",
    "project",
    "recipes",
    "report",
    "resume",
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
    device: Device = "auto",
) -> Aligned:
    """Find the faces in images, turn them upright by their landmarks, and write them to a new folder.

    Args:
        path: Folder, zip or tar of images. Class folders and other labels are kept.
        output: A new folder for the faces. PATH's name with -aligned, here, if left out.
        resolution: 128, or 160x128 (height x width). Chosen from the faces if left out: most are not enlarged then.
        margin: Room around the face on each side, as a share of its side. 0: from the hairline to the chin.
        detector: photo (MTCNN), anime, human or a cascade.xml. auto: photo or anime, whichever finds more faces.
        several: Of an image with several faces, cut out the largest or all, or skip it.
        smallest: The smallest face to look for, as a share of the image's shorter side. photo 0.06, anime 0.1.
        prepared: Write a prepared set in place of image files.
        format: Of the image files: png, jpg or webp.
        sheet: Where to write the contact sheet of before and after, a PNG. Beside the output if left out.
        device: auto, cpu, cuda or cuda:1.
    """

def check_data(
    path: Data,
    *,
    resolution: Resolution | None = None,
    code: PathLike | Iterable[PathLike] = (),
    output: PathLike | None = None,
) -> Checked:
    """Say what a data set is, what is wrong with it, and show on one sheet what training would see.

    Args:
        path: Folder, zip or tgz of images, a prepared set, or "drawn".
        resolution: 64, or 96x80 (height x width). Chosen from the images if left out.
        code: Your own file that reads PATH: my_layout.py. May be given often.
        output: Where to write the contact sheet, a PNG. runs/mien-check-NAME.png if left out.
    """

def check_submission(
    file: PathLike,
) -> Valid:
    """Check an archive against homework 6's rules: names, kinds, sizes. Any fault exits with 65.

    Args:
        file: The .tgz to check. It is read with care: nothing in it is written anywhere.
    """

def compare(
    runs: Iterable[RunLike] = (),
    *,
    output: PathLike | None = None,
    outdir: PathLike = ...,
) -> Compared:
    """Put runs side by side: numbers here; images, curves, gradients and settings on one HTML page without network.

    Args:
        runs: Two or more: paths, numbers, names, or "last".
        output: The page's file, or a folder for its compare.html. compare.html beside the first run if left out.
        outdir: Folder that holds the runs.
    """

def demo(
    *,
    budget: str = "240s",
    faces: int = 10000,
    seed: int = 0,
    outdir: PathLike = ...,
) -> Demo:
    """Train on the built-in drawn faces, then make the film and the report.

    Args:
        budget: How long to train: 240s, 20m, 100kimg.
        faces: How many heads to learn from.
        seed: Same seed, same machine: same bits (for a budget in kimg).
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
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Discovered:
    """Find directions in the latent space, show them on a sheet, and keep them for mien generate --direction.

    Args:
        method: sefa reads the first weights; pca looks at what many seeds make of w or of the first layer.
        count: How many, the strongest first.
        strength: Of the sheet's first and last column, in standard deviations.
        layers: Move only these layers, 0-3 or 0,2,5-7, of a generator with a latent for each. All if left out.
        seeds: Whose images are shown, 0-1 if left out.
        latent: Show latents of a file (mien project) instead.
        trunc: Below 1 less variety and fewer broken images on the sheet.
        scale: Enlarge each image of the sheet this many times. Until it is easy to see if left out.
        name: Name a direction: 0=smile. May be given often; earlier names are kept.
        label_directions: Say which attribute each direction changes most, by a classifier that is trained first. For
            runs on the built-in faces.
        output: A .safetensors file; directions.safetensors in the run's folder if left out. Names and sheet lie beside.
        class_: Draw this class, by its name or number. For runs with --cond class.
        attributes: Draw these attributes: "hair=silver,eyes=green,smile". A seed chooses the others. For runs with
            --cond attributes.
        text: Draw what this text says: "a smiling girl with green hair". For runs with --cond text.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
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
    """Score a run's images, or anyone's, against real ones. The same command gives the same digits.

    Args:
        target: A run (folder, number, name, "last"), a snapshot, or pictures: a folder or archive.
        data: The real pictures: folder, archive, prepared set or "drawn". The run's own if left out.
        metrics: With commas between: fid, kid, is, pr, afd, modes, agreement, fid_by_class, l1, sharpness,
            or my_metric.py:name.
        num: Number of generated pictures: seeds 0 to num-1 of a run, or the most that are read from a folder.
        num_real: How many real images at most. As many as --num if left out.
        seeds: Which images of a run, instead of --num: 0-49999.
        trunc: Truncation; published numbers are of 1.
        to: Of a run that translates both ways, into which domain. As in mien translate where there is one way.
        extractor: auto, inception, efficientnet-lite0 or mobilenet-v2. auto: inception where it is (mien weights).
        resize: To the extractor's size: clean (antialiased) or legacy (TensorFlow 1's bilinear).
        weights: File of the extractor's weights, .pth or .safetensors. The one in the cache if left out.
        detector: Of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        resolution: At which images of a folder are compared: 64, or 96x80. Their own if left out.
        batch: Images at once. More needs more memory; the last digit may depend on it.
        device: auto, cpu, cuda or cuda:1.
        output: Also add the rows to this file, one JSON object a line.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
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
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Generated:
    """Draw images from seeds: a folder of files, one file, one grid, or one zip. A seed's image is always the same.

    Args:
        seeds: Seeds of the pictures: 0-99, or 1,5,9-12. 0-63 if left out; 0 for one file.
        latent: Draw the latents of a file (mien project) instead of seeds.
        direction: Move along a direction of mien directions: smile=2, 0=-1.5 or FILE:smile=2. May be given often.
        attribute_grid: One sheet of all values. hair,eyes: a row for each hair, a column for each eyes, one seed.
            hair: a row for each seed.
        trunc: 1 is as trained; less gives fewer broken images and less variety.
        grid: All images on one sheet.
        columns: Images in a row of the grid. As square as possible if left out.
        scale: Enlarge each image this many times; each pixel becomes a square. If left out, a grid is enlarged until
            it is easy to see, and single files keep their size.
        zip: All files in one zip.
        output: A folder; face.png for one image or a grid; faces.zip; or - for standard output. In the run's folder
            if left out.
        format: Format of the pictures: png (exact), jpg or webp. From the output's name if left out, else png.
        class_: Draw this class, by its name or number. For runs with --cond class.
        attributes: Draw these attributes: "hair=silver,eyes=green,smile". A seed chooses the others. For runs with
            --cond attributes.
        text: Draw what this text says: "a smiling girl with green hair". For runs with --cond text.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def gradients(
    runs: Iterable[RunLike] = (),
    *,
    output: PathLike | None = None,
    outdir: PathLike = ...,
) -> Gradients:
    """Draw the mean gradient norm of each discriminator layer on a logarithmic axis, one line per run.

    Args:
        runs: One or more: paths, numbers, names, or "last".
        output: An .svg file. gradients.svg in the run, or beside the first of several, if left out.
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
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Interpolated:
    """Film the walk from one seed's image to the next, and with --loop back to the first.

    Args:
        seeds: The stations, 0,5,9; 0-5 if left out.
        latent: Stations from a file of latents (mien project), before those of --seeds.
        frames: From one station to the next.
        fps: Frames a second.
        loop: End where it began.
        grid: Several walks at once, rows x columns: 4x4. Each next one has seeds of its own.
        trunc: Below 1 less variety and fewer broken images.
        scale: Enlarge each image this many times. Until the film is easy to see if left out.
        output: A .gif, .webp or .mp4 file; generated/walk.gif in the run's folder if left out.
        class_: Draw this class, by its name or number. For runs with --cond class.
        attributes: Draw these attributes: "hair=silver,eyes=green,smile". A seed chooses the others. For runs with
            --cond attributes.
        text: Draw what this text says: "a smiling girl with green hair". For runs with --cond text.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
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
    """Watch GANs learn points on a line or a plane. Without a name, list what there is.

    Args:
        name: An experiment (mode-collapse, js-fails, …) or a distribution (ring, grid, spiral, …).
        recipe: For a distribution: gan, wgan-gp, … or several with commas, side by side. gan if left out.
        set: Change a setting of every arm that has it: discriminator.optimizer.lr=1e-3. May be given often.
        budget: Real points that each D sees (300kimg: a point counts as an image), or a time (20s).
        seed: Same seed, same machine: same numbers (for a budget in kimg).
        outdir: Folder for the results, a new one inside for each.
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
    device: Device = "auto",
) -> Labelled:
    """Fill missing labels from the labelled part of a set, and leave out what cannot be told; writes a new set.

    Args:
        path: Folder, zip or tgz of images with some labels, or a prepared set.
        output: A new folder for the prepared set. PATH's name with -labelled, here, if left out.
        accuracy: How often a filled label has to be right, judged on held-out labelled images; else it stays unknown.
        num: Use at most this many images, evenly spread. Only these are written.
        resolution: 64, or 96x80 (height x width). Chosen from the images if left out.
        extractor: auto, inception or efficientnet-lite0. auto: inception where its weights are (mien weights).
        weights: File of the extractor's weights, .pth or .safetensors. The one in the cache if left out.
        batch: Images at once. More needs more memory.
        device: auto, cpu, cuda or cuda:1.
    """

def list_recipes(
    name: str | None = None,
) -> Listing:
    """List the recipes; with a name, tell what it is and list its settings as --set takes them.

    Args:
        name: A recipe, or my_gan.py:name.
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
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Mixed:
    """Draw each row's seed with some layers taken from each column's seed, on one sheet.

    Args:
        rows: The seeds that give all other layers.
        columns: The seeds that give the layers of --layers.
        layers: Which, 0-3 or 0,2,5-7; the first four (of fewer than eight: the first half) if left out.
        trunc: Below 1 less variety and fewer broken images.
        scale: Enlarge each image this many times. Until the sheet is easy to see if left out.
        output: A .png, .jpg or .webp file; generated/mix.png in the run's folder if left out.
        class_: Draw this class, by its name or number. For runs with --cond class.
        attributes: Draw these attributes: "hair=silver,eyes=green,smile". A seed chooses the others. For runs with
            --cond attributes.
        text: Draw what this text says: "a smiling girl with green hair". For runs with --cond text.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
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
    """Find the real images that drawn ones are nearest to, by pixels and by features; the report shows them.

    Args:
        seeds: Which images are drawn: 0-11, or 1,5,9-12.
        trunc: Truncation of the drawn images.
        data: The images that were trained on, if they moved.
        num_real: Look among at most this many real images, spread evenly. All if left out.
        extractor: auto, inception or efficientnet-lite0, as in mien evaluate.
        weights: File of the extractor's weights. The one in the cache if left out.
        device: auto, cpu, cuda or cuda:1.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
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
) -> Prepared:
    """Decode, crop and resize the images once, so that training starts at once; done by `mien train` by itself too.

    Args:
        path: Folder, zip or tgz of images, or "drawn".
        resolution: 64, or 96x80 (height x width). Chosen from the images if left out.
        code: Your own file that reads PATH: my_layout.py. May be given often.
        output: A new folder for the prepared set, to keep or to move. The cache if left out.
        seed: For drawn faces: other seeds, other faces.
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
    snapshot: Snapshot | None = None,
    code: PathLike | None = None,
    outdir: PathLike = ...,
) -> Projected:
    """Find the latent whose image is most like a photo, from the best of 512 seeds on.

    Args:
        photo: An image of any size: the middle is cropped and resized as for training.
        steps: Of Adam.
        features: Compare features besides pixels: auto does where the extra "metrics" is installed.
        seed: Where to start; another may find a better latent.
        scale: Enlarge each image of the sheet this many times. Until it is easy to see if left out.
        output: A .safetensors file; projected/PHOTO.safetensors in the run's folder if left out. An image lies beside.
        class_: Draw this class, by its name or number. For runs with --cond class.
        attributes: Draw these attributes: "hair=silver,eyes=green,smile". A seed chooses the others. For runs with
            --cond attributes.
        text: Draw what this text says: "a smiling girl with green hair". For runs with --cond text.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def report(
    run: RunLike,
    *,
    output: PathLike | None = None,
    outdir: PathLike = ...,
) -> Reported:
    """Write one HTML page about a run, finished or not: images, curves, data, settings, commands. Needs no network.

    Args:
        run: A run's path, number or name, or "last".
        output: The page's file, or a folder for its report.html. RUN/report.html if left out.
        outdir: Folder that holds the runs.
    """

def resume(
    run: RunLike,
    *,
    budget: str | None = None,
    data: Data | None = None,
    metrics: Names | None = None,
    set: Settings = (),
    code: PathLike | Iterable[PathLike] = (),
    device: Device = "auto",
    outdir: PathLike = ...,
) -> Run:
    """Go on with a stopped or finished run, always into the same directory.

    Args:
        run: A run's path, number or name, or "last".
        budget: A new end (2h, 500kimg), or so much more (+2h, +100kimg). What the run began with if left out.
        data: Where the images are now, if they moved.
        metrics: Evaluate while training by other metrics: fid,kid. none: no longer. As before if left out.
        set: Change a setting of the recipe from here on: generator.optimizer.lr=1e-4. May be given often.
        code: Your file that the run's recipe or metrics come from, if they do; once for each file.
        device: auto, cpu, cuda or cuda:1.
        outdir: Folder that holds the runs.
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
        output: The archive, a .tgz. RUN/hw6.tgz if left out.
        seeds: 1,000 of them: 1-1000.
        trunc: 1 is as trained; less gives fewer broken faces and less variety.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
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
    cond: Literal["none", "class", "attributes", "text"] = "none",
    encoder: str | None = None,
    code: PathLike | Iterable[PathLike] = (),
    budget: str = "20m",
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
    dry_run: bool = False,
) -> Run:
    """Learn faces from a folder of images, a zip, or the built-in drawn faces.

    Args:
        recipe: What to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Several to train one after the other, each with the whole budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images a step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or snapshot; from its recipe, too, unless
            RECIPE is given. At another resolution the layers that fit are taken over.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small sets. Needs --init.
        augment: What D sees of pictures: none, diffaugment or ada; auto: the recipe's own, or one for few images.
        cond: Draw by the images' classes, attributes or captions, so that mien generate can ask for them.
        encoder: Of captions: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (CONTRIBUTING.md says how). May be given often.
        budget: How long: 30m, 2h, 200kimg (thousand images seen) or 50ep (epochs).
        seed: Same seed, same machine: same bits.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be given often.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda or cuda:1.
        tick: kimg until the first samples and statistics; the gaps widen later.
        checkpoint_every: At least so much time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume takes the one before it.
        metrics: Evaluate while training: fid,afd. The best generator by the first one is kept.
        metrics_every: kimg until the first evaluation; the gaps widen later. Five ticks if left out.
        metrics_num: How many images an evaluation draws, and of how many real ones.
        metrics_share: At most this share of the time goes into evaluations; 1: each that is due.
        detector: Of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        dry_run: Say what would happen, train nothing.
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
    cond: Literal["none", "class", "attributes", "text"] = "none",
    encoder: str | None = None,
    code: PathLike | Iterable[PathLike] = (),
    budget: str = "20m",
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
    dry_run: bool = False,
) -> Runs:
    """Learn faces from a folder of images, a zip, or the built-in drawn faces.

    Args:
        recipe: What to train: a name from `mien recipes`, or my_gan.py:name. Chosen for you if left out.
        data: Folder, zip or tgz of images, a prepared set, or "drawn" (or drawn:50000@128).
        recipes: Several to train one after the other, each with the whole budget: dcgan,dcgan-laptop.
        resolution: 64, or 96x80 (height x width). Chosen from the recipe and the images if left out.
        batch: Images a step, over all processes. The recipe's if left out.
        init: Start from the networks of this run (path, number, name, last) or snapshot; from its recipe, too, unless
            RECIPE is given. At another resolution the layers that fit are taken over.
        freeze_d: Freeze the first N layers of the discriminator (FreezeD), for small sets. Needs --init.
        augment: What D sees of pictures: none, diffaugment or ada; auto: the recipe's own, or one for few images.
        cond: Draw by the images' classes, attributes or captions, so that mien generate can ask for them.
        encoder: Of captions: words (the default), sentences (learned), a folder of that kind, or my_encoder.py:Mine.
        code: Your own file that reads DATA: my_layout.py (CONTRIBUTING.md says how). May be given often.
        budget: How long: 30m, 2h, 200kimg (thousand images seen) or 50ep (epochs).
        seed: Same seed, same machine: same bits.
        set: Change a setting of the recipe: discriminator.terms.r1.weight=5. May be given often.
        outdir: Folder that holds the runs.
        name: Name of the run, after its number. Made from recipe and data if left out.
        device: auto, cpu, cuda or cuda:1.
        tick: kimg until the first samples and statistics; the gaps widen later.
        checkpoint_every: At least so much time between two checkpoints: 2m, 30s.
        checkpoint_keep: Keep the newest N checkpoints. If one is damaged, mien resume takes the one before it.
        metrics: Evaluate while training: fid,afd. The best generator by the first one is kept.
        metrics_every: kimg until the first evaluation; the gaps widen later. Five ticks if left out.
        metrics_num: How many images an evaluation draws, and of how many real ones.
        metrics_share: At most this share of the time goes into evaluations; 1: each that is due.
        detector: Of afd: anime, human, a cascade.xml or my_detector.py:function. anime if left out.
        dry_run: Say what would happen, train nothing.
    """

def translate(
    run: RunLike,
    pictures: PathLike | Iterable[PathLike],
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
        pictures: Images, folders of images, or archives.
        to: Into which domain; A or B as in the data. May be left out if the run translates one way only.
        beside: Write source and result side by side, with cyclegan also the round trip.
        resize: First bring an image to the size of the training, keeping its shape; else it is translated as it is.
        output: The folder for the results. "translated" in the run's folder if left out.
        format: Of the results: png (exact), jpg or webp.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
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
    """Make a film of how the faces came (evolution), and of faces that turn into each other (interpolation).

    Args:
        kind: The training's evolution from its sample grids, a closed walk between faces, or both.
        seeds: The stations of the walk's first face, 0-5 or 3,14,15; the other faces have stations of their own.
        frames: From one station of the walk to the next.
        fps: Frames a second of the walk.
        trunc: Below 1 less variety and fewer broken images in the walk.
        scale: Enlarge each image this many times. Until the film is easy to see if left out.
        output: Folder for the files; the run's own if left out.
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        snapshot: Use an older generator: its kimg, "best", or a file. The newest if left out.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

def weights(
    action: Literal["list", "fetch"] = "list",
    name: str | None = None,
) -> Weights:
    """List the published files that metrics use, or fetch one. Nothing else in mien downloads anything.

    Args:
        action: list, or fetch.
        name: Which file to fetch: inception, anime-cascade or mobilenet-v2.
    """
