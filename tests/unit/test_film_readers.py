"""Readers of what instruments write: units, positions, and one line for each way in which a file can be wrong."""

import numpy as np
import pytest

from hardmag.errors import UserError
from hardmag.films.maps import read_maps
from hardmag.films.patterns import read_pattern, read_patterns
from hardmag.intrinsic.measured_curve import read_magnetometer
from hardmag.materials import MU0

DAT = """[Header]
TITLE,loop
INFO,12.5,SAMPLE_MASS
INFO,powder in epoxy,SAMPLE_COMMENT
[Data]
Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Moment (emu),M. Std. Err. (emu)
start,1,300.1,90000,1.6,0.001
,2,300.0,45000,,
,3,299.9,-10000,-1.2,0.001
"""


def written(tmp_path, text, name="file.dat"):
    path = tmp_path / name
    path.write_text(text)
    return path


def refused(says, read, *given, **named):
    """The message is one line, names the file, and says so."""
    with pytest.raises(UserError) as caught:
        read(*given, **named)
    message = str(caught.value)
    assert says in message and "\n" not in message and str(given[0]) in message, message


def test_quantum_design_file(tmp_path):
    curve = read_magnetometer(written(tmp_path, DAT), density_g_per_cm3=7.6)
    polarisation, temperature = curve.J_T, curve.T_K
    assert curve.mu0_H_T == pytest.approx([9.0, -1.0]) and temperature == pytest.approx([300.1, 299.9])
    # By hand: 1.6e-3 A·m² in 12.5 mg / 7.6 g/cm³ = 1.6447e-9 m³ is 0.97280 MA/m, or 1.22246 T.
    assert polarisation == pytest.approx([1.22246, -1.22246 * 1.2 / 1.6], rel=1e-5)


@pytest.mark.parametrize(
    ("header", "row", "given"),
    [
        ("Field (T),Moment (emu)", "5,1.0", {"volume_mm3": 1.0}),
        ("H [kOe];M [A·m^2]", "50;1e-3", {"mass_mg": 7.6, "density_g_per_cm3": 7.6}),
        ("H (kA/m)\tM (emu/g)", f"{5e-3 / MU0}\t{1000 / 7.6}", {"density_g_per_cm3": 7.6}),
        ("H (A/m)  Magnetization (A·m²/kg)", f"{5 / MU0} {1000 / 7.6}", {"density_g_per_cm3": 7.6}),
        ("µ0H (mT),M (emu/cm³)", "5000,1000", {}),
        ("mu0_H_T,M_A_per_m", "5,1e6", {}),
        ("Applied Field (Oe),J (T)", f"50000,{MU0 * 1e6}", {}),
        ("H (T)\tJ (T)\tRemark", f"5\t{MU0 * 1e6}\t", {}),
    ],
)
def test_units_come_out_alike(tmp_path, header, row, given):
    """Each row is 5 T and 1 MA/m, which is 1.256637 T."""
    curve = read_magnetometer(written(tmp_path, f"# a remark\n{header}\n{row}\n"), **given)
    polarisation = curve.J_T
    assert curve.mu0_H_T == pytest.approx([5.0]) and polarisation == pytest.approx([MU0 * 1e6]) and np.isnan(curve.T_K).all()


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("Field,J (T)\n5,1\n", {}, "column Field: no unit; allowed are T, mT, Oe"),
        ("Field (V),J (T)\n5,1\n", {}, "column Field: unknown unit (V); allowed are T, mT, Oe"),
        ("Field (T),J (Oe)\n5,1\n", {}, "column J: unknown unit (Oe)"),
        ("Field (T),T (K)\n5,1\n", {}, "no column of the magnetisation; columns are Field, T"),
        ("Field (T),J (T)\n90000,1\n", {}, "within 1e-09 to 100 T; was it meant in"),
        ("Field (Oe),J (T)\n9,1\n", {}, "must reach 0.01 T; was it meant in T?"),
        ("Field (T),J (T)\n9,12000\n", {}, "µ0·M of 1.2e+04 T must be within 0.03 to 3 T; was it meant in"),
        ("Field (T),Moment (emu)\n9,1\n", {}, "a moment needs volume_mm3, or mass_mg and density_g_per_cm3"),
        ("Field (T),M (emu/g)\n9,1\n", {}, "a moment in emu/g needs density_g_per_cm3"),
        ("Field (T),J (T)\n9,1\n8\n", {}, "line 3: 1 cells under 2 columns; the file may be cut"),
        ("Field (T),J (T)\n9,much\n", {}, "line 2: 'much' is not a number"),
        ("Field (T),J (T)\n", {}, "no rows under a header; the file may be cut"),
        ("Field (T),J (T)\n9,\n", {}, "no row has a field and a moment"),
        (DAT.replace("12.5", "light"), {"density_g_per_cm3": 7.6}, "SAMPLE_MASS: 'light' is not a number of mg"),
    ],
)
def test_bad_magnetometer_files(tmp_path, text, given, says):
    refused(says, read_magnetometer, written(tmp_path, text), **given)


