"""The fields of grains that are far: those of dipoles in their centres."""

from math import inf

import torch

from hardmag.reduced_order.field import COMPONENTS

PAIRS = 100_000  # points × sources that a processor keeps at hand


def add_dipoles(system, s, field, drift, at_centres, expansion, dipoles, own, beyond):
    """Add the fields of dipoles (3, n) in the centres of the grains `own` (n,) of magnet s to those for which they are far.

    Where they are further away than `beyond` radii of a grain, to its `expansion`, else to the `field` at its points, and in
    both cases to that `at_centres`; see System.add_far, and add_near for drift.
    """
    members, rows = system.members[s], system.rows[s]
    centre, far = system.centre[:, members], ~system.is_near[s][:, own]
    sources = centre[:, own]
    distance = (centre[:, :, None] - sources[:, None]).square().sum(0)
    afar = far & (distance > (beyond * system.radius[members, None]) ** 2)
    at, slope = dipole_fields(centre, sources, dipoles, afar, True)
    at_centres[:, members] += at
    expansion[:, members] += torch.cat([at, slope])
    if beyond > 0:
        not_so_far, local = far & ~afar, system.order[system.grain[rows]]
        drift.fill_(inf)
        field[:, rows] += dipole_fields(system.points[:, rows], sources, dipoles, not_so_far[local])
        at_centres[:, members] += dipole_fields(centre, sources, dipoles, not_so_far)


def dipole_fields(points, centres, dipoles, keep, with_slope=False):
    """Fields at points (3, p) of dipoles (3, n), moments over 4π, in `centres` (3, n), where keep (p, n): (3, p), with_slope
    also their gradients (6, p), in the order of COMPONENTS."""
    fields, slopes = [], []
    for part, counted in zip(points.split(size := max(1, PAIRS // centres.shape[1]), 1), keep.split(size), strict=True):
        r = [part[d, :, None] - centres[d] for d in range(3)]
        inverse = (r[0] * r[0] + r[1] * r[1] + r[2] * r[2]).masked_fill_(~counted, inf).rsqrt_()
        square = inverse * inverse
        cube = square * inverse
        along = (r[0] * dipoles[0] + r[1] * dipoles[1] + r[2] * dipoles[2]).mul_(square)  # r·p / r²
        weight = (3 * cube) * along
        fields.append(torch.stack([(weight * d).sum(1) for d in r]) - dipoles @ cube.T)
        if with_slope:
            # ∂_j H_i = 3 (δ_ij r·p + r_i p_j + p_i r_j)/r⁵ − 15 r_i r_j (r·p)/r⁷
            fifth, seventh = 3 * cube * square, -5 * weight * square
            mixed = [[(fifth * r[i]) @ dipoles[j] for j in range(3)] for i in range(3)]
            trace = weight.sum(1)
            slopes.append(
                torch.stack(
                    [
                        (seventh * r[i] * r[j]).sum(1) + mixed[i][j] + mixed[j][i] + (trace if i == j else 0)
                        for i, j in COMPONENTS
                    ]
                )
            )
    field = torch.cat(fields, 1)
    return (field, torch.cat(slopes, 1)) if with_slope else field
