"""What the finite elements of one mesh have in common, whatever the materials: patterns, and integrals by phase. In fp64.

Linear tetrahedra (P1): m is given at the nodes and linear between them. Integrals are in units of the mean nodal volume V0, so
that gradients have the size of those of the finite differences, energies per cell.
"""

from collections import OrderedDict

import numpy as np

from hardmag.micromagnetics.particle_mesh import shares
from hardmag.micromagnetics.sparse import Pattern

KEPT = 4  # meshes; a campaign of one grain in many materials has one
_kept = OrderedDict()


def elements_of(mesh):
    """The Elements of a mesh, made once for all meshes of the same geometry."""
    if mesh.geometry not in _kept:
        _kept[mesh.geometry] = Elements(mesh)
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(mesh.geometry)
    return _kept[mesh.geometry]


class Elements:
    """n nodes, P phases.

    nodal: (P, n), ∫φ_i over the phase; neighbours, stiffness: pattern of nodes that share an element, and (P, entries)
    −2∫∇φ_i·∇φ_j; diagonal: (P, n), half an upper bound of that operator (see `_bound`); grid: cells and edges of the
    demagnetising field's grid; spread: pattern (cells, nodes) and (P, entries) mean of φ_i over a cell; gathered: its
    transpose's pattern, and by which entries of it; cell_volume: in V0.
    """

    def __init__(self, mesh):
        self.geometry = mesh.geometry
        n, phases = len(mesh.nodes), len(mesh.phases)
        unit = float(mesh.volumes.sum()) / n
        corner = np.repeat(mesh.volumes / 4 / unit, 4)
        self.nodes = mesh.nodes
        self.nodal = _by_phase(mesh.phase.repeat(4), mesh.tetrahedra.ravel(), corner, phases, n)

        local = _stiffness(mesh) / unit
        i, j = (mesh.tetrahedra[:, k] for k in (_I, _J))
        away = (_I != _J).nonzero()[0]
        keys, place = np.unique(i[:, away] * n + j[:, away], return_inverse=True)
        self.neighbours, order = Pattern.of(*np.divmod(keys, n), n)
        entries = -2 * local[:, _I, _J][:, away]
        self.stiffness = _by_phase(mesh.phase.repeat(len(away)), place.ravel(), entries.ravel(), phases, len(keys))[:, order]
        self.diagonal = _by_phase(mesh.phase.repeat(4), mesh.tetrahedra.ravel(), _bound(local).ravel(), phases, n)

        self.grid = cells, cell_m = mesh.grid[:2]
        self.cell_volume = float(np.prod(cell_m)) / unit
        at, node, phase, share = shares(mesh)
        keys, place = np.unique(at * n + node, return_inverse=True)
        values = _by_phase(phase, place, share, phases, len(keys))
        at, node = np.divmod(keys, n)
        self.spread, order = Pattern.of(at, node, int(np.prod(cells)))
        self.mean = values[:, order]
        self.gathered, self.transposed = Pattern.of(node[order], at[order], n)

    def __getstate__(self):
        """What is written of them where a half-cycle is set aside: of which mesh they are. All else follows from it."""
        return {"geometry": self.geometry}


_I, _J = (k.ravel() for k in np.indices((4, 4)))  # all pairs of an element's nodes


def _by_phase(phase, place, values, phases, length):
    """Sums of values by phase and place: (phases, length)."""
    return np.bincount(phase * length + place, values, minlength=phases * length).reshape(phases, length)


def _stiffness(mesh):
    """∫∇φ_i·∇φ_j over each element in m: (e, 4, 4)."""
    corners = mesh.nodes[mesh.tetrahedra]
    inverse = np.linalg.inv(np.concatenate([np.ones((len(corners), 4, 1)), corners], axis=2))
    gradients = inverse[:, 1:]  # (e, 3, 4)
    return mesh.volumes[:, None, None] * (gradients.transpose(0, 2, 1) @ gradients)


def _bound(local):
    """Diagonal matrices (e, 4) that twice are above 2·local, element by element: λ·diag(local), λ its largest eigenvalue with
    the diagonal divided out. What holds for each element holds for their sum, so the spectrum of the whole with this diagonal
    divided out lies within (0, 2], also where obtuse angles make entries positive, and narrower than by Gershgorin."""
    diagonal = np.einsum("eii->ei", local)
    root = 1 / np.sqrt(diagonal)
    largest = np.linalg.eigvalsh(local * root[:, :, None] * root[:, None, :])[:, -1]
    return largest[:, None] * diagonal
