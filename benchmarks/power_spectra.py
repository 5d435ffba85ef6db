"""Power spectra and maps of samples, on images drawn for it: what a banner does, and what the first component follows.

Writes benchmarks/power_spectra.json; two minutes. Run: python benchmarks/power_spectra.py
"""

import numpy as np
from common import environment, progress, write
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from hardmag.images.micrographs import banner_rows
from hardmag.images.sample_map import correlation, fit_map
from hardmag.images.spectra import above_noise, common_grid, mean_spectrum, phase_spectrum, power_spectrum, unfolded

PIXEL_UM, PIXELS = 0.2, 128
MAGNETS, IMAGES = 90, 4
LOW_K = 0.3  # 1/µm: below it a banner shows
LEVELS = np.array([0.45, 0.75, 0.9])  # grey of main phase, boundary, inclusion


def three_colours(D_um, t_um, share, rng, pixels=PIXELS):
    """Labels (pixels, pixels): grains of a plane Voronoi tessellation with spaced sites, boundaries t_um wide, round
    inclusions over a share of the area."""
    edge = pixels * PIXEL_UM
    sites = spaced(edge + 4 * D_um, 0.7 * D_um, rng) - 2 * D_um
    x = (np.arange(pixels) + 0.5) * PIXEL_UM
    points = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    near, which = cKDTree(sites).query(points, k=2)
    apart = np.linalg.norm(sites[which[:, 0]] - sites[which[:, 1]], axis=1)
    labels = ((near[:, 1] ** 2 - near[:, 0] ** 2) / (2 * apart) < t_um / 2).astype(int)
    radius = 0.2 * D_um
    count = rng.poisson(-np.log1p(-share) * (edge + 2 * radius) ** 2 / (np.pi * radius**2))
    if count:
        labels[cKDTree(rng.uniform(-radius, edge + radius, (count, 2))).query(points)[0] < radius] = 2
    return labels.reshape(pixels, pixels)


def spaced(edge, least, rng):
    """Points at random in a square that keep a least distance."""
    kept = np.empty((0, 2))
    for point in rng.uniform(0, edge, (int(8 * (edge / least) ** 2), 2)):
        if not len(kept) or (((kept - point) ** 2).sum(axis=1) >= least**2).all():
            kept = np.vstack([kept, point])
    return kept


def grey(labels, rng, levels=LEVELS, blur=0.7, noise=0.05):
    """A grey image of them as a detector might give it."""
    return gaussian_filter(levels[labels], blur) + rng.normal(0, noise, labels.shape)


def banner(nx, height, background, ink):
    image = Image.new("L", (nx, height), background)
    pen = ImageDraw.Draw(image)
    pen.text((8, 2), "WD = 8.5 mm   Mag = 2.00 K X   EHT = 4.00 kV", fill=ink, font=ImageFont.load_default(size=14))
    pen.line((nx - 90, height - 5, nx - 10, height - 5), fill=ink, width=3)
    return np.array(image)


def banners():
    """S with a banner, and after it was found and cut off, over S of the whole field, at 12 wavenumbers below LOW_K from the
    third bin on: mean and largest, medians of 20 images; in how many the banner was found to the row."""
    rows = []
    for share in (0.08, 0.12, 0.16):
        for background, ink in ((0, 255), (255, 0)):
            found, height = [], round(share * 384)
            for seed in range(20):
                rng = np.random.default_rng(seed)
                labels = three_colours(rng.uniform(5, 8), 0.6, 0.06, rng, 384)
                field = (255 * grey(labels, rng).clip(0, 1)).astype(np.uint8)
                whole = np.vstack([field[:-height], banner(384, height, background, ink)])
                at_ends = banner_rows(whole)
                spectra = [power_spectrum(image, PIXEL_UM) for image in (field, whole, whole[: 384 - at_ends[1]])]
                k = np.geomspace(max(s.k_per_um[2] for s in spectra), LOW_K, 12)
                own, spoilt, cropped = (mean_spectrum([s], k) for s in spectra)
                ratios = (spoilt / own, cropped / own)
                found.append([at_ends == (0, height), *(f(ratio) for ratio in ratios for f in (np.mean, np.max))])
            to_the_row, *ratios = np.array(found, dtype=float).T
            mean, largest, mean_cropped, largest_cropped = (round(float(np.median(ratio)), 3) for ratio in ratios)
            row = {"height": share, "background": background, "found_to_the_row": int(to_the_row.sum()), "of": 20}
            row |= {"with": {"mean": mean, "largest": largest}, "cropped": {"mean": mean_cropped, "largest": largest_cropped}}
            progress(row)
            rows.append(row)
    return rows


