"""The Python API: what it costs to import, that it is typed, and known answers of it. Predictions: test_inverse_design."""

import ast
import inspect
import re
import subprocess
import sys
from functools import cached_property
from importlib.metadata import files
from pathlib import Path

import h5py
import matplotlib
import numpy as np
import pytest
import yaml
from meshes import brick

import hardmag
from hardmag.cli import main
from hardmag.figures.notation import FIELD, MOMENT
from hardmag.loops import analyse
from hardmag.materials import MU0, stoner_wohlfarth_field

ROOT = Path(__file__).parents[2]
OWN = ("PHYSICS_VERSION", "__version__")
# One domain: 6 nm, far less than π·√(A/K) = 16 nm; µ0·Ms = 0.13 T, 2K/Ms = 8 T.
HARD = hardmag.Phase("hard", A_J_per_m=1e-11, Ku_J_per_m3=4e5, Ms_A_per_m=1e5, axis=(0, 0, 1))
CUBE = hardmag.Voxels(np.zeros((4, 4, 4), dtype=int), (HARD,), cell_m=(1.5e-9,) * 3)
DOWN = {"direction": (0, 0, 1), "from_T": 1, "to_T": -9, "step_T": 1}


def in_a_fresh_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_a_phase_of_a_composition():
    """That of Nd2Fe14B at 300 K is near the published one; a grain of it has the same constants."""
    phase = hardmag.phase_of_composition("Nd")
    assert (phase.name, phase.axis) == ("Nd", (0, 0, 1))
    assert phase.Ku_J_per_m3 == pytest.approx(4.3e6, rel=0.1) and MU0 * phase.Ms_A_per_m == pytest.approx(1.6, rel=0.05)
    core = hardmag.nanostructure("coreshell", core_composition="Nd").phases[0]
    assert core.with_(name="Nd") == phase
    warm = hardmag.phase_of_composition("Nd0.5Ce0.5", 400, name="grain", axis=(2, 0, 0))
    assert warm.name == "grain" and warm.axis == (1, 0, 0) and warm.Ku_J_per_m3 < phase.Ku_J_per_m3 / 2


# Names, hints, and what an import costs


def test_import_alone_imports_nothing():
    """But for what its lazy names take: no torch, numpy, pydantic, not even typing."""
    code = "import sys; before = {*sys.modules}; import hardmag; print(*{m.split('.')[0] for m in {*sys.modules} - before})"
    assert {*in_a_fresh_process(code)} <= {"hardmag", "importlib", "warnings"}


def test_data_are_read_without_torch():
    code = "import sys; from hardmag import load_dataset, Phase, Mesh, nanostructure, predict; print('torch' in sys.modules)"
    assert in_a_fresh_process(code) == ["False"]


def test_drawing_leaves_the_backend_and_its_settings_to_the_user():
    before = "import matplotlib as m; m.use('svg'); before = dict(m.rcParams)"
    assert in_a_fresh_process(f"{before}; import hardmag.demagnetisation; print(before == dict(m.rcParams))") == ["True"]


