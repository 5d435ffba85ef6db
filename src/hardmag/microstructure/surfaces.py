"""The features of synthetic magnets that all samples of a workflow are matched by: computed once, in parts, and kept."""

from dataclasses import asdict

import numpy as np

from hardmag.files import atomic_path
from hardmag.images.estimate import DESIGN_SLICES, K_D, designs, leave_one_out, surface_of, widened
from hardmag.images.features import Evaluation, Features, evaluate
from hardmag.images.imaging import grey_image
from hardmag.images.magnet import MagnetParameters
from hardmag.images.segmentation import segment

PARTS = 4  # of the designs, each a job
IMAGES = 8  # of a sample, for which intervals are made as wide as leaving one design out asks for


def evaluations(model, seed, part):
    """Evaluations of every PARTS-th design, whose slices are seen as micrographs are: by a microscope and the network."""
    found = []
    for number, parameters in list(enumerate(designs(np.random.default_rng(seed))))[part::PARTS]:
        rng = np.random.default_rng((*seed, number))
        found.append(evaluate(parameters, K_D, rng, DESIGN_SLICES, lambda labels, rng=rng: _seen(model, labels, rng)))
    return found


def _seen(model, labels, rng):
    found = segment(model, grey_image(labels, model.mode, rng), 1.0)
    return found.labels[:: found.zoom, :: found.zoom]


def save(found, path):
    """Write Evaluations to an NPZ file, whole or not at all."""
    features = {name: np.stack([getattr(one.features, name) for one in found]) for name in vars(found[0].features)}
    parameters = {name: [asdict(one.parameters)[name] for one in found] for name in asdict(found[0].parameters)}
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **features, **parameters)


def load(paths):
    """Surface of the Evaluations in files of `save`."""
    found = []
    for path in paths:
        with np.load(path) as held:
            names = Features.__dataclass_fields__, MagnetParameters.__dataclass_fields__
            of_features, of_parameters = ({name: held[name] for name in some} for some in names)
        for n in range(len(of_features["k_per_um"])):
            features = Features(**{name: values[n] for name, values in of_features.items()})
            parameters = MagnetParameters(**{name: float(values[n]) for name, values in of_parameters.items()})
            found.append(Evaluation(parameters, features))
    return widened(surface_of(found), *leave_one_out(found, IMAGES))
