"""Sizes of grains from the sections that images show: Saltykov's histogram, maximum likelihood, counting.

Two sizes are meant by "grain size", and both are given: the number mean of the diameters, and D_V, the diameter of the sphere
of mean volume. Of log-normal diameters, D_V = mean · exp(σ²), σ the standard deviation of ln D: 13 % more at σ = 0.35.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from scipy.stats import norm

from hardmag.errors import UserError
from hardmag.images.sections import sections_of

CONFIDENCE = 0.95
REPLICATES = 200  # of the bootstrap
CLASSES = 10  # of Saltykov's histogram, the default of GrainSizeTools
SPREADS = (0.02, 1.5)  # between which σ is sought
LEAST_SECTIONS = 20  # seen whole
LEAST_FIELD = 3.0  # times D_V, on its shorter side
# By counting: N_A · D_V² = COUNTED · exp(−COUNTED_SLOPE · σ²), and the standard deviation of ln N_A by √(number of sections).
# Of power diagrams, in benchmarks/section_sizes.json.
COUNTED = 1.932
COUNTED_SLOPE = 1.319
COUNTED_NOISE = 1.04


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Histogram:
    """Diameters of grains by class: diameters_um (k,) that stand for the classes, density_per_um (k,), whose integral is 1."""

    diameters_um: np.ndarray
    density_per_um: np.ndarray

    @property
    def mean_um(self):
        """Number mean."""
        return float(np.average(self.diameters_um, weights=self.density_per_um))

    @property
    def D_V_um(self):
        """Diameter of the sphere of mean volume."""
        return float(np.average(self.diameters_um**3, weights=self.density_per_um) ** (1 / 3))

    @property
    def CV(self):
        """Standard deviation over mean."""
        square = np.average(self.diameters_um**2, weights=self.density_per_um)
        return float(np.sqrt(max(square / self.mean_um**2 - 1, 0.0)))


@dataclass(frozen=True)
class LogNormal:
    """Log-normal diameters of grains: number mean, D_V, coefficient of variation and σ, the standard deviation of ln D."""

    mean_um: Estimate
    D_V_um: Estimate
    CV: Estimate
    spread: Estimate


@dataclass(frozen=True, eq=False)
class GrainSizes:
    """All estimates of the same sections. A grain has half of the boundary around it.

    fitted: by maximum likelihood, with edge weights; counted_D_V_um: from the number of sections per area; saltykov and
    classical: histograms of the sections seen whole, without weights, as usually published; whole: number of sections seen
    whole, per_um2: of all per area; shares: (3,) of the area that are main phase, boundary and inclusions: without its boundary
    a grain has on average shares[0]/(shares[0] + shares[1]) of its volume; narrowest: shortest side of the fields over D_V.
    """

    fitted: LogNormal
    counted_D_V_um: Estimate
    saltykov: Histogram
    classical: Histogram
    whole: int
    per_um2: float
    shares: np.ndarray
    narrowest: float


def sizes_of(label_images, pixel_um, rng):
    """GrainSizes of label images of one magnet, each (ny, nx): 0 main phase, 1 boundary, 2 inclusion. rng: for the intervals.

    Raises UserError on images of one phase, on fewer than LEAST_SECTIONS whole sections, and on a field whose shorter side is
    less than LEAST_FIELD grains (D_V): what is left of its sections would be those of small grains.
    """
    label_images = list(label_images)
    found = sections_of(label_images, pixel_um)
    whole = ~found.touches
    diameters, weights = found.diameters_um[whole], found.weights_per_um2[whole]
    fitted = wicksell_lognormal(diameters, weights, rng, found.least_um)
    D_V_um = fitted.D_V_um.value
    sides_um = [min(np.shape(labels)) * pixel_um for labels in label_images]
    narrowest = int(np.argmin(sides_um))
    if sides_um[narrowest] < LEAST_FIELD * D_V_um:
        raise UserError(
            f"image {narrowest + 1} is {sides_um[narrowest]:.3g} µm on its shorter side, less than {LEAST_FIELD:g} grains of "
            f"{D_V_um:.3g} µm: take wider fields"
        )
    per_um2 = float(weights.sum())
    return GrainSizes(
        fitted=fitted,
        counted_D_V_um=by_counting(per_um2, len(diameters), fitted.spread.value),
        saltykov=saltykov(diameters),
        classical=scheil_schwartz_saltykov(diameters),
        whole=len(diameters),
        per_um2=per_um2,
        shares=found.shares,
        narrowest=sides_um[narrowest] / D_V_um,
    )


def by_counting(per_um2, counted, spread):
    """Estimate of D_V in µm from the number of sections per area, `counted` of which were seen, of grains of a spread σ.

    N_A · D_V² is a pure number that falls with σ: (6/π)·exp(−σ²) for spheres. Here it is that of power diagrams, counted by the
    rules of sections_of, and so is the interval, which does not know how far other grains differ from them.
    """
    value = float(np.sqrt(COUNTED * np.exp(-COUNTED_SLOPE * spread**2) / per_um2))
    part = norm.ppf((1 + CONFIDENCE) / 2) * COUNTED_NOISE / np.sqrt(counted) / 2  # D_V goes as the root of N_A
    return Estimate(value, float(value * np.exp(-part)), float(value * np.exp(part)))


def saltykov(diameters, classes=CLASSES):
    """Histogram of the diameters of spheres from those of their sections (n,), as GrainSizeTools computes it.

    From the widest class down, the sections that spheres of a class show in the classes below are subtracted, by Wicksell's
    probabilities P = (√(D² − lower²) − √(D² − upper²))/D: with D the upper edge for a class's own sections, and its middle for
    those below; a class that is left with none is passed over, and what is negative in the end is 0 (Saltykov 1967; Higgins
    2000; Lopez-Sanchez 2018, J. Open Source Softw. 3, 863). The published algorithm does not divide by the chance that a sphere
    is cut at all, in proportion to its diameter, nor by P of its own class: what it returns is biased, by the number of classes
    and by σ. It is kept so, to compare with what others publish; wicksell_lognormal is the better estimate.
    """
    density, edges = np.histogram(diameters, bins=classes, range=(0, np.max(diameters)), density=True)
    middles = (edges[:-1] + edges[1:]) / 2
    for k in range(classes - 1, 0, -1):
        if density[k] > 0:
            own = _seen(edges[k + 1], edges[k : k + 2])
            density[:k] -= density[k] * _seen(middles[k], edges[: k + 1]) / own
    return _histogram(middles, density, edges[1])


def scheil_schwartz_saltykov(diameters, classes=CLASSES):
    """Histogram of the diameters of spheres from those of their sections (n,), the classical way.

    Sections per area N_A and spheres per volume N_V of each class obey N_A = A N_V, with A_ij = √(D_j² − lower_i²) − √(D_j² −
    upper_i²) and D_j the upper edge of class j, which stands for it; what is negative in N_V is 0 (Saltykov 1967).
    """
    counts, edges = np.histogram(diameters, bins=classes, range=(0, np.max(diameters)))
    matrix = np.column_stack(
        [upper * np.append(_seen(upper, edges[: k + 2]), np.zeros(classes - 1 - k)) for k, upper in enumerate(edges[1:])]
    )
    return _histogram(edges[1:], solve_triangular(matrix, counts), edges[1])


def _seen(D, edges):
    """(k − 1,) shares of a sphere's sections in the classes between edges (k,) ≤ D."""
    return -np.diff(np.sqrt(np.maximum(D**2 - edges**2, 0.0))) / D


