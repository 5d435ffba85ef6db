"""A micrograph → main phase, boundary and inclusions, by a network that was trained on synthetic magnets alone."""

import json
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

import h5py
import numpy as np
import torch

from hardmag.errors import InvalidValue, UserError
from hardmag.files import atomic_path
from hardmag.images.imaging import ImagingMode, magnify, normalised
from hardmag.images.labels import BOUNDARY, MAIN
from hardmag.images.unet import UNet, new_network, probabilities

KIND, FORMAT_VERSION = "hardmag segmentation model", 1
LEAST_PX = 2.0  # thickness of the boundary in what the network looks at, or else the image is magnified
ZOOMS = (1, 2)
STATISTICS = (
    "doubt in the main phase",
    "doubt in the boundary",
    "noise",
    "thickness of the boundary",
    "contrast of the boundary over the scatter of the main phase",
)
LEAST = 1e-6  # less doubt, noise or contrast is as good as none


@dataclass(frozen=True, eq=False)
class Familiar:
    """Where the statistics of images like those of the training lie: their mean (s,) and covariance (s, s), the distance (of
    Mahalanobis) beyond which an image is called unlike them, and the rate at which images like them are called so."""

    mean: np.ndarray
    covariance: np.ndarray
    limit: float
    false_alarm_rate: float

    @classmethod
    def of(cls, statistics, limit, false_alarm_rate):
        """From statistics (n, s) of images."""
        return cls(statistics.mean(0), np.cov(statistics.T), limit, false_alarm_rate)

    def distance(self, statistics):
        """(n,) of statistics (n, s)."""
        away = statistics - self.mean
        return np.sqrt(np.einsum("ns,ns->n", away, np.linalg.solve(self.covariance, away.T).T))


@dataclass(frozen=True, eq=False)
class SegmentationModel:
    """mode: how its training images were taken; metadata: plain numbers and names (version, seed, settings, losses, scores)."""

    network: UNet
    mode: ImagingMode
    familiar: Familiar
    metadata: dict


@dataclass(frozen=True, eq=False)
class Segmentation:
    """labels: (ny, nx) uint8, 0 main phase, 1 boundary, 2 inclusion, of pixels of pixel_um: `zoom` times as many along an edge
    as in the micrograph. boundary_um: the boundary's thickness in space, see thickness_px; distance: of the image from those
    of the training; statement: whether it is like them, in words."""

    labels: np.ndarray
    pixel_um: float
    zoom: int
    boundary_um: float
    distance: float
    familiar: bool
    statement: str


def segment(model, micrograph, pixel_um):
    """Segmentation of a micrograph, greys (ny, nx) of pixels of pixel_um.

    Where its boundary seems thinner than two pixels the image is magnified by two, as part of those of the training are: the
    network finds boundaries of one pixel too thick. Raises InvalidValue for what is no image.
    """
    if not 0 < pixel_um < inf:
        raise InvalidValue(f"pixel_um: must be > 0 and finite, got {pixel_um:g}")
    for zoom in ZOOMS:
        image = normalised(magnify(micrograph, zoom))
        shares = probabilities(model.network, image)
        labels = shares.argmax(0).astype(np.uint8)
        if thickness_px(labels) >= LEAST_PX:
            break
    thickness = thickness_px(labels) * pixel_um / zoom
    found = statistics(image, shares, labels)
    if found is None:
        missing = "main phase" if not (labels == MAIN).any() else "boundary"
        distance, familiar, statement = inf, False, f"unlike the images of the training: no {missing} is found in it"
    else:
        distance = float(model.familiar.distance(found[None])[0])
        familiar = distance <= model.familiar.limit
        statement = _statement(model.familiar, found, distance)
    return Segmentation(labels, pixel_um / zoom, zoom, thickness, distance, familiar, statement)


