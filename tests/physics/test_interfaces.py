"""Exchange across boundaries of a strength of their own, against formulas."""

import numpy as np
import pytest

from hardmag.errors import UserError
from hardmag.materials import Phase
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.simulate import FieldAxis, Solver, prepared
from hardmag.solvers import run_half_cycles
from hardmag.voxels import Voxels

A, MS, J = 1e-11, 1e6, 4e-3
SOFT = Phase("soft", A, 0.0, MS)
HARD = Phase("hard", A, 1e9, MS)  # its moments stand still


def rod(cell_nm, length_nm, interfaces, axis=(0.0, 0.0, 1.0)):
    """A hard cell, and a soft layer on it, along x; periodic across."""
    index = np.zeros((1 + round(length_nm / cell_nm), 1, 1), int)
    index[1:] = 1
    hard = HARD.with_(axis=axis)
    return Voxels(index, (hard, SOFT), (cell_nm * 1e-9, 1e-9, 1e-9), (False, True, True), interfaces=interfaces)


def at_rest(body, direction, field_T):
    """Moments (3, nx) in a field, without a demagnetising field."""
    states = []
    run = HalfCycle(body, direction, field_T, field_T - 1e-3, 1e-3, tolerance_T=1e-6, kick=0.0, demag=False)
    run_half_cycles({0: run}, precision="fp64", on_rest=lambda _, H, m: states.append(m[:, :, 0, 0].copy()))
    return states[0]


@pytest.mark.parametrize("field_T", [0.05, 0.5, 3.0])
def test_soft_layer_of_one_cell(field_T):
    """In a field across: µ0H Ms d cos θ = C sin θ, with 1/C = 1/J + 2 d/4A of the boundary and two half cells. To 3e-3 rad,
    by which the field turns the hard moments at most: µ0H Ms/2K."""
    d = 2e-9
    m = at_rest(rod(2.0, 2.0, ((0, 1, J),)), (1.0, 0.0, 0.0), field_T)
    stiffness = 1 / (1 / J + 2 * d / (4 * A))
    assert np.arctan2(m[0], m[2])[1] == pytest.approx(np.arctan(field_T * MS * d / stiffness), abs=3e-3)


def test_soft_layer_in_fine_cells():
    """Small angles: θ(x) = µ0H Ms [t (1/J + d/4A) + (t x − x²/2)/2A], of which d/4A is of the hard cell's half: there is a jump
    at the boundary, then a parabola. Counted from the hard moment, which turns a little. In 40 cells to 0.1 % of θ(t)."""
    t, field_T = 10e-9, 1e-3
    m = at_rest(rod(0.25, 10.0, ((0, 1, J),)), (1.0, 0.0, 0.0), field_T)
    x = (np.arange(40) + 0.5) * 0.25e-9
    expected = field_T * MS * (t * (1 / J + 0.25e-9 / (4 * A)) + (t * x - x**2 / 2) / (2 * A))
    assert np.abs(m[0, 1:] - m[0, 0] - expected).max() < 1e-3 * expected.max()
    assert expected[0] > 0.3 * expected[-1]


def test_strength_from_none_to_that_of_a_solid():
    """Without any the soft moment lies along the field; with very much it is as if there were no boundary."""
    across = (1.0, 0.0, 0.0)
    assert at_rest(rod(2.0, 2.0, ((1, 0, 0.0),)), across, 0.1)[0, 1] == pytest.approx(1, abs=1e-9)
    strong, solid = (at_rest(rod(2.0, 6.0, given), across, 0.1) for given in (((0, 1, 1e6),), ()))
    assert np.abs(strong - solid).max() < 1e-6


def test_other_boundaries_are_as_they_were():
    """Of three phases the boundary of two: those of the third keep theirs to the bit."""
    index = np.repeat([0, 1, 2], 4)[:, None, None]
    phases = (HARD, SOFT, SOFT.with_(name="other", A_J_per_m=2e-11))
    with_one = Voxels(index, phases, (1e-9,) * 3, interfaces=((0, 2, J),))  # which do not touch
    run = HalfCycle(with_one, (1.0, 0.0, 1.0), 1.0, -1.0, 0.5)
    without = HalfCycle(Voxels(index, phases, (1e-9,) * 3), (1.0, 0.0, 1.0), 1.0, -1.0, 0.5)
    here, there = run_half_cycles({0: run})[0], run_half_cycles({0: without})[0]
    assert np.array_equal(here.m_parallel, there.m_parallel)


def test_a_boundary_has_an_energy_only_where_exchange_has():
    body = rod(2.0, 2.0, ((0, 1, J),))
    with pytest.raises(UserError, match="solver.exchange: with interfaces it must be variational"):
        prepared(body, FieldAxis(direction=(0, 0, 1), from_T=1, to_T=-1, step_T=0.5), Solver(exchange="yang_eq7"))


@pytest.mark.parametrize("wrong", [((0, 0, J),), ((0, 2, J),), ((0, 1, J), (1, 0, J)), ((0, 1, -J),)])
def test_impossible_boundaries_are_refused(wrong):
    with pytest.raises(ValueError, match="interfaces = "):
        rod(2.0, 2.0, wrong)
