"""Datasets from made-up batch files: every sample is in it once, accepted or quarantined, with its whole history."""

import json
from types import SimpleNamespace

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from hardmag.campaign.attempts import Batch
from hardmag.campaign.batch_file import read_batch, write_batch
from hardmag.campaign.corrections import correct
from hardmag.campaign.failures import Failure
from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.cli import main
from hardmag.dataset.build import build_dataset
from hardmag.dataset.gate import check
from hardmag.dataset.read import describe, health, read_curves, read_table
from hardmag.dataset.schema import SCHEMA_VERSION, TARGETS, attributes, columns_of
from hardmag.errors import UserError
from hardmag.files import read_json, write_json
from hardmag.sealed import BLOCK, seal

COLUMNS = columns_of("smco17")

TWO_STAGES = {
    "mu0_H_T": [1.0, 0.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0],
    "m_parallel": [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, -0.5, -1.0],
}


@pytest.fixture
def campaign(campaign_file, tmp_path, record):
    """Four samples: accepted; rescued in round 1; quarantined after rounds 1 and 2; accepted with two stages."""
    folder = tmp_path / "results"
    config = campaign_file()
    plan = plan_campaign(config, folder)
    attempts = {attempt.key: attempt for name in plan["batches"] for attempt in stored_batch(folder, name).attempts}
    plain, rescued, hopeless, staged = (attempts[key] for key in plan["samples"])

    def publish(round_, name, pairs):
        path = folder / "rounds" / str(round_) / f"{name}.h5"
        records = {(a.key, n): record(a.key, n, **changes[n]) for a, changes in pairs for n in range(2)}
        write_batch(path, Batch(name, round_, [attempt for attempt, _ in pairs]), records)
        return path

    stopped = {"status": "NOT_CONVERGED", "mu0_H_T": [1.0, 0.9], "m_parallel": [1.0, 1.0], "evaluations": 2000}
    rescued_again = correct(rescued, Failure.NOT_CONVERGED, "realisation 1 at µ0H = 0.900 T")
    hopeless_again = correct(hopeless, Failure.NOT_CONVERGED, "first")
    hopeless_at_last = correct(hopeless_again, Failure.MOMENT_EXCEEDED, "second")
    ok, later = {}, {"mu0_Hc_T": 4.05, "fractions": {"2:17": 0.25, "1:5": 0.25, "Z": 0.375, "boundary": 0.125}}
    files = [
        publish(0, "aaaaaaaaaaaa", [(plain, [ok, later]), (rescued, [ok, stopped])]),
        publish(0, "bbbbbbbbbbbb", [(hopeless, [stopped, stopped]), (staged, [TWO_STAGES, TWO_STAGES])]),
        publish(1, "cccccccccccc", [(hopeless_again, [{"m_parallel": [1.1] * 42}, ok]), (rescued_again, [ok, ok])]),
        publish(2, "dddddddddddd", [(hopeless_at_last, [stopped, ok])]),
    ]
    return SimpleNamespace(
        folder=folder,
        config=config,
        plan=plan,
        files=files,
        dataset=tmp_path / "dataset.h5",
        table=tmp_path / "dataset.parquet",
        ids=[attempt.sample.id for attempt in (plain, rescued, hopeless, staged)],
    )


@pytest.fixture
def built(campaign):
    build_dataset(campaign.folder, campaign.files, campaign.config, campaign.dataset, campaign.table)
    return campaign


@pytest.fixture
def rows(built):
    """{sample id: its row}, in the order plain, rescued, hopeless, staged."""
    table = read_table(built.dataset)
    rows = [{name: values[i] for name, values in table.items()} for i in range(len(table["id"]))]
    return [next(row for row in rows if row["id"] == id_) for id_ in built.ids]


def test_every_sample_of_the_plan_is_there_once_and_in_its_order(built):
    assert read_table(built.dataset)["id"].tolist() == built.plan["samples"]


def test_status_and_round(rows):
    assert [row["status"] for row in rows] == ["accepted", "accepted", "quarantined", "accepted"]
    assert [row["failure"] for row in rows] == ["", "", "not_converged", ""]
    assert [row["rescue_round"] for row in rows] == [0, 1, 2, 0]
    assert [row["realisations"] for row in rows] == [2, 2, 2, 2]


