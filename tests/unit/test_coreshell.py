"""Core/shell grains: what is drawn and meshed has the phases and lengths that were asked for; bad input is one line."""

import builtins
from typing import Literal

import numpy as np
import pytest
import yaml
from meshes import brick
from pydantic import ValidationError

from hardmag.errors import ImpossibleStructure, UserError
from hardmag.files import complaint
from hardmag.materials import GRAIN_SHELL, MU0, ND2FE14B, Phase, stoner_wohlfarth_field
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.mesh import Mesh, Quality, ordered
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures import mesh_files, mesher
from hardmag.nanostructures.composed import SHARES, follows, shares_at, with_compositions
from hardmag.nanostructures.constants import CONSTANTS, constant_of
from hardmag.nanostructures.coreshell import CORE, LAYER, SHELL, CoreShell
from hardmag.simulate import load_case
from hardmag.voxels import Voxels

ANISOTROPY = 0.24388  # Nz − Nx of the prism 2:2:1 (Aharoni 1998)
GRAIN = {"a_nm": 12.0, "b_nm": 10.0, "c_nm": 8.0, "shell_nm": 2.0, "layer_nm": 1.0}


def test_voxels():
    """Volumes of the three phases and the order in which a line through the middle meets them."""
    voxels = CoreShell(**GRAIN).build(None)
    assert voxels.index.shape == CoreShell(**GRAIN).shape == (14, 12, 10)
    assert voxels.index[:, 6, 5].tolist() == [LAYER, SHELL, SHELL, *[CORE] * 8, SHELL, SHELL, LAYER]
    assert np.bincount(voxels.index.ravel()).tolist() == [8 * 6 * 4, 12 * 10 * 8 - 8 * 6 * 4, 14 * 12 * 10 - 12 * 10 * 8]
    shares = CoreShell(**GRAIN).descriptors()
    assert list(shares.values()) == pytest.approx(list(voxels.fractions().values()), abs=1e-12)


LEAN = {"core_composition": "Ce0.75La0.25", "core_Nd": 0.3, "shell_composition": "Nd"}


def test_a_phase_by_composition():
    """Its constants are the model's, those of the shares beside a formula those of the formula written out; they are part of
    the content, from which the same grain is made again; the layer has its share of the shell's Ms."""
    grain = CoreShell(**GRAIN, **LEAN, temperature_K=350, layer_Ms_of_shell=0.8)
    model = IntrinsicModel.read()
    for name, formula in (("core", "(Nd0.3Ce0.525La0.175)2Fe14B"), ("shell", "Nd")):
        expected = model.at(Composition.parse(formula), 350.0)
        for key in CONSTANTS:
            assert getattr(grain, f"{name}_{key}") == pytest.approx(float(expected[key][0]), rel=1e-7)
    assert grain.layer_mu0_Ms_T == pytest.approx(0.8 * grain.shell_mu0_Ms_T, rel=1e-8)
    core, shell = 8 * 6 * 4 / (14 * 12 * 10), (12 * 10 * 8 - 8 * 6 * 4) / (14 * 12 * 10)
    assert grain.descriptors()["Nd_at_percent"] == pytest.approx(100 * 2 / 17 * (0.3 * core + shell))
    assert CoreShell.model_validate(grain.content()) == grain
    one = CoreShell(**GRAIN, core_composition="Nd")
    assert one.temperature_K == 300 and one.shell_K1_MJ_per_m3 == CoreShell().shell_K1_MJ_per_m3
    assert "Nd_at_percent" not in one.descriptors()
    assert not CoreShell(**GRAIN).content().keys() & {"temperature_K", "intrinsic_sha256", "core_composition", "core_Nd"}


def test_second_anisotropy_constant():
    """Beside constants and beside a composition; a grain without it has the id that it always had."""
    for grain in (CoreShell(**GRAIN, shell_K2_MJ_per_m3=0.65), CoreShell(**GRAIN, **LEAN, shell_K2_MJ_per_m3=0.65)):
        assert [phase.K2_J_per_m3 for phase in grain.phases] == [0, 0.65e6, 0]
        assert grain.content()["shell_K2_MJ_per_m3"] == 0.65
    assert not [key for key in CoreShell(**GRAIN).content() if "K2" in key]


