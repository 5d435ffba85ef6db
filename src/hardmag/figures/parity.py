"""Parity of the forward surrogate: predicted against simulated, by split (Yang et al., Supplementary Fig. 4)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import SPLIT_STYLE, save
from hardmag.surrogates.store import load_forward

LABELS = {"mu0_Hc_T": "coercivity µ0Hc (T)", "phi_p": "Φp"}


def draw_parity(model_path, output):
    """Both targets; the geometries of the test split were seen neither in training nor in stopping."""
    model = load_forward(model_path)
    figure, axes = plt.subplots(1, len(LABELS), figsize=(8.2, 4.2), layout="constrained")
    for axis, (target, label) in zip(axes, LABELS.items(), strict=True):
        true, predicted = model.parity[target], model.parity[f"{target}_predicted"]
        low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
        axis.plot([low, high], [low, high], color="black", lw=0.8)
        for split, (marker, colour) in SPLIT_STYLE.items():
            here = model.parity["split"] == split
            axis.scatter(true[here], predicted[here], s=18, marker=marker, color=colour, alpha=0.8, linewidths=0, label=split)
        score = model.metadata["scores"]["test"][target]
        axis.set_title(f"test, unseen geometries: R² = {score['R2']:.2f}, MAE = {score['MAE']:.3g}")
        axis.set_xlabel(f"simulated {label}")
        axis.set_ylabel(f"predicted {label}")
        axis.set_aspect("equal" if np.isfinite(high - low) and high > low else "auto")
    axes[0].legend()
    figure.suptitle("Forward network, split by geometry; R² = 1 − SSE/SST")
    save(figure, output)
