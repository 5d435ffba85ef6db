"""Dataset → trained i-NN and designer on disk."""

import numpy as np

from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.inverse.designer import train_designer
from hardmag.inverse.exists import shared_parameters
from hardmag.inverse.i_nn import train_scanned
from hardmag.inverse.store import save_designer, save_inverse
from hardmag.nanostructures import KINDS
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.store import load_forward
from hardmag.surrogates.train import fit_to


def fit_designer(dataset, output, *, seed, epochs, prescribed):
    """Train the ensemble of forward networks on all rows of a dataset, and what the inverse methods need beside it, and
    write them to `output`. epochs: most of a network and of the flow; prescribed: {parameter: value} of designs for which a
    query says nothing else, None: those of the kind."""

    def train(table, kind):
        rows = rows_of(table, kind)
        shared = shared_parameters(table, rows)
        return train_designer(rows, seed=seed, epochs=epochs, prescribed=prescribed_for(rows, prescribed), shared=shared)

    fit_to(train, save_designer, dataset, output)


def fit_inverse(dataset, forward, output, *, seed, epochs, prescribed):
    """Train the i-NN through the f-NN stored at `forward`, at what is prescribed (as for fit_designer), and write it to
    `output`."""
    model = load_forward(forward)
    if model.metadata["dataset_sha256"] != sha256(dataset):
        raise UserError(f"{forward}: made of another file than {dataset}; delete it and run again")

    def train(table, kind):
        own = prescribed_for(rows_of(table, kind), prescribed)
        return train_scanned(model, table, prescribed=own, seed=seed, epochs=epochs)

    fit_to(train, save_inverse, dataset, output)


def prescribed_for(rows, given):
    """{parameter: value} of designs of these rows: what is given, or what the kind prescribes, moved into the data."""
    variables = rows.variables
    if given is not None:
        return {name: value for name, value in given.items() if name in variables.names}
    found = {}
    for name, value in KINDS[variables.kind].prescribed.items():
        if name == variables.level:
            found[name] = value if value in rows.level else str(rows.level[0])
        else:
            column = rows.values[:, variables.numbers.index(name)]
            found[name] = float(np.clip(value, column.min(), column.max()))
    return found