def test_what_is_planned_does_not_change_with_the_model():
    """A content of another model keeps its K1, Ms and A; without them such a grain is refused."""
    content = CoreShell(**GRAIN, **LEAN).content() | {"core_K1_MJ_per_m3": 1.234, "intrinsic_sha256": "0"}
    again = CoreShell.model_validate(content)
    assert again.core_K1_MJ_per_m3 == again.refined().core_K1_MJ_per_m3 == 1.234 and again.content() == content
    with pytest.raises(ValidationError, match="intrinsic_sha256: K1, Ms and A are of another model than that of this hardmag"):
        CoreShell(**GRAIN, **LEAN, intrinsic_sha256="0")


class Pair(with_compositions("pair", ("magnet",), {"film": "magnet"})):
    """Another kind, with a phase that may be given by composition and one that has a share of its Ms."""

    kind: Literal["pair"] = "pair"
    magnet_K1_MJ_per_m3: constant_of("magnet", "K1_MJ_per_m3") = 4.0
    magnet_mu0_Ms_T: constant_of("magnet", "mu0_Ms_T") = 1.6
    magnet_A_pJ_per_m: constant_of("magnet", "A_pJ_per_m") = 8.0
    film_K1_MJ_per_m3: constant_of("film", "K1_MJ_per_m3") = 0.0
    film_mu0_Ms_T: constant_of("film", "mu0_Ms_T") = 1.0
    film_A_pJ_per_m: constant_of("film", "A_pJ_per_m") = 8.0

    def build(self, rng):
        """Two cells."""
        index = np.array([0, 1], dtype=np.uint8).reshape(2, 1, 1)
        return Voxels(index, (self.phase("magnet"), self.phase("film")), (1e-9,) * 3)


def test_another_kind_with_a_composition():
    """It says once which phases may have one, and has their parameters, constants, columns and what models learn of them."""
    pair = Pair(magnet_composition="Nd", magnet_La=0.6, temperature_K=433, film_Ms_of_magnet=0.5)
    model = IntrinsicModel.read().phase("magnet", Composition.parse("Nd0.4La0.6"), 433.0)
    magnet, film = pair.build(None).phases
    assert (magnet.Ku_J_per_m3, magnet.Ms_A_per_m) == pytest.approx((model.Ku_J_per_m3, model.Ms_A_per_m), rel=1e-7)
    assert film.Ms_A_per_m == pytest.approx(0.5 * magnet.Ms_A_per_m, rel=1e-8)
    assert str(pair.composition_of("magnet")) == "(Nd0.4La0.6)2Fe14B" and Pair().composition_of("magnet") is None
    assert Pair.model_validate(pair.content()) == pair
    own = {"magnet_composition", *(f"magnet_{element}" for element in SHARES), "temperature_K", "intrinsic_sha256"}
    assert Pair.columns().keys() - own == {f"{name}_{key}" for name in ("magnet", "film") for key in CONSTANTS} | {
        "film_Ms_of_magnet"
    }
    rules, columns = Pair.constants_follow(), {key: np.array([value]) for key, value in pair.values().items()}
    for column, rule in rules.items():
        assert rule.function({key: columns[key] for key in rule.names if key in columns}) == columns[column]
    assert rules.keys() == {*(f"magnet_{key}" for key in CONSTANTS), "film_mu0_Ms_T"}
    with pytest.raises(ValidationError, match="temperature_K: goes with magnet_composition"):
        Pair(temperature_K=300)
    with pytest.raises(ValidationError, match="film_composition"):
        Pair(film_composition="Nd")


