"""A digital twin of the closed data of Kovacs et al. 2023: 119 compositions at five temperatures, and an ab-initio table.

It shows whether the three steps of the paper (ab-initio table → first regression → features of the second) do what the paper
says when its data are there. The truth is a mean-field magnet and shares no law and no constant with the models' features: the
transition metals' moment follows a Brillouin function, that of each R another in their field, and K1 the third power of each
(Callen and Callen), where the features have Kuz'min's law, and the sublattice model a crystal field.
"""

import numpy as np
from scipy.optimize import brentq

from hardmag.intrinsic.tables import Measured, Properties
from hardmag.materials.composition import ELEMENTS, RARE_EARTHS

COMPOSITIONS = 119
TEMPERATURES_K = (300.0, 333.0, 373.0, 413.0, 453.0)
NOISE_MU0_MS_T, NOISE_K1 = 0.029, 0.18  # T, MJ/m³: of one laboratory, half the scatter between laboratories
AB_INITIO = 400  # compositions of the table
SPREAD = 0.5  # of Dirichlet distributions of shares: as many near a pure compound as in between
R = ("La", "Ce", "Pr", "Nd")
# Of the made-up magnet, each near what nature has and unequal to what the models hold. T sublattice at 0 K: T, with its loss by
# Co; R sublattice: T at 0 K, molecular field over T_c of the pure compound, anisotropy at 0 K in MJ/m³.
METAL_MU0_M_T, METAL_LOSS_CO, METAL_GAIN = 1.47, 0.36, 0.30
MOMENT_T = {"La": 0.0, "Ce": -0.05, "Pr": 0.36, "Nd": 0.39}
FIELD_K = {"La": 1.0, "Ce": 1.0, "Pr": 260.0, "Nd": 320.0}
ANISOTROPY = {"La": 0.0, "Ce": 0.3, "Pr": 19.0, "Nd": 12.0}
METAL_ANISOTROPY, METAL_ANISOTROPY_CO = 1.5, -2.1
TC_K = {"La": 519.0, "Ce": 436.0, "Pr": 571.0, "Nd": 598.0}
TC_CO, TC_CO2, TC_NI = 905.0, -480.0, 205.0
AB_INITIO_TC, AB_INITIO_MOMENT, AB_INITIO_NOISE = 1.22, 0.94, 0.01  # mean field says too much, open-core LDA too little


def twin(seed):
    """(Measured of the twin's alloys, Properties of its ab-initio table)."""
    rng = np.random.default_rng(seed)
    alloys = compositions(COMPOSITIONS, 0.4, 0.1, rng)
    shares = np.repeat(alloys, len(TEMPERATURES_K), axis=0)
    T_K = np.tile(TEMPERATURES_K, COMPOSITIONS)
    Ms, K1 = np.array([truth(row, T) for row, T in zip(shares, T_K, strict=True)]).T
    magnetic = Ms > 0.2  # nobody measures an anisotropy close to Tc
    noise = rng.normal(size=(2, len(Ms)))
    source = np.array([f"alloy {n}" for n in np.repeat(np.arange(COMPOSITIONS), len(TEMPERATURES_K))])
    measured = Measured(
        shares, T_K, Ms + NOISE_MU0_MS_T * noise[0], K1 + NOISE_K1 * noise[1], np.full(len(Ms), np.nan), source, {}
    )
    return measured.of(magnetic), ab_initio(rng)


def ab_initio(rng):
    """Properties of compositions far beyond the alloys': Tc, µ0·M at 0 K, and an exchange of T with T, each with its bias."""
    shares = compositions(AB_INITIO, 1.0, 0.5, rng)
    noise = 1 + AB_INITIO_NOISE * rng.normal(size=(3, AB_INITIO))
    Tc = np.array([curie(row) for row in shares])
    Co = shares[:, ELEMENTS.index("Co")]
    values = {
        "Tc_K": AB_INITIO_TC * Tc * noise[0],
        "mu0_M0_T": AB_INITIO_MOMENT * np.array([ground_state(row) for row in shares]) * noise[1],
        "J_TT_meV": 0.02 * Tc / (1 - 0.2 * Co) * noise[2],
    }
    return Properties(shares, values)


def compositions(count, most_Co, most_Ni, rng):
    """(count, 8): two or three of four rare earths, Fe with up to most_Co of Co and most_Ni of Ni in half of them each."""
    found = np.zeros((count, len(ELEMENTS)))
    for row in found:
        chosen = rng.choice(len(R), size=rng.integers(1, 4), replace=False)
        row[[RARE_EARTHS.index(R[i]) for i in chosen]] = rng.dirichlet(np.full(len(chosen), SPREAD))
        Co, Ni = rng.uniform(0, [most_Co, most_Ni]) * rng.integers(0, 2, size=2)
        Co = min(Co, 1 - Ni)
        row[len(RARE_EARTHS) :] = 1 - Co - Ni, Co, Ni
    return found


def truth(shares, T_K):
    """(µ0·Ms in T, K1 in MJ/m³) of the made-up magnet."""
    share = dict(zip(ELEMENTS, shares, strict=True))
    m = brillouin_moment(T_K / curie(shares))
    Ms = metals(share) * m
    K1 = (METAL_ANISOTROPY + METAL_ANISOTROPY_CO * share["Co"] - 2.5 * share["Ni"]) * m**3
    for r in R:
        own = np.tanh(FIELD_K[r] * m / T_K) if T_K > 0 else 1.0
        Ms += share[r] * MOMENT_T[r] * own
        K1 += share[r] * ANISOTROPY[r] * (1 - 0.5 * share["Co"]) * own**3
    return (Ms, K1) if m > 0 else (0.0, 0.0)


def ground_state(shares):
    """µ0·M (T) at 0 K."""
    share = dict(zip(ELEMENTS, shares, strict=True))
    return metals(share) + sum(share[r] * MOMENT_T[r] for r in R)


def metals(share):
    """µ0·M (T) of the transition metals at 0 K, largest with some Co."""
    Co, Ni = share["Co"], share["Ni"]
    return METAL_MU0_M_T - METAL_LOSS_CO * Co + METAL_GAIN * Co * (1 - Co) - 0.9 * Ni


def curie(shares):
    """Tc (K) of the made-up magnet."""
    share = dict(zip(ELEMENTS, shares, strict=True))
    Co, Ni = share["Co"], share["Ni"]
    return sum(share[r] * TC_K[r] for r in R) + TC_CO * Co + TC_CO2 * Co**2 + TC_NI * Ni - 300.0 * Ni**2 - 200.0 * Co * Ni


def brillouin_moment(t):
    """Reduced moment of spins 1 in their own mean field at t = T/Tc: m = B₁(3/2 m/t)."""
    if t >= 1:
        return 0.0
    return brentq(lambda m: _brillouin(1.5 * m / t) - m, 1e-6, 1.0)


def _brillouin(x):
    """B₁(x) = 3/2 coth(3x/2) − 1/2 coth(x/2)."""
    return 1.5 / np.tanh(1.5 * x) - 0.5 / np.tanh(0.5 * x)
