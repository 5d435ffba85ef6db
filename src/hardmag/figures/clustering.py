"""Features and targets clustered by rank correlation (Yang et al., Fig. 2g)."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.cluster.hierarchy import dendrogram

from hardmag.figures.style import SYMBOLS, save
from hardmag.files import read_json


def draw_clustering(analysis, output):
    """Dendrogram of the distance 1 − |ρ|: the further left two branches meet, the closer they go together."""
    data = read_json(analysis)["clustering"]
    figure, axis = plt.subplots(figsize=(6.4, 1.6 + 0.28 * len(data["variables"])), layout="constrained")
    dendrogram(
        np.array(data["linkage"]),
        labels=[SYMBOLS[name] for name in data["variables"]],
        orientation="right",
        color_threshold=0,
        above_threshold_color="black",
        ax=axis,
        leaf_font_size=9,
    )
    for label in axis.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in (SYMBOLS["mu0_Hc_T"], SYMBOLS["phi_p"]) else "normal")
    axis.set_xlim(0, 1.02)
    axis.set_xlabel("mean distance 1 − |ρ| where branches meet (ρ: Spearman)")
    axis.set_title("Which variables go together; bold: targets")
    save(figure, output)
