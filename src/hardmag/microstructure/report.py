"""The page of a workflow of micrographs: what was found of each sample, beside what is known of it."""

import numpy as np

from hardmag.figures.tables import markdown_table
from hardmag.files import atomic_path, read_json
from hardmag.images.sample_map import correlation, read_map
from hardmag.microstructure.made import KNOWN
from hardmag.microstructure.settings import read_settings

MATCHED = {
    "D_V_um": ("D_V (µm)", 1, "{:.2f}"),
    "spread": ("spread", 1, "{:.2f}"),
    "boundary_um": ("boundary in images (µm)", 1, "{:.3f}"),
    "inclusion_share": ("inclusions (%)", 100, "{:.1f}"),
}
MATCHED_HEAD = ("sample", *(label for label, *_ in MATCHED.values()), "χ²")
SIZED_HEAD = ("sample", "D_V by maximum likelihood (µm)", "number mean (µm)", "D_V by counting (µm)", "sections seen whole")
COERCIVE_HEAD = ("sample", "µ0Hc (T)", "its standard deviation (T)", "measured (T)", "drawn anew")


def write_page(settings_file, descriptions, curves, maps, path):
    """The Markdown page of all samples. maps: of one file, or of none."""
    settings = read_settings(settings_file)
    described, demagnetised = ([read_json(file) for file in files] for files in (descriptions, curves))
    with atomic_path(path) as temporary:
        temporary.write_text(page(settings, described, demagnetised, *map(read_map, maps)))


def page(settings, described, demagnetised, sample_map=None):
    """Markdown. described, demagnetised: of describe_sample and demagnetise_sample, in one order."""
    unfamiliar = sum(d["unfamiliar"] for d in described)
    images = sum(d["images"] for d in described)
    known = ", and after it what the images were made by" if settings.made else ""
    return f"""# Micrographs: {settings.name}

{images} images of {len(described)} samples; {unfamiliar} of them are unlike those that the network was trained on.

## What the images say

In brackets the 95 % interval{known}. D_V: diameter of the sphere of the mean volume of a grain. The boundary's width is that
in images, which is wider than the layer that parts the grains magnetically.

{markdown_table(MATCHED_HEAD, [_matched(d) for d in described])}

{markdown_table(SIZED_HEAD, [_sized(d) for d in described])}

{_mapped(described, sample_map)}## Coercivity

{settings.variations} synthetic magnets of {settings.grains} grains each, by the reduced-order model; texture, phases and the
magnetic thickness of the boundary are given, not seen. A magnet whose half-cycle fails is drawn anew.

{markdown_table(COERCIVE_HEAD, [_coercive(c) for c in demagnetised])}
"""


def _mapped(described, sample_map):
    if sample_map is None:
        return ""
    found = correlation(sample_map, {d["sample"]: np.log(d["sizes"]["fitted"]["D_V_um"]["value"]) for d in described})
    return f"""## The map

The first principal component of the spectra of the main phase holds {100 * sample_map.explained[0]:.0f} % of the variance; its
correlation with ln D_V is {found.r[0]:+.2f}, which by chance exceeds {found.chance_r:.2f} in one case of twenty.

"""


def _matched(described):
    cells = []
    for name, (_, scale, form) in MATCHED.items():
        value, low, high = (
            form.format(scale * source[name]) for source in (described["matched"], described["low"], described["high"])
        )
        known = described["properties"].get(KNOWN + name)
        cells.append(f"{value} ({low} … {high})" + (f"; {form.format(scale * known)}" if known is not None else ""))
    return [described["sample"], *cells, f"{described['chi2']:.2f}"]


def _sized(described):
    sizes = described["sizes"]
    each = (sizes["fitted"]["D_V_um"], sizes["fitted"]["mean_um"], sizes["counted_D_V_um"])
    return [described["sample"], *(f"{e['value']:.2f} ({e['low']:.2f} … {e['high']:.2f})" for e in each), sizes["whole"]]


def _coercive(sample):
    measured = sample["measured_T"]
    known = f"{measured:.2f}" if measured is not None and np.isfinite(measured) else ""
    return [sample["sample"], f"{sample['mean_T']:.2f}", f"{sample['standard_deviation_T']:.2f}", known, sample["failed"]]
