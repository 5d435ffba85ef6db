"""Folders of micrographs: images grouped by sample, with the samples' properties, as one table says."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardmag.errors import UserError, reason
from hardmag.images.micrographs import SUFFIXES, pixel_size, read_micrograph

OF_IMAGES = ("sample", "image", "pixel_um", "crop", "curve")
SAME_SIZE = 0.01  # pixel sizes of one magnification agree as well as this


@dataclass(frozen=True)
class Sample:
    """Images of one magnet at one magnification. images: paths, each with its crop or None; properties: {name: number}, NaN
    where not known."""

    name: str
    images: tuple
    pixel_um: float
    properties: dict

    def micrographs(self):
        """Micrographs, one after the other: a folder may hold more than the memory does."""
        for path, crop in self.images:
            yield read_micrograph(path, self.pixel_um, crop)


def read_folder(table_csv):
    """Samples (tuple) of a table, in the order of their first rows.

    Columns: sample; image, a path relative to the table; pixel_um, for images without a header that says it; crop, four
    numbers "top bottom left right" as of read_micrograph; all others are properties, numbers that are the same in all rows
    of a sample or stand in one of them. Pixel sizes are read and compared here, images when they are asked for. UserError in
    one line names file, line and column.
    """
    path = Path(table_csv)
    if path.is_dir():
        held = sum(file.suffix.lower() in SUFFIXES for file in path.iterdir())
        raise UserError(f"{path}: a folder of {held} images; name the table (CSV) of its samples and images")
    names, rows = _table(path)
    for name in ("sample", "image"):
        if name not in names:
            raise UserError(f"{path}: no column {name}; columns are {', '.join(OF_IMAGES)} and properties")
    if not rows:
        raise UserError(f"{path}: no image; the table has no rows")
    of_sample, seen = {}, set()
    for line, row in enumerate(rows, start=2):
        row = {key: (text or "").strip() for key, text in row.items() if key is not None}
        where = f"{path}: line {line}"
        if not row["sample"]:
            raise UserError(f"{where}: sample: empty; each image belongs to a sample")
        image = path.parent / row["image"]
        if not row["image"] or not image.is_file():
            raise UserError(f"{where}: image: {row['image'] or 'empty'}: no such file beside the table")
        if image in seen:
            raise UserError(f"{where}: image: {row['image']} stands in the table twice")
        seen.add(image)
        of_sample.setdefault(row["sample"], []).append((where, image, row))
    properties = [name for name in names if name not in OF_IMAGES]
    return tuple(_sample(name, found, properties) for name, found in of_sample.items())


def _sample(name, found, properties):
    images, sizes, values = [], [], dict.fromkeys(properties, np.nan)
    for where, image, row in found:
        given = _number(where, "pixel_um", row.get("pixel_um", ""))
        size = pixel_size(image, None if np.isnan(given) else given)
        if sizes and abs(size / sizes[0] - 1) > SAME_SIZE:
            raise UserError(
                f"{where}: {image.name} has pixels of {size:g} µm, others of sample {name} {sizes[0]:g} µm; "
                "a sample's images have one magnification"
            )
        sizes.append(size)
        images.append((image, _crop(where, row.get("crop", ""))))
        for key in properties:
            value = _number(where, key, row[key])
            if np.isfinite(values[key]) and np.isfinite(value) and value != values[key]:
                raise UserError(f"{where}: {key} = {value:g}, but {values[key]:g} in another row of sample {name}")
            values[key] = values[key] if np.isnan(value) else value
    return Sample(name, tuple(images), sizes[0], values)


def _table(path):
    """(names of the columns, rows) of a CSV file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            return reader.fieldnames or [], list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a readable table: {reason(error)}") from None


def _number(where, name, text):
    try:
        value = float(text) if text else np.nan
    except ValueError:
        value = np.inf
    if np.isinf(value):
        raise UserError(f"{where}: {name} = {text!r} is not a number")
    return value


def _crop(where, text):
    if not text:
        return None
    numbers = text.split()
    if len(numbers) != 4 or not all(number.isdecimal() for number in numbers):
        raise UserError(f"{where}: crop = {text!r} must be four numbers of pixels: top bottom left right")
    return tuple(map(int, numbers))