def test_constants_of_many_designs_are_those_of_grains():
    """To the last digit, shares that exceed 1 apart, of which there is no grain."""
    shares = np.random.default_rng(2).uniform(0, 0.4, size=(20, 3)).round(6)
    given = dict(zip(("Nd", "La", "Co"), shares.T, strict=True))
    temperature = np.linspace(290, 420, 20).round(3)
    columns = {f"core_{element}": values for element, values in given.items()}
    columns |= {"core_composition": np.full(20, "Ce0.6La0.3Pr0.1"), "temperature_K": temperature}
    grains = [
        CoreShell(core_composition="Ce0.6La0.3Pr0.1", temperature_K=T, **{f"core_{e}": v[n] for e, v in given.items()})
        for n, T in enumerate(temperature.tolist())
    ]
    for column, rule in follows("core").items():
        assert rule.function(columns).tolist() == pytest.approx([getattr(g, column) for g in grains], rel=1e-12)
    beyond = shares_at("Ce0.75La0.25", {"Nd": np.array([0.8]), "Pr": np.array([0.8])}, 1)
    assert beyond[0, :5].tolist() == [0, 0, 0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"core_Nd": 0.3}, "core_Nd: goes with core_composition"),
        ({"temperature_K": 350}, "temperature_K: goes with core_composition or shell_composition"),
        (LEAN | {"core_K1_MJ_per_m3": 2.0}, "core_K1_MJ_per_m3: goes not with core_composition; give one or the other"),
        (LEAN | {"shell_A_pJ_per_m": 8.0}, "shell_A_pJ_per_m: goes not with shell_composition; give one or the other"),
        ({"layer_Ms_of_shell": 0.8, "layer_mu0_Ms_T": 1.1}, "layer_mu0_Ms_T: goes not with layer_Ms_of_shell"),
        ({"core_composition": "Sm"}, "composition 'Sm': Sm is none of the known elements"),
        ({"core_composition": "Y"}, "the core: Y2Fe14B: Y is not in the data of the model"),
        ({"core_composition": "Nd", "core_Nd": 0.5}, "no other element is there to take the rest"),
        (LEAN | {"core_Nd": 1.5}, "core_Nd: Input should be less than or equal to 1"),
    ],
)
def test_compositions_that_are_refused(change, line):
    """At planning, in one line; designs do not count them as impossible grains."""
    with pytest.raises(ValidationError) as error:
        CoreShell(**GRAIN | change)
    assert line in complaint(error.value) and "\n" not in complaint(error.value)
    assert not any(isinstance(e.get("ctx", {}).get("error"), ImpossibleStructure) for e in error.value.errors())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"core_Pr": 0.8}, "the core: shares of rare earths must sum to at most 1"),
        ({"core_Co": 0.6, "core_Ni": 0.5}, "the core: shares of metals must sum to at most 1"),
        ({"core_composition": "Ce", "core_Nd": None, "temperature_K": 440}, "the core must be below its Curie temperature"),
    ],
)
def test_impossible_compositions(change, reason):
    """A design counts them by their reason."""
    with pytest.raises(ValidationError) as error:
        CoreShell(**GRAIN | LEAN | change)
    assert [e["ctx"]["error"].reason for e in error.value.errors()] == [reason]


def test_without_magnetostatics(tmp_path):
    """One cell, 2:2:1, misoriented by 20°, against Stoner and Wohlfarth with 2K1/Ms for Hc*, and with (Nz − Nx) Ms less
    for Hc; 1 %: half of the 10 mT to which a jump is resolved and as much for what 1 mT of torque leaves undecided."""
    phase, psi = {"core_K1_MJ_per_m3": 1.0, "core_mu0_Ms_T": 1.0}, np.radians(20)
    grain = {"a_nm": 6.0, "b_nm": 6.0, "c_nm": 3.0, "shell_nm": 0, "layer_nm": 0, "misorientation_deg": 20} | phase
    grain["cell_nm"] = [6.0, 6.0, 3.0]
    Hc_star = stoner_wohlfarth_field(1e6, 1.0 / MU0, psi)
    Hc = stoner_wohlfarth_field(1e6 - ANISOTROPY / MU0 / 2, 1.0 / MU0, psi)  # ½ µ0 (Nz − Nx) Ms² less
    switched = {}
    for how in ("with", "without"):
        case = {"nanostructure": {"kind": "coreshell", "magnetostatics": how} | grain}
        case["field"] = {"direction": [0, 0, 1], "from_T": 1.0, "to_T": -4.0, "step_T": 0.1}
        path = tmp_path / f"{how}.yaml"
        path.write_text(yaml.safe_dump(case))
        run, _ = load_case(path)
        curve = run_half_cycles({0: run}, precision="fp64")[0]
        last = int(np.flatnonzero(curve.m_parallel > 0)[-1])
        switched[how] = -float(curve.mu0_H_T[last : last + 2].mean())
    assert switched == {"with": pytest.approx(Hc, rel=0.01), "without": pytest.approx(Hc_star, rel=0.01)}


