"""The laboratory page in headless Chromium: its numbers against Python's, its refusals, keyboard and narrow windows."""

import base64

import numpy as np
import pytest
from engines import anew, window
from laboratory_case import COARSENESS_PX, PIXEL_UM, coloured, field, grey, labels, make_campaign, peaks, write_image

from hardmag.images.curves import curves_of, fit_curves, normalised, read_curve
from hardmag.images.micrographs import read_micrograph
from hardmag.images.sample_map import read_map
from hardmag.images.spectra import above_noise, mean_spectrum, phase_spectrum, power_spectrum
from hardmag.microstructure.laboratory import grey_map

CROP = (3, 171, 10, 234)  # 168 × 224 pixels of SHAPE: neither a power of two, and modes lie on the edges of bins
SHAPE = (190, 260)
SIDES = ("top", "bottom", "left", "right")
EQUAL = 1e-5  # what the page must reach; it computes in double precision, as Python does


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return make_campaign(tmp_path_factory.mktemp("laboratory"))


@pytest.fixture(scope="module")
def opened(case, tmp_path_factory):
    with window(case, tmp_path_factory) as one:
        yield one


@pytest.fixture
def page(opened):
    with anew(opened, "") as one:
        yield one


@pytest.fixture(scope="module")
def image(case):
    rng = np.random.default_rng(5)
    return write_image(case.folder / "grey.png", grey(field(SHAPE, 3.2, rng), rng))


@pytest.fixture(scope="module")
def phases(case):
    return labels(field(SHAPE, 3.2, np.random.default_rng(6)))


@pytest.fixture(scope="module")
def segmented(case, phases):
    return write_image(case.folder / "segmented.png", coloured(phases))


def find(page, key):
    return page.driver.find_element("css selector", f"#{key}")


def wait_for(page, condition):
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(page.driver, 20, poll_frequency=0.05).until(lambda driver: condition())


def choose(page, *paths):
    """Choose files, and wait until they are shown, placed or refused."""
    page.driver.execute_script("at('opened').textContent = ''; document.getElementById('image').hidden = true")
    find(page, "files").send_keys("\n".join(map(str, paths)))
    wait_for(page, lambda: find(page, "image").is_displayed() or find(page, "answer").text or find(page, "problem").text)


def type_into(page, key, *what):
    from selenium.webdriver.common.keys import Keys

    find(page, key).send_keys(Keys.CONTROL, "a", Keys.NULL, *what)


def place(page, pixel_um, crop=None):
    """Fill in the form and send it: (what was answered, what was refused)."""
    for side, number in zip(SIDES, crop or (), strict=crop is not None):
        type_into(page, side, str(number))
    type_into(page, "pixel_um", str(pixel_um))
    find(page, "place").click()
    wait_for(page, lambda: find(page, "answer").text not in ("", "Computing …") or find(page, "problem").text)
    return find(page, "answer").text, find(page, "problem").text


def placed(page):
    return page.driver.execute_script("return state.placed.at(-1)")


def same_spectrum(line, spectrum):
    np.testing.assert_allclose(line["x"], spectrum.k_per_um[2:], rtol=EQUAL)
    np.testing.assert_allclose(line["y"], spectrum.S_um2[2:], rtol=EQUAL)


