"""Outliers among neighbours: found where planted, none where Hc is smooth, noisy or steps; re-run once and kept."""

import json
from dataclasses import replace
from itertools import product
from math import nan

import numpy as np
import pytest

from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.config import HalfCycleSettings, Quality
from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.campaign.outliers import find_outliers
from hardmag.campaign.rescue import plan_rescue
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_table
from hardmag.files import read_json
from hardmag.nanostructures.smco17 import SmCo17

QUALITY = Quality().model_dump()  # 8 standard deviations; a spread of 1 T is tolerated
SETTINGS = HalfCycleSettings().model_dump(mode="json")
LEVELS = product([30, 45, 60, 80, 120, 180], [20, 30, 45], [3, 6, 10, 15], [1, 3, 5, 8])


@pytest.fixture(scope="module")
def samples():
    """A grid of 288 structures at 0°."""
    structures = [SmCo17(L_nm=L, d_nm=d, wS_nm=wS, wZ_nm=wZ) for L, d, wS, wZ in LEVELS]
    return [Sample.of(structure, 0.0, SETTINGS) for structure in structures]


@pytest.fixture(scope="module")
def parameters(samples):
    """Columns L, d, wS, wZ."""
    return np.array([[s.nanostructure[k] for k in ("L_nm", "d_nm", "wS_nm", "wZ_nm")] for s in samples]).T


LANDSCAPES = {
    "flat": lambda L, d, wS, wZ: np.full(len(L), 2.0),
    "1/L": lambda L, d, wS, wZ: 1 + 150 / L,  # from 6 T to 1.8 T
    "steep in two": lambda L, d, wS, wZ: 100 / L + 20 * wZ / d,
    "a step": lambda L, d, wS, wZ: np.where(wS > 8, 6.0, 1.5) + 20 / L,
    "a ridge": lambda L, d, wS, wZ: 1 + 4 * np.exp(-(((L - 80) / 40) ** 2)),
}


@pytest.mark.parametrize("noise_T", [0, 0.05, 0.3])
@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_what_is_fine_is_left_alone(samples, parameters, landscape, noise_T):
    noise = np.random.default_rng(5).standard_normal(len(samples))
    assert find_outliers(samples, LANDSCAPES[landscape](*parameters) + noise_T * noise, QUALITY) == {}


@pytest.mark.parametrize("where", [0, 133, 287])  # two corners of the design and its middle
@pytest.mark.parametrize("off_T", [-4.5, 4.5])
@pytest.mark.parametrize("landscape", ["flat", "1/L"])
def test_a_wrong_value_is_found_and_no_other(samples, parameters, landscape, off_T, where):
    Hc = 3 + LANDSCAPES[landscape](*parameters) + 0.05 * np.random.default_rng(5).standard_normal(len(samples))
    Hc[where] += off_T
    found = find_outliers(samples, Hc, QUALITY)
    assert list(found) == [where]
    assert found[where].startswith(f"µ0Hc = {Hc[where]:.3f} T, expected ")


def test_limits_are_those_of_the_campaign(samples):
    noise = np.random.default_rng(5).uniform(-0.1, 0.1, len(samples))  # 1.4826 MAD of it is about 0.074 T
    Hc = 3 + noise
    Hc[100] = 4.0  # by 1 T off the mean, by 0.9 T and about 12 deviations out of the neighbours' range
    assert find_outliers(samples, Hc, QUALITY) == {}
    assert list(find_outliers(samples, Hc, QUALITY | {"max_spread_T": 0.5})) == [100]
    assert find_outliers(samples, Hc, QUALITY | {"max_spread_T": 0.5, "max_outlier_deviation": 20.0}) == {}


def test_other_angles_are_no_neighbours(samples):
    # Every second structure at 60° with another coercivity; then one of them with that of 0°.
    mixed = [replace(s, alpha_deg=60.0 * (i % 2)) for i, s in enumerate(samples)]
    Hc = np.where(np.arange(len(samples)) % 2, 1.0, 5.0)
    assert find_outliers(mixed, Hc, QUALITY) == {}
    Hc[151] = 5.0
    assert list(find_outliers(mixed, Hc, QUALITY)) == [151]


def test_samples_without_coercivity_are_neither_judged_nor_neighbours(samples):
    Hc = np.full(len(samples), nan)
    assert find_outliers(samples, Hc, QUALITY) == {}
    Hc[::3] = 2.0
    Hc[150] = 7.0
    assert list(find_outliers(samples, Hc, QUALITY)) == [150]