def test_all_is_complete():
    tree = ast.parse((ROOT / "src/hardmag/__init__.py").read_text())
    for_checkers = {a.name: n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    del for_checkers["import_module"]
    assert for_checkers == {name: f"hardmag.{module}" for name, module in hardmag._MODULES.items()}
    assert sorted(hardmag.__all__) == sorted({*OWN, *for_checkers}) and set(hardmag.__all__) <= set(dir(hardmag))
    assert all(inspect.getdoc(getattr(hardmag, name)) for name in for_checkers)
    with pytest.raises(AttributeError, match="module 'hardmag' has no attribute 'halfcycle'"):
        hardmag.halfcycle  # noqa: B018


def public_functions():
    """(name, function) of all functions, methods and properties that a user may call."""
    for name in hardmag._MODULES:
        thing = getattr(hardmag, name)
        if inspect.isfunction(thing):
            yield name, thing
        for key, member in vars(thing).items() if inspect.isclass(thing) else ():
            function = {property: "fget", cached_property: "func"}.get(type(member))
            member = getattr(member, function) if function else member
            if inspect.isfunction(member) and not key.startswith("_"):
                yield f"{name}.{key}", member


def test_everything_public_has_hints():
    names = []
    for name, function in public_functions():
        signature = inspect.signature(function)
        given = [p.annotation for key, p in signature.parameters.items() if key != "self"] + [signature.return_annotation]
        assert inspect.Signature.empty not in given, name
        assert function.__doc__, name
        names.append(name)
    assert {"half_cycle", "predict", "Phase.with_", "Mesh.quality", "Designs.met", "DemagnetisationCurve.plot"} <= {*names}
    assert any(path.name == "py.typed" for path in files("hardmag")) or (ROOT / "src/hardmag/py.typed").is_file()


def test_hints_of_the_sections_are_the_models():
    """A case file and the API take the same keys, and require the same."""
    from hardmag import api, simulate

    for hints, model in ((api.FieldAxis, simulate.FieldAxis), (api.SolverSettings, simulate.Solver)):
        assert set(hints.__annotations__) == set(model.model_fields)
        assert hints.__required_keys__ == {name for name, field in model.model_fields.items() if field.is_required()}


# Half-cycles


def test_a_single_domain_along_its_axis_reverses_at_2K_over_Ms():
    curve = hardmag.half_cycle(CUBE, field=DOWN)
    assert curve.status is hardmag.Status.OK and curve.evaluations > 0
    # Jumps are located to 0.01 T; the inner field of a cube differs from the mean by no more than µ0·Ms/3 at its corners.
    assert curve.loop.mu0_Hc_T == pytest.approx(2 * HARD.Ku_J_per_m3 / HARD.Ms_A_per_m, abs=0.04)
    assert curve.loop.m_r == pytest.approx(1, abs=1e-3) and curve.loop.phi_p == 0
    assert curve.loop.BHmax_kJ_per_m3 == pytest.approx(MU0 * HARD.Ms_A_per_m**2 / 4 / 1e3, rel=1e-2)
    assert curve.loop == analyse(curve.mu0_H_T, curve.m_parallel, HARD.Ms_A_per_m)


@pytest.mark.parametrize("degrees", [15, 30])
def test_a_single_domain_at_an_angle_is_that_of_stoner_and_wohlfarth(degrees):
    psi = np.radians(degrees)
    curve = hardmag.half_cycle(CUBE, field=DOWN | {"direction": np.array([np.sin(psi), 0, np.cos(psi)])})
    assert curve.loop.mu0_Hc_T == pytest.approx(stoner_wohlfarth_field(HARD.Ku_J_per_m3, HARD.Ms_A_per_m, psi), abs=0.04)


@pytest.mark.parametrize(
    ("kind", "parameters", "direction"),
    [
        ("smco17", {"L_nm": 20, "d_nm": 16, "wS_nm": 4, "wZ_nm": 4, "size_nm": [32, 32, 2], "cell_nm": [2, 2, 2]}, [0, 1, 0]),
        ("coreshell", {"a_nm": 8, "b_nm": 8, "c_nm": 6, "shell_nm": 2, "layer_nm": 1, "misorientation_deg": 20}, [0, 0, 1]),
    ],
)
def test_a_nanostructure_and_its_case_file_give_the_same_curve(kind, parameters, direction, tmp_path):
    field = {"direction": direction, "from_T": 2.0, "to_T": -15.0, "step_T": 1.0, "resolution_T": None}
    case = {"nanostructure": {"kind": kind} | parameters, "field": field, "solver": {"seed": 3}}
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case))
    assert main(["simulate", str(tmp_path / "case.yaml"), "-o", str(tmp_path / "out.h5")]) == 0
    curve = hardmag.half_cycle(hardmag.nanostructure(kind, **parameters), field=field, solver={"seed": 3})
    with h5py.File(tmp_path / "out.h5") as file:
        assert {key: file.attrs[key] for key in vars(curve.loop)} == vars(curve.loop)
        for name, values in (("mu0_H_T", curve.mu0_H_T), ("m_parallel", curve.m_parallel), ("status", curve.codes)):
            assert np.array_equal(file[f"loop/{name}"], values)


def test_a_mesh_is_solved_too():
    mesh = brick((3, 3, 3), 2e-9, (HARD,))
    curve = hardmag.half_cycle(mesh, field=DOWN)
    assert curve.loop.mu0_Hc_T == pytest.approx(8, abs=0.06)
    with pytest.raises(hardmag.UserError, match="solver.exchange: on a mesh it must be variational, got yang_eq7"):
        hardmag.half_cycle(mesh, field=DOWN, solver={"exchange": "yang_eq7"})


