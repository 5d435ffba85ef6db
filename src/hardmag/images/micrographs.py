"""Micrographs: grey images with their pixel size, without the microscope's information banner."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardmag.errors import UserError

SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
TIFF = (".tif", ".tiff")
MIN_PIXELS = 64  # along each side
GREY_MODES = {"L": 255, "I;16": 65535, "I;16B": 65535}  # Pillow's mode: largest value
COLOUR_MODES = ("P", "RGB", "RGBA", "LA")
PER_UM = {"fm": 1e-9, "pm": 1e-6, "nm": 1e-3, "µm": 1.0, "um": 1.0, "mm": 1e3}
SLIP = 0.1  # a given pixel size further than this from the header's is taken for a slip
SQUARE = 0.01  # the sides of a pixel agree as well as this
BANNER_SHARES = 0.02, 0.3  # a banner's height, as shares of the image's
BANNER_ROWS = 8  # and at least so many: writing needs them
BANNER_LEVELS = 8  # of 256: how far JPEG takes a pixel of the banner's background from its level
BANNER_SHARE, FIELD_SHARE, EXACT_SHARE = 0.7, 0.5, 0.25  # of pixels at that level; see banner_rows
# What Pillow and tifffile raise for damaged files.
UNREADABLE = (OSError, SyntaxError, TypeError, ValueError, AttributeError, IndexError, KeyError, struct.error)


@dataclass(frozen=True)
class Micrograph:
    """grey: (ny, nx) float32 in 0 to 1; pixel_um: edge of a pixel; was_colour: whether the file held colours, of which the
    luminance was taken; banner_rows: rows that were cut off at (top, bottom) as information banners."""

    grey: np.ndarray
    pixel_um: float
    name: str
    was_colour: bool = False
    banner_rows: tuple = (0, 0)


def read_micrograph(path, pixel_um=None, crop=None):
    """Micrograph of a TIFF, PNG or JPEG file of 8 or 16 bits.

    pixel_um: where the file has no Zeiss or FEI header that says it. crop: (top, bottom, left, right), rows and columns of
    pixels kept, as in grey[top:bottom, left:right]; without it, information banners are found and cut off (`banner_rows`).
    Grey values are divided by the largest that the file's bits can hold. UserError in one line for a file that cannot be
    read, for one without a pixel size, and for less than 64 pixels along a side.
    """
    path = Path(path)
    pixel_um = pixel_size(path, pixel_um)
    raw, largest, was_colour = _pixels(path)
    rows = (0, 0)
    if crop is None:
        rows = banner_rows(raw)
        raw = raw[rows[0] : len(raw) - rows[1]]
    else:
        top, bottom, left, right = crop
        ny, nx = raw.shape
        if not (0 <= top < bottom <= ny and 0 <= left < right <= nx):
            raise UserError(f"{path}: crop = {list(crop)} must be top < bottom of {ny} rows, left < right of {nx} columns")
        raw = raw[top:bottom, left:right]
    if min(raw.shape) < MIN_PIXELS:
        size = " x ".join(map(str, raw.shape[::-1]))
        raise UserError(f"{path}: a field of {size} pixels; at least {MIN_PIXELS} are needed along each side")
    return Micrograph((raw / largest).astype(np.float32), pixel_um, path.name, was_colour, rows)


def pixel_size(path, given_um=None):
    """Edge of a pixel in µm: as given, or from the header of a Zeiss or FEI TIFF.

    UserError where there is neither, and where the two differ by more than 10 %. The resolution in dots per inch that any
    TIFF, PNG or JPEG may carry is of the print and not read.
    """
    if given_um is not None and not (np.isfinite(given_um) and given_um > 0):
        raise UserError(f"{path}: pixel_um = {given_um} must be a positive number of micrometres")
    header_um = _header_um(Path(path))
    if given_um is None and header_um is None:
        raise UserError(f"{path}: pixel_um is needed: the file has no Zeiss or FEI header with a pixel size")
    if given_um and header_um and abs(given_um / header_um - 1) > SLIP:
        raise UserError(f"{path}: pixel_um = {given_um:g}, but the file's header says {header_um:g}; they may differ by 10 %")
    return float(given_um or header_um)


def banner_rows(raw):
    """Rows of information banners at (top, bottom) of an image (ny, nx) of integers; 0 where there is none.

    A banner has one background level, at which at least 70 % of its pixels lie, writing included, where at most half of the
    pixels in nearly every row of the field do. The level is the commonest among the last rows, and the banner begins where
    two constants fit best to the share of such pixels in each row. At least a quarter of its pixels have the level exactly,
    JPEG or not, which of a dark grain across the image, with its noise, no more than a tenth have. A field with few grey
    levels, such as a segmented image, has no banner that can be told from it.
    """
    levels = (raw.astype(np.int64) * 255) // max(int(raw.max()), 1)
    bottom = _banner_below(levels)
    return _banner_below(levels[: len(levels) - bottom][::-1]), bottom


def _banner_below(levels):
    ny = len(levels)
    least, most = max(int(BANNER_SHARES[0] * ny), BANNER_ROWS), int(BANNER_SHARES[1] * ny)
    if most < least:
        return 0
    level = np.bincount(levels[-least:].ravel()).argmax()
    share = (abs(levels - level) <= BANNER_LEVELS).mean(axis=1)
    heights = np.arange(least, most + 1)
    below = np.cumsum(share[::-1])[heights - 1]
    banner, field = below / heights, (share.sum() - below) / (ny - heights)
    height = heights[np.argmax(heights * (ny - heights) * (banner - field) ** 2)]
    strip = levels[ny - height :]
    is_banner = (
        share[ny - height :].mean() >= BANNER_SHARE
        and np.quantile(share[: ny - height], 0.95) <= FIELD_SHARE
        and (strip == level).mean() >= EXACT_SHARE
    )
    return int(height) if is_banner else 0


def _pixels(path):
    """(raw integers (ny, nx), largest possible value, whether there were colours)."""
    from PIL import Image

    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: not one of {', '.join(SUFFIXES)}")
    try:
        with Image.open(path) as image:
            if getattr(image, "n_frames", 1) > 1:
                raise UserError(f"{path}: holds {image.n_frames} images; one per file is read")
            if image.mode in GREY_MODES:
                return np.array(image), GREY_MODES[image.mode], False
            if image.mode not in COLOUR_MODES:
                raise UserError(f"{path}: pixels of type {image.mode!r}; grey of 8 or 16 bits and colours of 8 bits are read")
            colours = image.convert("RGB")
            red, green, blue = (np.array(band) for band in colours.split())
            return np.array(colours.convert("L")), 255, not (np.array_equal(red, green) and np.array_equal(red, blue))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (*UNREADABLE, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: not a readable image ({' '.join(str(error).split())})") from None


def _header_um(path):
    """Pixel size in the header of a Zeiss or FEI TIFF; None where there is none."""
    import tifffile

    if path.suffix.lower() not in TIFF:
        return None
    try:
        with tifffile.TiffFile(path) as file:
            size = _zeiss_um(file.sem_metadata or {}) or _fei_um(file.fei_metadata or {})
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except UNREADABLE as error:
        raise UserError(f"{path}: not a readable TIFF ({' '.join(str(error).split())})") from None
    return size if size and np.isfinite(size) else None


def _zeiss_um(header):
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        _, size, unit = (*header.get(key, ()), None, None, None)[:3]
        if size and unit in PER_UM:
            return float(size) * PER_UM[unit]
    return None


def _fei_um(header):
    scan = header.get("Scan", {})
    if not scan.get("PixelWidth"):
        return None
    width, height = (float(scan.get(key, scan["PixelWidth"])) * 1e6 for key in ("PixelWidth", "PixelHeight"))
    if abs(height / width - 1) > SQUARE:
        raise ValueError(f"its pixels of {width:g} x {height:g} µm are not square")
    return width
