"""`hardmag simulate` on a tiny magnet: exit codes, the file it writes, and one line for each mistake."""

import re

import h5py
import numpy as np
import pytest
import torch

import hardmag.simulate
from hardmag import PHYSICS_VERSION, __version__
from hardmag.cli import main
from hardmag.materials import ND2FE14B
from hardmag.micromagnetics.half_cycle import Status

# A single domain: 6 nm of cells far smaller than δ0 = 5 nm, µ0 Ms = 0.13 T, field 10° off the easy axis.
PHASE = "{name: %s, A_J_per_m: 1.0e-11, Ku_J_per_m3: 4.0e+5, Ms_A_per_m: 1.0e+5, axis: [0, 1, 0]}"
OWN_PHASES = f"""phases:
  - {PHASE % "one"}
  - {PHASE % "two"}
"""
OWN = f"""voxels: magnet.npy
cell_nm: [1, 1, 1]
{OWN_PHASES}"""
FIELD = "field: {direction: [0.17364818, 0.98480775, 0], from_T: 1, to_T: -8, step_T: 0.1, resolution_T: null}\n"
SMCO17 = "nanostructure: {kind: smco17, L_nm: 30, d_nm: 20, wS_nm: 3, wZ_nm: 4}\n"


@pytest.fixture
def case(tmp_path):
    """Function: write a case file beside its voxels."""

    def write(text):
        index = np.zeros((6, 6, 6), dtype=np.uint8)
        index[3:] = 1
        np.save(tmp_path / "magnet.npy", index)
        (tmp_path / "case.yaml").write_text(text)
        return tmp_path / "case.yaml"

    return write


@pytest.fixture
def simulate(case, tmp_path, capsys):
    """Function: run a case; returns (exit code, stderr)."""

    def run(text, output="out/result.h5"):
        code = main(["simulate", str(case(text)), "-o", str(tmp_path / output)])
        captured = capsys.readouterr()
        assert captured.out == "" if code else captured.out.startswith("mu0_Hc_T = ")
        return code, captured.err

    return run


def read(path):
    with h5py.File(path) as file:
        return dict(file.attrs), {name: file["loop"][name][()] for name in file["loop"]}


def test_a_single_domain_switches_where_it_should(simulate, tmp_path):
    code, err = simulate(OWN + FIELD)
    assert (code, err) == (0, "")
    attrs, loop = read(tmp_path / "out" / "result.h5")
    assert attrs["status"] == "ok"
    # Stoner and Wohlfarth: 2K/Ms·(cos^2/3 ψ + sin^2/3 ψ)^−3/2 = 5.390 T at ψ = 10°; a cube has no shape anisotropy.
    # One field step of 0.1 T.
    assert attrs["mu0_Hc_T"] == pytest.approx(5.390, abs=0.1)
    assert attrs["mu0_Hp_T"] == attrs["mu0_Hc_T"] and attrs["phi_p"] == 0
    assert attrs["m_r"] == pytest.approx(np.cos(np.radians(10)), abs=1e-3)
    # (BH)max of nearly a square loop: µ0 (m_r Ms)²/4 = 3.046 kJ/m³; m falls by 0.3 % to half the remanence.
    assert attrs["BHmax_kJ_per_m3"] == pytest.approx(np.pi * 1e-7 * (np.cos(np.radians(10)) * 1e5) ** 2 / 1e3, rel=0.01)
    assert 0.8 < attrs["squareness"] < 1

    H, m = loop["mu0_H_T"], loop["m_parallel"]
    assert len(H) == len(m) == len(loop["status"])
    assert np.allclose(H, 1 - 0.1 * np.arange(len(H)), rtol=0, atol=1e-9)
    assert np.all(loop["status"] == Status.OK)
    assert np.all(np.diff(m) < 0) and m[0] > 0.98 and m[-1] < -0.8 * m[0]
    assert np.count_nonzero(m < 0) == 1  # it ends when the sample has reversed


