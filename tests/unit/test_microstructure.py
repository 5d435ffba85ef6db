"""Micrographs to curves: settings, made micrographs, segmented samples, variations, the page and its pictures."""

from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import yaml
from legible import faults

from hardmag.errors import InvalidValue, UserError
from hardmag.figures import microstructure as pictures
from hardmag.files import read_json, write_json
from hardmag.images import segmentation
from hardmag.images.folders import read_folder
from hardmag.images.imaging import ImagingMode, grey_image
from hardmag.images.labels import BOUNDARY, INCLUSION
from hardmag.images.magnet import MagnetParameters
from hardmag.images.sample_map import fit_map
from hardmag.microstructure import curves, segmented, steps
from hardmag.microstructure.made import exposed, make_micrographs
from hardmag.microstructure.pictures import figures_of
from hardmag.microstructure.report import page
from hardmag.microstructure.settings import names_of, read_settings

DEMO = Path(__file__).parents[2] / "config" / "microstructure" / "demo.yaml"
KNOWN = {"D_V_um": 6.0, "spread": 0.3, "boundary_um": 0.6, "inclusion_share": 0.06}
MADE = {"samples": {"a": KNOWN, "b": KNOWN | {"D_V_um": 7.0}}, "images": 2, "field_um": 18, "pixel_um": 0.25}
GIVEN = {"name": "test", "made": MADE, "magnet": {"boundary_nm": 3}, "variations": 2, "grains": 30}


@pytest.fixture
def settings_of(tmp_path):
    """read_settings of a file with GIVEN and what is changed of it; None leaves a key out."""

    def read(**changed):
        given = {key: value for key, value in (GIVEN | changed).items() if value is not None}
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(given))
        return read_settings(tmp_path / "settings.yaml")

    return read


def test_the_demo_can_be_read():
    assert names_of(read_settings(DEMO)) == ("fine", "usual", "coarse", "mixed")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"made": None}, "micrographs: give them or `made`, and not both"),
        ({"micrographs": "table.csv"}, "micrographs: give them or `made`, and not both"),
        ({"magnet": {"boundary_nm": 3, "size_spread": 0.3}}, "magnet.size_spread: follows from the micrographs"),
        ({"magnet": {}}, "boundary_nm: required key is missing"),
        ({"magnet": {"boundary_nm": 3, "grain_K1_MJ_per_m3": -1}}, "grain_K1_MJ_per_m3"),
        ({"to_T": 3}, "to_T: must be < from_T = 2, got 3"),
        ({"detector": {"boundary": "grey"}}, "detector.boundary"),
        ({"made": MADE | {"samples": {"a": KNOWN | {"boundary_um": 7}}}}, "boundary_um: must be >= 0 and < D_V_um = 6, got 7"),
        ({"made": MADE | {"pixel_um": 0.5}}, "pixel_um: must be <= field_um / 64, got 0.5"),
        ({"magnets": {}}, "magnets"),
    ],
)
def test_refused_in_one_line(settings_of, changed, what):
    with pytest.raises(UserError) as error:
        settings_of(**changed)
    assert what in str(error.value) and "\n" not in str(error.value) and "settings.yaml" in str(error.value)


@pytest.mark.parametrize("seed", range(12))
def test_bright_inclusions_are_told_from_the_boundary_in_8_bits(seed):
    """Their contrast over the boundary's, beside that of the grey image: within 3 %, two steps of grey of some seventy."""
    labels = np.zeros((80, 80), int)
    labels[:, 30:45], labels[20:32, 60:72] = BOUNDARY, INCLUSION
    grey = grey_image(labels, ImagingMode("bright", "bright", dust_per_px=0.0), np.random.default_rng(seed))
    seen = exposed(grey)
    assert (seen == 255).mean() < 0.003

    def contrast(image):
        main, boundary, inclusion = (np.median(image[labels == phase]) for phase in range(3))
        return (inclusion - main) / (boundary - main)

    assert contrast(seen.astype(float)) == pytest.approx(contrast(grey), rel=0.03)