def test_phases_are_the_published_ones():
    assert CoreShell().phases[SHELL].Ms_A_per_m == pytest.approx(GRAIN_SHELL.Ms_A_per_m, rel=1e-12)
    assert CoreShell(core_mu0_Ms_T=1.61).phases[CORE].Ms_A_per_m == pytest.approx(1.61 / MU0, rel=1e-12)
    assert ND2FE14B.delta0_m == pytest.approx(1.3e-9, abs=0.05e-9)  # Kovacs et al. 2023, section 2.2.1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"shell_nm": 4.0}, "shell_nm must be < half the grain's shortest extension, but a_nm = 12"),
        ({"layer_nm": 0.5}, "shell_nm and layer_nm must be 0 or >= the cell's edge"),
        ({"shell_nm": 3.6}, "the core must be at least one cell wide"),
        ({"misorientation_deg": 46}, "misorientation_deg: Input should be less than or equal to 45"),
        ({"core_mu0_Ms_T": 0}, "core_mu0_Ms_T: Input should be greater than 0"),
        ({"colour": 1}, "colour: unknown key"),
    ],
)
def test_impossible_grains(change, line):
    with pytest.raises(ValidationError) as error:
        CoreShell(**GRAIN | change)
    assert line in complaint(error.value)
    assert "\n" not in complaint(error.value)


def test_a_turned_grain_sees_the_field_tilted(tmp_path):
    """Angle between field and easy axis is the misorientation; towards b, the field leans towards −b."""
    grain = CoreShell(**GRAIN, misorientation_deg=30, azimuth_deg=90)
    assert grain.c_axis == pytest.approx((0, -0.5, 0.75**0.5), abs=1e-12)
    assert np.dot(grain.c_axis, grain.tilt_axis) == pytest.approx(0, abs=1e-12)
    case = tmp_path / "case.yaml"
    text = ", ".join(f"{k}: {v}" for k, v in GRAIN.items())
    case.write_text(
        f"nanostructure: {{kind: coreshell, {text}, misorientation_deg: 30, azimuth_deg: 90}}\n"
        "field: {direction: [0, 0, 1], from_T: 1, to_T: -5, step_T: 0.5}\n"
    )
    assert load_case(case)[0].direction == pytest.approx(grain.c_axis, abs=1e-12)


def test_mesh():
    """Phases fill their volumes, sizes are graded, and the mesh is the same every time."""
    grain = CoreShell(**GRAIN)
    mesh, again = mesher.mesh_of(grain, 1.5), mesher.mesh_of(grain, 1.5)
    assert mesh.geometry == again.geometry
    assert mesh.phase_volumes() * 1e27 == pytest.approx([192, 768, 720], rel=1e-9)
    quality = mesh.quality()
    assert quality.min_dihedral_deg > 10
    assert mesh.edges.mean() * 1e9 == pytest.approx(1.5, rel=0.25)
    coarse = mesher.mesh_of(CoreShell(a_nm=24, b_nm=24, c_nm=24, shell_nm=0, layer_nm=0), 1.5)
    middle = np.abs(coarse.nodes[coarse.tetrahedra].mean(1)).max(1)
    assert 1.4 < coarse.edges[middle < 4e-9].mean() / coarse.edges[middle > 11e-9].mean() <= 2.1


def test_mesh_files(tmp_path):
    """Written and read again: the same mesh, by names of physical volumes and by cell data."""
    grain = CoreShell(**GRAIN)
    mesh = mesher.mesh_of(grain, 2.0)
    for name in ("grain.msh", "grain.vtu"):
        mesh_files.write_mesh(mesh, tmp_path / name)
        read = mesh_files.from_mesh(tmp_path / name, grain.phases, 2.0)
        assert read.phase_volumes() == pytest.approx(mesh.phase_volumes(), rel=1e-12)


def test_bad_mesh_files(tmp_path):
    grain = CoreShell(**GRAIN)
    phases = grain.phases
    path = tmp_path / "x.msh"
    mesh_files.write_mesh(mesher.mesh_of(grain, 2.0), path)
    good = path.read_bytes()
    names = good[good.index(b"$PhysicalNames") : good.index(b"$EndPhysicalNames\n") + len(b"$EndPhysicalNames\n")]
    core_only = b'$PhysicalNames\n1\n3 1 "core"\n$EndPhysicalNames\n'
    for text, phases_given, line in (
        (b"hello", phases, "not a readable mesh"),
        (good.replace(names, b""), phases, "has no named physical volumes; name one after each phase (core, shell, layer)"),
        (good.replace(names, core_only), phases, "belong to no named physical volume"),
        (good, phases[:2], "physical volume 'layer' is not a phase; phases are core, shell"),
    ):
        path.write_bytes(text)
        with pytest.raises(UserError) as error:
            mesh_files.from_mesh(path, phases_given, 2.0)
        assert line in str(error.value)
        assert str(error.value).startswith(f"{path}: ")
        assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="no such mesh file"):
        mesh_files.from_mesh(tmp_path / "none.msh", phases, 2.0)


CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1.0]]) * 1e-9
TWO = np.array([[0, 1, 2, 3], [1, 2, 3, 4]])


