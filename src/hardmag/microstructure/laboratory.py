"""The page for the laboratory of a workflow of micrographs: its maps, and the properties that colour them."""

import numpy as np

from hardmag.errors import UserError
from hardmag.figures.laboratory import Property, absent, placed, recognised, write_laboratory
from hardmag.files import read_json
from hardmag.images.curves import curves_of, fit_curves
from hardmag.images.folders import read_folder
from hardmag.images.sample_map import fit_map, read_map
from hardmag.images.spectra import above_noise, common_grid, mean_spectrum, phase_spectrum, power_spectrum
from hardmag.microstructure import segmented
from hardmag.microstructure.report import MATCHED
from hardmag.microstructure.settings import read_settings
from hardmag.microstructure.steps import MAPPED


def build_page(settings_file, table, labels, descriptions, curves, map_file, path):
    """Write the page of all samples. labels, descriptions, curves: files of each sample, in one order."""
    properties = properties_of([read_json(one) for one in descriptions], [read_json(one) for one in curves])
    maps = {
        "labels": _of_images("labels", *map_of_labels(map_file, labels), properties),
        "grey": _if_possible("grey", lambda: _of_images("grey", *grey_map(table), properties)),
    }
    if measured := curves_of(table):
        maps["curves"] = _if_possible("curves", lambda: placed("curves", *fit_curves(measured), properties))
    write_laboratory(read_settings(settings_file).name, properties, maps, path)


def map_of_labels(map_file, labels):
    """(SampleMap of the file of map_samples, of each sample the spectra (images, n) that it was made of)."""
    sample_map = read_map(map_file)
    samples = [segmented.load(one) for one in labels]
    spectra = [[phase_spectrum(image, MAPPED, one.pixel_um) for image in one.labels] for one in samples]
    return sample_map, [_each(some, sample_map.k_per_um) for some in spectra]


def grey_map(table):
    """(SampleMap of the grey images of a table, of each sample the spectra (images, n)), the noise of each image taken off.

    UserError for less than three samples, and where the spectra have no common k.
    """
    spectra = {}
    for sample in read_folder(table):
        try:
            spectra[sample.name] = [above_noise(power_spectrum(one.grey, one.pixel_um)) for one in sample.micrographs()]
        except UserError as error:
            raise UserError(f"sample {sample.name}: {error}") from None
    k_per_um = common_grid([one for some in spectra.values() for one in some])
    each = [_each(some, k_per_um) for some in spectra.values()]
    return fit_map(spectra, k_per_um, [some.mean(axis=0) for some in each]), each


def properties_of(described, demagnetised):
    """Properties: what was found of the samples, then those of the table. described, demagnetised: of describe_sample and
    demagnetise_sample, in one order."""
    names = [one["sample"] for one in described]

    def of(name, label, values):
        return Property(name, label, dict(zip(names, values, strict=True)))

    found = [
        of(f"found_{name}", f"found: {label}", [scale * one["matched"][name] for one in described])
        for name, (label, scale, _) in MATCHED.items()
    ]
    found.append(of("simulated_mu0_Hc_T", "simulated: µ0Hc (T)", [one["mean_T"] for one in demagnetised]))
    given = [of(name, f"given: {name}", [one["properties"][name] for one in described]) for name in described[0]["properties"]]
    return [*found, *given]


def _each(spectra, k_per_um):
    """Spectra (images, n) at one k."""
    return np.array([mean_spectrum([one], k_per_um) for one in spectra])


def _of_images(kind, sample_map, each, properties):
    """What the page holds of a map. each: of each sample the spectra (images, n)."""
    return placed(kind, sample_map, [some.mean(axis=0) for some in each], properties, recognised(sample_map.k_per_um, each))


def _if_possible(kind, made):
    """What a function makes for the page, or in its place why it cannot: the other maps are of use without it."""
    try:
        return made()
    except UserError as error:
        return absent(kind, error)