def test_no_magnetometer_file(tmp_path):
    refused("cannot be read", read_magnetometer, tmp_path / "none.dat")


MAP = """x (mm),y (mm),Nd (at%),Ce (at%),Fe (at%),Hc (kOe),a (Å)
0,0,10,5,85,12,8.80
5,0,8,7,85,>40,8.79
0,5,6,9,85,,8.78
"""


def test_one_long_table(tmp_path):
    maps = read_maps(written(tmp_path, MAP))
    Hc = maps["Hc"]
    assert list(maps) == ["Nd", "Ce", "Fe", "Hc", "a"] and (Hc.unit, maps["a"].unit, maps["Nd"].unit) == ("T", "nm", "at%")
    assert Hc.values == pytest.approx([1.2, np.nan, np.nan], nan_ok=True)
    assert Hc.reasons == ("", "beyond 40 kOe", "not measured")
    elsewhere = Hc.at([5.0, 0.0, 20.0], [0.0, 0.0, 0.0])
    assert elsewhere.values == pytest.approx([np.nan, 1.2, np.nan], nan_ok=True)
    assert elsewhere.reasons == ("beyond 40 kOe", "", "not measured here")
    assert maps["a"].values == pytest.approx([0.880, 0.879, 0.878])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("5,0,8", "0,0,8", "position x = 0 mm, y = 0 mm stands twice"),
        ("8,7,85", "8,7,75", "line 3: Nd + Ce + Fe sum to 90 %; must be 100 %"),
        ("Hc (kOe)", "Hc (T)", ""),
        ("Hc (kOe)", "Hc", "column Hc: no unit"),
        ("Hc (kOe)", "Hc (bar)", "column Hc: unknown unit (bar)"),
        ("x (mm)", "x", "column x: unit must be one of mm"),
        ("x (mm)", "place (mm)", "no column x"),
        ("Ce (at%)", "Nd (at%)", "column Nd stands twice"),
        ("85,12,", "85,large,", "line 2: Hc: 'large' is not a number"),
        ("5,0,8,7", "5,,8,7", "a row has no position"),
        (",8.78\n", "\n", "line 4: 6 cells under 7 columns; the file may be cut"),
    ],
)
def test_bad_tables(tmp_path, old, new, says):
    path = written(tmp_path, MAP.replace(old, new))
    if says:
        refused(says, read_maps, path)
    else:
        assert read_maps(path)["Hc"].values[0] == 12.0  # 12 T is possible, 12,000 is not:
        path = written(tmp_path, MAP.replace(old, new).replace("85,12,", "85,12000,"))
        refused("column Hc (T): values up to 12000 T: must be within 1e-09 to 100 T; was it meant in", read_maps, path)


ANGLES = np.arange(28.0, 31.0001, 0.04)


def ras(x=-10.0, y=25.0, angles=ANGLES, count=None):
    rows = "\n".join(f"{angle:.4f} {100 + n} {10.0 if n == 3 else 1.0}" for n, angle in enumerate(angles))
    return f"""*RAS_DATA_START
*RAS_HEADER_START
*MEAS_COND_AXIS_NAME-0 "TwoTheta"
*MEAS_COND_AXIS_POSITION-0 28.0
*MEAS_COND_AXIS_NAME-7 "X"
*MEAS_COND_AXIS_POSITION-7 {x}
*MEAS_COND_AXIS_NAME-8 "Y"
*MEAS_COND_AXIS_POSITION-8 "{y}"
*MEAS_DATA_COUNT "{count or len(angles)}"
*RAS_HEADER_END
*RAS_INT_START
{rows}
*RAS_INT_END
*RAS_DATA_END
"""