def _histogram(diameters, density, width):
    density = np.maximum(density, 0.0)
    return Histogram(diameters, density / (density.sum() * width))


def wicksell_lognormal(diameters_um, weights, rng, least_um=0.0):
    """LogNormal diameters of spheres by maximum likelihood from those of their sections (n,), which count by weights (n,).

    Spheres of density f(D) show sections of density g(d) = d/⟨D⟩ ∫ f(D)/√(D² − d²) dD, D from d to ∞ (Wicksell 1925). least_um:
    where smaller sections were dropped, the likelihood is that of d given d ≥ least_um. The intervals are percentiles of a
    bootstrap over the sections, drawn by rng: they hold sampling, not that grains are no spheres and their sizes perhaps not
    log-normal. σ is sought within SPREADS. Raises UserError on fewer than LEAST_SECTIONS sections, and on diameters and weights
    that are none.
    """
    d, weights = np.asarray(diameters_um, dtype=float), np.asarray(weights, dtype=float)
    if len(d) < LEAST_SECTIONS:
        raise UserError(f"{len(d)} sections were seen whole, and {LEAST_SECTIONS} are needed: take wider fields or more images")
    if not ((d > 0) & (d >= least_um) & np.isfinite(d) & (weights > 0) & np.isfinite(weights)).all():
        raise UserError(f"diameters and weights of sections must be finite and > 0, no diameter below least_um = {least_um}")
    best = _fitted(d, weights, least_um, _start(d))
    counts = rng.multinomial(len(d), np.full(len(d), 1 / len(d)), size=REPLICATES)
    drawn = np.array([_fitted(d[n > 0], (n * weights)[n > 0], least_um, best) for n in counts])
    tail = 100 * (1 - CONFIDENCE) / 2
    values = _sizes(*best)
    edges = {name: np.percentile(value, (tail, 100 - tail)) for name, value in _sizes(*drawn.T).items()}
    return LogNormal(**{name: Estimate(float(values[name]), *map(float, edges[name])) for name in values})


