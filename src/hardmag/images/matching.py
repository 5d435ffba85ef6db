"""The published way to a magnet that looks like micrographs: Bayesian optimisation of the distance of two power spectra.

Kovacs et al. 2023, section 2.3.3: f = |PSD_exp − PSD_syn|, the mean spectrum of the images against that of nine slices of a
synthetic magnet. The paper leaves open greys, wavenumbers and scale: here the greys are those of the three-colour slices, the
wavenumbers even in ln k, and f is in units of |PSD_exp|. Two magnets of the same parameters differ, so that f is a random
number, and its smallest value among many trials is mostly a lucky one: `estimate` is what to trust.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from hardmag.errors import UserError
from hardmag.images.features import HIGHEST_K_D, LOWEST_K_D, NAMES, SLICES, synthetic_images
from hardmag.images.labels import COLOURS
from hardmag.images.magnet import MagnetParameters
from hardmag.images.spectra import GRID, mean_spectrum, power_spectrum, unfolded

GREYS = np.array(COLOURS) @ (0.299, 0.587, 0.114) / 255  # luma of the three colours
LOW = MagnetParameters(5.0, 0.15, 0.3, 0.03)
HIGH = MagnetParameters(8.5, 0.5, 1.0, 0.11)
TRIALS = 40
STARTS = 10  # of these are drawn at random, before there is a Gaussian process
CANDIDATES = 1024  # places from which the least mean of the Gaussian process is looked for


@dataclass(frozen=True)
class Trial:
    """A synthetic magnet and its distance f from the images, in units of |PSD_exp|."""

    parameters: MagnetParameters
    f: float


@dataclass(frozen=True)
class Match:
    """trials: in their order; best: the Trial of least f; smooth: the MagnetParameters where the mean of a Gaussian process
    through all the trials, which takes f for noisy, is least; smooth_f: that mean."""

    trials: tuple
    best: Trial
    smooth: MagnetParameters
    smooth_f: float


def match(labels, pixel_um, seed, low=LOW, high=HIGH, count=TRIALS):
    """Match of segmented images (images, ny, nx) by `count` trials between two MagnetParameters.

    optuna's GPSampler proposes, and is told that f is noisy. The same seed gives the same trials. Raises UserError where the
    images do not cover the wavenumbers that slices of all these magnets cover.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    k = wavenumbers(low, high)
    wanted = grey_spectrum(labels, pixel_um, k)
    space = {name: optuna.distributions.FloatDistribution(getattr(low, name), getattr(high, name)) for name in NAMES}
    sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=STARTS, deterministic_objective=False)
    study, trials = optuna.create_study(sampler=sampler), []
    for number in range(count):
        asked = study.ask(space)
        parameters = MagnetParameters(**asked.params)
        images = synthetic_images(parameters, SLICES, np.random.default_rng([seed, number]))
        trials.append(Trial(parameters, distance(wanted, grey_spectrum(*images, k))))
        study.tell(asked, trials[-1].f)
    return Match(tuple(trials), min(trials, key=lambda trial: trial.f), *least_mean(trials, low, high, seed))


def wavenumbers(low, high):
    """(n,) in 1/µm, even in ln k, that slices of all magnets between two MagnetParameters cover. Raises UserError."""
    if LOWEST_K_D / low.D_V_um >= HIGHEST_K_D / high.D_V_um:
        raise UserError(f"D_V_um: {low.D_V_um:g} to {high.D_V_um:g} is too wide for slices to have wavenumbers in common")
    return np.geomspace(LOWEST_K_D / low.D_V_um, HIGHEST_K_D / high.D_V_um, GRID)


def grey_spectrum(labels, pixel_um, k_per_um):
    """(n,) mean density in µm² of labels (images, ny, nx) in the greys of their colours."""
    return mean_spectrum([unfolded(power_spectrum(GREYS[one], pixel_um)) for one in labels], k_per_um)


def distance(experiment, synthetic):
    """f of two spectra (n,): Euclidean norm of their difference over that of the first."""
    return float(np.linalg.norm(experiment - synthetic) / np.linalg.norm(experiment))


def least_mean(trials, low, high, seed):
    """(MagnetParameters, f) where the mean of a Gaussian process through the trials is least, between low and high.

    Matérn covariance (ν = 5/2) with a length for each parameter, 0.3 of its range or longer, and white noise, by maximum
    likelihood.
    """
    from scipy.optimize import minimize
    from scipy.stats import qmc
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    ends = np.array([[getattr(p, name) for name in NAMES] for p in (low, high)])
    u = (np.array([[getattr(t.parameters, name) for name in NAMES] for t in trials]) - ends[0]) / (ends[1] - ends[0])
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(np.ones(len(NAMES)), (0.3, 10.0), nu=2.5) + WhiteKernel(0.1, (1e-3, 2.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=2, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of a length or the noise that ends at a bound
        process.fit(u, [t.f for t in trials])
    start = np.vstack([u, qmc.Sobol(len(NAMES), rng=np.random.default_rng(seed)).random(CANDIDATES)])
    mean = lambda one: process.predict(one[None])[0]  # noqa: E731
    found = minimize(mean, start[process.predict(start).argmin()], bounds=[(0, 1)] * len(NAMES))
    return MagnetParameters(*(ends[0] + found.x * (ends[1] - ends[0])).tolist()), float(found.fun)
