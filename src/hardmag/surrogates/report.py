"""The comparison of forward models as a Markdown table."""

TARGETS = {"mu0_Hc_T": ("µ0Hc", " T"), "phi_p": ("Φp", "")}
PLATEAU = ", whose f-NN\nlevels off at 0.95 for µ0Hc and 0.85 for Φp (Supplementary Fig. 10)."
HEAD = """# Forward models of {rows_used} samples of {geometries} nanostructures

R² = 1 − SSE/SST and mean absolute error on nanostructures left out in {folds} folds; beside it R² on rows left out, which is
too good: the same nanostructure then trains at other angles. R²(paper) = SS_reg/SS_tot of Yang et al.{plateau}
Coverage: share of true values within the {percent:g} % interval, overall and at the angle where it is least. ±: half the
interval, at the angle where it is narrowest and where it is widest.
"""


def markdown(comparison):
    """The text, of the dict that models.json holds."""
    plateau = PLATEAU if "phi_p" in comparison["noise"] else ""
    parts = [HEAD.format(**comparison, plateau=plateau, percent=100 * comparison["confidence"])]
    for target in comparison["noise"]:
        symbol, unit = TARGETS[target]
        mae, width = (f"{name} ({unit.strip()})" if unit else name for name in ("MAE", "±"))
        mse = f"MSE ({unit.strip()}²)" if unit else "MSE"
        head = ("model", "settings", "R²", "R² row-wise", "R²(paper)", mae, mse, "coverage", "least, at angle", width)
        parts += [
            f"## {symbol}\n",
            _ceiling(comparison["noise"][target], unit),
            f"| {' | '.join(head)} |",
            f"|{'---|' * len(head)}",
            *(_line(v, target) for v in sorted(comparison["variants"], key=lambda v: -v["grouped"][target]["R2"])),
            "",
        ]
    return "\n".join(parts)


def _ceiling(noise, unit):
    if noise["rms"] is None:
        return "Noise of the simulated values unknown: one realisation per sample.\n"
    return f"Noise of the simulated values: {noise['rms']:.2g}{unit}; it leaves R² ≤ {noise['R2_ceiling']:.4f} to a model.\n"


def _line(variant, target):
    grouped, row_wise = variant["grouped"][target], variant["row_wise"][target]
    covered = grouped["coverage"]
    angle, least = min(covered["by_angle"].items(), key=lambda item: item[1])
    return (
        f"| {variant['label']} | {variant['variant']} | {grouped['R2']:.3f} | {row_wise['R2']:.3f} | {grouped['R2_paper']:.3f} "
        f"| {grouped['MAE']:.3g} | {grouped['MSE']:.2g} | {covered['overall']:.3f} | {least:.3f}, {angle}° "
        f"| {_widths(grouped['half_width_by_angle'])} |"
    )


def _widths(by_angle):
    """Of the angles, for which None is an interval without bounds; 'any' is for an angle that the data do not have."""
    widths = [width for angle, width in by_angle.items() if angle != "any"]
    return "none" if None in widths else f"{min(widths):.3g}-{max(widths):.3g}"