def test_evaluations_of_all_rounds_are_added_up(rows):
    # Made-up records take 100 + realisation, stopped ones 2000: (100 + 101), 100 + 2000 and 100 + 101 again, …
    assert [row["evaluations"] for row in rows] == [201, 2301, 4000 + 201 + 2101, 201]


def test_targets_of_accepted_samples(rows):
    plain, rescued, _, staged = rows
    # Loops at 3.05 and 4.05 T average to 1 at −3.0 T and to 0 at −3.1 T.
    assert plain["mu0_Hc_T"] == pytest.approx(3.1, abs=1e-12) and plain["mu0_Hc_std_T"] == pytest.approx(0.5, abs=1e-12)
    assert rescued["mu0_Hc_T"] == pytest.approx(3.05, abs=1e-12) and rescued["mu0_Hc_std_T"] == 0
    # 1 → 0.5 between −1 and −2 T, 0.5 → −0.5 between −4 and −5 T.
    assert (staged["mu0_Hc_T"], staged["mu0_Hp_T"]) == (4.5, 1.5)
    assert staged["phi_p"] == pytest.approx(2 / 3, rel=1e-12)
    assert staged["m_r"] == 1 and staged["squareness"] == pytest.approx(1.2 / 4.5, rel=1e-12)


def test_what_is_quarantined_has_no_targets(rows):
    assert all(np.isnan(rows[2][name]) for name in TARGETS)


def test_parameters_descriptors_and_fractions(rows):
    for row in rows:
        assert (row["d_nm"], row["wS_nm"], row["wZ_nm"], row["z_set"]) == (20, 3, 4, "dft")
        assert (row["size_x_nm"], row["size_y_nm"], row["cell_nm"]) == (64, 64, 0.5)
        assert row["phi_S"] == pytest.approx(3 / row["L_nm"], rel=1e-12) and row["phi_Z"] == 0.2
        assert row["Ms_Z_kA_per_m"] == pytest.approx(290.0, rel=1e-12)
    assert {(row["L_nm"], row["alpha_deg"]) for row in rows} == {(L, a) for L in (30, 50) for a in (0, 30)}
    # The mean of both realisations; the others have equal ones.
    assert [rows[0][f"fraction_{p}"] for p in ("2:17", "1:5", "Z", "boundary")] == [0.375, 0.25, 0.25, 0.125]
    assert [rows[1][f"fraction_{p}"] for p in ("2:17", "1:5", "Z", "boundary")] == [0.5, 0.25, 0.125, 0.125]
    # By hand from Supplementary Table 2: Zr = 0.25·2/181.968 / (0.375·19/248.297 + 0.25·6/89.138 + 0.25·12/181.968).
    assert rows[0]["Zr_at_percent"] == pytest.approx(4.4329, abs=2e-3)
    assert sum(rows[0][f"{a}_at_percent"] for a in ("Sm", "Co", "Zr")) == pytest.approx(100, rel=1e-12)


def test_history(rows):
    plain, rescued, hopeless, _ = (json.loads(row["history"]) for row in rows)
    assert plain == []
    assert rescued == [
        {
            "failure": "not_converged",
            "detail": "realisation 1 at µ0H = 0.900 T",
            "change": {"max_iterations": [2000, 8000]},
        }
    ]
    assert [h["failure"] for h in hopeless] == ["not_converged", "moment_exceeded", "not_converged"]
    assert hopeless[1] == {"failure": "moment_exceeded", "detail": "second", "change": {"precision": ["fp32", "fp64"]}}
    assert set(hopeless[2]) == {"failure", "detail"} and "0.900 T" in hopeless[2]["detail"]


def test_specification_is_that_of_the_last_attempt(rows):
    settings = [json.loads(row["specification"])["half_cycle"] for row in rows]
    assert [s["max_iterations"] for s in settings] == [2000, 8000, 8000, 2000]
    assert [s["precision"] for s in settings] == ["fp32", "fp32", "fp64", "fp32"]
    assert [json.loads(row["specification"])["id"] for row in rows] == [row["id"] for row in rows]