@pytest.mark.parametrize(
    ("nodes", "tetrahedra", "line"),
    [
        (CORNERS, TWO[:, [1, 0, 2, 3]], "2 of 2 elements are inverted"),
        (CORNERS * [1, 1, 0], TWO, "elements have no volume"),
        (CORNERS, np.array([[0, 1, 2, 3], [1, 2, 0, 3], [1, 2, 3, 4]]), "1 elements stand twice"),
        (CORNERS, TWO[:1], "1 of 5 nodes belong to no element"),
        (CORNERS, TWO + 1, "name nodes beyond the 5"),
    ],
)
def test_bad_elements(nodes, tetrahedra, line):
    with pytest.raises(ValueError, match=line):
        Mesh(nodes, tetrahedra, np.zeros(len(tetrahedra), int), (ND2FE14B,))


def test_a_mesh_tells_what_voxels_tell():
    """Two cubes of 2 nm side by side, six elements each: moment, fractions, points, resolution as by hand. Edges at the faces
    are three of the cube's, two diagonals of faces, one of the cube, in each element; equal names add up."""
    hard, soft = Phase("hard", 8e-12, 4e6, 1.2e6), Phase("soft", 2e-11, 1e5, 1.6e6)
    mesh = brick((2, 1, 1), 2e-9, (hard, soft), lambda c: (c[:, 0] > 2e-9).astype(int), grid_m=1e-9)
    voxels = Voxels(np.array([0, 1]).reshape(2, 1, 1), (hard, soft), (2e-9,) * 3)
    assert mesh.mean_Ms_A_per_m() == pytest.approx(voxels.mean_Ms_A_per_m(), rel=1e-12) == pytest.approx(1.4e6, rel=1e-12)
    assert mesh.fractions() == pytest.approx(voxels.fractions(), rel=1e-12)
    assert mesh.with_phases((hard, soft.with_(name="hard"))).fractions() == pytest.approx({"hard": 1}, rel=1e-12)
    assert (mesh.shape, voxels.shape) == ((12, 4, 2, 2), (2, 1, 1))
    edge = 2 * (3 + 2 * 2**0.5 + 3**0.5) / 6
    assert mesh.size_over_delta0() == pytest.approx(edge / 2**0.5, rel=1e-9)  # δ0 = √2 nm, of the hard phase
    assert voxels.size_over_delta0() == pytest.approx(2 / 2**0.5, rel=1e-9)


def test_elements_at_faces():
    """A cube of 6 × 6 × 6 in two halves: those are meant that have three nodes in the surface or in the plane between."""
    mesh = brick((6, 6, 6), 1e-9, (ND2FE14B, GRAIN_SHELL), lambda c: (c[:, 2] > 3e-9).astype(int))
    at = (mesh.nodes[mesh.tetrahedra] * 1e9).round(6)
    expected = ((at == 0).sum(1) == 3) | ((at == 6).sum(1) == 3)
    expected[:, 2] |= (at[:, :, 2] == 3).sum(1) == 3
    assert np.array_equal(mesh.at_faces, expected.any(1)) and 0 < mesh.at_faces.sum() < len(at)


def test_quality_of_a_regular_tetrahedron():
    nodes, elements = ordered(np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1.0]]) * 1e-9, np.array([[1, 0, 2, 3]]))
    quality = Mesh(nodes, elements, np.zeros(1, int), (ND2FE14B,)).quality()
    assert quality.min_dihedral_deg == pytest.approx(np.degrees(np.arccos(1 / 3)), rel=1e-9)
    assert quality.max_aspect_ratio == pytest.approx(1, rel=1e-9)
    assert quality.complaint(3.0) is None
    assert "wall parameters" in quality.complaint(2.0)
    assert "dihedral" in Quality(1, 4, 3.0, 2.0, 1e-9, 1.0).complaint(2.0)
    assert "aspect" in Quality(1, 4, 30.0, 20.0, 1e-9, 1.0).complaint(2.0)


@pytest.mark.parametrize(
    ("raised", "line"),
    [(OSError("libGLU.so.1: cannot open"), "libglu1-mesa"), (ModuleNotFoundError("gmsh"), "pip install gmsh")],
)
def test_gmsh_that_cannot_be_loaded(monkeypatch, raised, line):
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "gmsh":
            raise raised
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    mesher._meshed.cache_clear()
    with pytest.raises(UserError, match=line):
        mesher.mesh_of(CoreShell(**GRAIN), 2.0)
