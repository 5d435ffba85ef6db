"""Synthetic magnets and the segmentation network: python benchmarks/segmentation.py PART … [--micrographs FOLDER]

Parts: magnets (volumes, shares, cost), bright and both (networks from nothing, for one contrast and for all), micrographs (both
on the etched steel of NIST, with boundaries traced by hand, and on images that are foreign to it), steel (bright on parts of
that steel, its greys reversed). → segmentation.json; the networks lie in results/segmentation.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from time import process_time

import numpy as np
import scipy
from common import begun, environment, progress, write

from hardmag.images.imaging import ImagingMode, grey_image
from hardmag.images.labels import BOUNDARY
from hardmag.images.magnet import MagnetParameters, phase_shares, synthetic_magnet
from hardmag.images.segmentation import load, save, segment, thickness_px
from hardmag.images.slices import slices
from hardmag.images.training import TrainingSettings, train

MODELS = Path(__file__).parents[1] / "results" / "segmentation"
SETTINGS = {
    "bright": TrainingSettings(mode=ImagingMode("bright", "bright"), held_out=24),
    "both": TrainingSettings(mode=ImagingMode("both", "both"), magnets=40),
}
SEED = 1
NEAR_PX = 3.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=["magnets", *SETTINGS, *REAL])
    parser.add_argument("--grains", type=int, nargs="*", default=[160, 1000], help="of the magnets")
    parser.add_argument("--micrographs", type=Path, help="folder of the real images")
    given, environ = parser.parse_args(), environment()
    if given.micrographs is None and (needy := [part for part in given.parts if part in REAL]):
        parser.error(f"the part {needy[0]} needs --micrographs FOLDER")
    for part in given.parts:
        if part == "magnets":
            found = {f"magnets_{grains}": magnet_of(grains) for grains in given.grains}
        elif part in REAL:
            found = {part: REAL[part](given.micrographs)}
        else:
            found = {part: network_of(part)}
        progress(found)
        write("segmentation", begun("segmentation") | environ | found)


def magnet_of(grains):
    """How well a magnet keeps to its recipe, and what it costs."""
    parameters, rng = MagnetParameters(6.5, 0.35, 0.5, 0.08), np.random.default_rng(SEED)
    before = process_time()
    magnet = synthetic_magnet(parameters, grains, rng)
    seconds = process_time() - before
    volumes = magnet.diagram.volumes
    wanted = magnet.without_inclusions.volumes * (1 - parameters.inclusion_share)
    d = np.cbrt(6 * volumes[:grains] / np.pi)
    areas = slices(magnet, magnet.box_um, magnet.box_um / 200, 9, rng)
    areas = np.array([[(one == phase).mean() for phase in range(3)] for one in areas])
    error = areas.std(0, ddof=1) / 3
    t = 1e-3 * parameters.D_V_um
    return {
        "cpu_s": round(seconds, 2),
        "largest_error_of_a_volume": float(f"{np.abs(volumes[:grains] / wanted - 1).max():.2g}"),
        "D_V_um": round(float(np.cbrt(6 * volumes[:grains].mean() / np.pi)), 5),
        "spread": round(float(np.log(d).std()), 5),
        "inclusion_share": round(float(volumes[grains:].sum() / volumes.sum()), 6),
        "boundary_over_area_times_thickness": round(phase_shares(magnet, t)[1] / (magnet.S_V_per_um * t), 5),
        "area_minus_volume_shares_in_standard_errors": np.round((areas.mean(0) - magnet.shares) / error, 2).tolist(),
    }


def network_of(name):
    """Trained from nothing; IoU of held-out magnets by the thickness of the boundary as well."""
    before = process_time()
    model = train(SETTINGS[name], SEED)
    seconds = process_time() - before
    save(model, MODELS / f"{name}.h5")
    return {
        "seed": SEED,
        "settings": asdict(SETTINGS[name]),
        "cpu_s": round(seconds, 1),
        "last_loss": round(float(np.mean(model.metadata["losses"][-50:])), 4),
        "scores": model.metadata["scores"],
        "thickness": thicknesses(model),
    }


def thicknesses(model):
    """The boundary's thickness in grey images, as found over that of the labels: [[labels, found, zoom]], medians of six."""
    found, rng = [], np.random.default_rng([SEED, 10])
    for t in (1.0, 1.5, 2.0, 3.0, 4.0):
        magnet = synthetic_magnet(MagnetParameters(40.0, 0.35, t, 0.12, 0.6), 60, rng)
        rows = []
        for labels in slices(magnet, 120.0, 1.0, 6, rng):
            segmented = segment(model, grey_image(labels, model.mode, rng), 1.0)
            rows.append([thickness_px(labels), segmented.boundary_um, segmented.zoom])
        found.append(np.round(np.median(rows, axis=0), 2).tolist())
    return found


