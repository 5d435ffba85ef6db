"""Maps of samples by the spectra of segmented images: how the first component follows the size of the grains, and how far these
spectra are from those of the true labels.

Synthetic magnets, seen through the microscope of `imaging`, segmented by the network `bright` of benchmarks/segmentation.py,
which knows none of them. Of the case "one make" the magnets differ in size above all, of "any" in everything. Writes
segmented_spectra.json after each draw, from which it goes on; four minutes of one core for each case.
Run: python benchmarks/segmented_spectra.py CASE
"""

import sys
from math import ceil, pi
from pathlib import Path
from time import process_time

import numpy as np
from common import begun, environment, progress, write
from power_spectra import follows

from hardmag.images.imaging import grey_image
from hardmag.images.labels import NAMES
from hardmag.images.magnet import MagnetParameters, synthetic_magnet
from hardmag.images.matching import GREYS
from hardmag.images.segmentation import load, segment
from hardmag.images.slices import slices
from hardmag.images.spectra import above_noise, common_grid, indicator, mean_spectrum, phase_spectrum, power_spectrum, unfolded

NETWORK = Path(__file__).parents[1] / "results" / "segmentation" / "bright.h5"
DRAWS, MAGNETS, IMAGES = 6, 30, 8
FIELD_UM, PIXEL_UM = 25.6, 0.2
SIZES_UM = (4.0, 9.0)
CASES = {
    "any": {"D_V_um": SIZES_UM, "spread": (0.2, 0.45), "boundary_um": (0.4, 0.85), "inclusion_share": (0.03, 0.11)},
    "one make": {"D_V_um": SIZES_UM, "spread": (0.3, 0.4), "boundary_um": (0.5, 0.6), "inclusion_share": (0.05, 0.07)},
}
SEEDS = dict(zip(CASES, (11, 12), strict=True))
FEWEST = 60  # grains of a magnet


def main():
    (case,) = sys.argv[1:]
    model, environ = load(NETWORK), environment()
    described = {"magnets": MAGNETS, "images_of_a_magnet": IMAGES, "field_um": FIELD_UM, "pixel_um": PIXEL_UM}
    described |= {"network": model.metadata["scores"]}
    for draw in range(len(draws_of(case)), DRAWS):
        before = process_time()
        found = of_draw(model, CASES[case], np.random.default_rng([SEEDS[case], draw]))
        found |= {"cpu_s": round(process_time() - before, 1)}
        progress(found["maps"])
        row = {"ranges": CASES[case], "draws": [*draws_of(case), found]}
        held = begun("segmented_spectra")
        write("segmented_spectra", held | environ | described | {"cases": held.get("cases", {}) | {case: row}})


def draws_of(case):
    """What was found before."""
    return begun("segmented_spectra").get("cases", {}).get(case, {"draws": []})["draws"]


def of_draw(model, ranges, rng):
    """Maps by the spectra of grey images, of what the network makes of them, and of the true labels; what segmentation does to
    spectra and shares, a number for each magnet."""
    drawn = {name: rng.uniform(*ends, MAGNETS) for name, ends in ranges.items()}
    magnets = [MagnetParameters(*map(float, one)) for one in zip(*drawn.values(), strict=True)]
    true = [labels_of(one, rng) for one in magnets]
    grey = [[grey_image(image, model.mode, rng) for image in images] for images in true]
    found = [[segmented(model, image) for image in images] for images in grey]
    ways = {"grey": (grey, lambda image: above_noise(power_spectrum(image, PIXEL_UM)))}
    for name, images in (("true", true), ("segmented", found)):
        ways |= {f"{name}, {phase}": (images, lambda image, phase=phase: of_phase(image, phase)) for phase in NAMES[:2]}
        ways[f"{name}, three levels"] = images, lambda image: unfolded(power_spectrum(GREYS[image], PIXEL_UM))
    ln_D = np.log(drawn["D_V_um"])
    return {
        "maps": {name: follows(images, spectrum, ln_D) for name, (images, spectrum) in ways.items()},
        "segmented_over_true": {
            phase: {
                "S_apart": [apart(*of, phase) for of in zip(found, true, strict=True)],
                "share": [share(one, phase) / share(other, phase) for one, other in zip(found, true, strict=True)],
            }
            for phase in NAMES
        },
    }


def labels_of(parameters, rng):
    """True labels (IMAGES, n, n) of a magnet that is wide enough for the field."""
    cells = (FIELD_UM / parameters.D_V_um) ** 3 * 6 / pi
    grains = max(FEWEST, ceil(cells * (1 - parameters.inclusion_share)) + 1)
    return slices(synthetic_magnet(parameters, grains, rng), FIELD_UM, PIXEL_UM, IMAGES, rng)


def segmented(model, image):
    """Labels (ny, nx) on the pixels of the image."""
    found = segment(model, image, PIXEL_UM)
    return found.labels[:: found.zoom, :: found.zoom]


def of_phase(labels, phase):
    return phase_spectrum(labels, phase, PIXEL_UM)


def apart(found, true, phase):
    """Mean over the wavenumbers of |S/S_true − 1|, of the mean spectra of a magnet's images."""
    spectra = [[of_phase(one, phase) for one in images] for images in (found, true)]
    k = common_grid(spectra[1])
    S, S_true = (mean_spectrum(of, k) for of in spectra)
    return round(float(np.abs(S / S_true - 1).mean()), 4)


def share(images, phase):
    return round(float(np.mean([indicator(one, phase).mean() for one in images])), 5)


if __name__ == "__main__":
    main()
