"""When two datasets are the same."""

import h5py
import numpy as np

from hardmag.dataset.read import read_curves, read_table


def contents(path):
    """{name: value} of every dataset in a file: the physical contents, without versions and commits."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def assert_identical(path, reference):
    """Every array of the one file is in the other, equal to the last bit."""
    ours, theirs = contents(path), contents(reference)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def rows(path):
    """{sample id: {column: value}} of a dataset, with its averaged curve and its half-cycles: to compare sample by sample."""
    table, (averages, half_cycles) = read_table(path), read_curves(path)
    return {
        key: {name: column[i] for name, column in table.items()} | {"curve": averages[i], "half_cycles": half_cycles[i]}
        for i, key in enumerate(table["id"])
    }


def assert_same_sample(ours, theirs):
    """Two of these rows are equal to the last bit."""
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_equal(ours[name], theirs[name], err_msg=name)
