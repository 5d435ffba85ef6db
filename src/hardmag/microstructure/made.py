"""Micrographs of synthetic magnets whose parameters are known, as a table and images that are read like any others."""

import csv
from math import ceil, pi
from pathlib import Path

import numpy as np

from hardmag.files import atomic_path
from hardmag.images.imaging import grey_image
from hardmag.images.magnet import FEWEST, synthetic_magnet
from hardmag.images.slices import slices

SATURATED = 1e-3
KNOWN = "known_"  # before the name of a property that the images were made by


def make_micrographs(settings, table):
    """Write the images of all samples, 8-bit PNG, and the table that names them, with what they were made by as properties."""
    from PIL import Image

    made, folder, rows = settings.made, Path(table).parent, []
    for number, (name, known) in enumerate(made.samples.items()):
        rng = np.random.default_rng((settings.seed, 1, number))
        magnet = synthetic_magnet(known.parameters(), _grains(known, made.field_um), rng)
        labels = slices(magnet, made.field_um, made.pixel_um, made.images, rng)
        for k, one in enumerate(labels, 1):
            grey = exposed(grey_image(one, settings.detector.mode(), rng))
            image = f"{name}-{k}.png"
            with atomic_path(folder / image) as temporary:
                Image.fromarray(grey).save(temporary, format="PNG")
            rows.append({"sample": name, "image": image, "pixel_um": made.pixel_um} | _properties(known))
    with atomic_path(table) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def exposed(grey):
    """Greys (ny, nx) uint8, the gain of the detector set such that all but its brightest pixels, one in a thousand, are below
    its limit: in a brighter picture inclusions and boundary would be alike."""
    return (255 * (grey / np.quantile(grey, 1 - SATURATED)).clip(0, 1)).astype(np.uint8)


def _grains(known, field_um):
    """So many that their box is no smaller than an image."""
    return max(FEWEST, ceil((field_um / known.D_V_um) ** 3 * (1 - known.inclusion_share) * 6 / pi) + 1)


def _properties(known):
    return {KNOWN + name: value for name, value in known.model_dump().items()}
