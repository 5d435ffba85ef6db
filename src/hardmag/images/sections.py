"""Sections of grains in label images: diameters, edges and the weights that correct for them.

What an image shows as boundary is wider than the boundary phase of the magnet (blur, etching, thick spots), so each grain gets
half of it: every boundary pixel counts to the section that is nearest. Inclusions count to no grain.
"""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy import ndimage

from hardmag.errors import UserError
from hardmag.images.labels import BOUNDARY, INCLUSION, MAIN

LEAST = 0.25  # of the diameter of a typical section: of smaller ones, boundary and noise hide an unknown part
LEAST_PIXELS = 3.0  # and those of a smaller diameter in pixels


@dataclass(frozen=True, eq=False)
class Sections:
    """Of n sections in one or several images.

    diameters_um: (n,) of the circles of equal area; boxes_um: (n, 2), width and height of the bounding boxes; touches: (n,), by
    the edge of the image; weights_per_um2: (n,), expected number of such sections per area, for one that was seen whole, 0 for
    one that touches; least_um: smaller ones were dropped; shares: (3,) of the area that are main phase, boundary, inclusions.
    """

    diameters_um: np.ndarray
    boxes_um: np.ndarray
    touches: np.ndarray
    weights_per_um2: np.ndarray
    least_um: float
    shares: np.ndarray


def sections_of(label_images, pixel_um):
    """Sections of the grains in label images, each (ny, nx) of 0 main phase, 1 boundary, 2 inclusion.

    A grain is a connected region of the main phase, with its half of the boundary. Regions are dropped whose diameter is below
    LEAST of the area-weighted mean √(Σd⁴/Σd²) of all, or below LEAST_PIXELS pixels. A wide section is more often cut by the
    edge than a narrow one; of those not cut, each has the weight 1/((W−w)(H−h)), for boxes w × h in a field W × H (Miles 1974;
    Lantuéjoul 1980), so that the weights add up to the number of sections per area, inclusions not counted to that area.
    Raises UserError on what is no label image, and on images that show no boundaries between grains.
    """
    if not isinstance(pixel_um, Real) or not 0 < pixel_um < np.inf:
        raise UserError(f"pixel_um must be a length > 0 in micrometres, not {pixel_um}")
    images = [_checked(labels, k) for k, labels in enumerate(label_images, 1)]
    if not images:
        raise UserError("no label images were given")
    areas, boxes, touches, weights = (np.concatenate(each) for each in zip(*map(_regions, images), strict=True))
    shares = np.bincount(np.concatenate([labels.ravel() for labels in images]), minlength=3)
    diameters = 2 * np.sqrt(areas / np.pi)
    least = max(LEAST * np.sqrt((diameters**4).sum() / (diameters**2).sum()), LEAST_PIXELS)
    keep = diameters >= least
    return Sections(
        diameters_um=diameters[keep] * pixel_um,
        boxes_um=boxes[keep] * pixel_um,
        touches=touches[keep],
        weights_per_um2=weights[keep] / (shares[MAIN] + shares[BOUNDARY]) / pixel_um**2,
        least_um=float(least * pixel_um),
        shares=shares / shares.sum(),
    )


def _regions(labels):
    """(areas (n,), boxes (n, 2) as width and height, touches (n,), weights (n,)) of an image's regions, in pixels.

    weights: the area of the field over that of the places in it at which the box does not touch the edge."""
    regions, n = ndimage.label(labels == MAIN)
    nearest = ndimage.distance_transform_edt(regions == 0, return_distances=False, return_indices=True)
    grains = np.where(labels == INCLUSION, 0, regions[tuple(nearest)])
    areas = np.bincount(grains.ravel(), minlength=n + 1)[1:]
    place = np.array([[(along.start, along.stop) for along in box] for box in ndimage.find_objects(grains)])
    extent = place[:, :, 1] - place[:, :, 0]
    touches = ((place[:, :, 0] == 0) | (place[:, :, 1] == labels.shape)).any(axis=1)
    weights = np.zeros(n)
    weights[~touches] = labels.size / (np.array(labels.shape) - extent[~touches] - 1).prod(axis=1)
    return areas, extent[:, ::-1], touches, weights


def _checked(labels, number):
    labels = np.asarray(labels)
    if labels.ndim != 2 or not np.issubdtype(labels.dtype, np.integer) or not np.isin(labels, (0, 1, 2)).all():
        raise UserError(f"image {number}: labels must be (ny, nx) integers, 0 main phase, 1 boundary or 2 inclusion")
    present = np.unique(labels)
    if len(present) == 1:
        raise UserError(f"image {number} is of one phase, label {present[0]}: sections need grains and boundaries between them")
    if MAIN not in present:
        raise UserError(f"image {number} shows no main phase, label {MAIN}")
    return labels
