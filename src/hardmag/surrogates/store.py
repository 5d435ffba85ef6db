"""A forward surrogate in one HDF5 file: weights, scalers, parity and metadata as plain arrays and JSON, nothing executable.

Attributes of the file: kind (of the file), format_version, metadata (JSON: the model's, with dataset_path and dataset_sha256),
variables (JSON: names of features and targets). What stands on networks (inverse/store.py) is kept likewise.
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
from hardmag.surrogates.f_nn import ForwardModel, layers
from hardmag.surrogates.models import Networks
from hardmag.surrogates.network import perceptron
from hardmag.surrogates.scaling import Scaler
from hardmag.surrogates.variables import Variables

FORMAT_VERSION = 3
FORWARD = "hardmag forward surrogate"
SCALERS = ("feature_scaler", "target_scaler")


def save_forward(model, path, *, dataset_path, dataset_sha256):
    """Write a ForwardModel to `path` (.h5), whole or not at all.

    dataset_path, dataset_sha256: the file that the table came from; they join the metadata. Raises UserError where the
    folder does not exist.
    """
    with written_model(path, FORWARD) as file:
        write_forward(file, model, {"dataset_path": str(dataset_path), "dataset_sha256": dataset_sha256})


def load_forward(path):
    """ForwardModel from a file of `save_forward`. UserError for a file that is missing, of another kind or format version."""
    with opened_model(path, FORWARD) as file:
        return read_forward(file)


@contextmanager
def written_model(path, kind):
    """An HDF5 file to be filled, which takes its place whole or not at all."""
    path = Path(path)
    if not path.parent.is_dir():
        raise UserError(f"{path}: folder {path.parent} does not exist")
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with h5py.File(temporary, "w") as file:
            file.attrs["kind"] = kind
            file.attrs["format_version"] = FORMAT_VERSION
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def opened_model(path, kind):
    """The file, found to be one of this kind; what is missing or damaged in it becomes a UserError too."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; a campaign makes it (hardmag run FILE), or name another")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise UserError(f"{path}: not a readable HDF5 file; expected a {kind}") from None
    for what, right in (("kind", kind), ("format_version", FORMAT_VERSION)):
        if (value := file.attrs.get(what)) != right:
            file.close()
            remedy = "; delete it, and run the campaign again" if what == "format_version" else ""
            raise UserError(f"{path}: {what} is {value}, expected {right}{remedy}")
    with file:
        try:
            yield file
        except (KeyError, OSError, RuntimeError, ValueError) as error:  # of h5py, JSON and torch
            reason = " ".join(str(error).split())
            raise UserError(f"{path}: incomplete or damaged ({reason}); delete it, and run the campaign again") from None


def write_forward(group, model, source):
    """Fill a group with a ForwardModel: metadata and its `source`, names, network, scalers, parity."""
    group.attrs["metadata"] = json.dumps(model.metadata | source)
    write_variables(group, model.variables)
    write_network(group, model.network)
    _write_scalers(group, model)
    for name, column in model.parity.items():
        group[f"parity/{name}"] = column.astype(h5py.string_dtype()) if name == "split" else column


def read_forward(group):
    """ForwardModel of a group that write_forward filled."""
    parity = {name: data[()] for name, data in group["parity"].items() if name != "split"}
    parity["split"] = group["parity/split"].asstr()[()].astype(str)
    metadata, variables = json.loads(group.attrs["metadata"]), read_variables(group)
    return ForwardModel(variables, read_network(group, layers(variables)), *_read_scalers(group), metadata, parity)


def write_variables(group, variables):
    """Put Variables into a group."""
    group.attrs["variables"] = json.dumps(variables.to_dict())


def read_variables(group):
    """Variables that write_variables put into a group."""
    return Variables.from_dict(json.loads(group.attrs["variables"]))


def write_networks(file, networks):
    """Fill a file or group with Networks: their scalers, and each network in `members/0`, `members/1`, …"""
    _write_scalers(file, networks)
    for n, member in enumerate(networks.members):
        write_network(file.create_group(f"members/{n}"), member)


def read_networks(file, variables):
    """Networks of what write_networks filled."""
    members = tuple(read_network(file[f"members/{n}"], layers(variables)) for n in range(len(file["members"])))
    return Networks(members, *_read_scalers(file))


def _write_scalers(group, model):
    for name in SCALERS:
        for key, values in getattr(model, name).to_dict().items():
            group[f"{name}/{key}"] = values


def _read_scalers(group):
    return (Scaler.from_dict({key: group[f"{name}/{key}"][()] for key in ("mean", "std")}) for name in SCALERS)


def write_network(group, network):
    """Put the weights of a torch network into the group `network` below this one."""
    for name, weights in network.state_dict().items():
        group[f"network/{name}"] = weights.numpy()


def read_network(group, layers):
    """The perceptron of these layers, with the weights that write_network put here."""
    return read_weights(group, perceptron(layers, torch.Generator()))  # its random start is overwritten at once


def read_weights(group, network):
    """A torch network given the weights that write_network put here; it is trained no more."""
    network.load_state_dict({name: torch.from_numpy(np.asarray(data[()])) for name, data in group["network"].items()})
    return network.requires_grad_(False)
