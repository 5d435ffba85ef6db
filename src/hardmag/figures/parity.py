"""Parity of the forward surrogate: predicted against simulated, by split (Yang et al., Supplementary Fig. 4)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import SPLIT_STYLE, goal_label, headline, marks, quantity, save
from hardmag.surrogates.store import load_forward


def draw_parity(forward, output):
    """Each target; the geometries of the test split were seen neither in training nor in stopping."""
    model = load_forward(forward)
    targets = model.variables.targets
    figure, axes = plt.subplots(1, len(targets), figsize=(4.1 * len(targets), 4.2), layout="constrained", squeeze=False)
    for axis, target in zip(axes[0], targets, strict=True):
        label = goal_label(target)
        true, predicted = model.parity[target], model.parity[f"{target}_predicted"]
        low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
        axis.plot([low, high], [low, high], color="black", lw=0.8)
        for split, (marker, colour) in SPLIT_STYLE.items():
            here = model.parity["split"] == split
            axis.scatter(
                true[here], predicted[here], marker=marker, color=colour, linewidths=0, label=split, **marks(len(true))
            )
        score = model.metadata["scores"]["test"][target]
        axis.set_title(f"test: R² = {quantity(score['R2'], '.2f')}, MAE = {quantity(score['MAE'], '.3g', target)}")
        axis.set_xlabel(f"simulated {label}")
        axis.set_ylabel(f"predicted {label}")
        axis.set_aspect("equal" if np.isfinite(high - low) and high > low else "auto")
    axes[0, 0].legend()
    headline(figure, "Forward network; tested on unseen nanostructures; R² = 1 − SSE/SST")
    save(figure, output)