def test_made_micrographs_are_read_like_any_others(settings_of, tmp_path):
    settings = settings_of()
    for folder in ("one", "other"):
        make_micrographs(settings, tmp_path / folder / "table.csv")
    samples = read_folder(tmp_path / "one" / "table.csv")
    assert [sample.name for sample in samples] == ["a", "b"] and samples[0].pixel_um == 0.25
    assert samples[1].properties["known_D_V_um"] == 7.0
    assert [image.grey.shape for image in samples[0].micrographs()] == [(72, 72)] * 2
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


@pytest.fixture
def sample(settings_of, tmp_path):
    make_micrographs(settings_of(), tmp_path / "table.csv")
    return read_folder(tmp_path / "table.csv")[0]


def test_images_of_a_sample_have_one_pixel_and_size(sample, tmp_path, monkeypatch):
    """The first is magnified twice as much as the second, and has fewer rows: as if its banner had been cropped."""
    found = [
        segmentation.Segmentation(np.full((120, 160), 1, np.uint8), 0.125, 2, 0.6, 1.0, True, "like"),
        segmentation.Segmentation(np.arange(80 * 80).reshape(80, 80).astype(np.uint8) % 3, 0.25, 1, 0.6, 9.0, False, "unlike"),
    ]
    monkeypatch.setattr(segmentation, "segment", lambda *_: found.pop(0))
    one = segmented.segmented(sample, None)
    assert one.labels.shape == (2, 120, 160) and one.pixel_um == 0.125
    assert (one.labels[1, :2, :6] == [[0, 0, 1, 1, 2, 2]] * 2).all()
    segmented.save(one, tmp_path / "labels.npz")
    again = segmented.load(tmp_path / "labels.npz")
    assert (again.name, again.pixel_um, again.statements, again.properties) == (
        "a",
        0.125,
        ("like", "unlike"),
        sample.properties,
    )
    assert np.array_equal(again.labels, one.labels) and again.familiar.tolist() == [True, False]


def test_an_image_that_cannot_be_segmented_is_named(sample, monkeypatch):
    def refuse(*_):
        raise InvalidValue("image: all of its pixels have one grey")

    monkeypatch.setattr(segmentation, "segment", refuse)
    with pytest.raises(UserError, match=r"a-1.*: image: all of its pixels have one grey"):
        segmented.segmented(sample, None)


def test_a_variation_is_the_synthetic_magnet(tmp_path):
    parameters = MagnetParameters(**KNOWN)
    body = curves.variation(parameters, 40, {"boundary_nm": 3, "misalignment_deg": 20}, tmp_path, np.random.default_rng(1))
    magnet = body.build(np.random.default_rng(0))
    assert len(magnet.bodies) == 40
    inclusions = magnet.others_m3["pore"] / (sum(magnet.volumes) + sum(magnet.others_m3.values()))
    assert inclusions == pytest.approx(KNOWN["inclusion_share"], rel=0.01)


def test_curves_of_a_sample(settings_of, tmp_path):
    """Each variation has seeds of its own; the same settings give the same curves."""
    settings_of()
    write_json(tmp_path / "d.json", {"sample": "a", "matched": KNOWN, "properties": {"mu0_Hc_T": 1.5}})
    for name in ("one", "other"):
        steps.demagnetise_sample(tmp_path / "settings.yaml", tmp_path / "d.json", 0, tmp_path / f"{name}.json")
    one, other = (read_json(tmp_path / f"{name}.json") for name in ("one", "other"))
    assert one == other and one["measured_T"] == 1.5 and len(one["curves"]) == 2
    Hc = np.array(one["mu0_Hc_T"])
    assert Hc[0] != Hc[1] and one["mean_T"] == Hc.mean() and one["standard_deviation_T"] == Hc.std(ddof=1)