def same_scores(found, expected):
    """Relative to the largest of them: one of them may lie near 0."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=EQUAL * abs(expected).max())


@pytest.mark.parametrize("shape", [(64, 64), (128, 64), (97, 131), (96, 128), (300, 400), (66, 330)])
def test_spectra_of_any_size_are_those_of_python(page, shape):
    """Primes, odd and even numbers, powers of two; in four of them modes lie on the edges of bins."""
    values = np.random.default_rng(7).random(shape).cumsum(axis=0)
    script = "return powerSpectrum({ values: arguments[0], ny: arguments[1], nx: arguments[2] }, 0.1)"
    found, expected = page.driver.execute_script(script, values.ravel().tolist(), *shape), power_spectrum(values, 0.1)
    np.testing.assert_allclose(found["k"], expected.k_per_um, rtol=1e-12)
    np.testing.assert_allclose(found["S"], expected.S_um2, rtol=1e-9)


@pytest.mark.parametrize("kind", ["png", "jpg", "colour"])
def test_a_grey_image_is_placed_as_by_python(case, page, image, kind):
    path = case.folder / f"of_{kind}.{'png' if kind == 'colour' else kind}"
    rng = np.random.default_rng(8)
    layers = 3 if kind == "colour" else 1
    values = np.stack([grey(field(SHAPE, 3.2, rng), rng) for _ in range(layers)], axis=-1)
    write_image(path, values if layers == 3 else values[..., 0])
    choose(page, path)
    answer, problem = place(page, PIXEL_UM, CROP)
    assert problem == "" and answer == f"{path.name}: a grey image, placed as number 1 in the map of grey images."
    spectrum = above_noise(power_spectrum(read_micrograph(path, PIXEL_UM, CROP).grey, PIXEL_UM))
    sample_map, _ = grey_map(case.table)
    same_spectrum(placed(page)["lines"][0], spectrum)
    S = mean_spectrum([spectrum], sample_map.k_per_um)
    np.testing.assert_allclose(placed(page)["values"], S, rtol=EQUAL)
    same_scores(placed(page)["scores"], sample_map.place(S))


def test_a_segmented_image_is_placed_in_the_map_of_main_phases(case, page, segmented, phases):
    choose(page, segmented)
    answer, _ = place(page, "0,2")
    assert answer == "segmented.png: a segmented image, placed as number 1 in the map of main phases in segmented images."
    spectrum, sample_map = phase_spectrum(phases, "main phase", PIXEL_UM), read_map(case.map)
    same_spectrum(placed(page)["lines"][0], spectrum)
    same_scores(placed(page)["scores"], sample_map.place(mean_spectrum([spectrum], sample_map.k_per_um)))
    assert find(page, "map").get_attribute("value") == "labels"


def test_a_sample_of_the_campaign_lies_on_itself(case, page):
    """Both of its images together; it is the nearest sample, no distance away."""
    choose(page, case.folder / "1-0.png", case.folder / "1-1.png")
    assert "1-0.png and 1 more" in find(page, "opened").text
    assert place(page, PIXEL_UM)[1] == ""
    sample_map, _ = grey_map(case.table)
    same_scores(placed(page)["scores"], sample_map.scores_of("second"))
    assert placed(page)["near"]["name"] == "second" and placed(page)["near"]["distance"] < 1e-6
    assert "Nearest sample: second, 0 away" in find(page, "placed").text
    find(page, "placed").find_element("css selector", "button").click()
    assert find(page, "placed").text == "" and find(page, "answer").text == "Number 1 is taken away."


def test_a_curve_is_placed_as_by_python(case, page):
    """A German one that falls, in a map of five; dropped, not chosen."""
    text = "2theta;I\n" + "".join(f"{x:.4f};{y:.6f}\n".replace(".", ",") for x, y in peaks(3.3)[::-1])
    path = case.folder / "dropped.csv"
    path.write_text(text)
    page.driver.execute_script(
        "const held = new DataTransfer(); held.items.add(new File([arguments[0]], 'dropped.csv'));"
        "at('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true }));",
        text,
    )
    wait_for(page, lambda: find(page, "answer").text or find(page, "problem").text)
    assert find(page, "answer").text == "dropped.csv: a curve, placed as number 1 in the map of curves."
    curve_map, _ = fit_curves(curves_of(case.table))
    np.testing.assert_allclose(placed(page)["values"], normalised(read_curve(path), curve_map.x), rtol=EQUAL)
    same_scores(placed(page)["scores"], curve_map.place(read_curve(path)))


def test_images_are_refused_in_one_line(case, page, image, segmented):
    def refused(path, pixel_um, crop=None):
        choose(page, path)
        answer, problem = place(page, pixel_um, crop)
        assert answer == "" and "\n" not in problem
        return problem

    assert refused(image, "") == "The pixel size is missing: give the edge of a pixel in µm, such as 0.1."
    assert refused(image, "-1") == "The edge of a pixel must be a number of µm above 0, not -1."
    assert refused(image, PIXEL_UM, (0, 63, 0, 100)) == (
        "grey.png: a field of 100 × 63 pixels; at least 64 are needed along each side."
    )
    assert refused(image, PIXEL_UM, (0, 500, 0, 100)) == (
        "grey.png: the rectangle must have top < bottom of 190 rows and left < right of 260 columns."
    )
    small = write_image(case.folder / "small.png", np.zeros((40, 300), np.uint8))
    assert "small.png: a field of 300 × 40 pixels; at least 64" in refused(small, PIXEL_UM)
    said = refused(image, PIXEL_UM, (0, 80, 0, 80))
    assert said.startswith("grey.png: its spectrum covers k = 0.19 to ") and said.endswith(": a larger field is needed.")
    assert refused(image, 5).endswith(": smaller pixels or less noise are needed.")
    blank = write_image(case.folder / "blank.png", coloured(np.zeros((80, 80), int)))
    assert refused(blank, PIXEL_UM).startswith("blank.png: ")
    choose(page, image, segmented)
    assert "some are segmented and some grey" in place(page, PIXEL_UM)[1]


def test_files_are_refused_in_one_line(case, page):
    def refused(name, content):
        path = case.folder / name
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        choose(page, path)
        assert find(page, "answer").text == "" and not find(page, "image").is_displayed()
        return find(page, "problem").text

    assert refused("three.csv", "1,2,3\n2,3,4\n") == "three.csv: line 1 is not two columns of numbers."
    assert refused("words.csv", "x,y\na,b\n1,2\n") == "words.csv: line 2 is not two columns of numbers."
    assert "two lines of them are needed at least" in refused("short.csv", "x,y\n1,2\n")
    assert refused("back.csv", "1,2\n3,4\n2,5\n") == "back.csv: the first column must rise, or fall, throughout."
    assert refused("other.csv", "1,2\n3,4\n") == "other.csv: it covers x = 1 to 3, the map 20 to 60."
    assert refused("zero.csv", "0,0\n70,0\n") == "zero.csv: all values are zero in the range of the map."
    assert refused("text.png", "no image") == "text.png: not an image that a browser can read; PNG and JPEG are."
    write_image(case.folder / "deep.png", np.zeros((80, 80), np.uint16))
    assert "an image of 16 bits" in refused("deep.png", (case.folder / "deep.png").read_bytes())
    write_image(case.folder / "clear.png", np.zeros((80, 80, 4), np.uint8))
    assert "transparent" in refused("clear.png", (case.folder / "clear.png").read_bytes())


def test_a_campaign_without_curves_says_so(page, tmp_path):
    """Nor has it a map of grey images, whose spectra have no common k: the page says why, and shows the other map."""
    case = make_campaign(tmp_path, curves=False, unlike=True)
    page.driver.get(case.page.as_uri())
    path = tmp_path / "curve.csv"
    np.savetxt(path, peaks(3.0), delimiter=",")
    choose(page, path)
    assert find(page, "problem").text == "curve.csv: no place for it; the campaign's samples have no curves."
    choose(page, tmp_path / "0-0.png")
    assert "no place for it; the page has no map of grey images: power spectra: no common k_per_um" in place(page, PIXEL_UM)[1]
    page.driver.execute_script("at('map').value = 'grey'; at('map').dispatchEvent(new Event('change'))")
    assert find(page, "absent").text.startswith("There is no map of grey images: ") and not find(page, "of-map").is_displayed()


def test_a_rectangle_is_drawn(page, image):
    from selenium.webdriver import ActionChains

    choose(page, image)
    canvas = find(page, "preview")
    scale = canvas.size["width"] / 260
    start = ActionChains(page.driver, duration=50).move_to_element_with_offset(canvas, -50 * scale, -40 * scale)
    start.click_and_hold().move_by_offset(90 * scale, 80 * scale).release().perform()
    drawn = [int(find(page, side).get_attribute("value")) for side in SIDES]
    assert drawn == pytest.approx([55, 135, 80, 170], abs=1)
    find(page, "whole").click()
    assert [find(page, side).get_attribute("value") for side in SIDES] == ["0", "190", "0", "260"]


def test_by_keyboard(page, image):
    """From the field of files by the tabulator through all of the form, sent by Enter; then another map and colour."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    choose(page, image)
    focus = page.driver.switch_to
    page.driver.execute_script("at('files').focus()")
    ActionChains(page.driver).send_keys(Keys.TAB).perform()
    seen = []
    while focus.active_element.get_attribute("id") != "pixel_um":
        seen.append(focus.active_element.get_attribute("id"))
        focus.active_element.send_keys(Keys.TAB)
    assert seen == [*SIDES, "whole"]
    focus.active_element.send_keys("0.2", Keys.ENTER)
    wait_for(page, lambda: "placed as number 1" in find(page, "answer").text)
    assert find(page, "map-chart").find_elements("css selector", ".placed")
    find(page, "map").send_keys(Keys.HOME)
    assert page.driver.execute_script("return state.map") == "labels"
    assert not find(page, "map-chart").find_elements("css selector", ".placed")
    find(page, "property").send_keys("given: mu0_Hc_T")
    fills = [one.get_attribute("fill") for one in find(page, "map-chart").find_elements("css selector", "circle")]
    assert fills.count("#ffffff") == 4 and "white discs: not known" in find(page, "bar-of-colours").text
    assert "too few samples" in find(page, "correlation").text
    assert find(page, "map-chart").text.count("coarse <b>") == 1


