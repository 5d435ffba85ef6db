"""Micrographs from files: grey values, pixel sizes, banners, and folders of them."""

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from hardmag.errors import UserError
from hardmag.images.folders import read_folder
from hardmag.images.micrographs import banner_rows, read_micrograph

ZEISS = 34118  # the TIFF tags that hold the headers
FEI = 34682


def field(seed=0, ny=300, nx=400, noise=8):
    """(ny, nx) of uint8: blotches with noise, as a detector gives them."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(ny, nx)), 6)
    return (110 + 40 * smooth / smooth.std() + rng.normal(0, noise, (ny, nx))).clip(0, 255).astype(np.uint8)


def banner(nx, height, background, ink):
    """(height, nx) of uint8: a line of writing and a scale bar, as microscopes put them."""
    image = Image.new("L", (nx, height), background)
    pen = ImageDraw.Draw(image)
    pen.text((8, 4), "WD = 8.5 mm   Mag = 1.00 K X   EHT = 4.00 kV   InLens", fill=ink, font=ImageFont.load_default(size=12))
    pen.line((nx - 90, height - 5, nx - 10, height - 5), fill=ink, width=3)
    return np.array(image)


def zeiss(text):
    return [(ZEISS, 7, None, f"0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {text}\r\n".encode("cp1252"), True)]


def fei(height=1.2e-7):
    return [(FEI, 7, None, f"[Scan]\r\nPixelWidth=1.2e-007\r\nPixelHeight={height}\r\n".encode(), True)]


@pytest.mark.parametrize("suffix", ["tif", "png"])
@pytest.mark.parametrize("bits", [8, 16])
def test_grey_values_are_shares_of_the_largest(tmp_path, suffix, bits):
    raw = field().astype(f"uint{bits}") * (257 if bits == 16 else 1)  # 255·257 = 65535
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(raw).save(path)
    micrograph = read_micrograph(path, 0.2)
    assert micrograph.grey.dtype == np.float32 and (micrograph.name, micrograph.pixel_um) == (path.name, 0.2)
    assert np.abs(micrograph.grey - raw / (2**bits - 1)).max() < 1e-7  # float32
    assert not micrograph.was_colour and micrograph.banner_rows == (0, 0)


def test_jpeg_and_inverted_tiff(tmp_path):
    raw = gaussian_filter(field(), 1)
    Image.fromarray(raw).save(tmp_path / "a.jpg", quality=95)
    # JPEG at this quality is wrong by about one grey level of 255.
    assert np.abs(read_micrograph(tmp_path / "a.jpg", 0.2).grey - raw / 255).mean() < 0.008
    tifffile.imwrite(tmp_path / "a.tif", raw, photometric="miniswhite")
    assert np.abs(read_micrograph(tmp_path / "a.tif", 0.2).grey - (1 - raw / 255)).max() < 1e-7


def test_colours_become_luminance_and_it_is_recorded(tmp_path):
    colours = np.stack([field(1), field(2), field(3)], axis=-1)
    Image.fromarray(colours).save(tmp_path / "a.png")
    micrograph = read_micrograph(tmp_path / "a.png", 0.2)
    # Rec. 601, as Pillow has it, to one level of 255.
    assert np.abs(micrograph.grey - colours @ [0.299, 0.587, 0.114] / 255).max() < 1.01 / 255
    assert micrograph.was_colour
    Image.fromarray(np.stack([field(1)] * 3, axis=-1)).save(tmp_path / "b.png")
    assert not read_micrograph(tmp_path / "b.png", 0.2).was_colour


@pytest.mark.parametrize(
    ("header", "pixel_um"),
    [(zeiss("111.6 nm"), 0.1116), (zeiss("1.5 µm"), 1.5), (zeiss("850 pm"), 8.5e-4), (fei(), 0.12)],
)
def test_pixel_size_of_headers(tmp_path, header, pixel_um):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, field(), extratags=header)
    assert read_micrograph(path).pixel_um == pytest.approx(pixel_um, rel=1e-12)
    assert read_micrograph(path, 1.05 * pixel_um).pixel_um == 1.05 * pixel_um  # calibrated by the user
    with pytest.raises(UserError, match=r"a.tif: pixel_um = .*, but the file's header says .*; they may differ by 10 %"):
        read_micrograph(path, 2 * pixel_um)


@pytest.mark.parametrize("quality", [None, 90, 75])
@pytest.mark.parametrize(("background", "ink"), [(0, 255), (255, 0), (128, 255), (0, 0)])
@pytest.mark.parametrize("top", [False, True])
def test_banners_are_found_to_the_row(tmp_path, quality, background, ink, top):
    raw, strip = field(), banner(400, 24, background, ink)
    path = tmp_path / ("a.jpg" if quality else "a.png")
    whole = np.vstack([strip, raw] if top else [raw, strip])
    Image.fromarray(whole).save(path, **({"quality": quality} if quality else {}))
    micrograph = read_micrograph(path, 0.2)
    assert micrograph.banner_rows == ((24, 0) if top else (0, 24))
    assert micrograph.grey.shape == (300, 400)
    if not quality:
        assert np.abs(micrograph.grey - raw / 255).max() < 1e-7


def test_banner_of_sixteen_bits_of_which_twelve_are_used():
    raw = np.vstack([field().astype(np.uint16) * 16, banner(400, 24, 0, 255).astype(np.uint16) * 16])
    assert banner_rows(raw) == (0, 24)


def dark_end():
    """A dark grain over the full width at the lower end, with noise."""
    raw = field()
    raw[-20:] = np.random.default_rng(1).normal(40, 4, (20, 400))
    return raw


@pytest.mark.parametrize(
    "raw",
    [field(), field(noise=1), dark_end(), (gaussian_filter(field(), 5) > 110) * np.uint8(255), np.zeros((100, 100), np.uint8)],
    ids=["noisy", "smooth", "dark grain", "segmented", "black"],
)
def test_what_is_no_banner_stays(raw):
    assert banner_rows(raw) == (0, 0)


def test_crop_is_taken_as_it_is(tmp_path):
    raw = np.vstack([field(), banner(400, 24, 0, 255)])
    Image.fromarray(raw).save(tmp_path / "a.png")
    micrograph = read_micrograph(tmp_path / "a.png", 0.2, crop=(10, 310, 5, 205))
    assert np.abs(micrograph.grey - raw[10:310, 5:205] / 255).max() < 1e-7 and micrograph.banner_rows == (0, 0)


def write(path, image, **tags):
    tifffile.imwrite(path, image, **tags)


BAD = {
    "no size": (lambda p: write(p, field()), {}, "pixel_um is needed: the file has no Zeiss or FEI header"),
    "zero size": (lambda p: write(p, field()), {"pixel_um": 0}, "pixel_um = 0 must be a positive number"),
    "size of no use": (lambda p: write(p, field(), extratags=zeiss("0.0 fm")), {}, "pixel_um is needed"),
    "oblong": (lambda p: write(p, field(), extratags=fei(2e-7)), {}, r"pixels of 0.12 x 0.2 µm are not square"),
    "small": (lambda p: write(p, field()[:63]), {"pixel_um": 1}, "a field of 400 x 63 pixels; at least 64"),
    "small crop": (lambda p: write(p, field()), {"pixel_um": 1, "crop": (0, 300, 0, 50)}, "a field of 50 x 300 pixels"),
    "crop outside": (lambda p: write(p, field()), {"pixel_um": 1, "crop": (0, 301, 0, 400)}, r"crop = .* left < right of 400"),
    "float": (lambda p: write(p, field().astype(np.float32)), {"pixel_um": 1}, "pixels of type 'F'; grey of 8 or 16 bits"),
    "two": (lambda p: write(p, np.stack([field()] * 2), photometric="minisblack"), {"pixel_um": 1}, "holds 2 images"),
    "no file": (lambda p: None, {"pixel_um": 1}, "no such file"),
    "no image": (lambda p: p.write_text("sample,image"), {"pixel_um": 1}, "not a readable TIFF"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path, case):
    make, settings, says = BAD[case]
    make(tmp_path / "a.tif")
    with pytest.raises(UserError, match=f"a.tif: .*{says}") as refused:
        read_micrograph(tmp_path / "a.tif", **settings)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg"])
def test_truncated_files_are_refused_wherever_they_end(tmp_path, name):
    path = tmp_path / name
    Image.fromarray(field()).save(path)
    whole = path.read_bytes()
    for end in np.linspace(0, len(whole) - 100, 12).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(UserError, match=f"{name}: not a readable"):
            read_micrograph(path, 0.2)


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(UserError, match="a.bmp: not one of .tif"):
        read_micrograph(tmp_path / "a.bmp", 0.2)


def folder(tmp_path, *rows, head="sample,image,pixel_um,crop,mu0_Hc_T"):
    for n, name in enumerate(("a1.png", "a2.png", "b1.png")):
        Image.fromarray(field(n)).save(tmp_path / name)
    tifffile.imwrite(tmp_path / "c1.tif", field(3), extratags=zeiss("111.6 nm"))
    table = tmp_path / "images.csv"
    table.write_text("\n".join([head, *rows]) + "\n")
    return table


def test_folder_is_grouped_by_sample(tmp_path):
    table = folder(tmp_path, "A,a1.png,0.2,,1.2", "C,c1.tif,,,", "A,a2.png,0.2,0 200 0 100,", "B,b1.png,0.1,,1.4")
    a, c, b = read_folder(table)
    assert (a.name, b.name, c.name) == ("A", "B", "C")
    assert (a.pixel_um, b.pixel_um, c.pixel_um) == pytest.approx((0.2, 0.1, 0.1116))
    assert a.properties == {"mu0_Hc_T": 1.2} and np.isnan(c.properties["mu0_Hc_T"])
    assert [m.grey.shape for m in a.micrographs()] == [(300, 400), (200, 100)]
    assert [m.name for m in a.micrographs()] == ["a1.png", "a2.png"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            ["A,a1.png,0.2,,1", "A,a2.png,0.1,,1"],
            r"line 3: a2.png has pixels of 0.1 µm, others of sample A 0.2 µm; .* one magnif",
        ),
        (["A,a1.png,0.2,,1", "A,none.png,0.2,,1"], "line 3: image: none.png: no such file"),
        (["A,,0.2,,1"], "line 2: image: empty"),
        ([",a1.png,0.2,,1"], "line 2: sample: empty"),
        (["A,a1.png,0.2,,1", "B,a1.png,0.2,,1"], "line 3: image: a1.png stands in the table twice"),
        (["A,a1.png,0.2,,1", "A,a2.png,0.2,,2"], "line 3: mu0_Hc_T = 2, but 1 in another row of sample A"),
        (["A,a1.png,0.2,,high"], "line 2: mu0_Hc_T = 'high' is not a number"),
        (["A,a1.png,0.2,10 20,1"], "line 2: crop = '10 20' must be four numbers"),
        ([], "no image; the table has no rows"),
    ],
)
def test_bad_tables_are_refused_in_one_line(tmp_path, rows, says):
    with pytest.raises(UserError, match=f"images.csv: {says}"):
        read_folder(folder(tmp_path, *rows))


def test_folder_without_its_table_is_refused(tmp_path):
    with pytest.raises(UserError, match="a folder of 0 images; name the table"):
        read_folder(tmp_path)
    with pytest.raises(UserError, match="images.csv: no column image"):
        read_folder(folder(tmp_path, "A,1", head="sample,mu0_Hc_T"))
    with pytest.raises(UserError, match="none.csv: not a readable table"):
        read_folder(tmp_path / "none.csv")
    with pytest.raises(UserError, match="a1.png: pixel_um is needed"):
        read_folder(folder(tmp_path, "A,a1.png", head="sample,image"))
