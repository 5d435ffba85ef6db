"""The comparison of forward models as a Markdown table, and what must be said of a model that predicts poorly."""

from hardmag.dataset.join import too_few

TARGETS = {"mu0_Hc_T": ("µ0Hc", " T"), "phi_p": ("Φp", "")}  # symbol and unit in text; others go by their names
# Below it the error of a prediction is more than √(1 − 0.3) = 0.84 of the scatter of the data.
POOR_R2 = 0.3
PLATEAU = ", whose f-NN\nlevels off at 0.95 for µ0Hc and 0.85 for Φp (Supplementary Fig. 10)."
HEAD = """# Forward models of {rows_used} samples of {geometries} nanostructures

R² = 1 − SSE/SST and mean absolute error on nanostructures left out in {folds} folds; beside it R² on rows left out, which is
{rows} R²(paper) = SS_reg/SS_tot of Yang et al.{plateau}
Coverage: share of true values within the {percent:g} % interval, overall and at the angle where it is least. ±: half the
interval, at the angle where it is narrowest and where it is widest.
"""
LEAK = "too good: the same nanostructure then trains at other angles."
NO_LEAK = "the same but for the folds: each nanostructure has one row."


def one_row_each(comparison):
    """Whether no nanostructure recurs, so that leaving out rows leaves out nanostructures."""
    return comparison["rows_used"] == comparison["geometries"]


def in_text(target):
    """(symbol, unit behind a number) of a target."""
    return TARGETS.get(target, (target, ""))


def poor(R2):
    """What to say first of a model whose R² on nanostructures left out, {target: R²}, is below POOR_R2 somewhere, or None.

    R² that is not defined (None, or NaN) counts as poor."""
    found = [name for name, value in R2.items() if value is None or not value >= POOR_R2]
    if not found:
        return None
    which = " and ".join(
        f"{in_text(name)[0]} (R² {'undefined' if R2[name] is None else f'= {R2[name]:.2f}'})" for name in found
    )
    return (
        f"Poor model of {which}: on nanostructures that it has not seen it is hardly better than the mean of the data. "
        "More nanostructures would help."
    )


def markdown(comparison):
    """The text, of the dict that models.json holds."""
    plateau = PLATEAU if "phi_p" in comparison["noise"] else ""
    rows = NO_LEAK if one_row_each(comparison) else LEAK
    head = HEAD.format(**comparison, rows=rows, plateau=plateau, percent=100 * comparison["confidence"])
    title, text = head.split("\n", 1)
    best = {t: max(v["grouped"][t]["R2"] for v in comparison["variants"]) for t in comparison["noise"]}
    few = too_few(comparison["geometries"]) if "phi_p" in best else None
    left_out = f"maps, contours and importances are left out: {few}" if few else None
    remarks = [f"\n**{remark}**\n" for remark in (poor(best), left_out) if remark]
    parts = ["".join([f"{title}\n", *remarks, text])]
    for target in comparison["noise"]:
        symbol, unit = in_text(target)
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
