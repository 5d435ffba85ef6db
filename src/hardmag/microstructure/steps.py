"""The steps of workflow/rules/images.smk, one function each."""

from dataclasses import asdict

import numpy as np

from hardmag.errors import UserError
from hardmag.files import read_json, write_json
from hardmag.images.estimate import estimate, features_of_images
from hardmag.images.folders import read_folder
from hardmag.images.grain_sizes import sizes_of
from hardmag.images.magnet import MagnetParameters
from hardmag.images.sample_map import fit_map, write_map
from hardmag.images.spectra import common_grid, mean_spectrum, phase_spectrum
from hardmag.microstructure import made, segmented, surfaces
from hardmag.microstructure.curves import demagnetised, summary
from hardmag.microstructure.settings import read_settings

MAPPED = "main phase"  # whose spectra place a sample in the map: their first component is the size


def make_micrographs(settings_file, table):
    """Images of the magnets that the settings know, and the table that names them."""
    made.make_micrographs(read_settings(settings_file), table)


def train_network(settings_file, path):
    """The segmentation network for the settings' detector."""
    from hardmag.images import segmentation, training

    settings = read_settings(settings_file)
    segmentation.save(training.train(training.TrainingSettings(settings.detector.mode()), settings.seed), path)


def segment_sample(table, network, name, path):
    """The images of one sample as labels."""
    from hardmag.images import segmentation

    (sample,) = (one for one in read_folder(table) if one.name == name)
    segmented.save(segmented.segmented(sample, segmentation.load(network)), path)


def evaluate_magnets(settings_file, network, part, path):
    """Features of some of the synthetic magnets that all samples are matched by, as the network sees them."""
    from hardmag.images import segmentation

    seed = (read_settings(settings_file).seed, 2)
    surfaces.save(surfaces.evaluations(segmentation.load(network), seed, part), path)


def describe_sample(settings_file, labels, evaluations, path):
    """Grain sizes, shares and the synthetic magnet that looks like it: JSON."""
    seed, sample = read_settings(settings_file).seed, segmented.load(labels)
    try:
        sizes = sizes_of(sample.labels, sample.pixel_um, np.random.default_rng((seed, 3)))
        matched = estimate(features_of_images(sample.labels, sample.pixel_um), surfaces.load(evaluations))
    except UserError as error:
        raise UserError(f"sample {sample.name}: {error}") from None
    write_json(
        path,
        {
            "sample": sample.name,
            "images": len(sample.labels),
            "pixel_um": sample.pixel_um,
            "statements": sample.statements,
            "unfamiliar": int((~sample.familiar).sum()),
            "properties": sample.properties,
            "sizes": _plain(asdict(sizes)),
            "matched": asdict(matched.parameters),
            "low": matched.low,
            "high": matched.high,
            "chi2": matched.chi2,
            "D_V_counted_um": matched.D_V_counted_um,
        },
    )


def _plain(data):
    """Numbers and lists in place of numpy's."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return data.tolist() if isinstance(data, (np.ndarray, np.generic)) else data


def demagnetise_sample(settings_file, description, number, path):
    """Curves of the synthetic magnets that look like a sample, each of seeds of its own. number: the sample's."""
    settings, described = read_settings(settings_file), read_json(description)
    parameters = MagnetParameters(**described["matched"])
    try:
        found = [demagnetised(parameters, settings, (settings.seed, 4, number, k)) for k in range(settings.variations)]
    except UserError as error:
        raise UserError(f"sample {described['sample']}: {error}") from None
    curves = [curve for curve, _ in found]
    write_json(
        path,
        {
            "sample": described["sample"],
            "failed": sum(before for _, before in found),
            "measured_T": described["properties"].get(settings.measured),
            "curves": [{"mu0_H_T": c.mu0_H_T.tolist(), "m_parallel": c.m_parallel.tolist()} for c in curves],
        }
        | summary(curves),
    )


def map_samples(labels, path):
    """The samples by the principal components of the spectra of their grains."""
    samples = [segmented.load(one) for one in labels]
    spectra = [[phase_spectrum(image, MAPPED, s.pixel_um) for image in s.labels] for s in samples]
    k_per_um = common_grid([one for some in spectra for one in some])
    write_map(path, fit_map([s.name for s in samples], k_per_um, [mean_spectrum(some, k_per_um) for some in spectra]))
