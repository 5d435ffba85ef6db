"""Js, Hs and K1 of curves whose answer is known, and coercivities of MOKE loops: bias, scatter, coverage of the intervals.

The curves come from the tests' generator, which shares no code with the fit. Fields to 9 T by 0.02 T, a paramagnetic slope of
0.004 T per T, 6 % of the grains at random; of the joint fit one branch in one quadrant, and whole
loops. Run: python benchmarks/estimators.py, some minutes.
"""

import re
import sys

import numpy as np
from common import HERE, environment, progress, write

from hardmag.films.moke import coercivity
from hardmag.intrinsic.estimators import approach, fit_powder, singular_point
from hardmag.materials import MU0

sys.path.insert(0, str(HERE.parent / "tests" / "unit"))
from test_estimators import FIELDS_T, cap, cosine, curves, march_dollase, noisy, whole
from test_moke import pulses

SLOPE, STRAY, SEEDS, LOOPS = 0.004, 0.06, 12, 120
POWDERS = {"Nd": (1.6, 8.8, 0.13), "Ce": (1.2, 4.0, 0.05), "between": (1.5, 6.0, 0.13)}  # Js (T), Hs (T), K2/K1
TEXTURES = {"March-Dollase 0.3": march_dollase, "cos^8": cosine, "cone of 30°": cap}
MEASURED = {"one branch": noisy, "whole loops": whole}
NORMAL_95 = 1.96
PAGE = HERE.parent / "docs" / "measurements.md"


def gaussian(spread_deg):
    """A density of easy axes per solid angle."""
    return lambda beta: np.exp(-(beta**2) / (2 * np.radians(spread_deg) ** 2))


def biases():
    """Of the laws of approach without noise, from 5 T on, in %: of the truth, and as foretold from the fit."""
    rows = []
    for name in ("Nd", "Ce"):
        for spread in (5, 10, 20):
            for slope, stray in ((0.0, 0.0), (SLOPE, 0.0), (SLOPE, STRAY)):
                Js, Hs, ratio = POWDERS[name]
                easy, hard = curves(Js, Hs, ratio, gaussian(spread), stray, slope)
                powder = fit_powder((FIELDS_T, easy), (FIELDS_T, hard)).powder
                row = {"powder": name, "spread_deg": spread, "slope": slope, "at_random": stray}
                row["joint_percent"] = percent(powder.Js_T / Js - 1)
                for equation in (1, 2, 3):
                    law = approach(FIELDS_T, easy, equation, 5.0, powder)
                    row[f"equation_{equation}_percent"] = percent(law.Js_T / Js - 1)
                    row[f"foretold_{equation}_percent"] = percent(law.bias)
                rows.append(row)
                progress(row)
    return rows


def joint():
    """Errors of the joint fit in %, and how many of its 95 % intervals hold the truth."""
    rows = []
    for measured, of in MEASURED.items():
        for name in ("Nd", "Ce"):
            Js, Hs, ratio = POWDERS[name]
            true = {"Js_T": Js, "mu0_Hs_T": Hs, "K1_MJ_per_m3": Js * Hs / (2 + 4 * ratio) / MU0 / 1e6}
            for texture, density in TEXTURES.items():
                easy, hard = curves(Js, Hs, ratio, density, STRAY, SLOPE)
                rng = np.random.default_rng(1)
                fits = [fit_powder(of(easy, 1e-3 * Js, rng), of(hard, 1e-3 * Js, rng)) for _ in range(SEEDS)]
                row = {"measured": measured, "powder": name, "texture": texture, "noise": 1e-3, "fits": SEEDS}
                for key, value in true.items():
                    off = np.array([getattr(fit.powder, key) - value for fit in fits])
                    errors = np.array([fit.errors[key] for fit in fits])
                    row[key] = {
                        "median_percent": percent(np.median(np.abs(off)) / value),
                        "rms_percent": percent(np.sqrt(np.mean(off**2)) / value),
                        "coverage_95": round(float(np.mean(np.abs(off) < NORMAL_95 * errors)), 2),
                    }
                rows.append(row)
                progress(row)
    return rows


