"""A magnet matched to segmented images: spectra of both, and where estimate and Bayesian optimisation put its parameters."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, ORANGE, VERMILION, save
from hardmag.files import read_json

LABELS = {
    "D_V_um": "grain size $D_V$ (µm)",
    "spread": "spread of ln $d$",
    "boundary_um": "boundary width (µm)",
    "inclusion_share": "inclusion share",
}
GREY = "#888888"


def draw_matching(benchmark, output, source="segmented_by_segmented_72_um"):
    """From matching.json of benchmarks/matching.py (Kovacs et al. 2023, Fig. 14): the magnet under `pictured` there.

    Top: mean spectra of boundary and inclusions of its segmented images, with two standard errors, and those of a synthetic
    magnet with the parameters of the estimate, segmented as well. Below: f of the trials against each parameter, the best
    trial, the least mean of the Gaussian process, and the estimate with its 95 % interval.
    """
    data = read_json(benchmark)
    pictured, n = data["pictured"], data["pictured"]["unknown"]
    truth, found, published = data["unknowns"][n]["truth"], data["estimates"][n][source], data["published"][n]
    figure = plt.figure(figsize=(7.6, 6.0), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    axes = above.subplots(1, 2)
    for axis, phase in zip(axes, ("boundary", "inclusion"), strict=True):
        _spectra(axis, np.array(pictured["k_per_um"]), {k: np.array(v) for k, v in pictured[phase].items()}, phase)
    axes[0].set_ylabel("power spectral density (µm²)")
    axes[0].legend(fontsize=8)
    axes = below.subplots(1, 4, sharey=True)
    for axis, name in zip(axes, LABELS, strict=True):
        _parameter(axis, name, truth[name], found, published)
    axes[0].set_ylabel("$f$ of the trials")
    handles, labels = axes[0].get_legend_handles_labels()
    below.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=8)
    save(figure, output)


def _spectra(axis, k, one, phase):
    error = 2 * one["standard_error"]
    axis.fill_between(k, one["images"] - error, one["images"] + error, color=BLUE, alpha=0.2, lw=0, label="two standard errors")
    axis.plot(k, one["images"], color=BLUE, lw=1.5, label="images")
    axis.plot(k, one["matched"], color=VERMILION, lw=1.5, ls="--", label="synthetic magnet")
    axis.set(xscale="log", yscale="log", xlabel="wavenumber (1/µm)", title={"inclusion": "inclusions"}.get(phase, phase))
    axis.grid(color="#EEEEEE", which="both")


def _parameter(axis, name, true, found, published):
    trials = np.array([(trial["parameters"][name], trial["f"]) for trial in published["trials"]])
    axis.axvspan(found["low"][name], found["high"][name], color=BLUE, alpha=0.2, lw=0, label="estimate, 95 % interval")
    axis.axvline(found["parameters"][name], color=BLUE, lw=1.5, label="estimate")
    axis.axvline(true, color="black", lw=1.2, ls=":", label="truth")
    axis.scatter(*trials.T, s=12, color=GREY, linewidths=0, label="trials", zorder=2)
    best, smooth = published["best"], (published["smooth"][name], published["smooth_f"])
    axis.plot(best["parameters"][name], best["f"], "^", color=VERMILION, ms=8, label="best trial", zorder=3)
    axis.plot(*smooth, "s", color=ORANGE, ms=7, label="least mean of the process", zorder=3)
    axis.set(xlabel=LABELS[name], ylim=(0, None))
