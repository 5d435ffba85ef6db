"""The page as a person uses it, in headless Chromium: by keyboard, by click, in a narrow window, from a shared address."""

import re
import shlex
from io import BytesIO

import numpy as np
import pytest
from engines import anew
from explore_case import FORMULAS
from matplotlib.image import imread

from hardmag import cli
from hardmag.figures.explore import page as written
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.smco17 import SmCo17, z_properties

Z = ("Ms", "sigma", "l")
DESIGN = "#L=40&d=30&wS=7&wZ=5&alpha=30&z=dft&hold=alpha.z"


@pytest.fixture
def page(chromium):
    with anew(chromium, DESIGN) as opened:
        yield opened


def find(page, key):
    return page.driver.find_element("css selector", f"#{key}" if key[0] not in ".#" else key)


def text(page, key):
    page.settle()
    return find(page, key).text


def number(page, key):
    return float(find(page, f"number-{key}").get_attribute("value"))


def type_into(page, key, *what):
    from selenium.webdriver.common.keys import Keys

    find(page, key).send_keys(Keys.CONTROL, "a", Keys.NULL, *what)
    page.settle()


def values(page):
    """Of the inputs, by key."""
    return page.driver.execute_script(
        "return Object.fromEntries(data.inputs.map(({ key, name }) => [key, state.values[name]]))"
    )


def wait_for(page, condition):
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(page.driver, 20, poll_frequency=0.05).until(lambda driver: condition())


def address(page):
    return page.driver.execute_script("return location.hash")


def expected(case, own):
    """Targets of inputs by key."""
    names = {one["name"]: one["key"] for one in case.data["inputs"]}
    x = np.array([[own[names[name]] for name in case.designer.variables.features]])
    return case.designer.ensemble.predict(x).physical(case.designer.variables.targets).mean[0]


def shown(page):
    return [float(text(page, f"#card-{name} .value").split()[0]) for name in ("mu0_Hc_T", "phi_p", "mu0_Hp_T")]


def test_sliders_move_by_keyboard_and_the_prediction_follows(case, page):
    from selenium.webdriver.common.keys import Keys

    inputs = {one["key"]: one for one in case.data["inputs"]}
    for key, keys, steps in (("L", Keys.ARROW_RIGHT * 3, 3), ("alpha", Keys.ARROW_LEFT * 4, -4)):
        before = number(page, key)
        find(page, f"range-{key}").send_keys(keys)
        page.settle()
        assert number(page, key) == pytest.approx(before + steps * inputs[key]["step"])
    type_into(page, "number-wS", "9.25")
    own = {key: number(page, key) for key in ("L", "d", "wS", "wZ", "alpha")}
    assert own["wS"] == 9.25
    Hc, phi_p = expected(case, own | dict(zip(Z, z_properties("dft").values(), strict=True)))
    assert shown(page) == pytest.approx([Hc, phi_p, Hc * (1 - phi_p)], abs=0.0051)  # shown with two digits
    assert "Within the training range" in text(page, "verdict")
    assert find(page, "range-L").get_attribute("aria-valuetext") == f"{own['L']:g} nm"
    wait_for(page, lambda: f"L={own['L']:g}&d=30&wS=9.25" in address(page))
    low, high = (float(v) for v in text(page, "#card-mu0_Hc_T .interval").split(" to "))
    assert low <= Hc <= high


def test_the_picture_is_the_structure(page):
    structure = SmCo17(L_nm=40, d_nm=30, wS_nm=7, wZ_nm=5, size_nm=(64, 64, 32), cell_nm=(0.8, 0.8, 2.0))
    fractions = structure.build(np.random.default_rng(0)).fractions()
    entries = [entry.split() for entry in text(page, "legend").splitlines()]
    exactly = {name: pytest.approx(100 * share, abs=0.0501) for name, share in fractions.items()}
    assert {name: float(share) for name, share, _ in entries} == exactly
    pixels = imread(BytesIO(find(page, "structure").screenshot_as_png))[..., :3]
    square = pixels[: pixels.shape[1]]  # below it are scale bar and directions
    colours = (255 * square).round().astype(int).reshape(-1, 3)
    for name, colour in SmCo17.palette.items():
        rgb = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        assert (colours == rgb).all(axis=1).mean() == pytest.approx(fractions[name], abs=0.01)  # cells on 380 px


