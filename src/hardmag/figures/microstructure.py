"""Pictures of micrographs: segmented, their grain sizes, their map, and the curves of magnets that look like them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from hardmag.figures.style import BLUE, GREEN, ORANGE, SKY, VERMILION, headline, save
from hardmag.images.labels import COLOURS, NAMES

SHOWN_UM = 36.0  # of an image
MOST = 6  # samples in a picture
PHASES = ListedColormap(np.array(COLOURS) / 255)


def draw_images(samples, output):
    """The first image of each sample beside its labels. samples: with name, grey, labels, pixel_um, statements."""
    shown = samples[:MOST]
    figure, axes = plt.subplots(2, len(shown), figsize=(2.3 * len(shown) + 0.4, 5.2), squeeze=False, layout="constrained")
    for (above, below), sample in zip(axes.T, shown, strict=True):
        labels = sample.labels[0]
        edge_um = (labels.shape[1] * sample.pixel_um, labels.shape[0] * sample.pixel_um)
        extent = (0, edge_um[0], edge_um[1], 0)
        above.imshow(sample.grey, cmap="gray", extent=extent)
        below.imshow(labels, cmap=PHASES, vmin=0, vmax=2, extent=extent, interpolation="nearest")
        for axis in (above, below):
            axis.set(xlim=(0, min(SHOWN_UM, edge_um[0])), ylim=(min(SHOWN_UM, edge_um[1]), 0))
        above.set_title(sample.name)
        below.set_xlabel("x (µm)")
    axes[0, 0].set_ylabel("micrograph: y (µm)")
    axes[1, 0].set_ylabel("segmented: y (µm)")
    keys = [plt.Rectangle((0, 0), 1, 1, color=PHASES(k)) for k in range(3)]
    figure.legend(keys, NAMES, loc="outside lower center", ncols=3)
    headline(figure, "The first micrograph of each sample, and what the network makes of it")
    save(figure, output)


def draw_sizes(described, output):
    """D_V of each sample by each way, with intervals; a cross where it is known."""
    ways = (
        ("spectra of slices matched", BLUE, lambda d: (d["matched"]["D_V_um"], d["low"]["D_V_um"], d["high"]["D_V_um"])),
        ("sections, maximum likelihood", ORANGE, lambda d: _interval(d["sizes"]["fitted"]["D_V_um"])),
        ("sections counted", GREEN, lambda d: _interval(d["sizes"]["counted_D_V_um"])),
    )
    figure, axis = plt.subplots(figsize=(5.4, 1.4 + 0.55 * len(described)), layout="constrained")
    at = np.arange(len(described))
    for k, (label, colour, of) in enumerate(ways):
        value, low, high = np.transpose([of(d) for d in described])
        lines = [value - low, high - value]
        axis.errorbar(value, at + 0.2 * (k - 1), xerr=lines, fmt="o", ms=4, color=colour, capsize=3, label=label)
    known = [d["properties"].get("known_D_V_um", np.nan) for d in described]
    if np.isfinite(known).any():
        axis.plot(known, at, "x", ms=9, mew=1.5, color="black", label="what the images were made by")
    axis.set_yticks(at, [d["sample"] for d in described])
    axis.invert_yaxis()
    axis.set_xlabel("diameter of the sphere of the mean volume of a grain, $D_V$ (µm)")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    headline(figure, "Grain sizes of the samples, with 95 % intervals")
    save(figure, output)


def _interval(estimate):
    return estimate["value"], estimate["low"], estimate["high"]


def draw_map(sample_map, sizes_um, output):
    """The samples in the plane of the first two principal components, coloured by grain size. sizes_um: {name: D_V}."""
    names = sample_map.names
    x, y = sample_map.scores[:, 0], sample_map.scores[:, 1] if sample_map.scores.shape[1] > 1 else np.zeros(len(names))
    figure, axis = plt.subplots(figsize=(4.8, 3.8), layout="constrained")
    points = axis.scatter(x, y, c=[sizes_um[name] for name in names], cmap="viridis", s=45)
    for name, *place in zip(names, x, y, strict=True):
        axis.annotate(name, place, xytext=(5, 4), textcoords="offset points", fontsize=8)
    axis.margins(0.25)
    share = 100 * sample_map.explained
    axis.set(xlabel="first principal component (1)", ylabel="second principal component (1)")
    figure.colorbar(points, label="$D_V$ (µm)")
    of_variance = " and ".join(f"{part:.0f} %" for part in share[:2])
    headline(figure, f"Samples by the power spectra of their main phase:\n{of_variance} of the variance")
    save(figure, output)


def draw_curves(samples, output):
    """Demagnetisation curves of all variations of each sample. samples: of demagnetise_sample."""
    shown = samples[:MOST]
    figure, axes = plt.subplots(
        1, len(shown), figsize=(2.4 * len(shown) + 0.6, 3.2), sharey=True, squeeze=False, layout="constrained"
    )
    for axis, sample in zip(axes[0], shown, strict=True):
        for curve in sample["curves"]:
            axis.plot(curve["mu0_H_T"], curve["m_parallel"], color=SKY, lw=0.9)
        mean, spread = sample["mean_T"], sample["standard_deviation_T"]
        axis.axvspan(-mean - spread, -mean + spread, color=BLUE, alpha=0.25, lw=0)
        axis.axvline(-mean, color=BLUE, lw=1.2, label="mean and standard deviation of $\\mu_0H_c$")
        if sample["measured_T"] is not None and np.isfinite(sample["measured_T"]):
            axis.axvline(-sample["measured_T"], color=VERMILION, lw=1.2, ls="--", label="measured")
        axis.axhline(0, color="black", lw=0.6)
        axis.set(xlim=(-mean - 6 * spread - 0.6, 0.3), ylim=(-1.05, 1.05), xlabel="$\\mu_0H$ (T)")
        axis.set_title(f"{sample['sample']}: {mean:.2f} ± {spread:.2f} T")
    axes[0, 0].set_ylabel("moment along the field over the total (1)")
    handles = {text: line for axis in axes[0] for line, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2)
    headline(figure, f"{len(shown[0]['curves'])} synthetic magnets of each sample, by the reduced-order model")
    save(figure, output)
