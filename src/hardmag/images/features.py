"""What is compared of two magnets: spectra of boundary and inclusions, their shares of the area, and sections counted."""

from dataclasses import dataclass

import numpy as np
import scipy  # whose parts are loaded when they are used

from hardmag.errors import UserError
from hardmag.images.labels import MAIN
from hardmag.images.magnet import synthetic_magnet
from hardmag.images.slices import slices
from hardmag.images.spectra import indicator, mean_spectrum, phase_spectrum

NAMES = ("D_V_um", "spread", "boundary_um", "inclusion_share")  # of MagnetParameters: what is looked for
PHASES = ("boundary", "inclusion")
GRAINS, SLICES = 440, 9  # of a synthetic magnet, whose periodic box is then 6.13 D_V wide or more
FIELD_D, EDGE_PX = 6.0, (150, 270)  # edge of a slice over D_V; in pixels, of which 25 to 45 are then a D_V
LOWEST_K_D, HIGHEST_K_D = 0.52, 8.0  # wavenumbers times D_V that such slices cover, up to two thirds of the Nyquist wavenumber
SPECK = 0.02  # of the mean section, weighted by area: what is smaller is not counted as a grain


@dataclass(frozen=True, eq=False)
class Features:
    """Of a set of images. k_per_um: (n,), even in ln k; each: (images, 2n + 2) density of the boundary in µm² at these k, that
    of the inclusions, both area shares; sections_per_um2: (images,) grain sections; area_um2: of one image."""

    k_per_um: np.ndarray
    each: np.ndarray
    sections_per_um2: np.ndarray
    area_um2: float

    @property
    def values(self):
        """(2n + 3,) logarithms of the means over the images, the last one that of the sections."""
        return np.log(self._columns.mean(axis=0))

    @property
    def covariance(self):
        """(2n + 3, 2n + 3) of the values of one image, to first order, as the images scatter about their mean."""
        deviations = self._columns / self._columns.mean(axis=0) - 1
        return deviations.T @ deviations / (len(deviations) - 1)

    @property
    def _columns(self):
        return np.column_stack([self.each, self.sections_per_um2])

    def part(self, images):
        """Features of some of the images, by their indices."""
        return Features(self.k_per_um, self.each[images], self.sections_per_um2[images], self.area_um2)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Features of slices of a synthetic magnet, and the MagnetParameters that it was made by."""

    parameters: object
    features: Features


def features_of(labels, pixel_um, k_per_um):
    """Features of segmented images (images, ny, nx) of 0 main phase, 1 boundary, 2 inclusion, two images at least.

    Raises UserError where a phase is in none of them, no grain is seen whole, or their spectra do not cover k_per_um.
    """
    labels = np.asarray(labels)
    if labels.ndim != 3 or len(labels) < 2:
        raise UserError(f"labels: must be (images, ny, nx) of two images at least, got {labels.shape}")
    spectra, shares = [], []
    for phase in PHASES:
        shares.append([indicator(one, phase).mean() for one in labels])
        if not any(shares[-1]):
            raise UserError(f"labels: no image has a pixel of the phase {phase}")
        spectra.append([mean_spectrum([phase_spectrum(one, phase, pixel_um)], k_per_um) for one in labels])
    each = np.hstack([*spectra, np.transpose(shares)])
    return Features(np.asarray(k_per_um), each, sections_per_um2(labels, pixel_um), labels[0].size * pixel_um**2)


def sections_per_um2(labels, pixel_um):
    """(images,) grain sections per area: connected regions of the main phase in images (images, ny, nx).

    A region that touches the edge is left out, and each other one, w wide and h high, counts for the area (W − w)(H − h) in
    which it could have been seen whole (Miles & Lantuéjoul). Raises UserError where no image shows a whole grain.
    """
    _, ny, nx = np.shape(labels)
    rows = []
    for image, one in enumerate(labels):
        regions, _ = scipy.ndimage.label(one == MAIN)
        sizes = np.bincount(regions.ravel())[1:]
        for size, (y, x) in zip(sizes, scipy.ndimage.find_objects(regions), strict=True):
            if y.start and x.start and y.stop < ny and x.stop < nx:
                rows.append((image, size, 1 / ((ny - (y.stop - y.start)) * (nx - (x.stop - x.start)))))
    if not rows:
        raise UserError("labels: no image shows a whole grain")
    image, size, weight = np.array(rows).T
    large = size >= SPECK * np.average(size, weights=weight * size)
    return np.bincount(image[large].astype(int), weight[large], len(labels)) / pixel_um**2


def synthetic_images(parameters, count, rng):
    """Labels (count, n, n) uint8 of slices of a synthetic magnet of GRAINS grains, FIELD_D wide, and their pixel_um.

    n is drawn from EDGE_PX: micrographs have more or less pixels to a grain, and what a segmentation does depends on it.
    Raises InvalidValue where there is no such magnet.
    """
    magnet = synthetic_magnet(parameters, GRAINS, rng)
    field_um = FIELD_D * parameters.D_V_um
    pixel_um = field_um / rng.integers(*EDGE_PX, endpoint=True)
    return slices(magnet, field_um, pixel_um, count, rng), pixel_um


def evaluate(parameters, k_D, rng, count=SLICES, see=None):
    """Evaluation of a synthetic magnet by `count` slices, at wavenumbers k_D (n,) that are in units of 1/D_V.

    see: what makes of a slice's labels (ny, nx) those that would be found in a micrograph of it, which are not quite the same:
    a grey image, segmented. With it, what the segmentation does to images is in the synthetic ones too.
    """
    labels, pixel_um = synthetic_images(parameters, count, rng)
    if see is not None:
        labels = np.array([see(one) for one in labels])
    return Evaluation(parameters, features_of(labels, pixel_um, k_D / parameters.D_V_um))
