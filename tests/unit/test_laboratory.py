"""Curves and their map, and what the laboratory page holds of a campaign (tests/browser runs the page itself)."""

import json
import re

import numpy as np
import pytest
from laboratory_case import COARSENESS_PX, PIXEL_UM, make_campaign, peaks

from hardmag.errors import UserError
from hardmag.figures.laboratory import recognised
from hardmag.images.curves import Curve, curves_of, fit_curves, normalised, read_curve
from hardmag.images.folders import read_folder
from hardmag.images.micrographs import read_micrograph
from hardmag.images.sample_map import read_map
from hardmag.images.spectra import above_noise, mean_spectrum, power_spectrum
from hardmag.microstructure.laboratory import grey_map


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return make_campaign(tmp_path_factory.mktemp("laboratory"))


def data_of(page):
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def written(folder, text):
    (folder / "curve.csv").write_text(text)
    return folder / "curve.csv"


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n2,3.5\n4,-1\n",
        "\ufeffx,y\n1, 2\n2, 3.5\n4, -1",
        "# measured\n\n4 -1\n2   3.5\n1 2\n",
        "2theta;I\r\n1;2\r\n2;3,5\r\n4;-1,0\r\n",
        "1\t2e0\n2\t3.5\n4\t-1\n",
    ],
)
def test_curves_are_read_as_people_write_them(tmp_path, text):
    curve = read_curve(written(tmp_path, text))
    assert curve.x.tolist() == [1, 2, 4] and curve.y.tolist() == [2, 3.5, -1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2,3\n", "line 1 is not two columns of numbers"),
        ("x,y\na,b\n", "line 2 is not two columns of numbers"),
        ("1,2\nx,y\n", "line 2 is not two columns of numbers"),
        ("1,2\n2,inf\n", "line 2 is not two columns of numbers"),
        ("x,y\n1,2\n", "two lines of them are needed at least"),
        ("", "two lines of them are needed at least"),
        ("1,2\n2,3\n2,4\n", "the first column must rise, or fall, throughout"),
    ],
)
def test_what_is_no_curve_is_refused_in_one_line(tmp_path, text, says):
    with pytest.raises(UserError, match=rf"curve\.csv: .*{says}") as error:
        read_curve(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_curves_of_one_shape_become_one():
    """In any unit of y; the mean of their absolute values is 1. A triangle, exact on a grid with its corner."""
    x = np.linspace(0, 4, 9)
    triangle = Curve(np.array([-1.0, 0.0, 2.0, 4.0, 9.0]), np.array([5.0, 0.0, -6.0, 0.0, 5.0]))
    expected = -3 * (1 - abs(x - 2) / 2) / 1.5  # its mean is half of its height, 3 of 6
    assert normalised(triangle, x) == pytest.approx(expected, abs=1e-12)
    assert normalised(Curve(triangle.x, 1e3 * triangle.y), x) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(UserError, match="covers x = -1 to 9, not 0 to 10"):
        normalised(triangle, np.linspace(0, 10, 5))
    with pytest.raises(UserError, match="all values are zero from x = 0 to 4"):
        normalised(Curve(triangle.x, 0 * triangle.y), x)


def test_a_map_of_curves_places_its_own_where_they_are():
    """And a curve between two of them, in shape and so in score; the first component follows the peak that moves."""
    curves = {name: Curve(*peaks(shift).T) for name, shift in COARSENESS_PX.items()}
    curve_map, values = fit_curves(curves)
    assert curve_map.scores.shape == (5, 4) and values.shape == (5, 1024)
    for name, curve in curves.items():
        assert curve_map.place(curve) == pytest.approx(curve_map.scores_of(name), abs=1e-9)
    middle = (curve_map.scores[0] + curve_map.scores[1]) / 2
    assert curve_map.place(Curve(curve_map.x, values[0] + values[1])) == pytest.approx(middle, abs=1e-9)
    assert abs(np.corrcoef(curve_map.scores[:, 0], list(COARSENESS_PX.values()))[0, 1]) > 0.99
    with pytest.raises(UserError, match="2 curves; three are needed"):
        fit_curves(dict(list(curves.items())[:2]))
    with pytest.raises(UserError, match="no common x; one begins at 70, one ends at 60"):
        fit_curves(curves | {"other": Curve(np.array([70.0, 80.0]), np.ones(2))})


def test_curves_stand_in_the_table(case, tmp_path):
    """Beside the images, and are no property of them."""
    assert list(curves_of(case.table)) == list(COARSENESS_PX)
    assert [list(sample.properties) for sample in read_folder(case.table)] == [["mu0_Hc_T"]] * 5
    table = tmp_path / "table.csv"
    table.write_text("sample,image\na,1.png\n")
    assert curves_of(table) == {}
    table.write_text("sample,image,curve\na,1.png,1.csv\na,2.png,2.csv\n")
    with pytest.raises(UserError, match=r"curve = 2.csv, but 1.csv in another row of sample a"):
        curves_of(table)


def test_the_page_holds_the_maps(case):
    data = data_of(case.page)
    assert list(data["maps"]) == ["labels", "grey", "curves"]
    of_labels, (of_grey, each) = read_map(case.map), grey_map(case.table)
    for name, one in (("labels", of_labels), ("grey", of_grey)):
        held = data["maps"][name]
        assert held["names"] == list(COARSENESS_PX)
        assert np.array_equal(held["components"], one.components) and np.array_equal(held["scores"], one.scores)
        assert one.place(held["spectra"]) == pytest.approx(one.scores, abs=1e-9)
    spectra = [
        above_noise(power_spectrum(read_micrograph(case.folder / f"2-{k}.png", PIXEL_UM).grey, PIXEL_UM)) for k in range(2)
    ]
    assert each[2].mean(axis=0) == pytest.approx(mean_spectrum(spectra, of_grey.k_per_um))


def test_images_are_recognised_where_samples_differ():
    """Five power laws, with 5 % of scatter between images against steps of e^0.4 and more: all are; with one law for all
    samples a fifth by chance, and within 3 standard errors of 100 images, were they independent."""
    k, rng = np.geomspace(0.1, 1, 24), np.random.default_rng(2)
    for exponents, expected, tolerance in ((np.linspace(1, 3, 5), 1.0, 0.0), (np.full(5, 2.0), 0.2, 0.12)):
        each = [k**-n * np.exp(0.05 * rng.normal(size=(20, 24))) for n in exponents]
        found = recognised(k, each)
        assert found["share"] == pytest.approx(expected, abs=tolerance) and found["images"] == 100 and found["chance"] == 0.2
    assert recognised(k, [one[:1] for one in each]) is None
    lacking = [np.stack([each[0][0], np.zeros(24)]), *(one[:1] for one in each[1:])]  # one of two lacks the phase
    assert recognised(k, lacking) == {"share": 0.0, "images": 2, "chance": 0.2}


def test_the_page_holds_what_is_known_of_the_samples(case):
    """What the table does not say is null, and there is no correlation with it."""
    data = data_of(case.page)
    found, given = ({one["name"]: one for one in data["properties"]}[name] for name in ("found_D_V_um", "mu0_Hc_T"))
    assert found["values"] == COARSENESS_PX and found["label"] == "found: D_V (µm)"
    assert given["values"] == dict.fromkeys(COARSENESS_PX) | {"second": 1.5}
    correlation = data["maps"]["labels"]["correlation"]
    assert correlation["mu0_Hc_T"] is None and correlation["found_D_V_um"]["samples"] == 5
    scores = np.array(data["maps"]["labels"]["scores"])[:, 0]
    assert correlation["found_D_V_um"]["r"] == pytest.approx(np.corrcoef(scores, list(COARSENESS_PX.values()))[0, 1])


def test_the_page_is_one_file_that_asks_for_nothing(case):
    text = case.page.read_text(encoding="utf-8")
    assert "{{" not in text and not re.search(r"\b(src|href)=\"(?!data:)|@import|url\(|\bfetch\(|^import ", text, re.MULTILINE)
    assert "default-src 'none'" in text and "coarse \\u003cb>" in text


def test_a_map_that_cannot_be_made_says_why(tmp_path):
    """The others are there all the same."""
    maps = data_of(make_campaign(tmp_path, curves=False, unlike=True).page)["maps"]
    assert list(maps) == ["labels", "grey"] and "scores" in maps["labels"]
    assert maps["grey"]["absent"].startswith("power spectra: no common k_per_um; one begins at")
    assert "scores" not in maps["grey"]
