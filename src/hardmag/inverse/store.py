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
    read_variables,
    read_weights,
    write_forward,
    write_network,
    write_networks,
    write_variables,
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
        forward, prescribed = read_forward(file["forward"]), json.loads(file.attrs["prescribed"])
        ranges = {name: tuple(interval) for name, interval in json.loads(file.attrs["ranges"]).items()}
        widths = i_nn.layers(forward.variables, i_nn.space_for(forward.variables, ranges, prescribed))
        return InverseModel(read_network(file, widths), forward, prescribed, ranges, json.loads(file.attrs["metadata"]))


def load_designer(path):
    """Designer from a file of `save_designer`. UserErrors as for load_forward."""
    with opened_model(path, DESIGNER) as file:
        metadata, rows = json.loads(file.attrs["metadata"]), file["rows"]
        widths = {
            target: {None if level == "any" else float(level): float(width) for level, width in own.items()}
            for target, own in json.loads(file.attrs["widths"]).items()
        }
        variables, flow = read_variables(file), file["flow"]
        own = make_flow(int(flow.attrs["variables"]), int(flow.attrs["context"]), seed=0)
        return Designer(
            variables=variables,
            values=rows["values"][()],
            level=rows["level"].asstr()[()].astype(str),
            x=rows["x"][()],
            y=rows["y"][()],
            ensemble=read_networks(file, variables),
            widths=widths,
            flow=read_weights(flow, own),  # its random start is overwritten at once
            metadata=metadata,
        )


def _write_designer(file, model):
    write_variables(file, model.variables)
    for name in ("values", "x", "y"):
        file[f"rows/{name}"] = getattr(model, name)
    file["rows/level"] = model.level.astype(h5py.string_dtype())
    file.attrs["widths"] = json.dumps(  # JSON has no infinity; its reader takes the word
        {
            target: {"any" if level is None else str(level): str(width) for level, width in own.items()}
            for target, own in model.widths.items()
        }
    )
    write_networks(file, model.ensemble)
    write_network(file.create_group("flow"), model.flow)
    file["flow"].attrs["variables"] = len(model.structures.names)
    file["flow"].attrs["context"] = len(model.variables.targets) + len(model.variables.constants)
