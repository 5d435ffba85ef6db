"""Training of the segmentation network on slices of synthetic magnets, and its scores on magnets that it has not seen."""

from dataclasses import asdict, dataclass, field
from itertools import permutations
from math import ceil, pi

import numpy as np
import scipy  # whose parts are loaded when they are used

import hardmag
from hardmag.errors import InvalidValue
from hardmag.images.imaging import ImagingMode, grey_image, normalised
from hardmag.images.labels import NAMES
from hardmag.images.magnet import MagnetParameters, synthetic_magnet
from hardmag.images.segmentation import Familiar, SegmentationModel, statistics
from hardmag.images.slices import slices
from hardmag.images.unet import MOST_LEVELS, fit, new_network, probabilities

SIZE_PX = 96  # edge of a training image
D_PX, T_PX, THICKEST = (20.0, 120.0), (2.0, 5.0), 0.1  # grains, the boundary, and the latter at most over the former
SPREAD, SHARE, INCLUSION_SIZE = (0.2, 0.45), (0.1, 0.2), (0.45, 0.8)  # inclusions come out as 4 to 14 % of the pixels
LARGEST_PX = 40.0  # D_V of inclusions: what is wide and even is to be known as the inside of a grain
FEWEST = 60  # grains of a magnet
MAGNIFIED = 0.25  # of the images, whose boundary is 1 to 2.5 pixels of the microscope thick
FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class TrainingSettings:
    """magnets: of the training, slices_each of them; held_out: as many for the scores, and twice as many for what is familiar;
    channels: of each level of the U-Net; steps: of `batch` images each; rate: the largest learning rate.

    Raises InvalidValue.
    """

    mode: ImagingMode = field(default_factory=ImagingMode)
    magnets: int = 80
    slices_each: int = 6
    held_out: int = 12
    channels: tuple[int, ...] = (12, 24, 48, 96)
    steps: int = 1600
    batch: int = 8
    rate: float = 6e-3

    def __post_init__(self):
        for key, least in (("magnets", 1), ("slices_each", 1), ("held_out", 2), ("steps", 2), ("batch", 1)):
            if getattr(self, key) < least:
                raise InvalidValue(f"{key}: must be >= {least}, got {getattr(self, key)}")
        if not 1 <= len(self.channels) <= MOST_LEVELS or min(self.channels) < 1:
            raise InvalidValue(f"channels: must be one to {MOST_LEVELS} numbers >= 1, got {self.channels}")
        if not 0 < self.rate < 1:
            raise InvalidValue(f"rate: must be > 0 and < 1, got {self.rate:g}")


def train(settings, seed):
    """SegmentationModel trained from nothing; the same settings and seed give the same one."""
    streams = [np.random.default_rng([seed, k]) for k in range(4)]
    masks = training_labels(settings.magnets, settings.slices_each, streams[0]).reshape(-1, SIZE_PX, SIZE_PX)
    network = new_network(settings.channels, seed)
    losses = fit(network, lambda: _batch(masks, settings, streams[1]), settings.steps, settings.rate)
    familiar = _familiar(network, settings, streams[2])
    metadata = {
        "hardmag_version": hardmag.__version__,
        "seed": seed,
        "settings": asdict(settings),
        "losses": np.round(losses, 5).tolist(),
        "scores": _scores(network, familiar, settings, streams[3]),
    }
    return SegmentationModel(network, settings.mode, familiar, metadata)


def training_labels(magnets, each, rng):
    """Labels (magnets, each, n, n) of slices of magnets drawn at random; lengths are in pixels."""
    found = np.empty((magnets, each, SIZE_PX, SIZE_PX), np.uint8)
    for k in range(magnets):
        D = np.exp(rng.uniform(*np.log(D_PX)))
        t = rng.uniform(T_PX[0], min(T_PX[1], THICKEST * D))
        size = min(rng.uniform(*INCLUSION_SIZE), LARGEST_PX / D)
        share = rng.uniform(*SHARE) * min(1, size / INCLUSION_SIZE[0]) ** 3  # of smaller ones no more find room
        parameters = MagnetParameters(D, rng.uniform(*SPREAD), t, share, size)
        filling = ceil((SIZE_PX / D) ** 3 * (1 - parameters.inclusion_share) * 6 / pi)
        found[k] = slices(synthetic_magnet(parameters, max(FEWEST, filling), rng), float(SIZE_PX), 1.0, each, rng)
    return found


