"""What several tests share: a small campaign file, and made-up half-cycle records."""

from copy import deepcopy

import numpy as np
import pytest
import torch
import yaml

from hardmag.campaign import cost
from hardmag.campaign.attempts import Record
from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.ledger import stored_batch

torch.set_num_threads(1)

CAMPAIGN = {
    "name": "tiny",
    "nanostructure": {"kind": "smco17", "size_nm": [64, 64, 32], "wS_nm": 3},
    "design": {"kind": "grid", "parameters": {"L_nm": [30, 50], "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0, 30]}},
    "half_cycle": {"realisations": 2},
    "batching": {"samples": 3},
}


@pytest.fixture
def campaign_file(tmp_path):
    """Function: write CAMPAIGN with some sections replaced (None: left out); returns the file's path."""

    def write(**sections):
        data = {k: v for k, v in (deepcopy(CAMPAIGN) | sections).items() if v is not None}
        path = tmp_path / "campaign.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False))
        return path

    return write


@pytest.fixture
def known_costs(monkeypatch):
    """Figures of the cost model that no benchmark replaces."""
    known = {
        "cpu": {
            "pass_s": 0.02,
            "cell_s": 1e-8,
            "evaluations": 400,
            "evaluations_p95": 1500,
            "bytes_per_cell": 250,
            "pass_bytes_per_cell": 500,
        },
        "cuda": {
            "pass_s": 0.002,
            "cell_s": 1e-10,
            "evaluations": 400,
            "evaluations_p95": 1500,
            "bytes_per_cell": 300,
            "pass_bytes_per_cell": 900,
        },
    }
    known["cpu"]["measured"], known["cuda"]["measured"] = "a core", "estimate: not measured"
    monkeypatch.setattr(cost, "figures", lambda: known)
    return known


@pytest.fixture
def square_loop():
    """Function: a loop with one jump, from +1 to -1; mu0_Hc_T must lie in the middle of a step of 0.1 T."""

    def curve(mu0_Hc_T, from_T=1.0):
        H = from_T - 0.1 * np.arange(round((from_T + mu0_Hc_T + 0.05) / 0.1) + 1)
        return H, np.where(H + mu0_Hc_T > 0, 1.0, -1.0)

    return curve


@pytest.fixture
def record(square_loop):
    """Function: the Record of a half-cycle that is a square loop; keywords replace its values."""

    def make(key="key", realisation=0, mu0_Hc_T=3.05, **changes):
        H, m = square_loop(mu0_Hc_T)
        values = {
            "status": "OK",
            "evaluations": 100 + realisation,
            "mean_Ms_A_per_m": 8e5,
            "cell_over_delta0": 0.75,
            "fractions": {"2:17": 0.5, "1:5": 0.25, "Z": 0.125, "boundary": 0.125},
            "mu0_H_T": H.tolist(),
            "m_parallel": m.tolist(),
        }
        return Record(key, realisation, **values | changes)

    return make


@pytest.fixture
def publish(record):
    """Function: write the batch files of a round of a campaign; failing: {sample id: status of its first half-cycle}."""

    def write(folder, round_, batches, failing):
        paths = []
        for name in batches:
            batch, records = stored_batch(folder, name), {}
            for key, n in batch.half_cycles:
                status = failing.get(batch.samples[key].id, "OK") if n == 0 else "OK"
                records[key, n] = record(key, n, status=status)
            paths.append(folder / "rounds" / str(round_) / f"{name}.h5")
            write_batch(paths[-1], batch, records)
        return paths

    return write
