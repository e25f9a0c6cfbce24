"""Compares mien's numbers with those of torch-fidelity, clean-fid and prdc, on the same images and the same weights.

    pip install --no-deps --target LIBRARIES torch-fidelity clean-fid prdc torchvision tqdm requests urllib3 idna \
        certifi charset-normalizer scikit-learn joblib cloudpickle narwhals threadpoolctl scipy
    PYTHONPATH=LIBRARIES python benchmarks/parity_metrics.py [--pictures 128] [--weights FILE]

Without the published Inception file the script makes random weights. Their batch norm is fitted to the images, so that
features have the size of the published ones. Both sides read the same file. The images are built-in faces. The fakes
are other faces, blurred and with noise.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter

from mien.commands.evaluate import evaluate
from mien.data.synthetic.draw import draw_many
from mien.metrics.extractors import load_extractor
from mien.metrics.inception_score import InceptionScore
from mien.metrics.kid import KID
from mien.metrics.networks.inception import Inception
from mien.metrics.precision_recall import PrecisionRecall
from mien.metrics.resize import resize

SIZE = 64


# Beside a PyTorch without GPU support torchvision fails at import for want of two operators that nobody calls.
declared = torch.library.Library("torchvision", "DEF")
for operator in ("nms", "qnms"):
    declared.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")


def save_pictures(folder: Path, count: int) -> None:
    real = draw_many(count, SIZE, SIZE, seed=0).images
    other = draw_many(count, SIZE, SIZE, seed=1).images
    random = np.random.default_rng(0)
    for index, (one, two) in enumerate(zip(real, other)):
        blurred = np.asarray(Image.fromarray(two).filter(ImageFilter.GaussianBlur(0.8)), np.float32)
        noisy = np.clip(blurred + random.normal(0, 6, blurred.shape), 0, 255).astype(np.uint8)
        for name, pixels in (("real", one), ("fake", noisy)):
            (folder / name).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / name / f"{index:05d}.png")


def make_weights(path: Path, pictures: np.ndarray) -> None:
    torch.manual_seed(0)
    network = Inception().train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # type: ignore[assignment]  # the plain mean of what it sees
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.3)
    torch.nn.init.normal_(network.fc.weight, 0, 0.08)
    with torch.no_grad():
        network(network.prepare(resize(torch.from_numpy(pictures), 299, 299, "clean")))
    torch.save(network.state_dict(), path)


def by_torch_fidelity(folder: Path, weights: Path, count: int) -> dict[str, Any]:
    import torch_fidelity

    return torch_fidelity.calculate_metrics(
        input1=str(folder / "fake"), input2=str(folder / "real"), fid=True, kid=True, isc=True,
        feature_extractor="inception-v3-compat", feature_extractor_weights_path=str(weights),
        kid_subset_size=min(1000, count), cuda=False, cache=False, batch_size=16, verbose=False,
    )  # fmt: skip


def by_clean_fid(folder: Path, weights: Path) -> float:
    """Returns FID by clean-fid's resizing, reading and Fréchet distance, with torch-fidelity's layers between."""
    import torch_fidelity.feature_extractor_inceptionv3 as theirs
    from cleanfid.fid import fid_from_feats, get_folder_features

    network = theirs.FeatureExtractorInceptionV3("clean", ["2048"], str(weights))
    theirs.interpolate_bilinear_2d_like_tensorflow1x = lambda images, **_: images
    theirs.vassert = lambda *_: None  # which wants uint8
    found = [
        get_folder_features(
            str(folder / name), lambda images: network(images)[0], num_workers=0, batch_size=16,
            device=torch.device("cpu"), mode="clean", verbose=False,
        )
        for name in ("fake", "real")
    ]  # fmt: skip
    return float(fid_from_feats(*found))


def on_saved_features(folder: Path, weights: Path) -> None:
    """Compares on the same features, so only the metric's own arithmetic differs."""
    from prdc import compute_prdc
    from torch_fidelity.metric_isc import isc_features_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    extractor = load_extractor("inception", weights, "clean", torch.device("cpu"))
    sides = []
    for name in ("real", "fake"):
        pixels = np.stack([np.asarray(Image.open(path)) for path in sorted((folder / name).iterdir())])
        parts = [extractor(pixels[start : start + 16]) for start in range(0, len(pixels), 16)]
        sides.append({key: torch.cat([part[key] for part in parts]) for key in ("features", "logits")})
    real, fake = sides
    size = len(real["features"]) // 2
    theirs = kid_features_to_metric(fake["features"], real["features"], kid_subset_size=size, verbose=False)
    ours = KID(size=size).scores(real["features"], fake["features"])["kid"]
    line(f"kid, subsets of {size}", ours.value, theirs["kernel_inception_distance_mean"])
    line("kid, std", ours.std, theirs["kernel_inception_distance_std"])
    line(
        "is",
        InceptionScore().scores(torch.empty(0), fake["logits"])["is"].value,
        isc_features_to_metric(fake["logits"])["inception_score_mean"],
    )
    found = PrecisionRecall().scores(real["features"], fake["features"])
    theirs = prc_features_to_metric(fake["features"], real["features"], verbose=False)
    balls = compute_prdc(real["features"].double().numpy(), fake["features"].double().numpy(), nearest_k=5)
    for name in ("precision", "recall"):
        line(name, found[name].value, theirs[name])
    for name in ("density", "coverage"):
        line(f"{name} (prdc)", found[name].value, balls[name])


def line(name: str, ours: float | None, theirs: float) -> None:
    assert ours is not None
    print(f"{name:32} {ours:14.8f} {theirs:14.8f}   {abs(ours - theirs):.1e}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pictures", type=int, default=128)
    parser.add_argument("--only-features", action="store_true", help="leave the libraries' own reading of files out")
    parser.add_argument("--weights", type=Path, help="the published Inception file, where it can be had")
    args = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_pictures(folder, args.pictures)
        weights = args.weights or folder / "random.pth"
        if not args.weights:
            make_weights(weights, draw_many(16, SIZE, SIZE, seed=2).images)
        print(f"{args.pictures} pictures of {SIZE} px a side; weights {weights.name}")
        print(f"{'':32} {'mien':>14} {'theirs':>14}   difference")
        for convention in () if args.only_features else ("legacy", "clean"):
            rows = evaluate(
                str(folder / "fake"), data=str(folder / "real"), metrics="fid,kid,is", extractor="inception",
                weights=weights, resize=convention, num=args.pictures,  # type: ignore[arg-type]
            ).rows  # fmt: skip
            ours = {row["metric"]: row["value"] for row in rows}
            if convention == "legacy":
                theirs = by_torch_fidelity(folder, weights, args.pictures)
                line("fid, legacy (torch-fidelity)", ours["fid"], theirs["frechet_inception_distance"])
                line("kid, legacy (torch-fidelity)", ours["kid"], theirs["kernel_inception_distance_mean"])
                line("is, legacy (torch-fidelity)", ours["is"], theirs["inception_score_mean"])
            else:
                line("fid, clean (clean-fid)", ours["fid"], by_clean_fid(folder, weights))
        print("on the same saved features:")
        on_saved_features(folder, weights)
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
