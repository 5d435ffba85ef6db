"""Overlap of two sets of compositions."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from hardmag.intrinsic.overlap import distances, overlap, plane
from hardmag.materials.composition import Composition


def shares(*formulas):
    return np.array([Composition.parse(formula).shares for formula in formulas])


def test_distance_is_the_share_of_atoms_to_replace():
    found = distances(shares("Nd"), shares("Nd", "Nd0.7La0.3", "La", "Ce2Fe7Co7B"))
    assert found[0] == pytest.approx([0, 0.3, 1.0, 1.5])


def test_set_against_itself():
    row = shares(*(f"Nd{1 - x:.1f}La{x:.1f}" for x in np.arange(0, 1, 0.1)))
    found = overlap(row, row)
    assert found.share == 1 and not found.to_other.any() and found.own == pytest.approx(0.1)


def test_half_of_the_measured_is_far():
    other = shares(*(f"Nd{1 - x:.1f}La{x:.1f}" for x in np.arange(0, 1, 0.1)))
    found = overlap(shares("Nd0.95La0.05", "Nd0.45La0.55", "Ce", "Nd2Fe7Co7B", "Ce"), other)
    assert found.share == 0.5 and found.reach == pytest.approx(0.1)  # Ce counts once
    assert sorted(found.to_other) == pytest.approx([0.05, 0.05, 0.5, 1.0])


def test_plane_without_umap_keeps_distances(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    other = shares("Nd", "La", "Nd0.5La0.5", "Nd2Fe7Co7B")
    measured, fitted, how = plane(other[:2], other)
    assert how == "PCA" and measured == pytest.approx(fitted[:2])
    assert np.linalg.norm(fitted[0] - fitted[1]) == pytest.approx(np.linalg.norm(other[0] - other[1]), rel=1e-6)


def test_plane_by_umap_is_fitted_to_the_other_set(monkeypatch):
    calls = []

    class Umap:
        def __init__(self, **settings):
            calls.append(settings)

        def fit(self, rows):
            self.embedding_ = rows[:, :2]
            return self

        def transform(self, rows):
            return -rows[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Umap))
    other = shares("Nd", "La", "Ce")
    measured, fitted, how = plane(other[:1], other)
    assert how == "UMAP" and np.array_equal(fitted, other[:, :2]) and np.array_equal(measured, -other[:1, :2])
    assert calls[0]["n_neighbors"] == 2 and calls[0]["random_state"] == 0