def xrdml(kind="counts", x=True):
    values = " ".join(str(100 + n) for n in range(len(ANGLES)))
    factors = " ".join("10" if n == 3 else "1" for n in range(len(ANGLES)))
    at = "".join(
        f'<positions axis="{a}" unit="mm"><commonPosition>{p}</commonPosition></positions>' for a, p in (("X", -10), ("Y", 25))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.5"><xrdMeasurement><scan><dataPoints>
<positions axis="2Theta" unit="deg"><startPosition>28</startPosition><endPosition>31</endPosition></positions>{at if x else ""}
<{kind} unit="counts">{values}</{kind}><beamAttenuationFactors>{factors}</beamAttenuationFactors>
</dataPoints></scan></xrdMeasurement></xrdMeasurements>
"""


def xy():
    return "# 2theta counts\n" + "\n".join(f"{angle:.4f}\t{100 + n}" for n, angle in enumerate(ANGLES)) + "\n"


@pytest.mark.parametrize(
    ("name", "text", "attenuated"),
    [
        ("a.ras", ras(), 10),
        ("b.xrdml", xrdml(), 10),
        ("c_x-10_y25.xrdml", xrdml("intensities", x=False), 1),  # intensities are corrected already
        ("scan_x-10_y25.xy", xy(), 1),
    ],
)
def test_patterns_of_all_formats(tmp_path, name, text, attenuated):
    pattern = read_pattern(written(tmp_path, text, name))
    assert pattern.two_theta_deg == pytest.approx(ANGLES) and (pattern.x_mm, pattern.y_mm) == (-10, 25)
    assert pattern.intensity[2:5] == pytest.approx([102, 103 * attenuated, 104])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.ras", ras()[:-40], "to *RAS_INT_END; the file may be cut"),
        ("a.ras", ras(count=400), "76 points, but MEAS_DATA_COUNT is 400; the file may be cut"),
        ("a.ras", ras(angles=np.append(ANGLES, 31.08)), "step of 0.08° at 31.0000°, where others are 0.04°"),
        ("a.ras", ras(x="left"), "is not a number"),
        ("a.xrdml", xrdml()[:-60], "not valid XML"),
        ("a.xrdml", xrdml().replace("102 ", ""), "76 beamAttenuationFactors for 75 counts; the file may be cut"),
        ("a.xy", xy()[:-4].rsplit("\t", 1)[0] + "\n", "not all of one length; the file may be cut"),
        ("a.xy", xy().replace("105", "-5"), "intensities must be numbers >= 0"),
        ("a.raw", xy(), "patterns are read from .ras, .xrdml, .xy files"),
    ],
)
def test_bad_patterns(tmp_path, name, text, says):
    refused(says, read_pattern, written(tmp_path, text, name))


def test_folder_of_patterns(tmp_path):
    for n, (x, y) in enumerate([(0, 0), (5, 0), (0, 5)]):
        written(tmp_path, ras(x, y), f"{n}.ras")
    angles, patterns = read_patterns(tmp_path)
    assert angles == pytest.approx(ANGLES) and patterns.values.shape == (3, 76) and patterns.x_mm.tolist() == [0, 5, 0]
    assert np.isnan(patterns.at([50.0], [50.0]).values).all()
    written(tmp_path, ras(5, 5, np.arange(28.0, 31.0001, 0.02)), "3.ras")
    refused("3.ras: 151 angles from 28° to 31° by 0.02°, but 0.ras has 76", read_patterns, tmp_path)
    written(tmp_path, ras(5, 0), "3.ras")
    refused("position x = 5 mm, y = 0 mm stands twice", read_patterns, tmp_path)
    (tmp_path / "3.ras").unlink()
    written(tmp_path, xy(), "scan.xy")
    refused("scan.xy: no position", read_patterns, tmp_path)