def test_the_file_explains_itself(simulate, tmp_path):
    simulate(OWN + FIELD.replace("0.1,", "1,"))
    attrs, _ = read(tmp_path / "out" / "result.h5")
    promised = {"status", "case", "hardmag_version", "physics_version", "exchange", "evaluations"}
    promised |= {"mu0_Hc_T", "mu0_Hp_T", "phi_p", "m_r", "squareness", "BHmax_kJ_per_m3"}
    assert set(attrs) == promised
    assert attrs["case"] == (tmp_path / "case.yaml").read_text()
    assert (attrs["hardmag_version"], attrs["physics_version"]) == (__version__, PHYSICS_VERSION)
    assert attrs["evaluations"] > 0
    with h5py.File(tmp_path / "out" / "result.h5") as file:
        assert set(file) == {"loop"} and set(file["loop"]) == {"mu0_H_T", "m_parallel", "status"}
        assert {name: file["loop"][name].attrs["unit"] for name in file["loop"]} == {
            "mu0_H_T": "T",
            "m_parallel": "1",
            "status": "1",
        }
        legend = file["loop/status"].attrs["description"]
    for status in Status:
        assert (f"{status.value}: {status.name.lower()}" in legend) == (status is not Status.RUNNING)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.h5"]


def test_the_same_case_gives_the_same_curve(simulate, tmp_path):
    text = OWN + FIELD.replace("0.1,", "0.5,")
    for name in ("a.h5", "b.h5"):
        assert simulate(text, name)[0] == 0
    (a, curve_a), (b, curve_b) = (read(tmp_path / name) for name in ("a.h5", "b.h5"))
    assert a["evaluations"] == b["evaluations"]
    assert np.array_equal(curve_a["m_parallel"], curve_b["m_parallel"])


def test_precision_does_not_matter_to_the_curve(simulate, tmp_path):
    for precision in ("fp32", "fp64"):
        text = OWN + FIELD.replace("0.1,", "0.5,") + f"solver: {{precision: {precision}}}\n"
        assert simulate(text, f"{precision}.h5")[0] == 0
    (_, a), (_, b) = (read(tmp_path / f"{p}.h5") for p in ("fp32", "fp64"))
    # Both are at rest to 1 mT of torque in 8 T of anisotropy: a rotation of 1e-4.
    assert np.allclose(a["m_parallel"], b["m_parallel"], rtol=0, atol=2e-4)


def test_end_of_the_range_beyond_the_coercivity_is_good_enough(simulate, tmp_path):
    # At 60° m crosses zero by rotation at 3.46 T and switches at 4.19 T: by −4 T Hc is known, and nothing has reversed.
    field = "field: {direction: [0.8660254, 0.5, 0], from_T: 1, to_T: -4, step_T: 0.25}\n"
    assert simulate(OWN + field) == (0, "")
    attrs, loop = read(tmp_path / "out" / "result.h5")
    assert attrs["status"] == "ok" and loop["mu0_H_T"][-1] == pytest.approx(-4)
    # 8·sin 60°·cos 60° by rotation; m falls steeply there, so linear interpolation over a step costs a few 10 mT.
    assert attrs["mu0_Hc_T"] == pytest.approx(3.464, abs=0.05)


def failed(simulate, tmp_path, text, code):
    exit_code, err = simulate(text)
    assert exit_code == 1
    assert err == f"error: simulation failed: {code} (see loop/status in {tmp_path / 'out' / 'result.h5'})\n"
    attrs, loop = read(tmp_path / "out" / "result.h5")
    assert attrs["status"] == code
    for name in ("mu0_Hc_T", "mu0_Hp_T", "phi_p", "m_r", "squareness", "BHmax_kJ_per_m3"):
        assert np.isnan(attrs[name])
    return loop["mu0_H_T"], loop["m_parallel"], loop["status"]


def test_not_converged_at_the_first_field(simulate, tmp_path):
    H, m, status = failed(simulate, tmp_path, OWN + FIELD + "solver: {max_iterations: 1}\n", "not_converged")
    assert H.tolist() == [1] and np.isnan(m[0]) and status.tolist() == [Status.NOT_CONVERGED]


