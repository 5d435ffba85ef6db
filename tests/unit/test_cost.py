"""The cost model: its arithmetic, its grids against what is built, its disk space against what is written."""

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from hardmag import nanostructures
from hardmag.campaign import cost
from hardmag.campaign.attempts import Attempt
from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.config import load_campaign
from hardmag.campaign.cost import (
    _grids,
    auto_slots,
    batch_estimate,
    batch_s,
    cost_table,
    grid_of,
    half_cycle_s,
    load_of,
)
from hardmag.campaign.design import make_plan
from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.campaign.samples import Sample
from hardmag.dataset.build import build_dataset
from hardmag.jobs.journal import JournalWriter, read_journal
from hardmag.nanostructures.kind import Kind

SETTINGS = {"realisations": 5, "precision": "fp32"}
BATCHING = {"samples": 25, "slots": "auto", "max_runtime_min": 1440}
KINDS = ("cpu", "cuda")


def sample(size_nm=(64, 64, 32), **settings):
    content = {"kind": "smco17", "L_nm": 30, "d_nm": 20, "wS_nm": 3, "wZ_nm": 4, "size_nm": size_nm}
    return Sample("0" * 16, 4, content, 0.0, SETTINGS | settings)


def test_figures_are_complete():
    """What benchmarks/cost.py installs: both kinds, every key, and where it was measured for the reader."""
    assert set(cost.figures()) == set(KINDS)
    for f in cost.figures().values():
        numbers = {k: v for k, v in f.items() if k != "measured"}
        assert set(numbers) == {"pass_s", "cell_s", "evaluations", "evaluations_p95", "bytes_per_cell", "pass_bytes_per_cell"}
        assert all(v > 0 for k, v in numbers.items() if k != "pass_s") and f["pass_s"] >= 0
        assert f["evaluations_p95"] >= f["evaluations"] and f["measured"]


@pytest.mark.parametrize("kind", KINDS)
def test_seconds_of_a_half_cycle(kind, known_costs):
    f = known_costs[kind]
    alone = f["evaluations"] * (f["pass_s"] + f["cell_s"] * 65536 * log2(65536))
    assert half_cycle_s(65536, 1, kind) == pytest.approx(alone)
    shared = [half_cycle_s(65536, slots, kind) for slots in (1, 2, 8, 64)]
    assert shared == sorted(shared, reverse=True)  # slots share the fixed time of a pass …
    assert shared[-1] > alone - f["evaluations"] * f["pass_s"]  # … and nothing else
    p95 = half_cycle_s(65536, 8, kind, "evaluations_p95")
    assert p95 / half_cycle_s(65536, 8, kind) == pytest.approx(f["evaluations_p95"] / f["evaluations"])
    assert half_cycle_s(1, 1, kind) > 0


def test_seconds_of_a_batch(known_costs):
    assert batch_s([(6400, 5)] * 4, 8, "cpu") == pytest.approx(20 * half_cycle_s(6400, 8, "cpu"))
    assert batch_s([(6400, 2)], 8, "cpu") == pytest.approx(2 * half_cycle_s(6400, 2, "cpu"))  # six slots stay empty
    two_grids = batch_s([(6400, 20), (65536, 20)], 8, "cpu")  # grids run one after the other
    assert two_grids == pytest.approx(20 * half_cycle_s(6400, 8, "cpu") + 20 * half_cycle_s(65536, 8, "cpu"))


@pytest.mark.parametrize(("cells", "at_once"), [(6400, 655), (2**19, 8), (10**7, 1)])
def test_slots_fill_at_most_80_percent_of_the_memory(cells, at_once, known_costs):
    """Kept of each: 300 bytes a cell; on the way, for those that a pass of 2²² cells takes at once: 900."""
    assert [auto_slots(cells, "cuda", free) for free in (0, 1e15)] == [1, 256]
    for most in (2, 40, 200):
        needed = cells * (300 * most + 900 * min(most, at_once)) / 0.8
        assert auto_slots(cells, "cuda", 1.0001 * needed) == most
        assert auto_slots(cells, "cuda", 0.9999 * needed) == most - 1


