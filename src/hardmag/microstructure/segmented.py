"""The images of a sample as labels of one pixel size, with what the network says of each; kept in one file."""

from dataclasses import dataclass

import numpy as np

from hardmag.errors import InvalidValue, UserError
from hardmag.files import atomic_path


@dataclass(frozen=True, eq=False)
class Segmented:
    """labels: (images, ny, nx) uint8, 0 main phase, 1 boundary, 2 inclusion; greys: the first image, (ny', nx') float32;
    statements: what the network says of each image; familiar: (images,) whether it is like those of its training."""

    name: str
    labels: np.ndarray
    pixel_um: float
    grey: np.ndarray
    statements: tuple
    familiar: np.ndarray
    properties: dict


def segmented(sample, model):
    """Segmented of a folder's Sample. The sizes of images may differ by what was cropped: all are cut to the smallest.

    Raises UserError for an image that cannot be read, or shows one grey only.
    """
    from hardmag.images.segmentation import segment

    greys, found = [], []
    for micrograph in sample.micrographs():
        try:
            found.append(segment(model, micrograph.grey, sample.pixel_um))
        except InvalidValue as error:
            raise UserError(f"{micrograph.name}: {error}") from None
        greys.append(micrograph.grey)
    zoom = max(one.zoom for one in found)
    labels = [one.labels.repeat(zoom // one.zoom, 0).repeat(zoom // one.zoom, 1) for one in found]
    ny, nx = (min(one.shape[axis] for one in labels) for axis in (0, 1))
    return Segmented(
        sample.name,
        np.stack([one[:ny, :nx] for one in labels]),
        sample.pixel_um / zoom,
        greys[0],
        tuple(one.statement for one in found),
        np.array([one.familiar for one in found]),
        sample.properties,
    )


def save(found, path):
    """Write Segmented to an NPZ file, whole or not at all."""
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            name=found.name,
            labels=found.labels,
            pixel_um=found.pixel_um,
            grey=found.grey,
            statements=found.statements,
            familiar=found.familiar,
            properties=list(found.properties),
            values=list(found.properties.values()),
        )


def load(path):
    """Segmented of a file of `save`."""
    with np.load(path) as held:
        properties = dict(zip(held["properties"].tolist(), held["values"].tolist(), strict=True))
        return Segmented(
            str(held["name"]),
            held["labels"],
            float(held["pixel_um"]),
            held["grey"],
            tuple(held["statements"].tolist()),
            held["familiar"],
            properties,
        )