def test_not_converged_at_a_later_field(simulate, tmp_path):
    # Five evaluations are enough at the first fields, and too few for the switching.
    text = OWN + FIELD.replace("0.1,", "0.5,") + "solver: {max_iterations: 5}\n"
    H, m, status = failed(simulate, tmp_path, text, "not_converged")
    assert len(H) > 2
    assert np.all(status[:-1] == Status.OK) and status[-1] == Status.NOT_CONVERGED
    assert np.all(np.isfinite(m[:-1])) and np.isnan(m[-1])
    assert np.allclose(np.diff(H), -0.5, rtol=0, atol=1e-9)


def test_not_reversed(simulate, tmp_path):
    H, m, status = failed(simulate, tmp_path, OWN + FIELD.replace("-8", "-3").replace("0.1,", "1,"), "not_reversed")
    assert H.tolist() == [1, 0, -1, -2, -3] and np.all(m > 0.9)


def test_not_saturated_is_named_at_its_field(simulate, tmp_path):
    # A first field against the saturated state, beyond the switching field: it reverses at once, at −10 T.
    text = OWN + FIELD.replace("from_T: 1, to_T: -8", "from_T: -10, to_T: -12")
    H, m, status = failed(simulate, tmp_path, text, "not_saturated")
    assert H[status == Status.NOT_SATURATED].tolist() == [-10]
    assert not np.any(status == Status.OK)


