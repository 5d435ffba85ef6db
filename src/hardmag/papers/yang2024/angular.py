"""How coercivity and Φp depend on the misorientation α, and what simple models of reversal say (Yang et al., Fig. 2b)."""

import numpy as np

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
STRUCTURE = ("L_nm", "d_nm", "wS_nm", "wZ_nm", "z_set", "size_x_nm", "size_y_nm")  # what samples at several angles share


def kondorsky(alpha_deg):
    """Hc(α)/Hc(0) of reversal by wall motion, 1/cos α: only the field along the axis moves a wall (Kondorsky 1940).

    Infinite at 90°, where a field drives no wall."""
    cosine = np.cos(np.radians(alpha_deg))
    with np.errstate(divide="ignore"):
        return np.where(cosine > 1e-12, 1 / cosine, np.inf)


def stoner_wohlfarth(alpha_deg):
    """Hc(α)/Hc(0) of uniform rotation (Stoner & Wohlfarth 1948), 0° ≤ α ≤ 90°.

    Up to 45° the moment along the field changes sign in the jump, at (cos^⅔ α + sin^⅔ α)^(−3/2); beyond, before it, at
    ½ sin 2α."""
    alpha = np.radians(alpha_deg)
    jump = (np.abs(np.cos(alpha)) ** (2 / 3) + np.abs(np.sin(alpha)) ** (2 / 3)) ** -1.5
    return np.where(alpha <= np.pi / 4, jump, np.sin(2 * alpha) / 2)


def per_angle(table):
    """Accepted samples by angle and Z set: a list of {alpha_deg, z_set, accepted, without_hysteresis (share), and for
    mu0_Hc_T, phi_p and Hc_over_Hc0 {count, quantiles}}. Quantiles: those of QUANTILES, of the samples with hysteresis."""
    ratio = relative_coercivity(table)
    accepted = table["status"] == "accepted"
    result = []
    for alpha in np.unique(table["alpha_deg"][accepted]):
        for z_set in np.unique(table["z_set"][accepted].astype(str)):
            here = accepted & (table["alpha_deg"] == alpha) & (table["z_set"] == z_set)
            if not here.any():
                continue
            entry = {"alpha_deg": float(alpha), "z_set": str(z_set), "accepted": int(here.sum())}
            entry["without_hysteresis"] = float(np.isnan(table["mu0_Hc_T"][here]).mean())
            columns = {"mu0_Hc_T": table["mu0_Hc_T"], "phi_p": table["phi_p"], "Hc_over_Hc0": ratio}
            result.append(entry | {name: _quantiles(values[here]) for name, values in columns.items()})
    return result


def relative_coercivity(table):
    """Hc(α)/Hc(0) (n,) of each accepted sample: over the Hc at 0° of the same nanostructure, Z set and box. NaN where
    either has no coercivity or was not simulated."""
    key = list(zip(*(table[name] for name in STRUCTURE), strict=True))
    Hc = np.where(table["status"] == "accepted", table["mu0_Hc_T"], np.nan)
    at_zero = {key[i]: Hc[i] for i in np.flatnonzero((table["alpha_deg"] == 0) & (Hc > 0))}
    return Hc / np.array([at_zero.get(k, np.nan) for k in key])


def _quantiles(values):
    values = values[np.isfinite(values)]
    return {"count": len(values), "quantiles": np.quantile(values, QUANTILES).tolist() if len(values) else None}
