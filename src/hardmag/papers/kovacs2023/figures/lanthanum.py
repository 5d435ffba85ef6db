"""K1 and µ0·Ms of (Nd,La)2Fe14B over the share of La: Fig. 10 of Kovacs et al."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, VERMILION, headline, save
from hardmag.intrinsic.tables import read_measured
from hardmag.materials.composition import ELEMENTS
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.compositions import HOT_K, LA_60_T, NEAR_K, ROOM_K, lanthanum

LABELS = {"K1_MJ_per_m3": r"$K_1$ (MJ/m³)", "mu0_Ms_T": r"$\mu_0M_\mathrm{s}$ (T)"}
TITLE = "(Nd$_{1-x}$La$_x$)$_2$Fe$_{14}$B"
STYLES = ((ROOM_K, BLUE, "-"), (HOT_K, VERMILION, "--"))


def draw_lanthanum(model, measured, output):
    """model: file of an IntrinsicModel; measured: list of tables."""
    model, rows = IntrinsicModel.read(model), read_measured(*measured)
    shares = np.linspace(0, 1, 41)
    compositions = np.array([lanthanum(x).shares for x in shares])
    lanthanum_only = np.isclose(rows.shares[:, [ELEMENTS.index(e) for e in ("Nd", "La")]].sum(axis=1), 1)
    rows = rows.of(lanthanum_only & (rows.shares[:, ELEMENTS.index("Fe")] == 1) & (np.abs(rows.T_K - ROOM_K) <= NEAR_K))
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 4.2), layout="constrained")
    for axis, (name, label) in zip(axes, LABELS.items(), strict=True):
        for T_K, colour, line in STYLES:
            value = model.at(compositions, T_K)[name]
            spread = np.quantile(model.spread(compositions, T_K)[name], (0.025, 0.975), axis=0)
            axis.fill_between(shares, *model.interval(compositions, T_K)[name], color=colour, alpha=0.12, linewidth=0)
            axis.fill_between(shares, *spread, color=colour, alpha=0.4, linewidth=0)
            axis.plot(shares, value, line, color=colour, label=f"model, {T_K:.0f} K")
        known = rows.known(name)
        axis.scatter(
            known.shares[:, ELEMENTS.index("La")],
            getattr(known, name),
            marker="o",
            s=20,
            facecolors="white",
            edgecolors="black",
            linewidths=0.9,
            zorder=3,
            label=f"measured, 295 to 300 K ({len(known)} rows)",
        )
        axis.set(xlabel="share of La among the rare earths (1)", ylabel=label, xlim=(-0.02, 1.02))
    axes[1].scatter([0.6], [LA_60_T], marker="*", s=90, color="black", zorder=4, label="Kovacs et al., 433 K: “close to 1 T”")
    patches = [
        axes[1].fill_between([], [], [], color="grey", alpha=alpha, linewidth=0, label=label)
        for alpha, label in ((0.5, "spread of the fit (bootstrap, 95 %)"), (0.2, "interval of a measurement (CV+, 95 %)"))
    ]
    handles = [*axes[1].get_legend_handles_labels()[0]]
    figure.legend(handles=list(dict.fromkeys([*handles, *patches])), loc="outside lower center", ncols=2, fontsize=8)
    headline(figure, f"{TITLE}: {model.origin}")
    save(figure, output)
