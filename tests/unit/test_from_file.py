"""A user's own voxels: what comes in is what is simulated, and each mistake is named with its file and key."""

from pathlib import Path

import numpy as np
import pytest

from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.errors import UserError
from hardmag.files import validated
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.nanostructures.from_file import FromFile

HARD = {"name": "hard", "A_J_per_m": 1e-11, "Ku_J_per_m3": 4e6, "Ms_A_per_m": 1e6}
SOFT = {"name": "soft", "A_J_per_m": 2e-11, "Ku_J_per_m3": 0.0, "Ms_A_per_m": 1.5e6, "axis": [0, 3, 4]}
SETTINGS = dict(
    from_T=1.0, to_T=-5.0, step_T=0.5, tolerance_T=1e-3, max_iterations=100, kick=0.005, tilt_deg=0.5, interface_strength=1.0
)


@pytest.fixture
def save(tmp_path):
    def write(array, name="magnet.npy"):
        np.save(tmp_path / name, array)
        return str(tmp_path / name)

    return write


def some_voxels():
    index = np.zeros((4, 3, 2), dtype=np.uint8)
    index[:2] = 1
    return index


def build(path, **changes):
    content = {"kind": "from_file", "voxels": path, "cell_nm": [1.0, 2.0, 0.5], "phases": [HARD, SOFT]} | changes
    return validated(FromFile, content, "campaign.yaml", "nanostructure").build(np.random.default_rng(0))


def refusal(*args, **kwargs):
    with pytest.raises(UserError) as caught:
        build(*args, **kwargs)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_what_is_in_the_file_is_what_is_built(save):
    voxels = build(save(some_voxels()), periodic=[True, False, False])
    assert np.array_equal(voxels.index, some_voxels())
    assert voxels.cell_m == pytest.approx((1e-9, 2e-9, 0.5e-9), rel=1e-12)
    assert voxels.periodic == (True, False, False)
    assert voxels.fractions() == {"hard": 0.5, "soft": 0.5}
    assert voxels.phases[0].axis == (0, 0, 1)  # the default of this kind
    assert voxels.phases[1].axis == pytest.approx((0, 0.6, 0.8), rel=1e-12)
    assert voxels.phases[0].Ku_J_per_m3 == 4e6


@pytest.mark.parametrize("dtype", ["int8", "uint16", ">i4", "int64", "uint64", "float64", "float16", ">f4", "bool"])
def test_every_type_of_whole_numbers_will_do(save, dtype):
    assert np.array_equal(build(save(some_voxels().astype(dtype))).index, some_voxels())


def test_missing_file(tmp_path):
    text = refusal(str(tmp_path / "nothing.npy"))
    assert "nothing.npy: no such voxel file" in text and "'voxels'" in text


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY"])
def test_a_file_that_is_no_array(tmp_path, content):
    (tmp_path / "magnet.npy").write_bytes(content)
    text = refusal(str(tmp_path / "magnet.npy"))
    assert "magnet.npy" in text and "'voxels'" in text


def test_truncated_array(save):
    path = save(some_voxels())
    with open(path, "r+b") as file:
        file.truncate(128 + 23)
    text = refusal(path)
    assert "magnet.npy" in text and "'voxels'" in text


def test_a_directory_in_place_of_a_file(tmp_path):
    assert "'voxels'" in refusal(str(tmp_path))


def test_an_archive_of_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "magnet.npz", grains=some_voxels(), ids=some_voxels())
    text = refusal(str(tmp_path / "magnet.npz"))
    assert "magnet.npz" in text and "'voxels'" in text and "(grains, ids); save one with numpy.save" in text
    (tmp_path / "magnet.npz").write_bytes(b"PK\x03\x04 and no more")
    assert "an archive of arrays (damaged)" in refusal(str(tmp_path / "magnet.npz"))


