"""Look of all figures: colours that colour-blind readers can tell apart (Okabe & Ito), sizes, saving."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from hardmag.files import atomic_path

BLUE, ORANGE, VERMILION, SKY, GREEN = "#0072B2", "#E69F00", "#D55E00", "#56B4E9", "#009E73"
PHASE_COLOURS = {"2:17": "#DDDDDD", "1:5": BLUE, "Z": ORANGE, "boundary": "#555555"}
GRAIN_COLOURS = {"core": "#DDDDDD", "shell": BLUE, "layer": ORANGE}
Z_SET_COLOURS = {"literature": BLUE, "dft": ORANGE, "modified": GREEN, "": "#555555"}
SYMBOLS = {
    "L_nm": "L",
    "d_nm": "d",
    "wS_nm": "wS",
    "wZ_nm": "wZ",
    "alpha_deg": "α",
    "Ms_Z_kA_per_m": "Ms of Z",
    "sigma_Z_mJ_per_m2": "σ of Z",
    "l_Z_nm": "l of Z",
    "z_set": "Z set (Ms, σ, l)",
    "phi_S": "φS = wS/L",
    "phi_Z": "φZ = wZ/d",
    "mu0_Hc_T": "Hc",
    "phi_p": "Φp",
}
TARGET_LABELS = {
    "mu0_Hc_T": "coercivity µ0Hc (T)",
    "phi_p": "Φp = (Hc − Hp)/Hc",
}
# Of columns that may be goals of a loop; the targets above are those that surrogates learn.
GOAL_LABELS = TARGET_LABELS | {"Nd_at_percent": "Nd in the grain (at%)"}
SPLIT_STYLE = {"train": ("o", SKY), "validation": ("s", ORANGE), "test": ("^", VERMILION)}

plt.rcParams.update({"font.size": 9, "axes.titlesize": 9, "figure.dpi": 100, "savefig.dpi": 200, "legend.frameon": False})


def angle_colour(alpha_deg):
    """Colour of an angle between 0° and 90° on a perceptually even map."""
    return plt.get_cmap("viridis")(0.92 * alpha_deg / 90)


def save(figure, path):
    """Write the PNG whole or not at all, without a date, so that equal data give equal files."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": "hardmag"})
    plt.close(figure)