def test_outside_the_training_range_is_said(page):
    type_into(page, "number-L", "80")
    assert "Outside the training range" in text(page, "note-L") and "extrapolated" in text(page, "note-L")
    assert "Extrapolated in L" in text(page, "verdict")
    type_into(page, "number-L", "40")
    assert text(page, "note-L") == "" and "Within" in text(page, "verdict")


def test_impossible_structures_are_explained(page):
    """Beside the slider and in place of the result; nothing is predicted for them."""
    type_into(page, "number-d", "12")
    type_into(page, "number-wZ", "12.5")
    assert "wZ must be < d" in text(page, "note-wZ")
    assert "No such structure" in text(page, "verdict") and text(page, "#card-phi_p .value") == "–"
    assert not find(page, "picture").is_displayed() and not find(page, "share").is_displayed()
    type_into(page, "number-wZ", "5")
    assert find(page, "picture").is_displayed() and text(page, "#card-phi_p .value") != "–"


def test_numbers_that_cannot_be_set(page):
    """Said while they are typed; left, the field has the nearest that can, or what it had, and says so beside it, until the
    input is changed again."""
    from selenium.webdriver.common.keys import Keys

    most = float(find(page, "range-L").get_attribute("max"))
    for typed, taken in (("500", most), ("-3", float(find(page, "range-L").get_attribute("min")))):
        type_into(page, "number-L", typed)
        assert text(page, "note-L").startswith("A number from")
        assert find(page, "number-L").get_attribute("aria-invalid") == "true"
        type_into(page, "number-L", typed, Keys.TAB)
        assert values(page)["L"] == number(page, "L") == taken
        assert re.match(rf"{typed} is not from .* to {most:g} nm: {taken:g} is taken\.", text(page, "note-L"))
        assert find(page, "number-L").get_attribute("aria-invalid") == "false"
    assert find(page, "note-L").get_attribute("aria-live") == "polite"
    find(page, "range-L").send_keys(Keys.ARROW_RIGHT)
    assert "is taken" not in text(page, "note-L")
    for typed, said in (("", "The field was empty"), ("abc", "“abc” is no number"), ("1,2,3", "“1,2,3” is no number")):
        type_into(page, "number-d", Keys.DELETE, typed, Keys.TAB)
        assert values(page)["d"] == number(page, "d") == 30
        assert text(page, "note-d").startswith(said) and "The value from before is kept." in text(page, "note-d")
    type_into(page, "number-d", "25", Keys.TAB)
    assert text(page, "note-d") == ""


def test_a_decimal_comma_and_arrow_keys(page):
    """25,5 is 25.5, not 255; an arrow is a step, no further than the slider goes."""
    from selenium.webdriver.common.keys import Keys

    type_into(page, "number-d", "25,5", Keys.TAB)
    assert values(page)["d"] == number(page, "d") == 25.5 and text(page, "note-d") == ""
    step = float(find(page, "range-d").get_attribute("step"))
    find(page, "number-d").send_keys(Keys.ARROW_UP * 2, Keys.ARROW_DOWN)
    page.settle()
    assert number(page, "d") == pytest.approx(25.5 + step) == values(page)["d"]
    type_into(page, "number-alpha", "90", Keys.ARROW_UP)
    assert number(page, "alpha") == 90
    type_into(page, "wanted-Hc", "2,2", Keys.ARROW_UP)
    assert find(page, "wanted-Hc").get_attribute("value") == "2.3"


def test_words_on_what_was_typed_end_with_it(page):
    """A reset or a loaded address leaves none behind."""
    from selenium.webdriver.common.keys import Keys

    type_into(page, "number-L", "500", Keys.TAB)
    assert "is taken" in text(page, "note-L")
    find(page, "reset").click()
    assert "is taken" not in text(page, "note-L")