def test_grains_are_solved_too():
    """As the nanostructure that they are built of."""
    magnet = hardmag.nanostructure(
        "polycrystal", grains=8, grain_size_nm=100, boundary_percent=3, misalignment_deg=20, structure_seed=1
    )
    grains = magnet.build(np.random.default_rng(0))
    curve, of_magnet = (hardmag.half_cycle(body, field={**DOWN, "direction": [0, 0, 1]}) for body in (grains, magnet))
    assert curve.loop == of_magnet.loop
    with pytest.raises(hardmag.UserError, match="solver.exchange: on a mesh it must be variational, got yang_eq7"):
        hardmag.half_cycle(grains, field=DOWN, solver={"exchange": "yang_eq7"})


def test_a_simulation_that_fails_says_so():
    curve = hardmag.half_cycle(CUBE, field=DOWN, solver={"max_iterations": 1})
    assert curve.status is hardmag.Status.NOT_CONVERGED and np.isnan(curve.loop.mu0_Hc_T) and np.isnan(curve.m_parallel[-1])
    assert curve.table()["status"].iloc[-1] == "not_converged"
    assert curve.plot().get_legend().get_texts()[0].get_text() == "not converged"
    matplotlib.pyplot.close("all")


def test_table_and_picture_of_a_curve():
    H = np.array([1.0, 0.5, 0.0, -0.5, -1.0, -1.01, -1.5, -2.0, -2.01])
    m = np.array([1.0, 0.99, 0.98, 0.97, 0.96, 0.5, 0.49, 0.48, -0.9])
    ok = hardmag.Status.OK
    curve = hardmag.DemagnetisationCurve(H, m, np.full(9, int(ok)), ok, analyse(H, m, 1e6), 10)
    table = curve.table()
    assert list(table) == ["mu0_H_T", "m_parallel", "status"] and set(table["status"]) == {"ok"}
    assert np.array_equal(table["mu0_H_T"], H) and np.array_equal(table["m_parallel"], m)
    axis = curve.plot()
    assert (axis.get_xlabel(), axis.get_ylabel()) == (FIELD, MOMENT)
    *_, line, depinning = axis.get_lines()
    assert np.array_equal(line.get_xydata(), np.column_stack([H, m]))
    assert depinning.get_xydata().tolist() == [[-1.005, pytest.approx(0.73)]]
    # Hc = 2.003 T: m falls by 1.38 there; (2.003 − 1.005)/2.003 = 0.498
    assert re.fullmatch(r".* = 2\.00 T, .* = 0\.50", axis.get_legend().get_texts()[0].get_text())
    assert curve.plot(axis) is axis and len(axis.figure.axes) == 1
    matplotlib.pyplot.close("all")


def test_ten_lines_of_the_readme(tmp_path, monkeypatch):
    """As they are printed: a picture, and the coercivity of an exchange spring between that of soft and of hard."""
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[0]
    assert len([line for line in code.splitlines() if line]) == 10
    scope = {}
    exec(code, scope)
    assert 0.5 < scope["curve"].loop.mu0_Hc_T < 2 * 4.9e6 / 1.281e6
    assert scope["curve"].loop.BHmax_kJ_per_m3 < MU0 * 1.281e6**2 / 4 / 1e3
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    matplotlib.pyplot.close("all")


# Wrong arguments


