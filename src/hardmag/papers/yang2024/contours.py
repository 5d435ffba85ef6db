"""Hc and Φp of a forward model over L and d, at fixed wS and wZ, and the simulated samples next to each such plane.

Yang et al., Fig. 2c and Supplementary Figs. 5 and 6.
"""

import numpy as np

from hardmag.nanostructures.smco17 import z_properties
from hardmag.papers.yang2024.columns import FEATURES, GEOMETRY, TARGETS

CELLS = 40  # per side of a plane


def middles(values, count):
    """(count,) middles of equal parts of the range of `values`: every value belongs to the nearest, as do all others there."""
    low, high = np.min(values), np.max(values)
    return low + (high - low) * (np.arange(count) + 0.5) / count


def planes(predictor, table, rows, *, count, alpha_deg, z_set, cells=CELLS):
    """count² planes over L and d, at the middles of `count` equal parts of the rows' wS and of their wZ.

    predictor: predict(x (n, 8)) in the order and units of FEATURES; table: columns; rows: indices of the
    samples at this angle and Z set. A list of {wS_nm, wZ_nm, L_nm (c,), d_nm (c,), mu0_Hc_T, phi_p (c, c) at [d, L], rows}:
    NaN where no such structure exists; rows: those whose wS and wZ are nearer to this plane than to another.
    """
    lengths = {name: np.asarray(table[name], float)[rows] for name in GEOMETRY}
    at_wS, at_wZ = (middles(lengths[name], count) for name in ("wS_nm", "wZ_nm"))
    nearest = [np.abs(lengths[n][:, None] - at).argmin(axis=1) for n, at in (("wS_nm", at_wS), ("wZ_nm", at_wZ))]
    L, d = (np.linspace(lengths[name].min(), lengths[name].max(), cells) for name in ("L_nm", "d_nm"))
    result = []
    for j, wZ in enumerate(at_wZ):
        for i, wS in enumerate(at_wS):
            values = _predicted(predictor, L, d, wS, wZ, {"alpha_deg": alpha_deg, **z_properties(z_set)})
            near = rows[(nearest[0] == i) & (nearest[1] == j)]
            plane = {"wS_nm": float(wS), "wZ_nm": float(wZ), "L_nm": L, "d_nm": d, "rows": near}
            result.append(plane | dict(zip(TARGETS, values, strict=True)))
    return result


def _predicted(predictor, L, d, wS, wZ, prescribed):
    """(2, c, c): both targets at [d, L]."""
    grid_L, grid_d = (g.ravel() for g in np.meshgrid(L, d))
    values = {"L_nm": grid_L, "d_nm": grid_d, "wS_nm": wS, "wZ_nm": wZ} | prescribed
    x = np.stack([np.broadcast_to(np.asarray(values[name], float), grid_L.shape) for name in FEATURES], axis=1)
    periods, widths = x[:, :2], x[:, 2 : len(GEOMETRY)]
    exists = ((widths > 0) & (widths < periods)).all(axis=1)
    predicted = np.full((len(x), len(TARGETS)), np.nan)
    if exists.any():
        predicted[exists] = predictor.predict(x[exists]).mean
    return predicted.T.reshape(len(TARGETS), len(d), len(L))