@pytest.mark.parametrize("width", [360, 400, 800, 1280])
def test_every_width_has_room(page, image, width):
    page.resize(width)
    choose(page, image)
    place(page, PIXEL_UM)
    page.settle()
    outside = "[...document.querySelectorAll('section *')].map((e) => e.getBoundingClientRect())"
    outside += ".filter(({ right, left }) => right > innerWidth || left < 0).length"
    cut = (
        "[...document.querySelectorAll('svg text')].filter((e) => { const a = e.getBoundingClientRect(),"
        " b = e.closest('svg').getBoundingClientRect(); return a.right > b.right + 1 || a.left < b.left - 1; }).length"
    )
    asked = f"return [document.documentElement.scrollWidth <= innerWidth, {outside}, {cut}]"
    for kind in ("grey", "labels", "curves"):
        page.driver.execute_script("state.map = arguments[0]; show()", kind)
        assert page.driver.execute_script(asked) == [True, 0, 0], kind


def test_nothing_is_fetched_and_everything_has_a_name(page, image):
    choose(page, image)
    assert page.driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    controls = page.driver.find_elements("css selector", "input, button, select, canvas, svg")
    assert len(controls) == 13 and all(one.accessible_name for one in controls if one.is_displayed())


def test_from_a_report(case, page, image):
    """A report holds the page as a data address in a frame, where it has no origin of its own."""
    address = "data:text/html;charset=utf-8;base64," + base64.b64encode(case.page.read_bytes()).decode()
    page.driver.get("about:blank")
    page.driver.execute_script(
        "document.body.append(Object.assign(document.createElement('iframe'), { src: arguments[0] }))", address
    )
    page.driver.switch_to.frame(0)
    wait_for(page, lambda: page.driver.find_elements("css selector", "#map-chart svg"))
    choose(page, image)
    assert "placed as number 1" in place(page, PIXEL_UM)[0]
    assert len(COARSENESS_PX) == len(page.driver.find_elements("css selector", "#map-chart circle"))
    page.driver.switch_to.default_content()