def test_parquet_holds_the_same_table(built):
    table = read_table(built.dataset)
    flat = pq.read_table(built.table)
    assert flat.column_names == [*COLUMNS]
    for name in COLUMNS:
        values = flat[name].to_numpy()
        if values.dtype == object:
            assert values.tolist() == table[name].tolist()
        else:
            assert np.array_equal(values, table[name], equal_nan=True)


def test_curves_come_back(built, square_loop):
    averages, half_cycles = read_curves(built.dataset)
    row = {id_: i for i, id_ in enumerate(built.plan["samples"])}
    plain, rescued, hopeless, staged = (row[id_] for id_ in built.ids)
    for found, given in zip(half_cycles[plain], (square_loop(3.05), square_loop(4.05)), strict=True):
        assert np.array_equal(found[0], given[0]) and np.array_equal(found[1], given[1])
    H, m = averages[plain]
    assert np.allclose(m, np.where(H > -3.05, 1, np.where(H > -4.05, 0, -1)), rtol=0, atol=1e-12)
    assert np.array_equal(averages[rescued][1], square_loop(3.05)[1])
    assert len(averages[hopeless][0]) == 0  # nothing to average, but its half-cycles are kept
    assert [len(m) for _, m in half_cycles[hopeless]] == [2, 42]
    assert averages[staged][1].tolist() == TWO_STAGES["m_parallel"]


def test_the_dataset_does_not_depend_on_the_order_of_files_within_a_round(built, tmp_path):
    files = [built.files[1], built.files[0], *built.files[2:]]
    build_dataset(built.folder, files, built.config, tmp_path / "other.h5", tmp_path / "other.parquet")
    assert (tmp_path / "other.h5").read_bytes() == built.dataset.read_bytes()


def test_what_the_plan_no_longer_wants_is_left_out(built, tmp_path):
    plan = read_json(built.folder / "plan.json")
    write_json(built.folder / "plan.json", plan | {"samples": plan["samples"][:2]})
    build_dataset(built.folder, built.files, built.config, tmp_path / "two.h5", tmp_path / "two.parquet")
    assert read_table(tmp_path / "two.h5")["id"].tolist() == plan["samples"][:2]


def test_a_sample_in_no_file_is_a_mistake(campaign):
    # The second file held two of them; the later rounds know the one that failed.
    files = [campaign.files[0], *campaign.files[2:]]
    with pytest.raises(UserError, match=f"1 samples of the plan are in no batch file, the first is {campaign.ids[3]}"):
        build_dataset(campaign.folder, files, campaign.config, campaign.dataset, campaign.table)
    assert not campaign.dataset.exists() and not campaign.table.exists()


def test_a_damaged_batch_file_stops_the_building(campaign):
    path = campaign.files[1]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="bbbbbbbbbbbb"):
        build_dataset(campaign.folder, campaign.files, campaign.config, campaign.dataset, campaign.table)
    assert not campaign.dataset.exists()


def test_quarantined_attempts_carry_their_corrections_in_the_batch_file(campaign):
    ((attempt, _),) = read_batch(campaign.files[3])
    assert [c["failure"] for c in attempt.corrections] == ["not_converged", "moment_exceeded"]


def test_attributes(built):
    with h5py.File(built.dataset) as file:
        assert file.attrs["campaign"] == "tiny"
        assert file.attrs["configuration"] == built.config.read_text()
        assert json.loads(file.attrs["settings"])["half_cycle"]["realisations"] == 2
        assert (file.attrs["schema_version"], file.attrs["kind"]) == (SCHEMA_VERSION, "smco17")
        assert file["samples"].keys() == COLUMNS.keys() | {"specification", "history"}
        for name, quantity in COLUMNS.items():
            found = {key: list(v) if key == "valid_range" else v for key, v in file["samples"][name].attrs.items()}
            assert found == attributes(quantity) and found["description"]


def test_parquet_says_what_its_columns_are(built):
    schema = pq.read_schema(built.table)
    assert schema.metadata[b"kind"] == b"smco17" and schema.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()
    of = {key.decode(): value.decode() for key, value in schema.field("L_nm").metadata.items()}
    assert of == {"unit": "nm", "description": "perpendicular period of the 1:5 stripes", "valid_range": "[0.1, 100000.0]"}