def test_z_phase_by_set_and_free(case, page):
    from selenium.webdriver.common.keys import Keys

    assert not find(page, "range-Ms").is_displayed()
    for name in case.data["level"]["choices"]:  # freed as it is, a set is not extrapolated
        find(page, f"set-{name}").click()
        find(page, "set-free").click()
        assert "Within" in text(page, "verdict")
    find(page, "set-dft").click()
    find(page, "set-dft").send_keys(Keys.ARROW_RIGHT)
    page.settle()
    assert [values(page)[key] for key in Z] == pytest.approx(list(z_properties("modified").values()))
    find(page, "set-free").click()
    page.settle()
    assert find(page, "range-Ms").is_displayed() and text(page, "note-level") == ""
    type_into(page, "number-l", "3.3")
    assert "trained with literature, dft, modified only" in text(page, "note-level")
    assert shown(page)[0] == pytest.approx(expected(case, values(page))[0], abs=0.0051)
    assert "knows literature, dft, modified only" in text(page, "command")


def test_designs_for_a_wanted_coercivity(case, page):
    """Asked by keyboard, loaded by click, shared by address."""
    from selenium.webdriver.common.keys import Keys

    type_into(page, "wanted-Hc", "2.2")
    type_into(page, "wanted-phi_p", "0.3", Keys.ENTER)
    designs = wait_for(page, lambda: page.driver.find_elements("css selector", ".design"))
    assert 2 <= len(designs) <= 5
    designs[1].click()
    page.settle()
    own = values(page)
    assert expected(case, own) == pytest.approx([2.2, 0.3], abs=0.011)
    assert own["alpha"] == 30 and [own[key] for key in Z] == pytest.approx(list(z_properties("dft").values()))
    assert designs[1].get_attribute("aria-pressed") == "true"
    assert [f"{own[key]:g}" in designs[1].text for key in ("L", "d", "wS", "wZ")] == [True] * 4
    wait_for(page, lambda: f"L={own['L']:g}" in address(page) and "Hc=2.2&phi_p=0.3" in address(page))
    page.open(address(page))
    assert values(page) == pytest.approx(own)
    wait_for(page, lambda: page.driver.find_elements("css selector", ".design"))


def test_bands_end_with_the_training_range(page):
    """Trained to 60°: the line goes on dashed to 90°, and no interval is shown for it."""

    def rightmost(kind):
        path = page.driver.execute_script(f"return document.querySelector('#angle-charts .{kind}').getAttribute('d')")
        return max(float(pair.split(",")[0]) for pair in re.split("[MLZ]", path) if pair)

    assert rightmost("band") == rightmost("solid") < rightmost("dashed")


def test_out_of_reach_offers_the_nearest(page):
    """A refusal names it, and the button that asks for it leads to designs."""
    from selenium.webdriver.common.keys import Keys

    type_into(page, "wanted-Hc", "30", Keys.ENTER)
    wait_for(page, lambda: "Out of reach" in text(page, "answer"))
    nearest = re.search(r"The nearest that the model reaches: µ0Hc = (.*) T, Φp = (.*)\.$", text(page, "answer")).groups()
    assert text(page, "nearest") == f"ask for {nearest[0]} T and {nearest[1]} instead"
    find(page, "nearest").click()
    wait_for(page, lambda: "design" in text(page, "answer"))
    assert float(find(page, "wanted-Hc").get_attribute("value")) < 10
    wait_for(page, lambda: page.driver.find_elements("css selector", ".design"))
    type_into(page, "wanted-phi_p", "3", Keys.ENTER)
    assert text(page, "answer") == "Φp = 3 cannot be asked for: give a number from 0 to 1."
    assert find(page, "wanted-phi_p").get_attribute("aria-invalid") == "true"
    assert not page.driver.find_elements("css selector", ".design")  # they are for another question
    type_into(page, "wanted-phi_p", Keys.DELETE, Keys.ENTER)
    assert text(page, "answer") == "Φp is missing: give a number from 0 to 1."
    type_into(page, "wanted-phi_p", "0,3", Keys.ENTER)
    wait_for(page, lambda: re.match("Out of reach|.*design", text(page, "answer")))
    assert find(page, "wanted-phi_p").get_attribute("aria-invalid") == "false"


