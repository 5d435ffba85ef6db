"""Power spectra of images: how much of an image's variance lies at which wavenumber."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import scipy  # whose parts are loaded when they are used

from hardmag.errors import UserError
from hardmag.images.labels import NAMES

DROPPED = 2  # bins at the small end that shading and the window spoil: left out wherever spectra are compared
FLOOR_FROM = 0.9  # of the largest wavenumber: from there on a grey image shows its noise
GRID = 32  # points of a common grid
OF_NYQUIST = 0.4  # where a common grid ends: further on, spectra tell of the edges of phases more than of the size of grains
FOLDS = 16  # terms of the series in `folding`: to 1e-6 of S at the Nyquist wavenumber


@dataclass(frozen=True)
class Spectrum:
    """k_per_um: (n,) wavenumbers 1/wavelength, rising up to the Nyquist wavenumber 1/(2 pixel_um); S_um2: (n,) spectral
    density, whose integral over the plane of wavenumbers is the variance; modes: (n,) Fourier modes in each bin."""

    k_per_um: np.ndarray
    S_um2: np.ndarray
    modes: np.ndarray
    pixel_um: float


def indicator(labels, phase):
    """Image (ny, nx) that is 1 in a phase of a segmented image and 0 elsewhere. labels: (ny, nx) of 0 main phase, 1 boundary,
    2 inclusion; phase: one of these names."""
    labels = np.asarray(labels)
    unknown = np.setdiff1d(labels, range(len(NAMES)))
    if len(unknown):
        raise UserError(f"labels: {unknown[0]} is not known; {', '.join(f'{n} {name}' for n, name in enumerate(NAMES))}")
    return (labels == NAMES.index(phase)).astype(float)


def density(image, pixel_um):
    """Power spectral density (ny, nx) in µm², at the wavenumbers of np.fft.fftfreq.

    F = |FFT(w·(a - ā))|²·px²/(nx·ny·⟨w²⟩) with the Hann window w and ā the mean of the image a weighted with w, so that
    ΣF/(nx·ny·px²) is exactly Σ(w·(a - ā))²/Σw², the variance under the window. Periodogram of Welch (IEEE Trans. Audio
    Electroacoust. 15, 70, 1967) in two dimensions.
    """
    hann = scipy.signal.windows.hann
    image = np.asarray(image, dtype=float)
    ny, nx = image.shape
    window = np.outer(hann(ny, sym=False), hann(nx, sym=False))
    flat = window * (image - (window * image).sum() / window.sum())
    return abs(scipy.fft.fft2(flat)) ** 2 * (pixel_um**2 / (window**2).sum())


def power_spectrum(image, pixel_um):
    """Spectrum of an image (ny, nx), grey or the indicator of a phase: azimuthal mean of its `density`.

    Bins are as wide as one period over the image's shorter side. Of white noise S is variance·pixel_um² at all k; of an
    indicator with interface length L_A per area, S tends to L_A/(4π³k³) at large k (Porod's law in two dimensions). The
    azimuthal sum, which some papers plot, is 2πk·S.
    """
    F = density(image, pixel_um)
    ny, nx = F.shape
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(ny, pixel_um), np.fft.fftfreq(nx, pixel_um), indexing="ij"))
    step = 1 / (min(ny, nx) * pixel_um)
    number = np.rint(k / step).astype(int).ravel()
    modes = np.bincount(number)
    inside = slice(1, min(ny, nx) // 2 + 1)
    mean = lambda values: (np.bincount(number, values.ravel()) / modes)[inside]  # noqa: E731
    return Spectrum(mean(k), mean(F), modes[inside], pixel_um)


def unfolded(spectrum):
    """Spectrum of an image whose phases are sharp to the pixel, as labels are, less what its sampling folds back into it.

    A pixel has the phase at its centre, so that to S(k) is added S at k plus every wavenumber G of the lattice of pixels. The
    edges of phases make S ~ 1/k³ there (Porod), whatever the phases: S is divided by Σ_G |k|³/|k+G|³, the mean over directions.
    Not for grey images, in which the beam blurs the edges before they are sampled.
    """
    q = (spectrum.k_per_um * spectrum.pixel_um) ** 2
    return replace(spectrum, S_um2=spectrum.S_um2 / (1 + q**1.5 * np.polynomial.polynomial.polyval(q, folding())))


def phase_spectrum(labels, phase, pixel_um):
    """Spectrum, unfolded, of the `indicator` of a phase in a segmented image (ny, nx)."""
    return unfolded(power_spectrum(indicator(labels, phase), pixel_um))


@cache
def folding():
    """Coefficients (FOLDS,) c_m of Σ_{G≠0} |k|³/|k+G|³ = q³ Σ_m c_m q^2m, the mean over directions, with q = k·pixel_um <= 1/2.

    The mean of |k+G|^-3 is G^-3 ₂F₁(3/2, 3/2; 1; k²/G²), and the sum of G^-2s over a square lattice without its origin
    4 ζ(s) β(s), with Dirichlet's β.
    """
    zeta, m = scipy.special.zeta, np.arange(FOLDS)
    s = m + 1.5
    return (scipy.special.poch(1.5, m) / scipy.special.factorial(m)) ** 2 * 4 * zeta(s) * (zeta(s, 0.25) - zeta(s, 0.75)) / 4**s


def noise_floor(spectrum):
    """Density in µm² of the white noise of a grey image, σ²·pixel_um²: the median of S over the last tenth of k. It is an upper
    bound where the image itself still has power there."""
    return float(np.median(spectrum.S_um2[spectrum.k_per_um >= FLOOR_FROM * spectrum.k_per_um[-1]]))


def above_noise(spectrum):
    """Spectrum less its noise floor. It ends before the first bin, from the third on, in which less than the floor would be
    left: further on the difference is mostly noise. UserError where nothing is left."""
    floor = noise_floor(spectrum)
    weak = np.flatnonzero(spectrum.S_um2[DROPPED:] < 2 * floor)
    end = DROPPED + weak[0] if len(weak) else len(spectrum.S_um2)
    if end <= DROPPED + 1:
        raise UserError(f"power spectrum: nothing but noise, of {floor:.3g} µm²")
    return Spectrum(spectrum.k_per_um[:end], spectrum.S_um2[:end] - floor, spectrum.modes[:end], spectrum.pixel_um)


def common_grid(spectra, count=GRID):
    """k_per_um (count,), even in ln k, that all the spectra cover: from the third bin of the smallest image to 0.4 of the
    Nyquist wavenumber of the coarsest, or to where `above_noise` ended a spectrum before that."""
    lowest = max(s.k_per_um[DROPPED] for s in spectra)
    highest = min(min(s.k_per_um[-1], OF_NYQUIST / (2 * s.pixel_um)) for s in spectra)
    if highest <= lowest:
        raise UserError(f"power spectra: no common k_per_um; one begins at {lowest:.3g}, one ends at {highest:.3g}")
    return np.geomspace(lowest, highest, count)


def mean_spectrum(spectra, k_per_um):
    """Mean density (n,) in µm² of the spectra of a sample's images, at k_per_um (n,); ln S is interpolated in ln k.

    An image without the phase of its indicator counts as zero. UserError where a spectrum does not cover k_per_um, its first
    two bins left out.
    """
    found = []
    for s in spectra:
        k = s.k_per_um[DROPPED:]
        # The ends of a common grid are those of a spectrum, up to rounding.
        if k_per_um.min() < k[0] * (1 - 1e-9) or k_per_um.max() > k[-1] * (1 + 1e-9):
            raise UserError(
                f"power spectrum: covers k = {k[0]:.3g} to {k[-1]:.3g} 1/µm, not {k_per_um.min():.3g} to {k_per_um.max():.3g}"
            )
        if s.S_um2.any():
            found.append(np.exp(np.interp(np.log(k_per_um), np.log(k), np.log(s.S_um2[DROPPED:]))))
        else:
            found.append(np.zeros(len(k_per_um)))
    return np.mean(found, axis=0)