def maps():
    """How PC1 follows ln D, in three draws of the magnets and their images."""
    found = {}
    for seed in (1, 2, 3):
        for name, of in _maps(np.random.default_rng(seed)).items():
            progress(seed, name, of)
            for key, value in of.items():
                found.setdefault(name, {}).setdefault(key, []).append(value)
    return found


def _maps(rng):
    D, t, share = rng.uniform(4, 9, MAGNETS), rng.uniform(0.4, 0.85, MAGNETS), rng.uniform(0.03, 0.11, MAGNETS)
    labels = [[three_colours(*of, rng) for _ in range(IMAGES)] for of in zip(D, t, share, strict=True)]
    one_setting = [[grey(image, rng) for image in images] for images in labels]
    settings = [_setting(rng) for _ in labels]
    any_setting = [[grey(image, rng, *of) for image in images] for images, of in zip(labels, settings, strict=True)]
    plain = lambda image: power_spectrum(image, PIXEL_UM)  # noqa: E731
    cases = {
        "main phase": (labels, lambda image: phase_spectrum(image, "main phase", PIXEL_UM)),
        "boundary": (labels, lambda image: phase_spectrum(image, "boundary", PIXEL_UM)),
        "three levels": (labels, lambda image: unfolded(plain(image))),
        "grey, one setting": (one_setting, lambda image: above_noise(plain(image))),
        "grey, a setting per magnet": (any_setting, lambda image: above_noise(plain(image))),
    }
    return {name: follows(images, spectrum, np.log(D)) for name, (images, spectrum) in cases.items()}


def _setting(rng):
    """Levels, blur and noise of a microscope. Boundaries and inclusions are brighter or darker than grains by 0.15 to 0.4."""
    contrast = rng.choice([-1, 1], 2) * rng.uniform(0.15, 0.4, 2)
    return 0.5 + np.array([0, *contrast]), rng.uniform(0.3, 1.2), rng.uniform(0.02, 0.1)


def follows(images, spectrum, ln_D):
    """r of PC1 with ln D, over magnets in the map and over magnets placed in a map of the others (5 folds of magnets); multiple
    R of ln D on PC1 and PC2 together."""
    spectra = [[spectrum(image) for image in of] for of in images]
    k = common_grid([s for of in spectra for s in of])
    S = np.stack([mean_spectrum(of, k) for of in spectra])
    count = len(ln_D)
    names = np.array([str(n) for n in range(count)])
    whole = fit_map(names, k, S)
    of = correlation(whole, dict(zip(whole.names, ln_D, strict=True)))
    fold, placed = np.arange(count) % 5, np.empty(count)
    for n in range(5):
        part = fit_map(names[fold != n], k, S[fold != n])
        placed[fold == n] = part.place(S[fold == n])[:, 0] * np.sign(part.components[0] @ whole.components[0])
    pair = whole.scores[:, :2]
    fitted = pair @ np.linalg.lstsq(pair, ln_D - ln_D.mean())[0]
    return {
        "to_k_per_um": round(float(k[-1]), 3),
        "explained_by_PC1": round(float(whole.explained[0]), 3),
        "r_PC1_ln_D": round(float(of.r[0]), 3),
        "r_PC1_ln_D_placed": round(float(np.corrcoef(placed, ln_D)[0, 1]), 3),
        "R_PC1_PC2_ln_D": round(float(np.corrcoef(fitted, ln_D)[0, 1]), 3),
        "chance_r": round(of.chance_r, 3),
    }


def chance():
    """In how many of 2000 maps of 30 samples the largest |r| of a property drawn at random exceeds chance_r; nominal 0.05."""
    rng = np.random.default_rng(2)
    S = np.exp(rng.normal(size=(30, 32)).cumsum(axis=1))
    sample_map = fit_map(map(str, range(30)), np.geomspace(0.1, 1, 32), S)
    exceeds = []
    for _ in range(2000):
        of = correlation(sample_map, dict(zip(sample_map.names, rng.normal(size=30), strict=True)))
        exceeds.append(abs(of.r).max() > of.chance_r)
    return float(np.mean(exceeds))


if __name__ == "__main__":
    machine = environment()
    write(
        "power_spectra",
        machine
        | {
            "pixel_um": PIXEL_UM,
            "banners": banners(),
            "magnets": MAGNETS,
            "images_of_a_magnet": [IMAGES, PIXELS],
            "maps": maps(),
            "chance_r_exceeded": chance(),
        },
    )
