"""A graded film whose law of coercivity is known, written as instruments would write it: a test of the whole chain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from hardmag.films.crystal import Crystal
from hardmag.films.diffraction import pattern
from hardmag.films.maps import read_maps
from hardmag.materials.composition import Composition

STEP_mm = 5.0
HALF_mm = (30.0, 40.0)  # 60 × 80 mm², as the area of X-ray patterns in Kovacs et al. 2023
CUT_mm = 65.0  # |x| + |y| beyond it lies outside: 209 positions remain
# Each target: its place outside of the film in mm, and how much it gives. South-west, east, north-west, as in the paper.
TARGETS = {"Nd": ((-45.0, -50.0), 1.0), "Ce": ((60.0, -5.0), 1.3), "La": ((-40.0, 60.0), 1.0)}
REACH_mm = 55.0  # the deposition falls by e in this distance
R_at, R_SPAN_at = 17.0, 3.0  # at% of rare earths in the middle; from north to south they grow by twice the span
STOICHIOMETRIC_at = 2 / 16 * 100  # of R in R2T14 when boron is left out
LA_IN_CRYSTAL = 0.5  # La enters the crystal half as readily as Nd and Ce
ANGLES_deg = np.linspace(27.0, 46.5, 976)
RICH_deg, LANTHANUM_deg = 30.2, 29.13  # lines of a phase rich in R, and of La outside of the crystal
RICH, LANTHANUM = 1.0, 2.0  # their intensity per share outside of the crystal, over that of its strongest line
LINE_FWHM_deg = 0.25
COUNTS = 300.0  # of the strongest line, at unit intensity
BACKGROUND = 30.0  # counts per channel
EDX_NOISE_at = 0.3
PEAK_T, SAMPLES, SHOTS = 4.0, 300, 2
WIDTH_T, SLOPE, DRIFT, MOKE_NOISE = 0.15, 0.15, 0.1, 0.05  # of a loop: switching width; the others over half the step
# The law: µ0Hc in T by the shares of Nd, La and Ce among them, and by at% of all three.
MIDDLE_T, PER_ND_T, PER_LA_T, PER_CE_T, PER_RICH_T = 1.5, 1.1, -1.3, -1.5, 0.05
PLANTED_LINES_deg = {RICH_deg: 1, LANTHANUM_deg: -1}


@dataclass(frozen=True, eq=False)
class Truth:
    """x_mm, y_mm: (n,); at_percent: {element: (n,)}, B left out; law_T: (n,) what the law says; mu0_Hc_T: (n,) with the scatter
    of the film itself."""

    x_mm: np.ndarray
    y_mm: np.ndarray
    at_percent: dict
    law_T: np.ndarray
    mu0_Hc_T: np.ndarray


def law_T(at_percent):
    """(n,) µ0Hc in T of at% of Nd, La, Ce: Nd, and more rare earths, raise it; La and Ce lower it."""
    total = sum(at_percent[R] for R in TARGETS)
    shares = {R: at_percent[R] / total for R in TARGETS}
    mixed = PER_ND_T * shares["Nd"] + PER_LA_T * shares["La"] + PER_CE_T * shares["Ce"]
    return MIDDLE_T + mixed + PER_RICH_T * (total - R_at)


def truth(noise_T, rng):
    """Truth of a film whose coercivity scatters by noise_T (T, standard deviation) around its law."""
    x, y = (grid.ravel() for grid in np.meshgrid(*(np.arange(-half, half + 1, STEP_mm) for half in HALF_mm)))
    inside = np.abs(x) + np.abs(y) < CUT_mm
    x, y = x[inside], y[inside]
    given = {R: much * np.exp(-np.hypot(x - at[0], y - at[1]) / REACH_mm) for R, (at, much) in TARGETS.items()}
    total, rare_earths = sum(given.values()), R_at - R_SPAN_at * y / HALF_mm[1]
    at_percent = {R: rare_earths * share / total for R, share in given.items()} | {"Fe": 100 - rare_earths}
    law = law_T(at_percent)
    return Truth(x, y, at_percent, law, law + noise_T * rng.normal(size=len(x)))


def planted_signs(film):
    """{element: +1 or −1}: what a line through the law says of each element.

    At% sum to 100, so that only what lies in the plane of that sum can be told: least squares of least length, as partial
    least squares find it, in units of each element's standard deviation.
    """
    shares = np.stack(list(film.at_percent.values()), axis=1)
    scaled = (shares - shares.mean(axis=0)) / shares.std(axis=0)
    found = np.linalg.lstsq(scaled, film.law_T - film.law_T.mean(), rcond=1e-9)[0]
    return dict(zip(film.at_percent, np.sign(found).astype(int).tolist(), strict=True))


def patterns(film, rng):
    """(n, channels) counts at ANGLES_deg: the crystal with the rare earths that enter it, and the two planted lines."""
    R_at_percent = sum(film.at_percent[R] for R in TARGETS)
    line = {at: np.exp(-4 * np.log(2) * ((ANGLES_deg - at) / LINE_FWHM_deg) ** 2) for at in PLANTED_LINES_deg}
    found = []
    for n in range(len(film.x_mm)):
        enters = {R: film.at_percent[R][n] * (LA_IN_CRYSTAL if R == "La" else 1.0) for R in TARGETS}
        formula = "".join(f"{R}{share / sum(enters.values()):.6f}" for R, share in enters.items())
        crystal = pattern(ANGLES_deg, Crystal.of(Composition.parse(formula)), march=0.8)
        beyond = (R_at_percent[n] - STOICHIOMETRIC_at) / STOICHIOMETRIC_at
        lanthanum = (1 - LA_IN_CRYSTAL) * film.at_percent["La"][n] / R_at_percent[n]
        found.append(crystal + RICH * beyond * line[RICH_deg] + LANTHANUM * lanthanum * line[LANTHANUM_deg])
    return rng.poisson(COUNTS * np.array(found) + BACKGROUND).astype(float)


def loop(mu0_Hc_T, rng):
    """(fields (samples,), signals (samples, shots)) of a pulse up and one down; without reversal where Hc exceeds the peak."""
    pulse = PEAK_T * np.sin(np.pi * np.arange(SAMPLES // 2) / (SAMPLES // 2)) ** 2
    H, rises = np.concatenate([pulse, -pulse]), np.arange(SAMPLES // 2) <= SAMPLES // 4
    step = scipy.special.erf((pulse - mu0_Hc_T) / WIDTH_T)
    up = np.where(rises, step, step[SAMPLES // 4])
    down = np.where(rises, -step, -step[SAMPLES // 4])
    signal = np.concatenate([up, down]) + SLOPE * H / PEAK_T + DRIFT * np.linspace(-1, 1, SAMPLES)
    return H, signal[:, None] + MOKE_NOISE * rng.normal(size=(SAMPLES, SHOTS))


def write_film(folder, noise_T, rng):
    """A folder of edx.csv, xrd/*.xy, moke/*.txt and truth.csv, for read_maps, read_patterns, read_moke and read_truth."""
    folder, film = Path(folder), truth(noise_T, rng)
    for name in ("xrd", "moke"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    counts = patterns(film, rng)
    measured = {R: film.at_percent[R] + EDX_NOISE_at * rng.normal(size=len(film.x_mm)) for R in TARGETS}
    measured["Fe"] = 100 - sum(measured.values())
    columns = {"x (mm)": film.x_mm, "y (mm)": film.y_mm}
    _write(folder / "edx.csv", columns | {f"{element} (at%)": values for element, values in measured.items()})
    _write(folder / "truth.csv", columns | {"law (T)": film.law_T, "Hc (T)": film.mu0_Hc_T})
    for n, (x, y, Hc) in enumerate(zip(film.x_mm, film.y_mm, film.mu0_Hc_T, strict=True), start=1):
        lines = [f"{angle:.2f} {count:.0f}" for angle, count in zip(ANGLES_deg, counts[n - 1], strict=True)]
        (folder / "xrd" / f"x{x:g}_y{y:g}.xy").write_text("\n".join(lines) + "\n")
        H, signal = loop(Hc, rng)
        coil = np.repeat(np.diff(H, prepend=0.0)[:, None], SHOTS, axis=1)  # its integral is the field
        for kind, record in (("magnetization", signal), ("pulse", coil)):
            rows = "\n".join(" ".join(f"{volt:.4f}" for volt in row) for row in record)
            (folder / "moke" / f"p{n}_x{x:g}_y{y:g}_{kind}.txt").write_text(
                f"{kind} in V\na row per sample, a column per shot\n{rows}\n"
            )


def read_truth(path, x_mm, y_mm):
    """(n,) µ0Hc in T that the law says at positions (n,)."""
    return read_maps(path)["law"].at(x_mm, y_mm).values


def _write(path, columns):
    rows = [",".join(f"{value:.5g}" for value in row) for row in zip(*columns.values(), strict=True)]
    path.write_text("\n".join([",".join(columns), *rows]) + "\n", encoding="utf-8")