def test_another_magnet_is_drawn_where_one_fails(settings_of, monkeypatch):
    statuses = iter([curves.Status.NOT_CONVERGED, curves.Status.OK])
    monkeypatch.setattr(curves, "half_cycle", lambda *_, **__: SimpleNamespace(status=next(statuses)))
    assert curves.demagnetised(MagnetParameters(**KNOWN), settings_of(), (1,))[1] == 1
    monkeypatch.setattr(curves, "half_cycle", lambda *_, **__: SimpleNamespace(status=curves.Status.NOT_CONVERGED))
    with pytest.raises(UserError, match="4 synthetic magnets were not demagnetised down to -10 T: NOT_CONVERGED"):
        curves.demagnetised(MagnetParameters(**KNOWN), settings_of(), (1,))


def described(name, D, known=True):
    near = lambda value: {"value": value, "low": 0.95 * value, "high": 1.06 * value}  # noqa: E731
    fitted = {"D_V_um": near(1.02 * D), "mean_um": near(0.9 * D), "CV": near(0.3), "spread": near(0.3)}
    matched = KNOWN | {"D_V_um": D}
    return {
        "sample": name,
        "images": 8,
        "unfamiliar": 1,
        "properties": {f"known_{key}": value for key, value in matched.items()} if known else {},
        "sizes": {"fitted": fitted, "counted_D_V_um": near(0.98 * D), "whole": 250},
        "matched": matched,
        "low": {key: 0.9 * value for key, value in matched.items()},
        "high": {key: 1.1 * value for key, value in matched.items()},
        "chi2": 1.1,
    }


def demagnetised(name, measured=None):
    H = np.linspace(0.5, -3, 40)
    each = [{"mu0_H_T": H.tolist(), "m_parallel": np.tanh(4 * (H + Hc)).tolist()} for Hc in (1.6, 1.7, 1.8)]
    summary = {"mu0_Hc_T": [1.6, 1.7, 1.8], "mean_T": 1.7, "standard_deviation_T": 0.1}
    return {"sample": name, "measured_T": measured, "failed": 0, "curves": each} | summary


SIZES = {"fine": 5.0, "usual": 6.4, "coarse": 7.8}
MAP = fit_map(SIZES, np.geomspace(0.1, 1, 8), [np.geomspace(D, 0.1 * D**2, 8) for D in SIZES.values()])


def test_the_page_says_what_was_found_and_what_is_known(settings_of):
    text = page(settings_of(), [described(*one) for one in SIZES.items()], [demagnetised(name, 1.5) for name in SIZES], MAP)
    assert "24 images of 3 samples; 3 of them are unlike" in text
    assert "| fine | 5.00 (4.50 … 5.50); 5.00 |" in text and "6.0 (5.4 … 6.6); 6.0" in text
    assert "| 1.70 | 0.10 | 1.50 | 0 |" in text and "correlation with ln D_V is" in text
    unknown = page(settings_of(), [described("fine", 5.0, known=False)], [demagnetised("fine")])
    assert "| fine | 5.00 (4.50 … 5.50) |" in unknown and "The map" not in unknown


@pytest.mark.parametrize("name", figures_of(3))
def test_pictures_are_legible(name, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(pictures, "save", lambda figure, path: drawn.append(figure))
    labels = np.zeros((1, 90, 90), np.uint8)
    labels[:, 30:33], labels[:, 50:60, 50:60] = 1, INCLUSION
    grey = np.random.default_rng(1).random((90, 90)).astype(np.float32)
    samples = [segmented.Segmented(n, labels, 0.4, grey, ("like",), np.array([True]), {}) for n in SIZES]
    {
        "images": lambda: pictures.draw_images(samples, None),
        "sizes": lambda: pictures.draw_sizes([described(*one) for one in SIZES.items()], None),
        "map": lambda: pictures.draw_map(MAP, SIZES, None),
        "curves": lambda: pictures.draw_curves(
            [demagnetised(n, m) for n, m in zip(SIZES, (1.5, None, 1.9), strict=True)], None
        ),
    }[name]()
    found = faults(drawn[0])
    plt.close("all")
    assert not found, found