# ---- mistakes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN.replace("magnet.npy", "nothing.npy") + FIELD, r"nothing\.npy: no such voxel file \(key 'voxels'\)"),
        (OWN.replace("magnet.npy", "case.yaml") + FIELD, r"case\.yaml: not a readable voxel file .*: neither a \.npy"),
        (OWN.replace(f"  - {PHASE % 'two'}\n", "") + FIELD, r"magnet\.npy: voxels hold phase index 1, allowed are 0 to 0"),
        (OWN.replace("A_J_per_m: 1.0e-11", "A_J_per_m: -1.0e-11", 1) + FIELD, r"phases\.0\.A_J_per_m: .*-1e-11"),
        (OWN.replace("Ms_A_per_m", "Ms") + FIELD, r"phases\.0\.Ms: unknown key"),
        (OWN.replace("axis: [0, 1, 0]", "axis: [0, 0, 0]") + FIELD, r"phases\.0\.axis"),
        (OWN.replace("[1, 1, 1]", "[1, 1]") + FIELD, "cell_nm"),
        (OWN.replace("[1, 1, 1]", "[1, 1, 0]") + FIELD, "cell_nm"),
        (OWN.replace("cell_nm", "cell") + FIELD, "cell: unknown key"),
        (SMCO17.replace("wZ_nm: 4", "wZ_nm: 20") + FIELD, "nanostructure: wZ_nm must be < d_nm, but .*d_nm = 20"),
        (SMCO17.replace("wZ_nm: 4", "wZ_nm: thick") + FIELD, r"nanostructure\.wZ_nm: .*number.*'thick'"),
        (SMCO17.replace("wZ_nm", "wZ") + FIELD, r"nanostructure\.wZ_nm: required key.*nanostructure\.wZ: unknown key"),
        (
            SMCO17.replace("smco17", "smco18") + FIELD,
            r"nanostructure\.kind: 'smco18' is not one of smco17, coreshell, polycrystal, from_file",
        ),
        (SMCO17.replace("smco17", "[smco17]") + FIELD, r"nanostructure\.kind"),
        (SMCO17.replace("kind: smco17, ", "") + FIELD, r"nanostructure\.kind: None is not one of"),
        (SMCO17.replace("kind", "size_nm: [.inf, 64, 32], kind") + FIELD, "size_nm"),
        ("nanostructure: {kind: from_file, voxels: 5}\n" + FIELD, r"nanostructure\.voxels"),
        ("nanostructure: {kind: from_file}\n" + FIELD, r"nanostructure\.phases: required key is missing"),
        ("nanostructure:\n  kind: from_file\n  " + OWN_PHASES + FIELD, r"nanostructure: voxels: required key is missing"),
        (SMCO17 + OWN + FIELD, "voxels: goes not with 'nanostructure'"),
        (FIELD, "voxels: required key is missing"),
        (OWN, "field: required key is missing"),
        (OWN + FIELD.replace("from_T", "fromT"), r"field\.from_T: required key is missing; field\.fromT: unknown key"),
        (OWN + FIELD.replace("from_T: 1", "from_T: -9"), "field: from_T = -9 must be > to_T = -8"),
        (OWN + FIELD.replace("step_T: 0.1", "step_T: -0.1"), r"field\.step_T: .*greater than 0"),
        (OWN + FIELD.replace("step_T: 0.1", "step_T: 1.0e-6"), "field: step_T = 1e-06"),
        (OWN + FIELD.replace("step_T: 0.1", "step_T: 20"), "field: step_T = 20"),
        (OWN + FIELD.replace("to_T: -8", "to_T: -.inf"), r"field\.to_T"),
        (OWN + FIELD.replace("[0.17364818, 0.98480775, 0]", "[0, 0, 0]"), r"field\.direction: .*not all zero"),
        (OWN + FIELD + "solver: {precision: fp16}\n", r"solver\.precision: .*'fp32' or 'fp64'"),
        (OWN + FIELD + "solver: {iterations: 5}\n", r"solver\.iterations: unknown key"),
        (OWN + FIELD + "colour: red\n", "colour: unknown key"),
        ("voxels: [", "not valid YAML"),
        ("", "mapping"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(simulate, tmp_path, text, words):
    code, err = simulate(text)
    assert code == 2
    assert err.startswith(f"error: {tmp_path / 'case.yaml'}: ")
    assert err.endswith("\n") and err.count("\n") == 1
    assert re.search(words, err), err
    assert not (tmp_path / "out").exists()


def test_no_case_file(tmp_path, capsys):
    assert main(["simulate", str(tmp_path / "nothing.yaml"), "-o", str(tmp_path / "o.h5")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'nothing.yaml'}: no such case file\n"


@pytest.mark.parametrize("output", ["folder", "file/result.h5"])
def test_an_output_that_cannot_be_written_is_a_mistake(simulate, tmp_path, output):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    code, err = simulate(OWN + FIELD.replace("0.1}", "3}"), output)
    assert code == 2
    assert err.startswith("error: ") and err.count("\n") == 1
    assert str(tmp_path / output.split("/")[0]) in err


def test_a_small_body_takes_one_thread_and_leaves_the_others_as_they_were(monkeypatch):
    """Threads that wait for each other made a cube of 16³ cells take five times as long on a busy machine."""
    seen, threads = [], torch.get_num_threads()
    run = hardmag.simulate.run_half_cycles
    counted = lambda *given, **settings: seen.append(torch.get_num_threads()) or run(*given, **settings)  # noqa: E731
    monkeypatch.setattr("hardmag.simulate.run_half_cycles", counted)
    torch.set_num_threads(2)
    try:
        hardmag.half_cycle(
            hardmag.Voxels(np.zeros((2, 2, 2), int), (ND2FE14B,), (1e-9,) * 3),
            field={"direction": (0.1, 0, 1), "from_T": 1, "to_T": -9, "step_T": 1},
        )
        assert seen == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_info_describes_a_result(case, tmp_path, capsys):
    output = tmp_path / "out.h5"
    assert main(["simulate", str(case(OWN + FIELD)), "-o", str(output)]) == 0
    figures = capsys.readouterr().out.split("; ")[0]
    assert main(["info", str(output)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{output}: one simulation, of hardmag simulate;") and "status: ok" in said and figures in said


def test_a_damaged_result_is_refused_in_one_line(case, tmp_path, capsys):
    """Cut off while it was copied, say: it begins as HDF5 does, but cannot be opened."""
    output = tmp_path / "out.h5"
    assert main(["simulate", str(case(OWN + FIELD)), "-o", str(output)]) == 0
    output.write_bytes(output.read_bytes()[:3000])
    capsys.readouterr()
    assert main(["export", "curves", str(output), "-o", str(tmp_path / "out.csv")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {output}: ") and said.count("\n") == 1
