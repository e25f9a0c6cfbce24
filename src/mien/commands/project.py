"""mien project: find the latent whose image is nearest to a photo (inversion)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from mien.commands.shared_flags import RequestFlags, RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import DataError, UsageError


@dataclass(frozen=True)
class Projected(VerbResult):
    """The latent of a photo, and how near its image is.

    error, start: root mean square differences from the photo in levels of 255, of the final latent and of the best
    seed. features: the network whose features were compared, or None. requested: the requested condition as text, or
    None.
    """

    path: Path
    picture: Path
    error: float
    start: float
    best_seed: int
    steps: int
    features: str | None
    run: str
    requested: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path), "picture": str(self.picture)}

    def __str__(self) -> str:
        compared = f"pixels and features of {self.features}" if self.features else "pixels"
        requested = f", {self.requested}" if self.requested else ""
        return (
            f"{self.path}, shown in {self.picture}\n"
            f"  {self.error:.1f} levels from the photo, root mean square (the best seed, {self.best_seed}: "
            f"{self.start:.1f}), after {self.steps} steps by {compared}{requested}\n"
            f"generate it: mien generate {self.run} --latent {self.path}"
        )


@takes_groups
def project(
    request_flags: RequestFlags,
    run_flags: RunFlags,
    photo: tyro.conf.Positional[Path],
    *,
    steps: int = 300,
    features: Literal["auto", "efficientnet-lite0", "none"] = "auto",
    seed: int = 0,
    scale: int | None = None,
    output: Path | None = None,
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
    """
    from mien.inference.latents import inversion, perceptual
    from mien.inference.latents.files import save_w, tensors_place
    from mien.media.contact_sheet import Names, image_table
    from mien.media.image_files import encode
    from mien.metrics.networks.pretrained import EFFICIENTNET_CURE
    from mien.runtime.atomic_files import write_bytes
    from mien.runtime.console import counted

    if not 1 <= steps <= 100_000:
        raise UsageError(f"--steps {steps} is out of range: 1 to 100000")
    if not 0 <= seed <= 2**32:
        raise UsageError(f"--seed {seed} is out of range: 0 to {2**32}")
    run, outdir = run_flags.run, run_flags.outdir
    generator, requested = request_flags.apply(run_flags.load()), request_flags.given
    pixels = read(photo, *generator.resolution, generator.channels)
    path = tensors_place(output, run, outdir, f"projected/{photo.stem}.safetensors")
    look = None if features == "none" else perceptual.installed(generator.device)
    if features == perceptual.NAME and look is None:
        raise UsageError(f"--features {features}: its weights are not installed: {EFFICIENTNET_CURE}")
    with counted("projecting") as progress:
        found = inversion.project(generator, pixels, steps, seed, look, progress, hold=bool(requested))
    compared = perceptual.NAME if look else None
    facts = {"photo": photo.name, "error": round(found.error, 3), "start": round(found.start, 3), "steps": steps}
    facts |= {"seed": seed, "features": compared, **requested}
    save_w(path, "latents", found.w, generator, facts)
    names = ["photo", f"seed {found.seed}: {found.start:.1f}", f"projected: {found.error:.1f}"]
    sheet, facts["scale"] = image_table(
        np.stack([pixels, found.before, found.after])[None], Names(columns=names), scale
    )
    write_bytes(path.with_suffix(".png"), encode(sheet, "png", {"run": generator.run, **facts}))
    words = ", ".join(f"{name}: {value}" for name, value in requested.items()) or None
    return Projected(path, path.with_suffix(".png"), found.error, found.start, found.seed, steps, compared, run, words)


def read(path: Path, height: int, width: int, channels: int) -> np.ndarray:
    """uint8 [height,width,channels], cropped and resized as `mien data prepare` does. Raises FileError or DataError."""
    from PIL import Image

    from mien.data.decode import BadImage, decode_image
    from mien.runtime.atomic_files import io_errors

    with io_errors(path):
        data = path.read_bytes()
    try:
        pixels = decode_image(data, path.name, height, width)
    except BadImage as error:
        raise DataError(f"{path} cannot be used: {error}") from error
    return pixels if channels == 3 else np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