@pytest.mark.parametrize(("cells", "slots"), [(400, 8), (6400, 8), (128**2, 4), (256**2, 1), (10**7, 1)])
def test_slots_of_a_cpu_are_those_of_one_pass(cells, slots, known_costs):
    assert auto_slots(cells, "cpu") == slots


def test_fp64_counts_twice():
    assert load_of(sample()) == (128 * 128, 5)
    assert load_of(sample(precision="fp64", realisations=7)) == (2 * 128 * 128, 7)


@pytest.mark.parametrize(
    "change", [{}, {"layers": 3}, {"layers": "all"}, {"size_nm": [20.3, 17.2, 5], "layers": "all"}, {"cell_nm": [1, 0.7, 2]}]
)
def test_grid_is_that_of_the_voxels(change):
    s = replace(sample(), nanostructure=sample().nanostructure | change)
    assert grid_of(s) == s.structure.build(np.random.default_rng(0)).index.shape


def test_a_kind_that_does_not_tell_its_shape_is_built_once(monkeypatch):
    built = []

    class Own(Kind):
        kind: str = "own"
        edge: int

        def build(self, rng):
            built.append(self.edge)
            return nanostructures.SmCo17(L_nm=30, d_nm=20, wS_nm=3, wZ_nm=4, size_nm=(self.edge, 20, 2)).build(rng)

    monkeypatch.setitem(nanostructures.KINDS, "own", Own)
    for edge in (10, 30, 10):
        assert grid_of(Sample("", 4, {"kind": "own", "edge": edge}, 0.0, {})) == (2 * edge, 40, 1)
    assert built == [10, 30]