def test_pickled_objects_are_refused(tmp_path):
    np.save(tmp_path / "magnet.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    text = refusal(str(tmp_path / "magnet.npy"))
    assert "'voxels'" in text and "holds Python objects" in text


def test_a_damaged_header_never_ends_in_a_traceback(save):
    path = save(some_voxels())
    whole = Path(path).read_bytes()
    refused = 0
    for at in range(128):
        for bit in (0x01, 0x04):
            damaged = bytearray(whole)
            damaged[at] ^= bit
            Path(path).write_bytes(damaged)
            try:
                build(path)  # a few bits make another valid header
            except UserError as error:
                refused += 1
                assert "magnet.npy" in str(error)
    assert refused > 200


@pytest.mark.parametrize("bad", [2, -1])
def test_index_without_a_phase(save, bad):
    index = some_voxels().astype(int)
    index[3, 2, 1] = bad
    text = refusal(save(index))
    assert "magnet.npy" in text and f"voxels hold phase index {bad}, allowed are 0 to 1" in text


@pytest.mark.parametrize("dtype", ["complex128", "U1"])
def test_what_is_not_integers(save, dtype):
    text = refusal(save(some_voxels().astype(dtype)))
    assert "magnet.npy" in text and "voxels must be integers" in text


@pytest.mark.parametrize(("value", "told"), [(0.5, "0.5"), (float("nan"), "nan"), (float("inf"), "inf"), (1e30, "1e+30")])
def test_numbers_that_are_not_whole(save, value, told):
    index = some_voxels().astype(float)
    index[3, 1, 0] = value
    text = refusal(save(index))
    assert "magnet.npy" in text and f"voxels must be whole numbers, got {told} in cell [3, 1, 0]" in text


@pytest.mark.parametrize("content", [b"1 0 1\n0 1 0\n", b"\x89HDF\r\n\x1a\n", b"not an array"])
def test_other_files_are_called_what_they_are_not(tmp_path, content):
    """Never pickled data that could be loaded unsafely."""
    (tmp_path / "magnet.npy").write_bytes(content)
    assert refusal(str(tmp_path / "magnet.npy")).endswith("neither a .npy array nor an OVF file")


def test_two_dimensions(save):
    text = refusal(save(some_voxels()[:, :, 0]))
    assert "magnet.npy" in text and "(4, 3)" in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in ("A_J_per_m", "Ku_J_per_m3", "Ms_A_per_m") for value in (float("nan"), float("inf"), "much")),
        ("A_J_per_m", -1e-11),
        ("Ms_A_per_m", -1e-11),
        ("Ku_J_per_m3", float("-inf")),  # below 0 it is that of an easy plane
    ],
)
def test_impossible_property(save, key, value):
    text = refusal(save(some_voxels()), phases=[HARD, SOFT | {key: value}])
    assert text.startswith(f"campaign.yaml: nanostructure.phases.1.{key}: ")


def test_a_bad_phase_is_the_only_complaint(save):
    # The other keys are in order, and the list of phases is not empty.
    text = refusal(save(some_voxels()), phases=[HARD | {"A_J_per_m": -1e-11}])
    assert text == "campaign.yaml: nanostructure.phases.0.A_J_per_m: Input should be greater than or equal to 0 (got -1e-11)"


def test_no_phases(save):
    assert "nanostructure.phases" in refusal(save(some_voxels()), phases=[])


@pytest.mark.parametrize("change", [{"Ms_A_per_m": 0.0}, {"A_J_per_m": 0.0}])
def test_phase_that_contradicts_itself(save, change):
    text = refusal(save(some_voxels()), phases=[HARD | change, SOFT])
    assert "'hard'" in text and "A_J_per_m" in text


def test_axis_of_no_direction(save):
    text = refusal(save(some_voxels()), phases=[HARD | {"axis": [0, 0, 0]}, SOFT])
    assert "nanostructure.phases.0.axis" in text


@pytest.mark.parametrize("cell", [[1.0, 1.0, 0.0], [1.0, -1.0, 1.0], [1.0, 1.0, float("inf")]])
def test_impossible_cell_names_its_key(save, cell):
    assert "cell_nm" in refusal(save(some_voxels()), cell_nm=cell)


def test_unknown_key(save):
    assert refusal(save(some_voxels()), colour="red") == "campaign.yaml: nanostructure.colour: unknown key"


def sample(path, **changes):
    structure = FromFile(voxels=path, **{"cell_nm": (1.0, 1.0, 1.0), "phases": [HARD, SOFT]} | changes)
    return Sample.of(structure, 0.0, SETTINGS)


def test_id_follows_the_bytes_of_the_array(save):
    before = sample(save(some_voxels())).id
    assert sample(save(some_voxels())).id == before
    assert sample(save(1 - some_voxels())).id != before
    assert sample(save(some_voxels()), cell_nm=(1.0, 1.0, 2.0)).id != before


def test_id_does_not_follow_the_name_of_the_file(save):
    # The same magnet in another folder, or named from another folder, is the same sample: nothing is run again.
    assert sample(save(some_voxels(), "a.npy")).id == sample(save(some_voxels(), "b.npy")).id


def test_id_of_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.npy.*'voxels'"):
        sample(str(tmp_path / "nothing.npy"))


def test_a_half_cycle_takes_the_array_that_was_planned(save):
    planned = sample(save(some_voxels()))
    assert np.array_equal(half_cycle_of(planned, 0).body.index, some_voxels())
    save(1 - some_voxels())  # changed between the plan and the run: the result would go by the wrong id
    with pytest.raises(UserError, match=r"magnet\.npy"):
        half_cycle_of(planned, 0)


def test_every_realisation_is_the_same_structure_under_another_disturbance(save):
    planned = sample(save(some_voxels()))
    a, b = (half_cycle_of(planned, n) for n in (0, 1))
    assert np.array_equal(a.body.index, b.body.index)
    assert a.seed != b.seed and a.direction != b.direction
    for run in (a, b):  # 0.5° off z, the c-axis of this kind
        assert np.degrees(np.arccos(run.unit_direction[2])) == pytest.approx(0.5, abs=1e-9)


PLAIN = {"A_J_per_m": 2e-11, "Ms_A_per_m": 1.7e6}
COMPOSED = {"name": "hard", "composition": "(Nd0.7Pr0.3)2Fe14B", "temperature_K": 350}