def iou(true, found):
    """Intersection over union (3,) of each phase in labels of one shape; NaN for a phase that neither has."""
    counts = np.bincount(3 * true.ravel().astype(np.int64) + found.ravel(), minlength=9).reshape(3, 3)
    both = np.diag(counts)
    with np.errstate(invalid="ignore"):
        return both / (counts.sum(0) + counts.sum(1) - both)


def baseline(grey, true):
    """Labels by two thresholds (Otsu) of a smoothed image, its classes named in the way that fits the truth best: what is
    gained over that is due to the network."""
    from skimage.filters import threshold_multiotsu

    smooth = scipy.ndimage.gaussian_filter(grey, 1.0)
    classes = np.digitize(smooth, threshold_multiotsu(smooth, 3))
    return max((np.array(names)[classes] for names in permutations(range(3))), key=lambda one: np.nanmean(iou(true, one)))


def _batch(masks, settings, rng):
    """Images and labels, turned and mirrored at random, with greys of their own."""
    labels = masks[rng.integers(len(masks), size=settings.batch)]
    labels = np.stack([np.rot90(one.T if rng.random() < 0.5 else one, rng.integers(4)) for one in labels])
    return np.stack([normalised(_grey(one, settings, rng)) for one in labels]), labels


def _grey(labels, settings, rng):
    """As micrographs are segmented: some are magnified."""
    return grey_image(labels, settings.mode, rng, 2 if rng.random() < MAGNIFIED else 1)


def _familiar(network, settings, rng):
    """Familiar of magnets of their own: each half of these gives the distances of the other, from which the limit follows."""
    labels = training_labels(2 * settings.held_out, settings.slices_each, rng)
    found = [_segmented(network, _grey(one, settings, rng))[1] for one in labels.reshape(-1, SIZE_PX, SIZE_PX)]
    found = np.array([one for one in found if one is not None])
    one, other = np.array_split(found, 2)
    distances = [Familiar.of(a, np.inf, FALSE_ALARMS).distance(b) for a, b in ((one, other), (other, one))]
    return Familiar.of(found, float(np.quantile(np.concatenate(distances), 1 - FALSE_ALARMS)), FALSE_ALARMS)


def _segmented(network, grey):
    """(labels, statistics or None) of an image as it is."""
    image = normalised(grey)
    shares = probabilities(network, image)
    labels = shares.argmax(0).astype(np.uint8)
    return labels, statistics(image, shares, labels)


def _scores(network, familiar, settings, rng):
    """Of magnets that were used for nothing else: IoU of each one's images together, the mean over magnets, beside the
    baseline's; of magnified images too; how many are called unlike those of the training."""
    scores, otsu, magnified, alarms = [], [], [], []
    for labels in training_labels(settings.held_out, settings.slices_each, rng):
        greys = [grey_image(one, settings.mode, rng) for one in labels]
        found, _ = zip(*(_segmented(network, grey) for grey in greys), strict=True)
        scores.append(iou(labels, np.array(found)))
        otsu.append(iou(labels, np.array([baseline(grey, one) for grey, one in zip(greys, labels, strict=True)])))
        greys = [grey_image(one, settings.mode, rng, 2) for one in labels]
        magnified.append(iou(labels, np.array([_segmented(network, grey)[0] for grey in greys])))
        stated = [_segmented(network, _grey(one, settings, rng))[1] for one in labels]
        alarms += [one is None or bool(familiar.distance(one[None])[0] > familiar.limit) for one in stated]
    means = np.nanmean(scores, axis=1)
    return {
        "held_out": f"{settings.held_out} magnets of {settings.slices_each} images each",
        "iou": {name: round(float(value), 4) for name, value in zip(NAMES, np.nanmean(scores, axis=0), strict=True)},
        "mean_iou": round(float(means.mean()), 4),
        "mean_iou_of_magnets": np.round(means, 3).tolist(),
        "mean_iou_standard_error": round(float(means.std(ddof=1) / len(means) ** 0.5), 4),
        "mean_iou_magnified": round(float(np.nanmean(magnified)), 4),
        "baseline_mean_iou": round(float(np.nanmean(otsu)), 4),
        "false_alarm_rate": round(float(np.mean(alarms)), 4),
    }
