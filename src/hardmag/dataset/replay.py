"""Run a half-cycle of a dataset's sample again, keeping the magnetisation around its first discontinuity."""

import json

import numpy as np

from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.read import read_table
from hardmag.dataset.section import section_of
from hardmag.errors import UserError
from hardmag.files import atomic_path
from hardmag.loops import first_discontinuity
from hardmag.solvers import run_half_cycles


def most_inhomogeneous(table):
    """Row of the accepted sample with the largest Φp; the largest Hc decides where all are 0."""
    usable = np.flatnonzero((table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"]))
    if len(usable) == 0:
        raise UserError("the dataset has no accepted sample with a coercivity")
    return int(max(usable, key=lambda i: (table["phi_p"][i], table["mu0_Hc_T"][i])))


def domain_states(dataset, output):
    """Write .npz: m_c (n, nx, k), the magnetisation along the c-axis in the middle section, x and y, of a grain x and z, at
    fields_T (n,); index (nx, k), phases, cell_nm (2,), across (y or z), id, alpha_deg; specification; m, the same
    on all points of the body.

    The states are those recorded just before and after the first discontinuity, and after the first crossing of zero (a
    sample that reversed there is on its way down).
    """
    table = read_table(dataset)
    row = most_inhomogeneous(table)
    sample = Sample.from_dict(json.loads(table["specification"][row]))
    run = half_cycle_of(sample, 0)
    structure = sample.structure
    c_axis = structure.easy_axis
    section = section_of(run.body, structure.section_axis)
    states = []
    curve = run_half_cycles(
        {0: run},
        precision=sample.precision,
        on_rest=lambda _, field_T, m: states.append((field_T, np.tensordot(c_axis, m, 1))),
    )[0]
    jump = first_discontinuity(curve.mu0_H_T, curve.m_parallel)
    crossing = int(np.flatnonzero(curve.m_parallel < 0)[0])
    first = crossing - 1 if jump is None else jump
    keep = sorted({first, first + 1, crossing})
    with atomic_path(output) as temporary, open(temporary, "wb") as file:
        np.savez(
            file,
            m_c=np.array([section.cut(states[k][1]) for k in keep]),
            m=np.array([states[k][1] for k in keep]),
            fields_T=np.array([states[k][0] for k in keep]),
            index=section.index,
            phases=np.array([p.name for p in run.body.phases]),
            cell_nm=np.array(section.cell_nm),
            across=section.across,
            id=sample.id,
            alpha_deg=sample.alpha_deg,
            specification=table["specification"][row],
        )
