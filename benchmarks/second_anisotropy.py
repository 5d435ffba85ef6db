"""What the second anisotropy constant of Nd2Fe14B does to the coercivity of a grain: python benchmarks/second_anisotropy.py

A cube of 40 nm at 300 K, K1 = 4.9 MJ/m³, in cells of 1 nm, without and with K2 = 0.65 MJ/m³ (Hirosawa et al. 1986), the field
at some angles to its axis; beside each the field at which one moment without a demagnetising field would switch.
Writes benchmarks/second_anisotropy.json. Ten minutes on one core.
"""

import time

import numpy as np
from common import environment, progress, write
from scipy.optimize import minimize_scalar

import hardmag
from hardmag.materials import MU0

GRAIN = {"a_nm": 40, "b_nm": 40, "c_nm": 40, "shell_nm": 0, "layer_nm": 0}
ND2FE14B = {"core_K1_MJ_per_m3": 4.9, "core_mu0_Ms_T": 1.61, "core_A_pJ_per_m": 8.0}
K2_MJ_PER_M3, ANGLES_DEG = (None, 0.65), (2, 20, 45)
FIELD = {"from_T": 1.0, "to_T": -12.0, "step_T": 0.64, "resolution_T": 0.005}


def simulated(K2, angle_deg):
    """{µ0Hc, evaluations, seconds of the processor} of the grain."""
    angle = np.radians(angle_deg)
    grain = hardmag.nanostructure("coreshell", **GRAIN, **ND2FE14B, core_K2_MJ_per_m3=K2)
    field = FIELD | {"direction": (np.sin(angle), 0.0, np.cos(angle))}
    begin = time.process_time()
    curve = hardmag.half_cycle(grain, field=field)
    seconds = round(time.process_time() - begin, 1)
    return {"mu0_Hc_T": round(curve.loop.mu0_Hc_T, 4), "evaluations": curve.evaluations, "seconds": seconds}


def one_moment_T(K2, angle_deg):
    """The largest field at which a moment can be at rest, over θ: (dE/dθ of the anisotropy)/(Ms sin(ψ − θ))."""
    psi, Ms = np.radians(180 - angle_deg), ND2FE14B["core_mu0_Ms_T"] / MU0
    K1, K2 = (1e6 * K for K in (ND2FE14B["core_K1_MJ_per_m3"], K2 or 0.0))
    held = lambda t: (K1 * np.sin(2 * t) + 4 * K2 * np.sin(t) ** 3 * np.cos(t)) / (Ms * np.sin(psi - t))  # noqa: E731
    return -minimize_scalar(lambda t: -held(t), bounds=(1e-6, np.pi / 2), method="bounded", options={"xatol": 1e-9}).fun


def main():
    result = environment() | {"grain": GRAIN, "core": ND2FE14B, "rows": []}
    for angle_deg in ANGLES_DEG:
        for K2 in K2_MJ_PER_M3:
            row = {"angle_deg": angle_deg, "K2_MJ_per_m3": K2 or 0.0, "one_moment_T": round(one_moment_T(K2, angle_deg), 4)}
            result["rows"].append(row | simulated(K2, angle_deg))
            progress(result["rows"][-1])
            write("second_anisotropy", result)


if __name__ == "__main__":
    main()
