"""A small campaign of made-up samples with a laboratory page: random fields in place of magnets, one coarser than the other."""

import csv
from types import SimpleNamespace

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from hardmag.files import write_json
from hardmag.images.labels import COLOURS
from hardmag.microstructure import segmented
from hardmag.microstructure.laboratory import build_page
from hardmag.microstructure.steps import map_samples

PIXEL_UM = 0.2
COARSENESS_PX = {"fine": 2.0, "second": 2.5, "third": 3.0, "fourth": 3.5, "coarse <b>": 4.0}  # one name with signs of HTML
MATCHED = ("D_V_um", "spread", "boundary_um", "inclusion_share")
SETTINGS = "name: trial\nmade: {samples: {a: {D_V_um: 6, spread: 0.3, boundary_um: 0.6, inclusion_share: 0.06}}}\n"
SETTINGS += "magnet: {boundary_nm: 3}\n"


def field(shape, coarseness_px, rng):
    """Random field of mean 0 and variance 1."""
    smooth = gaussian_filter(rng.normal(size=shape), coarseness_px, mode="wrap")
    return smooth / smooth.std()


def grey(field, rng):
    """8-bit image of a field, with noise."""
    return (255 * (0.5 + 0.15 * field + 0.02 * rng.normal(size=field.shape)).clip(0, 1)).astype(np.uint8)


def labels(field):
    """Phases of a field: inclusions where it is large, boundary where it is near 0."""
    return np.where(field > 1.5, 2, abs(field) < 0.3).astype(np.uint8)


def write_image(path, values):
    Image.fromarray(values).save(path)
    return path


def coloured(labels):
    return np.array(COLOURS, np.uint8)[labels]


def peaks(coarseness_px):
    """Curve (n, 2) whose second peak moves."""
    x = np.linspace(20, 60, 401)
    return np.c_[x, 0.05 + np.exp(-((x - 30) ** 2)) + np.exp(-((x - 40 - coarseness_px) ** 2) / 2)]


def make_campaign(folder, samples=tuple(COARSENESS_PX), curves=True, unlike=False):
    """Files of the steps before the page, and the page. unlike: the pixels of one sample are a hundred times as large."""
    rng, rows, files = np.random.default_rng(1), [], {"labels": [], "description": [], "curves": []}
    for number, name in enumerate(samples):
        fields = [field((160, 160), COARSENESS_PX[name], rng) for _ in range(2)]
        for k, one in enumerate(fields):
            image = write_image(folder / f"{number}-{k}.png", grey(one, rng)).name
            pixel_um = 100 * PIXEL_UM if unlike and not number else PIXEL_UM
            rows.append({"sample": name, "image": image, "pixel_um": pixel_um, "mu0_Hc_T": 1.5 if number == 1 else ""})
            if curves:
                np.savetxt(folder / f"{number}.csv", peaks(COARSENESS_PX[name]), delimiter=",", header="x,y", comments="")
                rows[-1]["curve"] = f"{number}.csv" if k == 0 else ""
        properties = {"mu0_Hc_T": 1.5 if number == 1 else np.nan}
        phases, familiar = np.stack([labels(one) for one in fields]), np.ones(2, bool)
        of = segmented.Segmented(name, phases, PIXEL_UM, np.zeros((8, 8), np.float32), ("", ""), familiar, properties)
        for kind in files:
            files[kind].append(folder / f"{number}-{kind}.{'npz' if kind == 'labels' else 'json'}")
        segmented.save(of, files["labels"][-1])
        described = {"sample": name, "properties": properties, "matched": dict.fromkeys(MATCHED, COARSENESS_PX[name])}
        write_json(files["description"][-1], described)
        write_json(files["curves"][-1], {"mean_T": 6 - COARSENESS_PX[name]})
    with open(folder / "table.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "settings.yaml").write_text(SETTINGS)
    case = SimpleNamespace(page=folder / "laboratory.html", table=folder / "table.csv", map=folder / "map.json", folder=folder)
    map_samples(files["labels"], case.map)
    build_page(folder / "settings.yaml", case.table, *files.values(), case.map, case.page)
    return case
