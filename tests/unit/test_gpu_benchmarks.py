"""The benchmarks for a GPU, which few machines have: run whole on the CPU at toy size; what they count, by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from hardmag.campaign.config import load_campaign
from hardmag.errors import UserError
from hardmag.micromagnetics.fusion import fused

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(script, *arguments):
    return subprocess.run([sys.executable, BENCHMARKS / script, *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def counts(monkeypatch):
    """gpu_counts.py as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu_counts

    return gpu_counts


def test_kernels_and_bytes(counts):
    """Of fp32: a sum of two fields moves 12 bytes per cell; compiled chains are one kernel, two after a sum over cells."""
    counting, a, b = counts.Counting(), torch.rand(2, 3, 400), torch.rand(2, 3, 400)
    counting.cells = a.numel()
    chain = fused(lambda a, b: (a + b) * a - b)
    with_sum = fused(lambda a, b: a / (a * b).sum((1, 2), keepdim=True))
    over_components = fused(lambda a, b: (a * b).sum(1))
    cases = (
        (lambda: a + b, 1, 12),
        (lambda: a.flatten(1)[:, :5], 0, 0),  # views
        (lambda: (a + b) * a - b, 3, 36),
        (lambda: chain(a, b), 1, 12),
        (lambda: with_sum(a, b), 2, 8 + 8),  # reads both; reads a again, writes
        (lambda: over_components(a, b), 1, 8 + 4 / 3),
    )
    with counts.as_on_a_gpu(counting):
        for number, (compute, kernels, per_cell) in enumerate(cases):
            counting.counts = [counts.Counter()]
            with counting:
                compute()
            (seen,) = counting.counts
            assert seen["kernels"] == kernels, number
            assert seen["bytes per cell"] == pytest.approx(per_cell, abs=0.01), number
        counting.counts = [counts.Counter()]
        with counting:
            bool((a > 2).any()), torch.nonzero(b > 2)
        assert len(counting.counts) == 3, "two waits"


def test_predicted_time(counts):
    """By hand: between the waits, launches take longer first, bytes then."""
    parts = [counts.Counter({"kernels": k, "bytes per cell": n}) for k, n in ((10, 1000), (100, 10), (20, 100))]
    cells, between = counts.SLOTS * 100**2, counts.WAIT_S * (2 + 1 / 8)
    expected = 100 * 4e-6 + cells * 1100 / 3e12 + between
    assert counts.predicted_s(parts, 100, 3e12, 4e-6) == pytest.approx(expected)


def test_counts_run(counts):
    assert run("gpu_counts.py", "--small").returncode == 0


def test_one_call(tmp_path):
    """Sections for which the time is too short are left out; the two half-cycles against the stored ones are not: on
    another processor roundings may differ, and a jump be located in the bracket beside."""
    done = run("gpu.py", "--small", "--minutes", 0.3, "--to", tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert found["bitwise_repeatable"] and found["against_cpu"]["of_another_status"] == 0
    assert found["against_cpu"]["mu0_Hc_T"]["largest"] < 0.021


CAMPAIGN = """
name: few
nanostructure: {kind: smco17, size_nm: [16, 16, 2], cell_nm: [2, 2, 2], boundary_layer_nm: 0}
design: {kind: grid, parameters: {L_nm: [30], d_nm: [11], wS_nm: [4], wZ_nm: [3], alpha_deg: [30, 60]}}
half_cycle: {from_T: 1.0, to_T: -12.0, realisations: 2}
batching: {samples: 4}
"""


def test_campaign_goes_on(tmp_path, monkeypatch):
    """A table from which rows are missing is completed to the same table."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu_campaign

    campaign, table = tmp_path / "few.yaml", tmp_path / "few.parquet"
    campaign.write_text(CAMPAIGN)
    first = run("gpu_campaign.py", table, "--minutes", 5, "--campaign", campaign)
    assert first.returncode == 0, first.stderr
    whole = pd.read_parquet(table)
    assert list(whole["status"]) == ["OK"] * 4 and whole["mu0_Hc_T"].between(0.5, 12).all()
    whole.drop(index=[1, 2]).to_parquet(table)
    assert gpu_campaign.run(load_campaign(campaign), table, 5, "cpu") == (4, 4)
    pd.testing.assert_frame_equal(pd.read_parquet(table), whole)
    whole.assign(physics_version=0).to_parquet(table)
    with pytest.raises(UserError, match="few.parquet: physics_version"):
        gpu_campaign.held(table)