WRONG = hardmag.Phase("in T", A_J_per_m=1e-11, Ku_J_per_m3=4e5, Ms_A_per_m=1.6, axis=(0, 0, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hardmag.half_cycle("cube", field=DOWN), "body: must be Voxels, a Mesh, Grains or a nanostructure, got str"),
        (
            lambda: hardmag.half_cycle(CUBE, field=5),
            "field: must be a mapping of direction, from_T, to_T, step_T, resolution_T",
        ),
        (lambda: hardmag.half_cycle(CUBE, field=DOWN | {"steps": 3}), "half_cycle: field.steps: unknown key"),
        (lambda: hardmag.half_cycle(CUBE, field={"from_T": 1}), "half_cycle: field.direction: required key is missing"),
        (lambda: hardmag.half_cycle(CUBE, field=DOWN | {"to_T": 2}), "field: from_T = 1 must be > to_T = 2"),
        (
            lambda: hardmag.half_cycle(CUBE, field=DOWN | {"from_T": 1e4}),
            "field.from_T = 10000 must be within .* was it meant in .*Oe",
        ),
        (lambda: hardmag.half_cycle(CUBE, field=DOWN, solver={"kick": 1}), "half_cycle: solver.kick: .* less than 0.2"),
        (lambda: hardmag.Phase("x", A_J_per_m=-1, Ku_J_per_m3=0, Ms_A_per_m=1), "phase 'x': A_J_per_m = -1 must be a finite"),
        (lambda: hardmag.Voxels([[[0]]], (HARD,), (1e-9,) * 3), "index must be an array of integers .nx, ny, nz., got list"),
        (lambda: hardmag.Voxels(CUBE.index, (HARD,), (1e-9,)), "cell = .1e-09. must be three lengths > 0"),
        (lambda: hardmag.Voxels(CUBE.index + 1, (HARD,), (1e-9,) * 3), "voxels hold phase index 1, allowed are 0 to 0"),
        (
            lambda: hardmag.Mesh(np.zeros((4, 2)), np.zeros((1, 4), int), np.zeros(1, int), (HARD,)),
            "nodes must be finite numbers",
        ),
        (
            lambda: hardmag.nanostructure("smco71"),
            "kind: 'smco71' is not one of smco17, .*; did you mean smco17",
        ),
        (
            lambda: hardmag.phase_of_composition("Ce", 440),
            "phase_of_composition: phase 'Ce' must be below its Curie temperature",
        ),
        (lambda: hardmag.phase_of_composition("Nd", -1), "phase_of_composition: temperature_K = -1 must be a number > 0"),
        (
            lambda: hardmag.phase_of_composition("Sm"),
            "phase_of_composition: composition 'Sm': Sm is none of",
        ),
        (lambda: hardmag.nanostructure("smco17", L_nm=5), "nanostructure: d_nm: required key is missing"),
        (
            lambda: hardmag.nanostructure("coreshell", a_nm=1e-7),
            "nanostructure: a_nm = 1e-07 must be within .* was it meant in m",
        ),
        (lambda: hardmag.load_dataset("no.h5"), "no.h5: no such folder of results, campaign file or dataset"),
        (lambda: hardmag.predict("no"), "no: no such folder of results or campaign file"),
        (lambda: hardmag.design("no", {"mu0_Hc_T": 3}), "no: no such folder of results or campaign file"),
    ],
)
def test_wrong_arguments_are_one_line(call, message):
    with pytest.raises(hardmag.UserError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_magnitudes_of_a_body():
    """Of another unit, unless one insists."""
    cube = hardmag.Voxels(CUBE.index, (WRONG,), CUBE.cell_m)
    with pytest.raises(hardmag.UserError, match=r"body.phases.0.Ms_A_per_m = 1.6 must be within .* was it meant in T"):
        hardmag.half_cycle(cube, field=DOWN)
    with pytest.raises(hardmag.UserError, match="body.cell_m: 1 m must be within 0.05 to 100000 nm"):
        hardmag.half_cycle(hardmag.Voxels(CUBE.index, (HARD,), (1, 1, 1)), field=DOWN)
    insisted = hardmag.half_cycle(cube, field=DOWN | {"to_T": 0.0}, any_magnitude=True)
    assert insisted.status is hardmag.Status.NOT_REVERSED and insisted.m_parallel[-1] == pytest.approx(1)


# Datasets


def test_a_dataset_is_at_hand():
    """That which comes with the project: its table is that of the file, and a curve has the coercivity of its row."""
    data = hardmag.load_dataset(ROOT / "data" / "smco17-workstation.h5")
    table = data.table()
    assert data.kind == "smco17" and data.attributes["physics_version"] == hardmag.PHYSICS_VERSION
    assert len(data) == len(table) == len(data.curves) == len(data.half_cycles) and set(table) == set(data.columns)
    assert data.units["mu0_Hc_T"] == "T" and "coercivity" in data.meanings["mu0_Hc_T"] and table.attrs["units"] == data.units
    for i in np.flatnonzero(np.isfinite(table["mu0_Hc_T"]))[::997]:
        assert analyse(*data.curves[i], 1.0).mu0_Hc_T == pytest.approx(table["mu0_Hc_T"][i], rel=1e-6)
        assert len(data.half_cycles[i]) == table["realisations"][i]