def test_caution_where_no_simulated_structure_comes_near(page):
    """The model meets 2.2 T and 0.3, as simulated ones do; with those taken away it does still, and the page warns."""
    from selenium.webdriver.common.keys import Keys

    def ask():
        type_into(page, "wanted-Hc", "2.2")
        type_into(page, "wanted-phi_p", "0.3", Keys.ENTER)
        wait_for(page, lambda: "designs;" in text(page, "answer"))
        page.settle()
        return text(page, "caution")

    assert ask() == "" and not find(page, "caution").is_displayed()
    others = [[1.2, 0.15], [1.0, 0.1], [1.0, 0.11], [1.0, 0.12], [1.01, 0.1]]
    page.driver.execute_script("data.simulated = [{ level: 'dft', angle: 30, values: arguments[0] }]", others)
    said = "No simulated structure with this α and Z set comes near what is wanted: the nearest has µ0Hc = 1.20 T, Φp = 0.15."
    assert ask().startswith(said)
    assert page.driver.find_elements("css selector", ".design")


def test_the_command_line_is_one(case, page):
    """What hardmag itself reads from it."""
    words = shlex.split(text(page, "command"))
    read = cli._parse(words[1:])
    assert words[0] == "hardmag" and read.command is cli.designs._predict
    own = {"L_nm": 40, "d_nm": 30, "wS_nm": 7, "wZ_nm": 5, "alpha_deg": 30, "z_set": "dft"}
    assert cli.words.named(read.values) == own
    assert read.campaign == case.data["folder"]


def test_nothing_is_fetched_and_everything_has_a_name(page):
    assert page.driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    find(page, "set-free").click()
    page.settle()
    controls = page.driver.find_elements("css selector", "input, button, canvas, svg")
    assert len(controls) > 30
    assert all(c.accessible_name for c in controls if c.is_displayed())


GRAIN = "#a=24&c=16&shell=2.5&layer=2&misorientation=15&azimuth=0&core_Nd=0.1&shell_Nd=0.9&hold=misorientation"


@pytest.fixture
def grain_page(chromium_of_grains):
    with anew(chromium_of_grains, GRAIN) as opened:
        yield opened


def test_a_grain_is_drawn_predicted_and_designed(grain_case, grain_page):
    """One target; no level; the picture has the palette's colours, and the command line is one."""
    from selenium.webdriver.common.keys import Keys

    page, words = grain_page, shlex.split(text(grain_page, "command"))
    own = cli.words.named(cli._parse(words[1:]).values)
    assert own == {"a_nm": 24, "c_nm": 16, "shell_nm": 2.5, "layer_nm": 2, "core_Nd": 0.1, "shell_Nd": 0.9} | {
        "misorientation_deg": 15,
        "azimuth_deg": 0,
    }
    numbers = np.array([[own[name] for name in grain_case.designer.variables.numbers]])
    assert float(text(page, "#card-mu0_Hc_T .value").split()[0]) == pytest.approx(
        grain_case.designer.predict(numbers, "").mean[0, 0], abs=0.0051
    )
    assert len(page.driver.find_elements("css selector", ".card")) == 1 and not find(page, "level").is_displayed()
    assert text(page, "query-title") == "Wanted: coercivity"
    grain = CoreShell(b_nm=24, **FORMULAS, **own)
    assert text(page, "legend").splitlines()[0] == f"core {100 * grain.descriptors()['phi_core']:.1f} %"
    assert text(page, "remark") == f"Nd in the grain: {grain.descriptors()['Nd_at_percent']:.2f} at%"
    pixels = imread(BytesIO(find(page, "structure").screenshot_as_png))[..., :3]
    colours = (255 * pixels[: pixels.shape[1]]).round().astype(int).reshape(-1, 3)
    largest = {one["name"]: one["training"][1] for one in grain_case.data["inputs"]}
    frame = page.driver.execute_script("return KIND.picture(columnsOf(data, state), arguments[0]).size_nm[0]", largest)
    for name, area in (("core", 19 * 11), ("shell", 24 * 16 - 19 * 11), ("layer", 28 * 20 - 24 * 16)):
        rgb = [int(CoreShell.palette[name][k : k + 2], 16) for k in (1, 3, 5)]
        assert (colours == rgb).all(axis=1).mean() == pytest.approx(area / frame**2, rel=0.12), (
            name
        )  # turned edges are smoothed
    type_into(page, "number-shell", "5.9")
    type_into(page, "number-c", "12")
    assert "leaves no core" in text(page, "note-shell") and text(page, "#card-mu0_Hc_T .value") == "– T"
    page.open(GRAIN)
    type_into(page, "wanted-Hc", "1.5", Keys.ENTER)
    wait_for(page, lambda: "designs;" in text(page, "answer"))
    design = page.driver.find_elements("css selector", ".design")[0]
    design.click()
    page.settle()
    assert float(text(page, "#card-mu0_Hc_T .value").split()[0]) == pytest.approx(1.5, abs=0.011)
    assert values(page)["misorientation"] == 15


