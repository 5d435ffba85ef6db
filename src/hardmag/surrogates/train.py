"""Dataset → trained surrogate on disk."""

from hardmag.dataset.read import read_kind, read_table
from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.surrogates.f_nn import train_forward
from hardmag.surrogates.store import save_forward


def fit_forward(dataset, output, *, seed, epochs):
    """Train the f-NN on a dataset and write it to `output`."""
    fit_to(train_forward, save_forward, dataset, output, seed=seed, epochs=epochs)


def fit_to(train, save, dataset, output, **settings):
    """Write what `train` makes of a dataset's table to `output`. train(table, kind, **settings); save: as save_forward."""
    try:
        model = train(read_table(dataset), read_kind(dataset), **settings)
    except UserError as error:
        reason = str(error).removeprefix("table: ")
        raise UserError(f"{dataset}: no surrogate can be trained: {reason}. The dataset itself is there") from None
    save(model, output, dataset_path=dataset, dataset_sha256=sha256(dataset))
