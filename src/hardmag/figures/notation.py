"""The notation of all figures, and the axes of a demagnetisation curve. No backend of matplotlib is chosen here."""

import re
from html import escape

# Text (Markdown, CSV, captions) writes µ0Hc and Φp for the same.
HC, HP = r"$H_\mathrm{c}$", r"$H_\mathrm{p}$"  # in ratios, where µ0 and the unit cancel
MU0_H, MU0_HC, PHI_P = r"$\mu_0H$", r"$\mu_0H_\mathrm{c}$", r"$\Phi_\mathrm{p}$"
FIELD = f"applied field {MU0_H} (T)"
MOMENT = r"moment along the field, $M·h\,/M_\mathrm{s}$"
LETTERS = {"mu": "µ", "Phi": "Φ"}
SUBSCRIPT = re.compile(r"_(?:\\mathrm\{(\w+)\}|(\w))")


def formula(text):
    """A chemical formula with its numbers as subscripts: '(Nd0.4La0.6)2Fe14B'."""
    return re.sub(r"(?<=[A-Za-z)])(\d+(?:\.\d+)?)", r"$_{\1}$", str(text))


def curve_axes(axis):
    """Name the axes of demagnetisation curves, and draw the lines of zero field and zero moment."""
    axis.axhline(0, color="black", lw=0.6)
    axis.axvline(0, color="black", lw=0.6)
    axis.set_xlabel(FIELD)
    axis.set_ylabel(MOMENT)


def curve_label(mu0_Hc_T, phi_p):
    """Legend of a curve: what it has of coercivity and Φp. mu0_Hc_T: T, finite."""
    return f"{MU0_HC} = {mu0_Hc_T:.2f} T, {PHI_P} = {phi_p:.2f}"


def in_html(text):
    """Words, with mathematics between dollars as matplotlib writes it, in HTML."""
    return _with_mathematics(escape(text), r"<sub>\1\2</sub>")


def in_text(text):
    """The same without any form: µ0Hc."""
    return _with_mathematics(text, r"\1\2")


def _with_mathematics(text, subscript):
    def written(match):
        words = match[1]
        for name, letter in LETTERS.items():
            words = words.replace(f"\\{name}", letter)
        return SUBSCRIPT.sub(subscript, words)

    return re.sub(r"\$([^$]*)\$", written, text)
