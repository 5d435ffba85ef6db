"""A surrogate in one HDF5 file: weights, scalers, parity and metadata as plain arrays and JSON, nothing executable.

Attributes of the file: kind, format_version, metadata (JSON: the model's, with dataset_path and dataset_sha256), features,
targets. For an i-NN also prescribed and ranges (JSON), and the f-NN it was trained through in the group `forward`; for a
designer its rows, half widths (JSON), the networks of its ensemble in the groups `members/0`, `members/1`, …, and its flow.
"""

import json
import os
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import h5py
import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.surrogates import forward as f_nn
from hardmag.surrogates import inverse as i_nn
from hardmag.surrogates.designer import Designer
from hardmag.surrogates.forward import ForwardModel
from hardmag.surrogates.inverse import InverseModel
from hardmag.surrogates.models import Networks
from hardmag.surrogates.network import perceptron
from hardmag.surrogates.posterior import make_flow
from hardmag.surrogates.rows import FEATURES, TARGETS
from hardmag.surrogates.scaling import Scaler

FORMAT_VERSION = 2
KINDS = {
    ForwardModel: "hardmag forward surrogate",
    InverseModel: "hardmag inverse surrogate",
    Designer: "hardmag designer",
}
SCALERS = ("feature_scaler", "target_scaler")


def save(model, path, *, dataset_path, dataset_sha256):
    """Write a ForwardModel, InverseModel or Designer to `path` (.h5), whole or not at all.

    dataset_path, dataset_sha256: the file that the table came from; they join the metadata. Raises UserError where the
    folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise UserError(f"{path}: folder {path.parent} does not exist")
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with h5py.File(temporary, "w") as file:
            file.attrs["kind"] = KINDS[type(model)]
            file.attrs["format_version"] = FORMAT_VERSION
            file.attrs["features"], file.attrs["targets"] = FEATURES, TARGETS
            source = {"dataset_path": str(dataset_path), "dataset_sha256": dataset_sha256}
            if isinstance(model, InverseModel):
                file.attrs["metadata"] = json.dumps(model.metadata | source)
                file.attrs["prescribed"], file.attrs["ranges"] = json.dumps(model.prescribed), json.dumps(model.ranges)
                _write_network(file, model.network)
                _write_forward(file.create_group("forward"), model.forward, source)
            elif isinstance(model, Designer):
                file.attrs["metadata"] = json.dumps(model.metadata | source)
                _write_designer(file, model)
            else:
                _write_forward(file, model, source)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_forward(path):
    """ForwardModel from a file of `save`. UserError for a file that is missing, of another kind or format version."""
    with _open(path, ForwardModel) as file:
        return _read_forward(file)


def load_inverse(path):
    """InverseModel, its ForwardModel included, from a file of `save`. UserErrors as for load_forward."""
    with _open(path, InverseModel) as file:
        return InverseModel(
            _read_network(file, i_nn.LAYERS),
            _read_forward(file["forward"]),
            json.loads(file.attrs["prescribed"]),
            {name: tuple(interval) for name, interval in json.loads(file.attrs["ranges"]).items()},
            json.loads(file.attrs["metadata"]),
        )


def load_designer(path):
    """Designer from a file of `save`. UserErrors as for load_forward."""
    with _open(path, Designer) as file:
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
            ensemble=_read_networks(file),
            widths=widths,
            flow=_read_weights(file["flow"], make_flow(variables, seed=0)),  # its random start is overwritten at once
            metadata=metadata,
        )


@contextmanager
def _open(path, model):
    """The file, found to be one of this kind; what is missing or damaged in it becomes a UserError too."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; a campaign makes it (hardmag run FILE), or name another")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise UserError(f"{path}: not a readable HDF5 file; expected a {KINDS[model]}") from None
    found = file.attrs.get("kind"), file.attrs.get("format_version"), _names(file, "features"), _names(file, "targets")
    expected = KINDS[model], FORMAT_VERSION, FEATURES, TARGETS
    for what, value, right in zip(("kind", "format_version", "features", "targets"), found, expected, strict=True):
        if value != right:
            file.close()
            remedy = "; delete it, and run the campaign again" if what == "format_version" else ""
            raise UserError(f"{path}: {what} is {value}, expected {right}{remedy}")
    with file:
        try:
            yield file
        except (KeyError, OSError, RuntimeError, ValueError) as error:  # of h5py, JSON and torch
            reason = " ".join(str(error).split())
            raise UserError(f"{path}: incomplete or damaged ({reason}); delete it, and run the campaign again") from None


def _names(file, key):
    return tuple(file.attrs.get(key, ()))


def _write_forward(group, model, source):
    group.attrs["metadata"] = json.dumps(model.metadata | source)
    _write_network(group, model.network)
    _write_scalers(group, model)
    for name, column in model.parity.items():
        group[f"parity/{name}"] = column.astype(h5py.string_dtype()) if name == "split" else column


def _read_forward(group):
    parity = {name: data[()] for name, data in group["parity"].items() if name != "split"}
    parity["split"] = group["parity/split"].asstr()[()].astype(str)
    metadata = json.loads(group.attrs["metadata"])
    return ForwardModel(_read_network(group, f_nn.LAYERS), *_read_scalers(group), metadata, parity)


def _write_designer(file, model):
    file["rows/x"], file["rows/y"] = model.x, model.y
    file["rows/z_set"] = model.z_set.astype(h5py.string_dtype())
    file.attrs["widths"] = json.dumps(  # JSON has no infinity; its reader takes the word
        {
            target: {"any" if level is None else str(level): str(width) for level, width in own.items()}
            for target, own in model.widths.items()
        }
    )
    _write_networks(file, model.ensemble)
    _write_network(file.create_group("flow"), model.flow)
    file["flow"].attrs["variables"] = len(model.lengths.names)


def _write_networks(file, networks):
    _write_scalers(file, networks)
    for n, member in enumerate(networks.members):
        _write_network(file.create_group(f"members/{n}"), member)


def _read_networks(file):
    members = tuple(_read_network(file[f"members/{n}"], f_nn.LAYERS) for n in range(len(file["members"])))
    return Networks(members, *_read_scalers(file))


def _write_scalers(group, model):
    for name in SCALERS:
        for key, values in getattr(model, name).to_dict().items():
            group[f"{name}/{key}"] = values


def _read_scalers(group):
    return (Scaler.from_dict({key: group[f"{name}/{key}"][()] for key in ("mean", "std")}) for name in SCALERS)


def _write_network(group, network):
    for name, weights in network.state_dict().items():
        group[f"network/{name}"] = weights.numpy()


def _read_network(group, layers):
    return _read_weights(group, perceptron(layers, torch.Generator()))  # its random start is overwritten at once


def _read_weights(group, network):
    network.load_state_dict({name: torch.from_numpy(np.asarray(data[()])) for name, data in group["network"].items()})
    return network.requires_grad_(False)