def singular():
    """Errors of Hs by the singular point in %: raw and calibrated."""
    Js, Hs, ratio = POWDERS["between"]
    easy, hard = curves(Js, Hs, ratio, march_dollase, STRAY, SLOPE)
    rows, rng = [], np.random.default_rng(2)
    for level in (1e-4, 2e-4, 5e-4):
        found = []
        for _ in range(SEEDS):
            curve = noisy(hard, level * Js, rng)
            found.append(singular_point(*curve, fit_powder(noisy(easy, level * Js, rng), curve).powder))
        clear = [point for point in found if not point.reason]
        raw, off = (np.array([getattr(point, key) / Hs - 1 for point in clear]) for key in ("raw_T", "mu0_Hs_T"))
        row = {"noise": level, "curves": SEEDS, "found": len(clear), "raw_bias_percent": percent(raw.mean())}
        row |= {"bias_percent": percent(off.mean()), "rms_percent": percent(np.sqrt(np.mean(off**2)))}
        rows.append(row)
        progress(row)
    return rows


def moke():
    """Mean absolute error of coercivities of 0.4 to 3.2 T in T, and coverage of their 95 % intervals."""
    rows, rng = [], np.random.default_rng(3)
    for level in (0.02, 0.05, 0.1):
        off, held = [], []
        for Hc in np.linspace(0.4, 3.2, LOOPS):
            found = coercivity(*pulses(Hc, level, rng))
            off.append(found.mu0_Hc_T - Hc)
            held.append(abs(off[-1]) < NORMAL_95 * found.error_T)
        error = round(float(np.mean(np.abs(off))), 4)
        rows.append(
            {"noise": level, "loops": LOOPS, "mean_absolute_error_T": error, "coverage_95": round(float(np.mean(held)), 3)}
        )
        progress(rows[-1])
    return rows


def percent(share):
    """To three digits after the point."""
    return round(100 * float(share), 3)


def tables(result):
    """{mark: lines} of docs/measurements.md."""
    joint = [
        "| measured | powder: Js, Hs (T) | texture | Js, % | Hs, % | K1, % | intervals: Js, Hs, K1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["joint_fit"]:
        found = [row[key] for key in ("Js_T", "mu0_Hs_T", "K1_MJ_per_m3")]
        errors = " | ".join(f"{of['median_percent']:.2f} ({of['rms_percent']:.2f})" for of in found)
        held = ", ".join(f"{of['coverage_95']:.2f}" for of in found)
        Js, Hs, _ = POWDERS[row["powder"]]
        joint.append(f"| {row['measured']} | {Js}, {Hs} | {row['texture']} | {errors} | {held} |")
    laws = [
        "| Hs (T) | Gaussian texture | χ0 | at random | eq. 1 | eq. 2 | eq. 3 | joint fit |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in result["laws_of_approach"]:
        pairs = [(row[f"equation_{n}_percent"], row[f"foretold_{n}_percent"]) for n in (1, 2, 3)]
        cells = " | ".join(f"{true:+.2f} ({foretold:+.2f})" for true, foretold in pairs)
        given = f"{POWDERS[row['powder']][1]} | {row['spread_deg']}° | {row['slope']:g} | {row['at_random']:g}"
        laws.append(f"| {given} | {cells} | {row['joint_percent']:+.2f} |")
    singular = ["| noise over Js | found | bias before, % | bias, % | root mean square, % |", "|---|---|---|---|---|"]
    for row in result["singular_point"]:
        errors = f"{row['raw_bias_percent']:+.1f} | {row['bias_percent']:+.1f} | {row['rms_percent']:.1f}"
        singular.append(f"| {row['noise']:g} | {row['found']} of {row['curves']} | {errors} |")
    moke = ["| noise over the step's half | mean absolute error (T) | 95 % intervals that hold the truth |", "|---|---|---|"]
    for row in result["moke"]:
        moke.append(f"| {100 * row['noise']:.0f} % | {row['mean_absolute_error_T']:.4f} | {row['coverage_95']:.2f} |")
    return {"joint": joint, "laws": laws, "singular": singular, "moke": moke}


def fill(page, result):
    """The page with its tables, each after its mark."""
    for mark, lines in tables(result).items():
        text = "\n".join([f"<!-- {mark} -->", *lines, ""])
        page = re.sub(rf"<!-- {mark} -->\n(\|.*\n)*", lambda _, text=text: text, page)
    return page


if __name__ == "__main__":
    result = environment() | {"moke": moke(), "singular_point": singular(), "laws_of_approach": biases(), "joint_fit": joint()}
    write("estimators", result)
    PAGE.write_text(fill(PAGE.read_text(), result))
