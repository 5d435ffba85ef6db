"""`hardmag rerun`: the same curves again, or what is different; the failure again; nothing in the campaign changed."""

from dataclasses import replace

import pytest

from hardmag.campaign.batch_file import read_batch, write_batch
from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.cli import main
from hardmag.jobs.worker import run_batch

SECTIONS = {
    "nanostructure": {"kind": "smco17", "size_nm": [16, 16, 2], "cell_nm": [1.0, 1.0, 2.0], "d_nm": 10, "wZ_nm": 2, "wS_nm": 2},
    "design": {"kind": "grid", "parameters": {"L_nm": [12], "alpha_deg": [0, 40]}},
    "half_cycle": {"from_T": 1.0, "to_T": -10.0, "realisations": 2},
    "quality": {"max_cell_over_delta0": 2.0, "max_spread_T": 9.0},
}


@pytest.fixture
def campaign(campaign_file, tmp_path, capsys):
    """Function: a campaign of two samples that has run, its settings changed; (folder, batch file, ids)."""

    def make(**changes):
        folder = tmp_path / "results" / "tiny"
        half_cycle = SECTIONS["half_cycle"] | changes
        plan = plan_campaign(campaign_file(**SECTIONS | {"half_cycle": half_cycle}), folder)
        (batch,) = plan["batches"]
        result = folder / "rounds" / "0" / f"{batch}.h5"
        run_batch(folder / "batches" / f"{batch}.json", result, folder / "journal" / batch, threads=1)
        capsys.readouterr()  # what the worker says
        return folder, result, plan["samples"]

    return make


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.parent.name != "verdicts"}


def test_the_same_again(campaign, capsys):
    folder, result, (a, b) = campaign()
    before = contents(folder)
    assert main(["rerun", a[:6], "--campaign", str(folder)]) == 0
    head, first, second, word = capsys.readouterr().out.splitlines()
    assert head == f"sample {a}, attempt 0 (batch {result.stem} of round 0)"
    assert first.startswith("realisation 0: OK, Hc = ") and second.startswith("realisation 1: OK, Hc = ")
    assert word == "identical"
    assert contents(folder) == before


def test_every_field_recorded(campaign, capsys):
    folder, result, (a, _) = campaign()
    assert main(["rerun", a, "--campaign", str(folder), "--realisation", "1", "--verbose"]) == 0
    lines = capsys.readouterr().out.splitlines()
    stored = {r.half_cycle: r for _, records in read_batch(result) for r in records}[a, 1]
    printed = [tuple(map(float, line.split())) for line in lines[2:-2]]
    assert printed == [
        (pytest.approx(H, abs=1e-6), pytest.approx(m, abs=1e-8)) for H, m in zip(stored.mu0_H_T, stored.m_parallel, strict=True)
    ]
    assert lines[-2].startswith("realisation 1: ") and not any(line.startswith("realisation 0") for line in lines)


def test_other_curves(campaign, capsys):
    """Stored curves that this code does not make: as after a change of the numerics under the same physics version."""
    folder, result, (a, _) = campaign()
    records = {r.half_cycle: r for _, records in read_batch(result) for r in records}
    first, second = records[a, 0], records[a, 1]
    records[a, 0] = replace(first, m_parallel=first.m_parallel + 0.002)
    records[a, 1] = replace(second, mu0_H_T=second.mu0_H_T[:-1], m_parallel=second.m_parallel[:-1])
    write_batch(result, stored_batch(folder, result.stem), records)
    assert main(["rerun", a, "--campaign", str(folder)]) == 1
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first == "realisation 0: m_parallel differs by up to 0.002"
    stored = len(records[a, 1].mu0_H_T)
    assert second.startswith(f"realisation 1: other fields were recorded ({stored + 1}, stored are {stored}); Hc differs by ")


def test_the_failure_again(campaign, capsys):
    folder, _, (a, _) = campaign(to_T=-0.5, step_T=0.5)
    assert main(["rerun", a, "--campaign", str(folder)]) == 1
    *_, failure, word = capsys.readouterr().out.splitlines()
    assert failure == "it fails: not_reversed, realisation 0, last at rest at µ0H = -0.500 T"
    assert word == "identical"


def test_bad_input_is_one_line(campaign_file, tmp_path, capsys):
    folder = tmp_path / "results" / "tiny"
    (a, *_) = plan_campaign(campaign_file(**SECTIONS), folder)["samples"]
    for arguments, words in (
        (["zz"], f"{folder}: of the campaign's samples none begins with 'zz'"),
        ([""], f"{folder}: of the campaign's samples 2 begin with ''"),
        ([a], f"{folder}: sample {a} has no result yet"),
    ):
        assert main(["rerun", *arguments, "--campaign", str(folder)]) == 2
        assert capsys.readouterr().err == f"error: {words}\n"


def test_no_such_realisation(campaign, capsys):
    folder, _, (a, _) = campaign(to_T=-0.5, step_T=0.5)
    for number in ("2", "-1"):
        assert main(["rerun", a, "--campaign", str(folder), "--realisation", number]) == 2
        assert capsys.readouterr().err == f"error: sample {a} has realisations 0 to 1, not {number}\n"
