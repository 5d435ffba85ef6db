"""Grey images as a microscope would make them of three-phase labels: contrasts, stains, dust, blur, shot noise, scan lines."""

from dataclasses import dataclass
from math import inf

import numpy as np
import scipy  # whose parts are loaded when they are used

from hardmag.errors import InvalidValue
from hardmag.images.labels import BOUNDARY, INCLUSION, MAIN

POLARITIES = ("bright", "dark", "both")
MAIN_GREY = (0.35, 0.65)  # of the main phase, of 1
BOUNDARY_CONTRAST = (0.3, 0.7)  # over the main phase's grey
BRIGHTER, DARKER = (1.5, 2.2), (0.4, 1.0)  # of inclusions: times the boundary's contrast, part of what is left of the grey
UNEVEN_PX = 8.0  # over which the boundary's contrast changes
FEWEST_PX = 16  # along an edge of an image
STAIN_PX, DUST_PX = (3.0, 12.0), (0.7, 1.8)  # sizes of stains, radii of grains of dust


@dataclass(frozen=True)
class ImagingMode:
    """How a detector shows a magnet. Raises InvalidValue.

    boundary, inclusion: whether they are brighter or darker than the main phase, 'both' where either may be; ranges, from which
    every image draws its own: blur_px, the standard deviation of the beam's profile, and dose, the quanta that a pixel of grey
    1 counts; parts of the grey, the largest, of which every image has some share: gradient across the image, and the standard
    deviations of scan_lines, each brighter or darker as a whole, of channelling from grain to grain, of stains, and, of the
    boundary's contrast, of its unevenness along the boundary; dust_per_px: spots of one or two pixels that belong to the phase
    they lie on, of either sign, likewise.
    """

    boundary: str = "bright"
    inclusion: str = "bright"
    blur_px: tuple[float, float] = (0.3, 0.9)
    dose: tuple[float, float] = (100.0, 2000.0)
    gradient: float = 0.2
    scan_lines: float = 0.02
    channelling: float = 0.1
    stains: float = 0.08
    unevenness: float = 0.4
    dust_per_px: float = 1e-3

    def __post_init__(self):
        for key in ("boundary", "inclusion"):
            if getattr(self, key) not in POLARITIES:
                raise InvalidValue(f"{key}: must be one of {', '.join(POLARITIES)}, got {getattr(self, key)!r}")
        for key, least in (("blur_px", 0.0), ("dose", 1.0)):
            low, high = getattr(self, key)
            if not least <= low <= high < inf:
                raise InvalidValue(f"{key}: must be two numbers from {least:g} on, the lower first, got {low:g}, {high:g}")
        for key in ("gradient", "scan_lines", "channelling", "stains", "unevenness", "dust_per_px"):
            if not 0 <= getattr(self, key) < 1:
                raise InvalidValue(f"{key}: must be >= 0 and < 1, got {getattr(self, key):g}")


def grey_image(labels, mode, rng, magnified=1):
    """Image (ny, nx) float32, about 0 to 1, of labels (ny, nx), drawn by a numpy Generator.

    magnified: pixels of the labels along an edge of a microscope's pixel; the image is brought back to the labels' size, as one
    in which the boundary is too thin is before it is segmented. ny and nx are multiples of it.
    """
    grey = _clean(labels, mode, rng)
    grey = scipy.ndimage.gaussian_filter(grey, magnified * rng.uniform(*mode.blur_px), mode="nearest")
    ny, nx = labels.shape[0] // magnified, labels.shape[1] // magnified
    grey = grey.reshape(ny, magnified, nx, magnified).mean((1, 3))
    down, across = np.linspace(-0.5, 0.5, ny)[:, None], np.linspace(-0.5, 0.5, nx)
    angle = rng.uniform(0, 2 * np.pi)
    grey *= 1 + mode.gradient * rng.random() * (np.sin(angle) * down + np.cos(angle) * across)
    dose = np.exp(rng.uniform(*np.log(mode.dose)))
    grey = rng.poisson(grey * dose) / dose
    grey += grey.mean() * mode.scan_lines * rng.random() * rng.standard_normal((ny, 1))
    return magnify(grey, magnified)


def magnify(image, times):
    """Image (times·ny, times·nx) float32 of one (ny, nx), linear between the centres of pixels."""
    image = np.asarray(image, dtype=np.float32)
    return image if times == 1 else scipy.ndimage.zoom(image, times, order=1, mode="nearest", grid_mode=True)


def normalised(grey):
    """Image (ny, nx) float32 with a median of 0, which is the main phase's grey, and a mean distance from it of 1.

    So the image with all greys reversed is the negative of it. Raises InvalidValue for what is no image.
    """
    grey = np.asarray(grey, dtype=np.float32)
    if grey.ndim != 2:
        raise InvalidValue(f"image: must have one grey for each pixel, (ny, nx), got shape {grey.shape}")
    if min(grey.shape) < FEWEST_PX:
        raise InvalidValue(f"image: must have at least {FEWEST_PX} pixels along both edges, got {grey.shape}")
    if not np.isfinite(grey).all():
        raise InvalidValue("image: holds pixels that are no finite numbers")
    away = grey - np.median(grey)
    scale = np.abs(away).mean()
    if not scale:
        raise InvalidValue("image: all of its pixels have one grey")
    return away / scale


def _clean(labels, mode, rng):
    """Greys (ny, nx) float64 before the microscope does anything to them, >= 0."""
    main, contrast = rng.uniform(*MAIN_GREY), rng.uniform(*BOUNDARY_CONTRAST)
    grey = np.full(labels.shape, main)
    grains, count = scipy.ndimage.label(labels == MAIN)
    of_grain = 1 + mode.channelling * rng.random() * np.concatenate([[0.0], rng.standard_normal(count)])
    grey *= of_grain[grains]
    uneven = np.exp(mode.unevenness * rng.random() * _smooth(labels.shape, UNEVEN_PX, rng))
    boundary, inclusion = (_sign(polarity, rng) for polarity in (mode.boundary, mode.inclusion))
    grey = np.where(labels == BOUNDARY, main * (1 + boundary * contrast * uneven), grey)
    beyond = contrast * rng.uniform(*BRIGHTER) if inclusion > 0 else contrast + (1 - contrast) * rng.uniform(*DARKER)
    grey = np.where(labels == INCLUSION, main * (1 + inclusion * beyond), grey)
    grey *= 1 + mode.stains * rng.random() * _smooth(labels.shape, rng.uniform(*STAIN_PX), rng)
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    for _ in range(rng.poisson(mode.dust_per_px * rng.random() * labels.size)):
        inside = np.hypot(y - rng.uniform(0, y[-1, 0]), x - rng.uniform(0, x[0, -1])) < rng.uniform(*DUST_PX)
        grey[inside] = main * (1 + rng.choice([-1, 1]) * rng.uniform(*BOUNDARY_CONTRAST))
    return np.maximum(grey, 0)


def _smooth(shape, scale_px, rng):
    """Noise (ny, nx) that changes over that length, with a standard deviation of 1."""
    noise = scipy.ndimage.gaussian_filter(rng.standard_normal(shape), scale_px, mode="wrap")
    return noise / (noise.std() or 1.0)


def _sign(polarity, rng):
    return {"bright": 1, "dark": -1}.get(polarity) or rng.choice([-1, 1])
