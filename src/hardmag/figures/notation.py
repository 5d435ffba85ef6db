"""The notation of all figures, and the axes of a demagnetisation curve. No backend of matplotlib is chosen here."""

# Text (Markdown, CSV, captions) writes µ0Hc and Φp for the same.
HC, HP = r"$H_\mathrm{c}$", r"$H_\mathrm{p}$"  # in ratios, where µ0 and the unit cancel
MU0_H, MU0_HC, PHI_P = r"$\mu_0H$", r"$\mu_0H_\mathrm{c}$", r"$\Phi_\mathrm{p}$"
FIELD = f"applied field {MU0_H} (T)"
MOMENT = r"moment along the field, $M·h\,/M_\mathrm{s}$"


def curve_axes(axis):
    """Name the axes of demagnetisation curves, and draw the lines of zero field and zero moment."""
    axis.axhline(0, color="black", lw=0.6)
    axis.axvline(0, color="black", lw=0.6)
    axis.set_xlabel(FIELD)
    axis.set_ylabel(MOMENT)


def curve_label(mu0_Hc_T, phi_p):
    """Legend of a curve: what it has of coercivity and Φp. mu0_Hc_T: T, finite."""
    return f"{MU0_HC} = {mu0_Hc_T:.2f} T, {PHI_P} = {phi_p:.2f}"
