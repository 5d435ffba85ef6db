"""Run a half-cycle of a dataset's sample again, keeping the magnetisation around its first jump, or as grains reverse."""

import json

import numpy as np

from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.read import read_table
from hardmag.dataset.section import section_of
from hardmag.errors import UserError
from hardmag.files import atomic_path
from hardmag.grains import Grains
from hardmag.loops import first_discontinuity
from hardmag.solvers import run_half_cycles

SHARES = (1e-9, 1 / 3, 2 / 3)  # of the volume of grains that have reversed


def most_inhomogeneous(table):
    """Row of the accepted sample with the largest Φp; the largest Hc decides where all are 0."""
    usable = np.flatnonzero((table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"]))
    if len(usable) == 0:
        raise UserError("the dataset has no accepted sample with a coercivity")
    return int(max(usable, key=lambda i: (table["phi_p"][i], table["mu0_Hc_T"][i])))


def domain_states(dataset, output):
    """Write .npz: m_c (n, nx, k), the magnetisation along the c-axis in the middle section, x and y, of a grain x and z, at
    fields_T (n,), NaN where nothing is magnetic; index (nx, k), phases, cell_nm (2,), across (y or z), id, alpha_deg;
    specification; m, the same on all points of the body; curve_T, curve_m (h,), the half-cycle; of Grains also reversed (n, g),
    which of them have.

    The states are those recorded just before and after the first discontinuity, and after the first crossing of zero (a
    sample that reversed there is on its way down); of Grains those when a grain, a third and two thirds have reversed.
    """
    table = read_table(dataset)
    row = most_inhomogeneous(table)
    sample = Sample.from_dict(json.loads(table["specification"][row]))
    run = half_cycle_of(sample, 0)
    structure = sample.structure
    c_axis = structure.easy_axis
    section = section_of(run.body, structure.section_axis)
    states, moments = [], []

    def remember(_, field_T, m):
        states.append((field_T, np.tensordot(c_axis, m, 1)))
        if isinstance(run.body, Grains):  # of which all moments are few numbers
            moments.append(m)

    curve = run_half_cycles({0: run}, precision=sample.precision, on_rest=remember)[0]
    flipped = [(m * moments[0]).sum(0) < 0 for m in moments]
    magnetic = np.array([*(p.Ms_A_per_m > 0 for p in run.body.phases), False])  # the last: outside
    keep = _as_grains_reverse(run.body, flipped) if flipped else _around_the_jump(curve)
    with atomic_path(output) as temporary, open(temporary, "wb") as file:
        np.savez(
            file,
            m_c=np.array([np.where(magnetic[section.index], section.cut(states[k][1]), np.nan) for k in keep]),
            m=np.array([states[k][1] for k in keep]),
            fields_T=np.array([states[k][0] for k in keep]),
            index=section.index,
            phases=np.array([p.name for p in run.body.phases]),
            cell_nm=np.array(section.cell_nm),
            across=section.across,
            id=sample.id,
            alpha_deg=sample.alpha_deg,
            specification=table["specification"][row],
            curve_T=curve.mu0_H_T,
            curve_m=curve.m_parallel,
            **({"reversed": np.array([flipped[k] for k in keep])} if flipped else {}),
        )


def _around_the_jump(curve):
    """Numbers of the states before and after the first discontinuity, and after the crossing of zero."""
    jump = first_discontinuity(curve.mu0_H_T, curve.m_parallel)
    crossing = int(np.flatnonzero(curve.m_parallel < 0)[0])
    first = crossing - 1 if jump is None else jump
    return sorted({first, first + 1, crossing})


def _as_grains_reverse(grains, flipped):
    """Numbers of the first states in which SHARES of Grains have reversed; fewer where many did at once. flipped: of each
    state (g,) bool."""
    share = np.array([own @ grains.volumes for own in flipped]) / grains.volumes.sum()
    return sorted({int(np.argmax(share >= wanted)) for wanted in SHARES if (share >= wanted).any()})
