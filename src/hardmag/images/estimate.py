"""What a magnet is like, from its images: features of many synthetic magnets as one surface, and least squares.

A magnet that is enlarged has an enlarged image: S(k; D_V, spread, t, v) = D_V² s(k D_V; spread, t/D_V, v), with t the width of
the boundary and v the share of inclusions; of grain sections it has 1/D_V² as many per area. So synthetic magnets of one size,
spread over (spread, t/D_V, v), tell of all sizes. Their features are quadratic in (spread, ln t/D_V, ln v), up to a scatter
that is measured, and the estimate is where that surface comes nearest to the images, in units of the scatter. All evaluations
have their say: the nearest one of them is mostly the luckiest one. What the designs do not vary must be the same in the images,
and is assumed, not found: how round the grains are (the rounds of `with_volumes`), how large inclusions are in units of D_V.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy  # whose parts are loaded when they are used

from hardmag.errors import UserError
from hardmag.images.features import HIGHEST_K_D, LOWEST_K_D, NAMES, features_of, sections_per_um2
from hardmag.images.magnet import MagnetParameters

LOW, HIGH = (0.15, 0.06, 0.03), (0.50, 0.13, 0.11)  # of the designs: spread, boundary_um / D_V_um, inclusion_share
DESIGNS, DESIGN_SLICES = 40, 27
K_D = np.geomspace(LOWEST_K_D, HIGHEST_K_D, 32)  # wavenumbers times D_V of the designs
BANDS, IN_BAND = 5, 4  # so many means of ln S are compared: with more, the surface follows the scatter of the designs
K_D_IMAGES = np.geomspace(0.68, 5.0, BANDS * IN_BAND)  # of images, D_V as counted: 30 % too large or 37 % too small at most
SECTIONS = 1.5  # N_A D_V² before the designs say what it is
BEYOND = 1.3  # how far from the middle of the designs an estimate may lie, their edge being at 1
PASSES = 3  # of least squares, each with the scatter as it is where the one before ended
COVERAGE = 0.95  # of the intervals


@dataclass(frozen=True)
class Estimate:
    """parameters: MagnetParameters; low, high: {name: end of its 95 % interval}; chi2: squared distance of the images from the
    surface over the number of features compared, well above 1 where they look like no synthetic magnet; D_V_counted_um: by the
    sections in the images alone, and the other three parameters."""

    parameters: MagnetParameters
    low: dict
    high: dict
    chi2: float
    D_V_counted_um: float


@dataclass(frozen=True, eq=False)
class Surface:
    """Values of features for D_V = 1 µm over u, the place (3,) of (spread, ln t/D_V, ln v) among the designs, from −1 to 1.

    coefficients: (10, m), of the terms of `_terms`; inverse: (10, 10) of their normal equations; residual: (m, m) covariance of
    an evaluation's features about the surface; within: (m, m) covariance of the features of images, times their area over D_V²;
    widening: (4,) by which intervals are wider than these covariances say.
    """

    coefficients: np.ndarray
    inverse: np.ndarray
    residual: np.ndarray
    within: np.ndarray
    widening: np.ndarray

    def at(self, u):
        """Features (m,) at a place."""
        return (_terms(u) @ self.coefficients)[0]

    def leverage(self, u):
        """Variance of the surface at a place over that of an evaluation about it."""
        return float((_terms(u) @ self.inverse @ _terms(u).T)[0, 0])


def designs(rng, count=DESIGNS):
    """MagnetParameters of synthetic magnets with D_V = 1 µm: a Latin hypercube over LOW … HIGH, the last two in logarithms."""
    return [
        MagnetParameters(*_natural(_logarithms([0.0, *u])))
        for u in 2 * scipy.stats.qmc.LatinHypercube(3, rng=rng).random(count) - 1
    ]


def features_of_images(labels, pixel_um):
    """Features of segmented images (images, ny, nx) at the wavenumbers that `estimate` wants: K_D_IMAGES over D_V as counted.

    Raises UserError where the field is too small for the grains, or the pixels are too large.
    """
    D = np.sqrt(SECTIONS / sections_per_um2(labels, pixel_um).mean())
    if 4 * pixel_um * K_D_IMAGES[-1] > D:  # half of the Nyquist wavenumber
        raise UserError(f"pixel_um: must be <= {D / (4 * K_D_IMAGES[-1]):.2g} for grains of about {D:.2g} µm, got {pixel_um:g}")
    try:
        return features_of(labels, pixel_um, K_D_IMAGES / D)
    except UserError as error:
        raise UserError(f"images of grains of about {D:.2g} µm: {error}") from None


def surface_of(evaluations):
    """Surface of Evaluations at the wavenumbers K_D / D_V, more than ten, of as many slices each. Its widening is 1."""
    D = np.array([e.parameters.D_V_um for e in evaluations])
    rows = _terms(np.array([_state(e.parameters)[1:] for e in evaluations]))
    free = len(rows) - rows.shape[1]
    if free < 1:
        raise UserError(f"evaluations: must be more than {rows.shape[1]}, got {len(rows)}")
    for e in evaluations:
        k_D = e.features.k_per_um * e.parameters.D_V_um
        if k_D.shape != K_D.shape or not np.allclose(k_D, K_D, rtol=1e-9):
            raise UserError(f"evaluations: k_per_um must be those of estimate.K_D, over D_V_um = {e.parameters.D_V_um:g}")
    values = np.array([e.features.values for e in evaluations]) - np.log(D)[:, None] * _powers(len(K_D))
    within = np.mean([e.features.covariance * e.features.area_um2 / e.parameters.D_V_um**2 for e in evaluations], axis=0)
    coefficients = np.linalg.lstsq(rows, values, rcond=None)[0]
    away = values - rows @ coefficients
    return Surface(coefficients, np.linalg.inv(rows.T @ rows), away.T @ away / free, within, np.ones(4))


def estimate(features, surface):
    """Estimate from the features of segmented images (`features_of_images`) and a Surface.

    Its intervals count the scatter of the images and that of the surface; a weak prior holds the spread, of which spectra know
    little: normal, its standard deviation half the designs' width. Raises UserError where the boundary's width or the share
    of inclusions would lie beyond the designs, or the grain size far from that of the sections counted.
    """
    counted, k = features.sections_per_um2.mean(), features.k_per_um
    x, sigma, chi2 = _least_squares(k, features.values, counted, _area(features), surface)
    first, last = k[[0, -1]] * np.exp(x[0])
    if first <= LOWEST_K_D * (1 + 1e-6) or last >= HIGHEST_K_D * (1 - 1e-6):
        raise UserError(
            f"D_V_um: spectra ask for {np.exp(x[0]):.3g} or beyond, where sections say {(SECTIONS / counted) ** 0.5:.3g}"
        )
    for name, place, low, high in zip(("boundary_um / D_V_um", "inclusion_share"), x[2:], LOW[1:], HIGH[1:], strict=True):
        if abs(place) > BEYOND - 1e-6:
            raise UserError(f"{name}: the images ask for what lies beyond the designs, {low:g} to {high:g}")
    logarithms, half = _logarithms(x), scipy.special.ndtri((1 + COVERAGE) / 2) * surface.widening * sigma
    low, high = (dict(zip(NAMES, _natural(end), strict=True)) for end in (logarithms - half, logarithms + half))
    low["spread"] = max(low["spread"], 0.0)
    D_counted = np.exp(surface.at(x[1:])[-1] / 2) / np.sqrt(counted)
    return Estimate(MagnetParameters(*_natural(logarithms)), low, high, chi2, float(D_counted))


def leave_one_out(evaluations, images):
    """Errors and standard errors, (evaluations, 4) each, of ln D_V, spread, ln t and ln v of every evaluation, estimated from
    `images` of its slices, as evenly spread as can be, on the surface of all the others."""
    errors, sigmas = [], []
    for n, one in enumerate(evaluations):
        features = one.features.part(np.linspace(0, len(one.features.each) - 1, images).round().astype(int))
        counted = features.sections_per_um2.mean()
        k = K_D_IMAGES / np.sqrt(SECTIONS / counted)
        values = _interpolated(np.log(k * one.parameters.D_V_um)) @ features.values
        x, sigma, _ = _least_squares(k, values, counted, _area(features), surface_of(evaluations[:n] + evaluations[n + 1 :]))
        errors.append(_logarithms(x) - _logarithms(_state(one.parameters)))
        sigmas.append(sigma)
    return np.array(errors), np.array(sigmas)


def widened(surface, errors, sigmas):
    """The Surface with intervals so wide that the share COVERAGE of what `leave_one_out` found lies in them.

    As in conformal prediction: of n ratios |error| / (1.96 σ) the ⌈0.95 (n + 1)⌉-th, and no less than 1.
    """
    ratios = np.sort(np.abs(errors) / sigmas, axis=0) / scipy.special.ndtri((1 + COVERAGE) / 2)
    rank = min(int(np.ceil(COVERAGE * (len(ratios) + 1))), len(ratios)) - 1
    return replace(surface, widening=np.maximum(1.0, ratios[rank]))


def _least_squares(k_per_um, values, sections_per_um2, area_um2, surface):
    """State (4,), ln D_V and u; standard errors (4,) of ln D_V, spread, ln t, ln v; squared distance over the features."""
    k, bands = np.log(k_per_um), _bands(len(k_per_um))
    ends = np.log([LOWEST_K_D, HIGHEST_K_D]) - k[[0, -1]]
    bounds = np.array([ends, *[(-BEYOND, BEYOND)] * 3]).T
    x, wanted = np.array([np.log(SECTIONS / sections_per_um2) / 2, 0.0, 0.0, 0.0]), bands @ values

    def features(x):
        return bands @ (_interpolated(k + x[0]) @ surface.at(x[1:]) + x[0] * _powers(len(k)))

    for _ in range(PASSES):
        at = bands @ _interpolated(k + x[0])
        noise = surface.within * np.exp(2 * x[0]) / area_um2 + surface.residual * surface.leverage(x[1:])
        factor = np.linalg.cholesky(at @ noise @ at.T)
        away = lambda x, factor=factor: np.append(np.linalg.solve(factor, wanted - features(x)), x[1])  # noqa: E731
        found = scipy.optimize.least_squares(away, np.clip(x, *bounds), bounds=bounds, x_scale=[0.05, 0.5, 0.5, 0.5])
        x = found.x
    jacobian = found.jac @ np.linalg.inv(_to_logarithms())
    sigma = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    return x, sigma, float((found.fun[:-1] ** 2).mean())


def _area(features):
    return features.area_um2 * len(features.each)


def _powers(count):
    """(2 count + 3,) of D_V in the features at `count` wavenumbers: densities, shares, sections per area."""
    return np.repeat([2.0, 0.0, -2.0], [2 * count, 2, 1])


def _interpolated(ln_k_D):
    """(2n + 3, m) by which features at K_D become those at n other wavenumbers: cubic splines of ln S in ln k."""
    spline = scipy.interpolate.CubicSpline(np.log(K_D), np.eye(len(K_D)))(ln_k_D)
    return scipy.linalg.block_diag(spline, spline, np.eye(3))


def _bands(count):
    """(2 BANDS + 3, 2 count + 3) by which densities at `count` wavenumbers become means over bands of neighbours."""
    mean = np.repeat(np.eye(BANDS), count // BANDS, axis=1) / (count // BANDS)
    return scipy.linalg.block_diag(mean, mean, np.eye(3))


def _terms(u):
    """(n, 10): 1, u, and all products of two of them, of places (n, 3) or (3,)."""
    u = np.atleast_2d(u)
    a, b = np.triu_indices(3)
    return np.hstack([np.ones((len(u), 1)), u, u[:, a] * u[:, b]])


def _scale():
    """Middle and half of the width of the designs in spread, ln t/D_V, ln v."""
    low, high = (np.array([ends[0], *np.log(ends[1:])]) for ends in (LOW, HIGH))
    return (low + high) / 2, (high - low) / 2


def _state(parameters):
    """(4,): ln D_V and the place u."""
    p, (middle, half) = parameters, _scale()
    at = np.array([p.spread, np.log(p.boundary_um / p.D_V_um), np.log(p.inclusion_share)])
    return np.array([np.log(p.D_V_um), *(at - middle) / half])


def _to_logarithms():
    """(4, 4): derivatives of ln D_V, spread, ln t, ln v by a state; t is (t/D_V) D_V."""
    found = np.diag([1.0, *_scale()[1]])
    found[2, 0] = 1.0
    return found


def _logarithms(x):
    """ln D_V, spread, ln t, ln v of a state (4,)."""
    return _to_logarithms() @ x + [0.0, *_scale()[0]]


def _natural(logarithms):
    """D_V_um, spread, boundary_um, inclusion_share."""
    ln_D, spread, ln_t, ln_v = logarithms
    return tuple(float(v) for v in (np.exp(ln_D), spread, np.exp(ln_t), np.exp(ln_v)))