def test_estimate_of_a_batch(known_costs):
    small, large = sample(), sample(size_nm=(192, 192, 32))
    estimate = batch_estimate([Attempt.of(small)] * 10 + [Attempt.of(large)] * 2, BATCHING)
    expected = batch_s([(128**2, 50), (384**2, 10)], 1, "cpu")
    assert estimate["cpu"]["s"] == pytest.approx(expected, abs=0.1)
    ratio = known_costs["cpu"]["evaluations_p95"] / known_costs["cpu"]["evaluations"]
    assert estimate["cpu"]["minutes"] == max(10, int(np.ceil(2 * ratio * expected / 60)))
    assert (estimate["cpu"]["slots"], estimate["cuda"]["slots"]) == (1, 60)  # what a pass takes at once; all that there are
    for kind, at_once in (("cpu", 1), ("cuda", 2**22 // 384**2)):
        on_the_way = at_once * known_costs[kind]["pass_bytes_per_cell"]
        assert estimate[kind]["slots_MB"] == pytest.approx(
            384**2 * (estimate[kind]["slots"] * known_costs[kind]["bytes_per_cell"] + on_the_way) / 1e6, abs=1
        )
    assert estimate["cpu"]["host_MB"] == 4000 + estimate["cpu"]["slots_MB"]
    assert 4000 < estimate["cuda"]["host_MB"] < 4000 + estimate["cuda"]["slots_MB"]  # they lie on the GPU
    assert batch_estimate([Attempt.of(small)], BATCHING | {"slots": 3})["cuda"]["slots"] == 3
    assert batch_estimate([Attempt.of(small)], BATCHING)["cpu"]["minutes"] == 10  # no job asks for less


def test_slots_change_no_sample(campaign_file):
    ids = [
        [s.id for s in make_plan(load_campaign(campaign_file(batching=batching))).samples]
        for batching in (None, {"slots": 3}, {"slots": "auto", "max_runtime_min": 30})
    ]
    assert ids[0] == ids[1] == ids[2]


def test_disk_space_is_what_is_written(campaign_file, tmp_path, record):
    """Curves of 40 fields, with as many digits as true ones have: journal, batch file and dataset."""
    rng = np.random.default_rng(1)
    design = {"kind": "grid", "parameters": {"L_nm": list(range(30, 55)), "d_nm": [20], "wZ_nm": [4]}}
    config, folder = campaign_file(design=design, half_cycle={"realisations": 4}, batching={"samples": 25}), tmp_path / "r"
    plan = plan_campaign(config, folder)
    (batch,) = plan["batches"]
    content, writer = stored_batch(folder, batch), JournalWriter(folder / "journal" / batch)
    for half_cycle in content.half_cycles:
        H = (np.linspace(1, -4, 40) + 1e-3 * rng.random(40)).round(9)
        m = np.float32(np.linspace(1, -0.9, 40) + 1e-4 * rng.random(40)).astype(float)
        fractions = {name: rng.random() for name in ("2:17", "1:5", "Z", "boundary")}
        curve = {"mu0_H_T": H.tolist(), "m_parallel": m.tolist(), "fractions": fractions}
        writer.append(record(*half_cycle, cell_over_delta0=rng.random(), **curve))
    writer.close()
    result = folder / "rounds" / "0" / f"{batch}.h5"
    write_batch(result, content, read_journal(folder / "journal" / batch))
    build_dataset(folder, [result], config, folder / "dataset.h5", folder / "dataset.parquet")
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert plan["cost"]["disk_bytes"] == pytest.approx(written, rel=0.25)


def test_table_of_a_plan(campaign_file, tmp_path, known_costs):
    domains = [
        {"size_nm": [64, 64, 32], "where": {"L_nm": {"below": 40}}},
        {"size_nm": [96, 96, 32], "where": {"L_nm": {"min": 40}}},
    ]
    shared = {"kind": "smco17", "wS_nm": 3}
    plan = plan_campaign(campaign_file(nanostructure=shared, domains=domains), tmp_path / "r")
    assert plan["cost"]["half_cycles"] == 8
    assert plan["cost"]["grids"] == [[128, 128, 1, 2], [192, 192, 1, 2]]
    lines = cost_table(plan).splitlines()
    assert "  cells           16,384 (128 × 128 × 1) in 2 samples" in lines
    assert all(len(line) < 110 for line in lines)
    (header,) = [line for line in lines if "one CPU core" in line]
    assert header.split("one ")[1:] == ["CPU core" + 14 * " ", "GPU (estimate)"]
    column = header.index("one GPU")
    for name in ("all batches", "longest batch", "its time limit", "memory in use"):
        (line,) = [text for text in lines if text.startswith(f"  {name}")]
        assert line[column - 1] == " " != line[column]
    assert lines[-1] == "  figures from    CPU core: a core; GPU: estimate: not measured"


def test_many_grids_are_told_by_their_span():
    """Six are listed; the seventh makes one line of all, smallest and largest by cells, not by edges."""
    grids = [[10, 10, 10, 2], [40, 2, 2, 1], *([10, 10, 10 + k, 1] for k in range(1, 5))]
    assert [len(_grids(grids)), _grids(grids)[1]] == [6, ("cells", "160 (40 × 2 × 2) in 1 samples")]
    assert _grids([*grids, [9, 9, 9, 1]]) == [("cells", "160 to 1,400 in 7 different grids")]


@pytest.mark.parametrize(("seconds", "words"), [(1, "1 min"), (3500, "58 min"), (5400, "1.5 h"), (828_300, "230 h")])
def test_times_are_readable(campaign_file, tmp_path, seconds, words):
    plan = plan_campaign(campaign_file(), tmp_path / "r")
    estimate = batch_estimate([Attempt.of(sample())], BATCHING)
    plan["estimates"] = {"b": {kind: estimate[kind] | {"s": seconds} for kind in KINDS}}
    (line,) = [text for text in cost_table(plan).splitlines() if "longest batch" in text]
    assert line.split() == ["longest", "batch", *words.split(), *words.split()]
