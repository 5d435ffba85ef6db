"""Dataset → trained i-NN and designer on disk."""

from functools import partial

import numpy as np

from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.inverse.designer import train_designer
from hardmag.inverse.i_nn import train_scanned
from hardmag.inverse.store import save_designer, save_inverse
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.rows import usable_rows
from hardmag.surrogates.store import load_forward
from hardmag.surrogates.train import fit_to


def fit_designer(dataset, output, *, seed, epochs, alpha_deg, z_set):
    """Train the ensemble of forward networks on all rows of a dataset, and what the inverse methods need beside it, and
    write them to `output`. epochs: most of a network and of the flow; alpha_deg, z_set: of designs for which a query says
    nothing else."""

    def train(table):
        rows = usable_rows(table)
        prescribed = {"alpha_deg": alpha_deg, "z_set": z_set}
        return train_designer(rows, seed=seed, epochs=epochs, prescribed=prescribed, cell_nm=cell_of(table, rows))

    fit_to(train, save_designer, dataset, output)


def fit_inverse(dataset, forward, output, *, seed, epochs, alpha_deg, z_set):
    """Train the i-NN through the f-NN stored at `forward`, for a prescribed angle and Z phase, and write it to `output`."""
    model, prescribed = load_forward(forward), {"alpha_deg": alpha_deg, **z_properties(z_set)}
    if model.metadata["dataset_sha256"] != sha256(dataset):
        raise UserError(f"{forward}: made of another file than {dataset}; delete it and run again")
    fit_to(partial(train_scanned, model), save_inverse, dataset, output, prescribed=prescribed, seed=seed, epochs=epochs)


def cell_of(table, rows):
    """The largest edge (nm) of the voxels of the rows, below which no phase can be drawn. UserError where it is unknown."""
    if "cell_nm" not in table:
        raise UserError("table: no column cell_nm; designs need it, as nothing thinner than a voxel can be drawn")
    cells = np.asarray(table["cell_nm"], dtype=float)[rows.row]
    if not np.all(cells > 0):
        raise UserError(f"column cell_nm: row {rows.row[~(cells > 0)][0]} of {len(table['cell_nm'])}: must be > 0")
    return float(cells.max())