def _sizes(middle, log_spread):
    """What LogNormal holds, of the mean of ln D and of ln σ."""
    s = np.exp(log_spread)
    mean = np.exp(middle + s**2 / 2)
    return {"mean_um": mean, "D_V_um": mean * np.exp(s**2), "CV": np.sqrt(np.expm1(s**2)), "spread": s}


def _start(d):
    """Mean of ln D and ln σ to begin with: as of sections, whose mean is π/4 of the spheres'."""
    return np.array([np.log(d.mean() * 4 / np.pi), np.log(0.3)])


def _fitted(d, weights, least, start):
    """(mean of ln D, ln σ) of the largest likelihood."""
    share, log_d = weights / weights.sum(), np.log(d)
    limits = [(log_d.min(), log_d.max() + 1), tuple(np.log(SPREADS))]
    return minimize(_loss, start, (log_d, share, least), jac=True, method="L-BFGS-B", bounds=limits).x


def _loss(at, log_d, share, least):
    """Minus the mean log-likelihood, and its gradient by (mean of ln D, ln σ).

    Both follow from the mean of z and z², z = (ln D − middle)/σ, over the spheres that show such a section, less those over all
    that show one that counts: the latter's z is normal about σ where all sections count.
    """
    middle, s = at[0], np.exp(at[1])
    seen = _over_spheres(log_d, middle, s)
    if least > 0:
        every = _over_spheres(np.log([least]), middle, s, beyond=True)
    else:
        every = middle + s**2 / 2 + np.log(s * np.sqrt(2 * np.pi)), s, 1 + s**2
    value, z, square = ((share * (a - b)).sum() for a, b in zip(seen, every, strict=True))
    return -value, -np.array([z / s, square])


def _over_spheres(log_d, middle, s, beyond=False):
    """(k,) each: logarithm of ∫ exp(−z²/2)/D dt with D = d cosh t, and the means of z and z² under that integrand.

    It is Wicksell's integral but for factors that all d share: even and smooth in t, so that sums over equal steps converge
    exponentially. beyond: with (D² − d²) in the integrand, for all sections of at least d.
    """
    t = np.arange(0.0, max(middle + 8 * s - log_d.min(), 0.0) + 1, min(s / 2, 0.3))
    log_D = log_d[:, None] + np.log(np.cosh(t))
    z = (log_D - middle) / s
    exponent = -(z**2) / 2 - log_D
    if beyond:
        exponent[:, 1:] += 2 * (log_d[:, None] + np.log(np.sinh(t[1:])))
        exponent[:, 0] = -np.inf
    else:
        exponent[:, 0] -= np.log(2)  # half a step, at the end of the range
    top = exponent.max(axis=1, keepdims=True)
    weight = np.exp(exponent - top)
    total = weight.sum(axis=1)
    return top[:, 0] + np.log(total * t[1]), (weight * z).sum(axis=1) / total, (weight * z**2).sum(axis=1) / total
