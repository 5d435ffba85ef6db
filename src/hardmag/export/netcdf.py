"""A dataset as an xarray.Dataset, and as a NetCDF file."""

import numpy as np

from hardmag.dataset.loaded import load
from hardmag.dataset.schema import CURVES
from hardmag.export.library import load as load_library
from hardmag.files import atomic_path, sha256

OF_CURVES = ("mu0_H_T", "m_parallel")


def to_xarray(data):
    """An xarray.Dataset of a Dataset.

    Dimensions: sample, whose coordinate is the id; realisation; step, along a curve. Variables: the columns, (sample,);
    mu0_H_T and m_parallel, (sample, step), the averages; half_cycle_mu0_H_T and half_cycle_m_parallel, (sample, realisation,
    step). Curves are as long as the longest of them, filled up with NaN at their ends. Each variable has `units` and
    `long_name`; attributes of the whole: those of the dataset, and the SHA-256 of its file. Raises UserError where xarray is
    missing.
    """
    xarray = load_library("xarray", "export")
    variables = {
        name: (("sample",), values, {"units": data.units[name], "long_name": data.meanings[name]})
        for name, values in data.columns.items()
    }
    most = max(map(len, data.half_cycles), default=0)
    singles = [curve for own in data.half_cycles for curve in [*own, *[((), ())] * (most - len(own))]]
    steps = max((len(H) for H, _ in [*data.curves, *singles]), default=0)
    for number, name in enumerate(OF_CURVES):
        attributes = {"units": CURVES[name].unit, "long_name": CURVES[name].meaning.split(",")[0]}
        averages, of_each = (_padded([curve[number] for curve in found], steps) for found in (data.curves, singles))
        variables[name] = (("sample", "step"), averages, attributes)
        of_each = of_each.reshape(len(data), most, steps)
        variables[f"half_cycle_{name}"] = (("sample", "realisation", "step"), of_each, attributes)
    coordinates = {
        "sample": variables.pop("id"),
        "realisation": (("realisation",), np.arange(most), {"units": "1", "long_name": "number of the half-cycle"}),
    }
    attributes = data.attributes | {"kind": data.kind, "dataset_sha256": sha256(data.path)}
    return xarray.Dataset(variables, coordinates, attributes)


def export_dataset(path, output):
    """Write a dataset as NetCDF 4; returns {dimension: length}. Raises UserError where xarray or h5netcdf is missing."""
    load_library("h5netcdf", "export")
    found = to_xarray(load(path))
    packed = {name: {"zlib": True} for name, values in found.data_vars.items() if values.dtype.kind == "f"}
    with atomic_path(output) as temporary:
        found.to_netcdf(temporary, engine="h5netcdf", encoding=packed)
    return dict(found.sizes)


def _padded(curves, steps):
    """(curves, steps): each filled up with NaN."""
    table = np.full((len(curves), steps), np.nan)
    for row, values in zip(table, curves, strict=True):
        row[: len(values)] = values
    return table