def of_micrographs(folder):
    """Boundary F1 on the steel as it is and with greys reversed, beside one threshold's; what is said of foreign images."""
    from PIL import Image
    from skimage.filters import threshold_otsu
    from tifffile import imread

    model = load(MODELS / "both.h5")
    steel, traced = steel_of(folder)
    found = {"steel_baseline": f1(steel < threshold_otsu(steel), traced)}
    for name, image in (("steel", steel), ("steel_reversed", 255 - steel)):
        segmented = segment(model, image, 1.0)
        found[name] = f1(segmented.labels[:: segmented.zoom, :: segmented.zoom] == BOUNDARY, traced) | stated(segmented)
    foreign = {"titanium_lamellae": imread(folder / "nist_ti64_sem_zeiss.tif")[:700, :, 0].astype(float)}
    foreign["white_noise"] = np.random.default_rng(SEED).random((300, 300))
    foreign["smooth_noise"] = scipy.ndimage.gaussian_filter(np.random.default_rng(SEED).standard_normal((300, 300)), 8)
    alpha = np.asarray(Image.open(folder / "alpha_ti_sem_and_boundaries_hosoda.png").convert("L"), dtype=float)
    foreign["titanium_without_boundary_phase"] = alpha[:640:2, :1400:2]  # without its scale bar, about 50 pixels a grain
    return found | {name: stated(segment(model, image, 1.0)) for name, image in foreign.items()}


def of_steel(folder):
    """The scores of the parts of the steel, a third of its height and a third of its width each: bright on reversed greys."""
    image, traced = steel_of(folder)
    segmented = segment(load(MODELS / "bright.h5"), 255 - image, 1.0)
    found = segmented.labels[:: segmented.zoom, :: segmented.zoom] == BOUNDARY
    thirds = lambda image: [part for rows in np.array_split(image, 3) for part in np.array_split(rows, 3, axis=1)]  # noqa: E731
    parts = [f1(*pair) for pair in zip(thirds(found), thirds(traced), strict=True)]
    return f1(found, traced) | stated(segmented) | {"parts": parts}


def steel_of(folder):
    """(greys (ny, nx), where boundaries were traced by hand (ny, nx))."""
    from tifffile import imread

    return imread(folder / "nist_steel_optical.tif").astype(float), imread(folder / "nist_steel_boundaries.tif") > 0


def stated(segmented):
    """What a segmentation says of its image."""
    shares = [round(float((segmented.labels == phase).mean()), 4) for phase in range(3)]
    return {"zoom": segmented.zoom, "shares": shares, "statement": segmented.statement}


def f1(found, true):
    """Of boundaries (ny, nx): pixels within 3 px of the other's count as right."""
    distance = scipy.ndimage.distance_transform_edt
    precision = (distance(~true)[found] <= NEAR_PX).mean()
    recall = (distance(~found)[true] <= NEAR_PX).mean()
    score = 2 * precision * recall / (precision + recall)
    return {"f1": round(float(score), 4), "precision": round(float(precision), 4), "recall": round(float(recall), 4)}


REAL = {"micrographs": of_micrographs, "steel": of_steel}

if __name__ == "__main__":
    main()