def thickness_px(labels):
    """Thickness in space, in pixels, of the boundary of a plane section (ny, nx); 0 where there is none.

    A layer of thickness t and area S_V per volume fills S_V t of a section, and its two sides make L = π/2 S_V of lines there,
    4/π L of which are crossed by the rows and columns per area: t is twice the boundary's pixels over the pairs of neighbours
    of which one is boundary. Where layers meet they have less sides, which counts for little while they are thin.
    """
    thin = labels == BOUNDARY
    crossed = np.count_nonzero(thin[1:] != thin[:-1]) + np.count_nonzero(thin[:, 1:] != thin[:, :-1])
    return 2 * np.count_nonzero(thin) / crossed if crossed else 0.0


def statistics(image, shares, labels):
    """Of a normalised image, the network's probabilities (3, ny, nx) and labels: (s,), None without main phase or boundary.

    They say how the image was taken, and how sure the network is; the phases' shares and the grains' sizes are left out.
    """
    doubt = 1 - shares.max(0)
    main, boundary = (doubt[labels == phase] for phase in (MAIN, BOUNDARY))
    if not len(main) or not len(boundary):
        return None
    noise = np.median(np.abs(np.diff(image, axis=1)))
    greys = image[labels == MAIN]
    contrast = np.abs(image[labels == BOUNDARY].mean() - greys.mean()) / max(greys.std(), LEAST)
    return np.log(np.maximum([main.mean(), boundary.mean(), noise, thickness_px(labels), contrast], LEAST))


def save(model, path):
    """Write a SegmentationModel to an HDF5 file, whole or not at all: weights as arrays, all else as JSON."""
    known = model.familiar
    familiar = {"mean": known.mean.tolist(), "covariance": known.covariance.tolist()}
    familiar |= {"limit": known.limit, "false_alarm_rate": known.false_alarm_rate}
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["kind"], file.attrs["format_version"] = KIND, FORMAT_VERSION
        file.attrs["channels"] = model.network.channels
        for name, value in (("mode", asdict(model.mode)), ("familiar", familiar)):
            file.attrs[name] = json.dumps(value)
        file["metadata"] = json.dumps(model.metadata)  # its losses may be more than an attribute holds
        for name, weights in model.network.state_dict().items():
            file[f"network/{name}"] = weights.numpy()


def load(path):
    """SegmentationModel of a file of `save`. Raises UserError for one that is missing, of another kind, or damaged."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; expected a {KIND}")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise UserError(f"{path}: not a readable HDF5 file; expected a {KIND}") from None
    with file:
        for key, right in (("kind", KIND), ("format_version", FORMAT_VERSION)):
            if (value := file.attrs.get(key)) != right:
                raise UserError(f"{path}: {key} is {value}, expected {right}")
        try:
            network = new_network(tuple(int(c) for c in file.attrs["channels"]), 0)
            names = network.state_dict()
            network.load_state_dict({name: torch.from_numpy(np.array(file[f"network/{name}"])) for name in names})
            mode, familiar = (json.loads(file.attrs[name]) for name in ("mode", "familiar"))
            ranges = {key: tuple(value) if isinstance(value, list) else value for key, value in mode.items()}
            arrays = {key: np.array(familiar[key]) for key in ("mean", "covariance")}
            model = SegmentationModel(
                network, ImagingMode(**ranges), Familiar(**(familiar | arrays)), json.loads(file["metadata"][()])
            )
        except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:  # of h5py, JSON and torch
            raise UserError(f"{path}: incomplete or damaged ({' '.join(str(error).split())})") from None
    network.eval()
    network.requires_grad_(False)
    return model


def _statement(familiar, found, distance):
    """Whether an image is like those of the training, in words."""
    limit = f"distance {distance:.3g}, limit {familiar.limit:.3g}, beyond which {familiar.false_alarm_rate:.0%} of these lie"
    if distance <= familiar.limit:
        return f"like the images of the training ({limit})"
    away = (found - familiar.mean) / np.sqrt(np.diag(familiar.covariance))
    most = np.abs(away).argmax()
    return f"unlike the images of the training ({limit}): {STATISTICS[most]} is {'high' if away[most] > 0 else 'low'}"
