"""Splits of a table of measured rows that all models share: by row, source, composition and family."""

import hashlib

import numpy as np

from hardmag.materials.composition import ELEMENTS

FOLDS = 5
SCHEMES = ("row", "source", "composition", "family")


def labels(table, scheme):
    """(n,) texts: rows of one text are tested together. row: each by itself, but for repetitions within a publication; source:
    a publication; composition: repeated measurements of one; family: all compositions of the same elements."""
    composition = keys(table.shares)
    if scheme == "row":
        return [f"{key} {T:g} {source}" for key, T, source in zip(composition, table.T_K, table.source, strict=True)]
    if scheme == "source":
        return table.source.tolist()
    if scheme == "composition":
        return composition
    return ["-".join(e for e, x in zip(ELEMENTS, row, strict=True) if x > 0) for row in table.shares]


def keys(shares):
    """Texts that equal compositions share: (n,)."""
    return [" ".join(f"{x:.3f}" for x in row) for row in np.asarray(shares)]


def split(table, scheme, repeats, seed):
    """(repeats, n) numbers of the fold in which each row is tested: FOLDS of about the same number of groups."""
    group = np.unique(labels(table, scheme), return_inverse=True)[1]
    count = group.max() + 1
    folds = []
    for repeat in range(repeats):
        of_group = np.empty(count, dtype=int)
        of_group[np.random.default_rng([seed, SCHEMES.index(scheme), repeat]).permutation(count)] = np.arange(count) % FOLDS
        folds.append(of_group[group])
    return np.stack(folds)


def splits_of(table, repeats, seed):
    """What the stored file holds: the table's checksum and {scheme: folds (repeats, n)}, for all models alike."""
    schemes = {scheme: split(table, scheme, repeats, seed).tolist() for scheme in SCHEMES}
    return {"table_sha256": checksum(table), "schemes": schemes}


def checksum(table):
    """Of the rows that count, in their order."""
    return hashlib.sha256("\n".join(labels(table, "row")).encode()).hexdigest()


def without(table, scheme, tested):
    """The rows of a table that have none of the groups of the tested rows, of this or another table: what a fold may be fitted
    to. By row, those of the same publication, composition and, where it has one, temperature."""
    if scheme == "row":  # a table of Curie temperatures has no temperature
        own, others = zip(keys(table.shares), table.source, strict=True), zip(keys(tested.shares), tested.source, strict=True)
    else:
        own, others = labels(table, scheme), labels(tested, scheme)
    others = set(others)
    return table.of(np.array([label not in others for label in own], dtype=bool))