def test_a_phase_by_composition(save):
    """What is built has the model's constants; they stand in the content, which another model does not change."""
    path = save(some_voxels())
    hard, soft = build(path, phases=[COMPOSED, SOFT]).phases
    expected = IntrinsicModel.read().phase("hard", Composition.parse(COMPOSED["composition"]), 350.0)
    for key in ("A_J_per_m", "Ku_J_per_m3", "Ms_A_per_m"):
        assert getattr(hard, key) == pytest.approx(getattr(expected, key), rel=1e-8)
    assert hard.axis == (0, 0, 1) and soft.Ms_A_per_m == 1.5e6
    structure = FromFile(voxels=path, cell_nm=(1, 2, 0.5), phases=[COMPOSED | {"axis": [1, 0, 0]}, SOFT])
    content = structure.content()
    assert FromFile.model_validate(content).content() == content and content["phases"][1].keys() == {*SOFT}
    content["phases"][0] |= {"intrinsic_sha256": "0", "Ku_J_per_m3": 1.5e6}
    assert FromFile.model_validate(content).build(None).phases[0].Ku_J_per_m3 == 1.5e6
    assert build(path, phases=[COMPOSED | {"temperature_K": None}, SOFT]).phases[0].Ms_A_per_m > hard.Ms_A_per_m  # 300 K


def test_a_phase_with_more_than_an_easy_axis(save):
    """K2, also beside a composition, cubic anisotropy and an easy plane; the content has what is given, and no more."""
    path, K2 = save(some_voxels()), {"K2_J_per_m3": 6.5e5}
    cubic = {"name": "soft", **PLAIN, "Ku_J_per_m3": -2e5, "Kc_J_per_m3": -5e4, "cubic_axes": [[1, 1, 0], [1, -1, 0]]}
    hard, soft = build(path, phases=[COMPOSED | K2, cubic]).phases
    assert hard.K2_J_per_m3 == 6.5e5 and (soft.Ku_J_per_m3, soft.Kc_J_per_m3) == (-2e5, -5e4)
    assert soft.cubic_frame[2] == pytest.approx((0, 0, -1)) and hard.Kc_J_per_m3 == 0
    content = FromFile(voxels=path, cell_nm=(1, 2, 0.5), phases=[HARD | K2, cubic]).content()["phases"]
    assert content[0].keys() == {*HARD, *K2, "axis"} and content[1].keys() == {*cubic, "axis"}


@pytest.mark.parametrize(
    ("phase", "line"),
    [
        (HARD | {"cubic_axes": [[1, 0, 0], [0, 1, 0]]}, "phases.0: cubic_axes: goes with Kc_J_per_m3"),
        (HARD | {"Kc_J_per_m3": 1e5, "cubic_axes": [[1, 0, 0], [1, 1, 0]]}, "cubic_axes = "),
        (COMPOSED | {"Ms_A_per_m": 1e6}, "phases.0: Ms_A_per_m: goes not with composition; give one or the other"),
        ({"name": "hard", "temperature_K": 300} | HARD, "phases.0: temperature_K: goes with composition"),
        (
            COMPOSED | {"composition": "Ce", "temperature_K": 440},
            "phase 'hard' must be below its Curie temperature, but",
        ),
        (COMPOSED | {"composition": "Sm"}, "phases.0: composition 'Sm': Sm is none of the known elements"),
        (COMPOSED | {"intrinsic_sha256": "0"}, "phases.0: intrinsic_sha256: K1, Ms and A are of another model"),
        ({"name": "hard", "A_J_per_m": 1e-11}, "phases.0: Ku_J_per_m3: required key is missing (or give composition"),
    ],
)
def test_a_phase_is_given_in_one_of_two_ways(save, phase, line):
    assert line in refusal(save(some_voxels()), phases=[phase, SOFT])


def test_boundaries_with_an_exchange_of_their_own(save):
    """Names become indices; without any the content is as it was, and so the ids of samples."""
    given = {"voxels": save(np.array([[[0, 1]]])), "cell_nm": [1.0] * 3, "phases": [HARD, SOFT]}
    interfaces = [{"between": ["soft", "hard"], "exchange_J_per_m2": 2e-3}]
    structure = FromFile(**given, interfaces=interfaces)
    assert structure.build(None).interfaces == ((1, 0, 2e-3),)
    assert FromFile.model_validate(structure.content()).build(None).interfaces == ((1, 0, 2e-3),)
    assert "interfaces" not in FromFile(**given).content()


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([["hard", "air"]], "interfaces.0.between: 'air' is not one of the phases hard, soft"),
        ([["hard", "hard"]], "interfaces.0.between: must be two unlike phases, each pair once"),
        ([["hard", "soft"], ["soft", "hard"]], "interfaces.1.between: must be two unlike phases, each pair once"),
    ],
)
def test_impossible_boundaries_are_named(save, pairs, told):
    given = {"voxels": save(np.array([[[0, 1]]])), "cell_nm": [1.0] * 3, "phases": [HARD, SOFT]}
    given["interfaces"] = [{"between": pair, "exchange_J_per_m2": 2e-3} for pair in pairs]
    with pytest.raises(UserError, match=told):
        validated(FromFile, given, "case.yaml")
