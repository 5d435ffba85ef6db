"""Contours and densities of functions that are known."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hardmag.analysis.density import density
from hardmag.nanostructures.smco17 import z_properties
from hardmag.papers.yang2024.columns import FEATURES, GEOMETRY
from hardmag.papers.yang2024.contours import middles, planes
from hardmag.surrogates.prediction import Prediction


class Known:
    """Hc = L + 10 d, Φp = wS + 100 wZ + α + Ms of Z."""

    def predict(self, x):
        f = dict(zip(FEATURES, x.T, strict=True))
        phi_p = f["wS_nm"] + 100 * f["wZ_nm"] + f["alpha_deg"] + f["Ms_Z_kA_per_m"]
        return Prediction(np.stack([f["L_nm"] + 10 * f["d_nm"], phi_p], axis=1))


def table(n=200):
    low, high = [20, 6, 2, 1], [80, 40, 10, 12]
    return dict(zip(GEOMETRY, np.random.default_rng(2).uniform(low, high, (n, 4)).T, strict=True))


def test_middles_of_equal_parts():
    assert middles([1.0, 4.0, 9.0], 4) == pytest.approx([2, 4, 6, 8])


def test_planes_of_a_known_function():
    data, rows = table(), np.arange(20, 200)
    found = planes(Known(), data, rows, count=3, alpha_deg=30.0, z_set="dft", cells=7)
    assert len(found) == 9
    Ms = z_properties("dft")["Ms_Z_kA_per_m"]
    for plane in found:
        L, d = np.meshgrid(plane["L_nm"], plane["d_nm"])
        exists = plane["wZ_nm"] < d  # wS < L everywhere
        np.testing.assert_array_equal(np.isfinite(plane["mu0_Hc_T"]), exists)
        np.testing.assert_allclose(plane["mu0_Hc_T"][exists], (L + 10 * d)[exists])
        np.testing.assert_allclose(plane["phi_p"][exists], plane["wS_nm"] + 100 * plane["wZ_nm"] + 30 + Ms)
    assert not np.isfinite(found[-1]["mu0_Hc_T"]).all()  # wZ = 10.2 nm is more than the least d


def test_each_sample_is_next_to_one_plane():
    data, rows = table(), np.arange(20, 200)
    found = planes(Known(), data, rows, count=3, alpha_deg=0.0, z_set="dft", cells=3)
    assert sorted(np.concatenate([plane["rows"] for plane in found])) == list(rows)
    half = [np.ptp(data[name][rows]) / 6 for name in ("wS_nm", "wZ_nm")]
    for plane in found:
        for name, reach in zip(("wS_nm", "wZ_nm"), half, strict=True):
            assert (np.abs(data[name][plane["rows"]] - plane[name]) <= reach * (1 + 1e-9)).all()


def test_density_of_a_normal_distribution():
    """4000 points: within 12 % of the density at the centre, and with b along the rows. The kernels widen it: by Scott's rule
    variances grow by 4000^(-1/3) = 6 %."""
    covariance = [[1.0, 0.5], [0.5, 4.0]]
    a, b = np.random.default_rng(1).multivariate_normal([0, 10], covariance, 4000).T
    at_a, at_b, p = density(a, b, np.arange(4000))
    true = multivariate_normal([0, 10], covariance).pdf(np.stack(np.meshgrid(at_a, at_b), axis=-1))
    assert np.abs(p - true).max() < 0.12 * true.max()


def test_copies_are_no_data():
    """Nine samples of each nanostructure have the density of one: by row its kernels would be too narrow."""
    a, b = np.random.default_rng(1).normal(size=(2, 80))
    once = density(a, b, np.arange(80))[2]
    copies = [np.repeat(v, 9) for v in (a, b)]
    again = density(*copies, np.repeat(np.arange(80), 9))[2]
    assert again == pytest.approx(once, abs=0.015 * once.max())  # variances with n/(n − 1): 1.1 % apart
    assert density(*copies, np.arange(720))[2].max() > 1.1 * once.max()


def test_points_on_a_line_have_no_density():
    a = np.linspace(0, 1, 30)
    assert density(a, np.full(30, 2.0), np.arange(30)) is None
    assert density(a, 3 * a, np.arange(30)) is None
