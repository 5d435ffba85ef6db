"""Dataset → trained surrogates on disk."""

import numpy as np

from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.designer import train_designer
from hardmag.surrogates.ensemble import train_ensemble
from hardmag.surrogates.forward import train_forward
from hardmag.surrogates.inverse import impossible, train_scanned
from hardmag.surrogates.rows import usable_rows
from hardmag.surrogates.store import load_forward, save


def fit_forward(dataset, output, *, seed, epochs):
    """Train the f-NN on a dataset and write it to `output`."""
    _fit(train_forward, dataset, output, seed=seed, epochs=epochs)


def fit_ensemble(dataset, output, *, seed, epochs):
    """Train the ensemble on all rows of a dataset and write it to `output`."""
    _fit(train_ensemble, dataset, output, seed=seed, epochs=epochs)


def _fit(train, dataset, output, **settings):
    try:
        model = train(read_table(dataset), **settings)
    except UserError as error:
        reason = str(error).removeprefix("table: ")
        raise UserError(f"{dataset}: no surrogate can be trained: {reason}. The dataset itself is there") from None
    save(model, output, dataset_path=dataset, dataset_sha256=sha256(dataset))


def fit_inverse(dataset, forward, output, designer, *, seed, epochs, inverse_epochs, alpha_deg, z_set):
    """Train the i-NN through the f-NN stored at `forward`, for a prescribed angle and Z phase, and write it to `output`;
    train on all rows what the other inverse methods need, and write it to `designer`.

    epochs: most of the ensemble and the flow; inverse_epochs: of the i-NN.
    """
    table, source = read_table(dataset), {"dataset_path": dataset, "dataset_sha256": sha256(dataset)}
    prescribed = {"alpha_deg": alpha_deg, **z_properties(z_set)}
    model = train_scanned(load_forward(forward), table, prescribed=prescribed, seed=seed, epochs=inverse_epochs)
    save(model, output, **source)
    prescribed = {"alpha_deg": alpha_deg, "z_set": z_set}
    rows = usable_rows(table)
    save(
        train_designer(rows, seed=seed, epochs=epochs, prescribed=prescribed, cell_nm=cell_of(table, rows)), designer, **source
    )


def cell_of(table, rows):
    """The largest edge (nm) of the voxels of the rows, below which no phase can be drawn."""
    return float(np.max(np.asarray(table["cell_nm"], dtype=float)[rows.row]))


def features_of(L_nm, d_nm, wS_nm, wZ_nm, alpha_deg, z_set):
    """{feature: value} of one nanostructure, in the order of the f-NN. Raises UserError where it cannot exist."""
    reason = impossible(L_nm=L_nm, d_nm=d_nm, wS_nm=wS_nm, wZ_nm=wZ_nm)
    if reason is not None:
        raise UserError(reason)
    if not 0 <= alpha_deg <= 90:
        raise UserError(f"alpha = {alpha_deg:g} must be from 0 to 90 degrees")
    lengths = {"L_nm": L_nm, "d_nm": d_nm, "wS_nm": wS_nm, "wZ_nm": wZ_nm}
    return lengths | {"alpha_deg": alpha_deg} | z_properties(z_set)
