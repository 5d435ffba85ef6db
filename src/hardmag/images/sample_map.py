"""A map of samples: principal components of their power spectra, and the properties that go with them."""

from dataclasses import dataclass

import numpy as np

from hardmag.errors import UserError, meant
from hardmag.files import read_json, write_json

FORMAT_VERSION = 1
COMPONENTS = 10  # Kovacs et al. (2023), section 2.3.3
CHANCE = 0.05  # how often the largest of the correlations exceeds chance_r if the property has nothing to do with the images


@dataclass(frozen=True)
class SampleMap:
    """k_per_um: (n,); mean_ln_S: (n,), mean over samples of ln(S in µm²); components: (c, n), rows of length 1; explained: (c,)
    shares of the variance; names: of the samples; scores: (samples, c), those of a spectrum being components·(ln S - mean)."""

    k_per_um: np.ndarray
    mean_ln_S: np.ndarray
    components: np.ndarray
    explained: np.ndarray
    names: tuple
    scores: np.ndarray

    def place(self, S_um2):
        """Scores (…, c) of further spectra (…, n) at k_per_um, such as mean_spectrum gives. UserError for another length."""
        if np.shape(S_um2)[-1:] != self.k_per_um.shape:
            raise UserError(f"a spectrum of shape {np.shape(S_um2)}; the map has {len(self.k_per_um)} wavenumbers")
        return (_logarithm(S_um2, "a spectrum") - self.mean_ln_S) @ self.components.T

    def scores_of(self, name):
        """Scores (c,) of a sample of the map. UserError for another name."""
        if name not in self.names:
            raise UserError(f"sample: {name} is not in the map{meant(name, self.names)}")
        return self.scores[self.names.index(name)]


@dataclass(frozen=True)
class Correlation:
    """Of each score with a property. r: (c,) Pearson's; chance_r: what the largest |r| of a property that has nothing to do
    with the images exceeds in one case of twenty; samples: in how many the property is known."""

    r: np.ndarray
    chance_r: float
    samples: int


def fit_map(names, k_per_um, S_um2, components=COMPONENTS):
    """SampleMap of the mean spectra S_um2 (samples, n) at k_per_um (n,): principal components of ln S, at most 10 of them and
    one less than there are samples. UserError for less than three samples, or where a spectrum has no power at some k."""
    from sklearn.decomposition import PCA

    names = tuple(names)
    if len(names) < 3:
        raise UserError(f"map of samples: {len(names)} samples; three are needed at least")
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise UserError(f"map of samples: sample {twice} stands there twice")
    ln_S = np.stack([_logarithm(S, f"sample {name}") for name, S in zip(names, S_um2, strict=True)])
    pca = PCA(min(components, len(names) - 1, len(k_per_um)), svd_solver="full")
    scores = pca.fit_transform(ln_S)
    return SampleMap(np.asarray(k_per_um), pca.mean_, pca.components_, pca.explained_variance_ratio_, names, scores)


def correlation(sample_map, values):
    """Correlation of each score with a property. values: {sample: number, NaN where not known}.

    chance_r is the two-sided bound of Student's t for r of so many samples, divided among the scores (Bonferroni). UserError
    for a sample that is not in the map, and for less than three values.
    """
    from scipy.stats import t

    known = {name: value for name, value in values.items() if np.isfinite(value)}
    scores = np.array([sample_map.scores_of(name) for name in known])
    n = len(known)
    if n < 3:
        raise UserError(f"correlation: the property is known of {n} samples; three are needed at least")
    centred, wanted = scores - scores.mean(axis=0), np.array([*known.values()]) - np.mean([*known.values()])
    if not wanted.any():
        raise UserError(f"correlation: the property is the same for all {n} samples")
    r = centred.T @ wanted / (np.linalg.norm(centred, axis=0) * np.linalg.norm(wanted))
    bound = t.ppf(1 - CHANCE / (2 * len(r)), n - 2)
    return Correlation(r, float(bound / np.sqrt(n - 2 + bound**2)), n)


def write_map(path, sample_map):
    """The map as one JSON file, atomically; a page that reads it places further spectra by components·(ln S - mean_ln_S)."""
    write_json(
        path,
        {
            "format": FORMAT_VERSION,
            "k_per_um": sample_map.k_per_um.tolist(),
            "mean_ln_S_um2": sample_map.mean_ln_S.tolist(),
            "components": sample_map.components.tolist(),
            "explained": sample_map.explained.tolist(),
            "scores": dict(zip(sample_map.names, sample_map.scores.tolist(), strict=True)),
        },
    )


def read_map(path):
    """SampleMap of a file of write_map. UserError for another file."""
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT_VERSION:
        raise UserError(f"{path}: not a map of samples of format {FORMAT_VERSION}")
    try:
        arrays = [np.array(data[key], dtype=float) for key in ("k_per_um", "mean_ln_S_um2", "components", "explained")]
        names, scores = tuple(data["scores"]), np.array([*data["scores"].values()], dtype=float)
    except KeyError as error:
        raise UserError(f"{path}: {error.args[0]}: required key is missing") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not the numbers of a map of samples ({error})") from None
    if (
        arrays[1].shape != arrays[0].shape
        or arrays[2].shape != (len(arrays[3]), len(arrays[0]))
        or scores.shape != (len(names), len(arrays[3]))
    ):
        raise UserError(f"{path}: components and scores do not fit together")
    return SampleMap(*arrays, names, scores)


def _logarithm(S_um2, whose):
    S_um2 = np.asarray(S_um2)
    if not (S_um2 > 0).all():
        raise UserError(f"{whose}: no power at some k; ln S needs it everywhere, so choose a phase that all images have")
    return np.log(S_um2)
