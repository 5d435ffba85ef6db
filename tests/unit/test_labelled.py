"""The picture of the lengths of nanostructures: its arrows are as long as what they name."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from legible import faults

from hardmag.nanostructures import smco17
from hardmag.papers import labelled


@pytest.fixture
def figure(monkeypatch):
    drawn = []
    monkeypatch.setattr(labelled, "save", lambda figure, path: drawn.append(figure))
    labelled.draw_labelled("structures.png")
    yield drawn[0]
    plt.close(drawn[0])


def arrows(axis):
    """(start, end) of the arrows without a text, in nm."""
    return [np.array([t.xyann, t.xy]) for t in axis.texts if getattr(t, "arrow_patch", None) and not t.get_text()]


def lengths(axis):
    """Of the arrows, to a picometre."""
    return [round(float(np.linalg.norm(end - start)), 3) for start, end in arrows(axis)]


def test_arrows_are_as_long_as_the_parameters(figure):
    cells, grain = figure.axes
    assert {labelled.CELLS.L_nm, labelled.CELLS.d_nm} <= set(lengths(cells))
    assert {labelled.GRAIN.a_nm, labelled.GRAIN.c_nm} <= set(lengths(grain))


@pytest.mark.parametrize(("length", "phase"), [("L_nm", smco17.STRIPE), ("d_nm", smco17.PLATELET)])
def test_periods_go_from_the_middle_of_one_to_that_of_the_next(figure, length, phase):
    """What the solver has at both ends of the arrow."""
    body = labelled.CELLS.build(np.random.default_rng(0))
    (arrow,) = [
        a
        for a, of in zip(arrows(figure.axes[0]), lengths(figure.axes[0]), strict=True)
        if of == getattr(labelled.CELLS, length)
    ]
    for end in arrow:
        cell = (end * 1e-9 / body.cell_m[:2]).astype(int) + np.array(body.index.shape[:2]) // 2
        assert body.index[(*cell, 0)] == phase


def test_picture_is_legible(figure):
    assert faults(figure) == []