def test_a_kind_without_a_script(case, page, tmp_path):
    """All but the picture, and the words on what is impossible."""
    (tmp_path / "explore.html").write_text(written(case.data, ""), encoding="utf-8")
    page.driver.get((tmp_path / "explore.html").as_uri() + DESIGN)
    page.settle()
    assert shown(page)[0] == pytest.approx(expected(case, values(page))[0], abs=0.0051)
    assert not find(page, "picture").is_displayed() and find(page, "share").is_displayed()


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_every_width_has_room_for_a_grain(grain_page, width):
    grain_page.resize(width)
    grain_page.open(f"{GRAIN}&Hc=9")
    wait_for(grain_page, lambda: text(grain_page, "answer").startswith("Out"))
    assert has_room(grain_page)
    assert text(grain_page, "profiles-mu0_Hc_T").count("nm") == 4


def test_magnets_at_every_width(grain_page, magnets, tmp_path):
    """Four targets; the sketch is in the palette's colours, of pores none without them."""
    path, page = tmp_path / "magnets.html", grain_page
    path.write_text(magnets[1], encoding="utf-8")
    for width in (360, 800, 1600):
        page.resize(width)
        page.driver.get(f"{path.as_uri()}#pore_percent=0&boundary_percent=5&alpha=30")
        assert has_room(page)
        assert len(page.driver.find_elements("css selector", ".card")) == 4
        assert text(page, "query-title") == "Wanted: coercivity, remanence, squareness and energy product"
        assert text(page, "legend").splitlines()[-1] == "pore 0.0 %"
        pixels = imread(BytesIO(find(page, "structure").screenshot_as_png))[..., :3]
        colours = (255 * pixels[: pixels.shape[1]]).round().astype(int).reshape(-1, 3)
        grain, boundary, pore = (
            (colours == [int(colour[k : k + 2], 16) for k in (1, 3, 5)]).all(axis=1).mean()
            for colour in (Polycrystal.palette[name] for name in ("grain", "boundary", "pore"))
        )
        assert grain > 0.7 and boundary > 0.02 and pore == 0
    type_into(page, "number-aspect", "0")
    assert "must be > 0" in text(page, "note-aspect") and not find(page, "picture").is_displayed()


def has_room(page):
    """No sideways scrolling, nothing beyond the window, no text of a picture cut off by it."""
    page.settle()
    outside = "({ right, left }) => right > innerWidth || left < 0"
    boxes = "[...document.querySelectorAll('section *')].map((e) => e.getBoundingClientRect())"
    texts = (
        "[...document.querySelectorAll('svg text')].filter((e) => { const a = e.getBoundingClientRect(),"
        " b = e.closest('svg').getBoundingClientRect(); return a.right > b.right + 1 || a.left < b.left - 1; })"
    )
    asked = f"return [document.documentElement.scrollWidth <= innerWidth, {boxes}.filter({outside}).length, {texts}.length]"
    return page.driver.execute_script(asked) == [True, 0, 0]


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_every_width_has_room(page, width):
    """No sideways scrolling, and charts as wide as their boxes, with a query's answer and free Z properties."""
    page.resize(width)
    page.open("#L=80&d=30&wS=7&wZ=5&alpha=75&Ms=300&sigma=12&l=4.7&z=free&hold=alpha&Hc=9&phi_p=0.3&foo=1")
    wait_for(page, lambda: text(page, "answer").startswith("Out"))
    type_into(page, "number-wS", "wide " * 3, "\t")
    assert "foo" in text(page, "complaints") and "no number" in text(page, "note-wS")
    assert has_room(page)
    assert text(page, "profiles-phi_p").count("nm") == 5


def test_an_address_that_cannot_be_read_is_said(page):
    page.driver.execute_script("location.hash = '#L=abc&d=25'")
    wait_for(page, lambda: "L = abc in the address must be a number" in text(page, "complaints"))
    assert number(page, "d") == 25
