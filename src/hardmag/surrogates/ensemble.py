"""The ensemble of the models' comparison, fitted on all rows: what a finished campaign predicts with."""

from dataclasses import dataclass

import hardmag
from hardmag.surrogates.models import MEMBERS, Networks, fit_networks
from hardmag.surrogates.rows import FEATURES, usable_rows


@dataclass(frozen=True)
class Ensemble:
    """networks: the members and their scalers; they predict unclipped. metadata: plain numbers (versions, seed, epochs,
    members, row counts, training_range per feature)."""

    networks: Networks
    metadata: dict


def train_ensemble(table, *, seed, epochs):
    """Ensemble of a table (see rows.usable_rows, also for the UserErrors it raises).

    No row is kept for a test: its errors are those of the comparison, where each fold is predicted by an ensemble
    fitted in the same way on the other nanostructures.
    """
    rows = usable_rows(table)
    metadata = {
        "hardmag_version": hardmag.__version__,
        "physics_version": hardmag.PHYSICS_VERSION,
        "seed": seed,
        "epochs": epochs,
        "members": MEMBERS,
        **rows.counts,
        "geometries": int(rows.geometry.max()) + 1,
        "training_range": {
            name: [float(column.min()), float(column.max())] for name, column in zip(FEATURES, rows.x.T, strict=True)
        },
    }
    return Ensemble(fit_networks(rows.x, rows.y, seed, members=MEMBERS, epochs=epochs), metadata)