def test_describe(built, capsys):
    text = describe(built.dataset)
    assert text.splitlines()[0] == f"{built.dataset}: campaign tiny, nanostructures of kind smco17"
    assert "samples: 4 (3 accepted, 1 quarantined; 1 rescued)" in text
    assert "quarantined for: not_converged (1)" in text
    assert "half-cycles: 8, field evaluations: 9005" in text  # 201 + 2301 + 6302 + 201
    lines = {line.split()[0]: line for line in text.splitlines() if line.startswith("    ")}
    assert set(lines) == {*COLUMNS}
    assert "30 … 50" in lines["L_nm"] and " nm " in lines["L_nm"]
    assert "3.05 … 4.5" in lines["mu0_Hc_T"] and "dft" in lines["z_set"]
    assert main(["info", str(built.dataset)]) == 0
    assert capsys.readouterr().out == text + "\n"


def test_health(built):
    assert health(built.dataset) == {
        "samples": 4,
        "accepted": 3,
        "rescued": 1,
        "quarantined": 1,
        "reasons": {"not_converged": 1},
        "allowed": 0.02,
    }


def test_the_gate_fails_with_its_reasons(built, tmp_path):
    with pytest.raises(UserError, match=r"1 of 4 samples .*25\.0%.*max_quarantine_fraction allows 2\.0%.*not_converged: 1"):
        check(built.dataset, tmp_path / "quality.json")
    assert not (tmp_path / "quality.json").exists()


@pytest.mark.parametrize(("allowed", "passes"), [(0.25, True), (0.24, False)])
def test_the_gate_opens_at_the_allowed_share(campaign, tmp_path, allowed, passes):
    plan = read_json(campaign.folder / "plan.json")
    plan["settings"]["quality"]["max_quarantine_fraction"] = allowed
    write_json(campaign.folder / "plan.json", plan)
    build_dataset(campaign.folder, campaign.files, campaign.config, campaign.dataset, campaign.table)
    if passes:
        check(campaign.dataset, tmp_path / "quality.json")
        assert read_json(tmp_path / "quality.json")["quarantined"] == 1
    else:
        with pytest.raises(UserError):
            check(campaign.dataset, tmp_path / "quality.json")


# ---- damage


def truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip_number(path):
    with h5py.File(path) as file:
        at = file["curves/m_parallel"].id.get_offset() + 7
    flip(path, at)


def flip_text(path):
    # In a text of the table, where it is no longer UTF-8.
    flip(path, path.read_bytes().index(b'"physics_version": ') + 3)


def flip(path, at):
    damaged = bytearray(path.read_bytes())
    damaged[at] ^= 0x80
    path.write_bytes(damaged)


def no_seal(path):
    path.write_bytes(b"\0" * BLOCK + path.read_bytes()[BLOCK:])


def other_file(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1


def other_schema(path):
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = 99
    seal(path, "dataset")


def no_hdf5(path):
    path.write_text("nothing")


def remove(path):
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncate, "checksum does not match"),
        (flip_number, "checksum does not match"),
        (flip_text, "damaged|not a readable dataset"),
        (no_seal, "not a readable dataset"),
        (other_file, "not a readable dataset"),
        (other_schema, "schema_version 99, this version of hardmag reads 1"),
        (no_hdf5, "not a readable dataset"),
        (remove, "not a readable dataset"),
    ],
)
def test_a_damaged_dataset_is_refused_by_every_reader(built, tmp_path, capsys, damage, words):
    damage(built.dataset)
    for reader in (read_table, read_curves, describe, health, lambda path: check(path, tmp_path / "quality.json")):
        with pytest.raises(UserError, match=rf"dataset\.h5: .*({words})"):
            reader(built.dataset)
    assert main(["info", str(built.dataset)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {built.dataset}: ") and err.count("\n") == 1


def test_a_machine_without_git(campaign, monkeypatch, tmp_path):
    """The source may have come as an archive: the dataset says so instead of failing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    build_dataset(campaign.folder, campaign.files, campaign.config, campaign.dataset, campaign.table)
    with h5py.File(campaign.dataset) as file:
        assert file.attrs["git_commit"] == "unknown"