@pytest.mark.parametrize(("number", "found"), [(29, []), (30, [4])])
def test_few_samples_are_not_compared(samples, number, found):
    Hc = np.full(number, 2.0)
    Hc[4] = 7.0
    assert list(find_outliers(samples[:number], Hc, QUALITY)) == found


def test_small_groups_are_not_compared(samples):
    # Eight of an angle have seven neighbours each; nine are enough.
    angled = [replace(s, alpha_deg=float(i // 8)) for i, s in enumerate(samples[:48])]
    Hc = np.full(48, 2.0)
    Hc[4] = 7.0
    assert find_outliers(angled, Hc, QUALITY) == {}
    angled[8] = replace(angled[8], alpha_deg=0.0)
    assert list(find_outliers(angled, Hc, QUALITY)) == [4]


def test_another_kind_is_compared_by_its_own_numbers():
    # size and the flag are levels: only the thickness makes neighbours.
    samples = [
        Sample("", 4, {"kind": "own", "size_nm": size, "coupled": coupled, "thickness_nm": t}, 0.0, SETTINGS)
        for coupled, size, t in product([False, True], [[8, 8, 8], [9, 9, 9]], range(1, 13))
    ]
    Hc = np.array([2.0 + 3 * s.nanostructure["coupled"] for s in samples])
    assert find_outliers(samples, Hc, QUALITY) == {}
    Hc[5] = 5.0  # right for a coupled one
    assert list(find_outliers(samples, Hc, QUALITY)) == [5]


def test_other_seeds_are_other_realisations(samples):
    first, other = ({half_cycle_of(s, r).seed for r in range(5)} for s in (samples[0], replace(samples[0], seed_offset=1000)))
    assert len(first | other) == 10


# ---- from files to files


@pytest.fixture
def campaign(campaign_file, tmp_path, record):
    """(plan of 36 samples, function: publish a round with one coercivity for all but some samples, plan the next)."""
    folder = tmp_path / "results"
    parameters = {"L_nm": [30, 40, 50, 60], "d_nm": [20, 25, 30], "wZ_nm": [3, 4, 5], "alpha_deg": [0]}
    config = campaign_file(design={"kind": "grid", "parameters": parameters}, batching={"samples": 20})
    plan = plan_campaign(config, folder)
    published = []

    def play(round_, batches, others):
        paths = []
        for name in batches:
            batch = stored_batch(folder, name)
            keys = [(key, n, others.get(batch.samples[key].id, 3.05)) for key, n in batch.half_cycles]
            paths.append(folder / "rounds" / str(round_) / f"{name}.h5")
            write_batch(paths[-1], batch, {(key, n): record(key, n, mu0_Hc_T=Hc) for key, n, Hc in keys})
        published.extend(paths)
        plan_rescue(folder, round_ + 1, paths, tmp_path / "plan.json")
        return read_json(tmp_path / "plan.json")

    def rows():
        build_dataset(folder, published, config, tmp_path / "dataset.h5", tmp_path / "dataset.parquet")
        table = read_table(tmp_path / "dataset.h5")
        return {id_: {name: values[i] for name, values in table.items()} for i, id_ in enumerate(table["id"])}

    return plan, play, rows, folder


@pytest.mark.parametrize("second_T", [3.05, 6.05])  # the first run was wrong; or the sample is as odd as it seemed
def test_an_outlier_is_run_once_more_and_what_comes_out_is_kept(campaign, second_T):
    plan, play, rows, folder = campaign
    odd = plan["samples"][17]
    found = play(0, plan["batches"], {odd: 6.05})
    assert (found["failed"], found["given_up"]) == ({"outlier": 1}, 0)
    (batch,) = found["batches"]
    (again,) = read_json(folder / "batches" / f"{batch}.json")["entries"]
    assert again["sample"]["id"] == odd
    assert again["corrections"][0]["change"] == {
        "seed_offset": [0, 1000],
        "tolerance_T": [1e-3, 1e-4],
        "precision": ["fp32", "fp64"],
    }
    assert play(1, found["batches"], {odd: second_T})["batches"] == []  # not a third time
    row = rows()[odd]
    assert (row["status"], row["rescue_round"]) == ("accepted", 1)
    assert row["mu0_Hc_T"] == pytest.approx(second_T, abs=1e-12)
    (told,) = json.loads(row["history"])
    assert told["failure"] == "outlier" and "6.050 T" in told["detail"]


def test_a_campaign_without_outliers_runs_none_again(campaign):
    plan, play, rows, _ = campaign
    found = play(0, plan["batches"], {plan["samples"][17]: 3.95})  # less off than realisations may be among themselves
    assert (found["failed"], found["batches"]) == ({}, [])
    assert {row["rescue_round"] for row in rows().values()} == {0}
