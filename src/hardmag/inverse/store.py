"""An i-NN and a designer, each in one HDF5 file, like the networks that they stand on (surrogates/store.py).

For an i-NN also prescribed and ranges (JSON), and the f-NN it was trained through in the group `forward`; for a designer its
rows, half widths (JSON), the networks of its ensemble in the groups `members/0`, `members/1`, …, and its flow.
"""

import json

import h5py

from hardmag.inverse import i_nn
from hardmag.inverse.designer import Designer
from hardmag.inverse.i_nn import InverseModel
from hardmag.inverse.posterior import make_flow
from hardmag.surrogates.store import (
    opened_model,
    read_forward,
    read_network,
    read_networks,
    read_weights,
    write_forward,
    write_network,
    write_networks,
    written_model,
)

INVERSE, DESIGNER = "hardmag inverse surrogate", "hardmag designer"


def save_inverse(model, path, *, dataset_path, dataset_sha256):
    """Write an InverseModel to `path` (.h5), as surrogates.store.save_forward does."""
    source = {"dataset_path": str(dataset_path), "dataset_sha256": dataset_sha256}
    with written_model(path, INVERSE) as file:
        file.attrs["metadata"] = json.dumps(model.metadata | source)
        file.attrs["prescribed"], file.attrs["ranges"] = json.dumps(model.prescribed), json.dumps(model.ranges)
        write_network(file, model.network)
        write_forward(file.create_group("forward"), model.forward, source)


def save_designer(model, path, *, dataset_path, dataset_sha256):
    """Write a Designer to `path` (.h5), as surrogates.store.save_forward does."""
    source = {"dataset_path": str(dataset_path), "dataset_sha256": dataset_sha256}
    with written_model(path, DESIGNER) as file:
        file.attrs["metadata"] = json.dumps(model.metadata | source)
        _write_designer(file, model)


def load_inverse(path):
    """InverseModel, its ForwardModel included, from a file of `save_inverse`. UserErrors as for load_forward."""
    with opened_model(path, INVERSE) as file:
        return InverseModel(
            read_network(file, i_nn.LAYERS),
            read_forward(file["forward"]),
            json.loads(file.attrs["prescribed"]),
            {name: tuple(interval) for name, interval in json.loads(file.attrs["ranges"]).items()},
            json.loads(file.attrs["metadata"]),
        )


def load_designer(path):
    """Designer from a file of `save_designer`. UserErrors as for load_forward."""
    with opened_model(path, DESIGNER) as file:
        metadata, rows = json.loads(file.attrs["metadata"]), file["rows"]
        widths = {
            target: {None if level == "any" else float(level): float(width) for level, width in own.items()}
            for target, own in json.loads(file.attrs["widths"]).items()
        }
        variables = int(file["flow"].attrs["variables"])
        return Designer(
            x=rows["x"][()],
            y=rows["y"][()],
            z_set=rows["z_set"].asstr()[()].astype(str),
            ensemble=read_networks(file),
            widths=widths,
            flow=read_weights(file["flow"], make_flow(variables, seed=0)),  # its random start is overwritten at once
            metadata=metadata,
        )


def _write_designer(file, model):
    file["rows/x"], file["rows/y"] = model.x, model.y
    file["rows/z_set"] = model.z_set.astype(h5py.string_dtype())
    file.attrs["widths"] = json.dumps(  # JSON has no infinity; its reader takes the word
        {
            target: {"any" if level is None else str(level): str(width) for level, width in own.items()}
            for target, own in model.widths.items()
        }
    )
    write_networks(file, model.ensemble)
    write_network(file.create_group("flow"), model.flow)
    file["flow"].attrs["variables"] = len(model.lengths.names)
