"""The grains of one or several magnets as tensors, and what each grain's moment does to the points of the others.

Grains are sorted by how many others are near to them, so that the sources of rank k of all grains that have one are the first
rows of every list. Sums over sources then add one rank after the other: what a magnet gives does not depend on those beside it.
"""

from dataclasses import dataclass
from math import inf, pi

import numpy as np
import scipy
import torch

from hardmag.materials import MU0
from hardmag.reduced_order.field import COMPONENTS, field_tensors, times
from hardmag.reduced_order.laws import Laws
from hardmag.reduced_order.points import edge_points, mean_points

PAIRS = 100_000  # points × sources of far fields that a processor keeps at hand
LITTLE = 0.3  # of Ms: by less a moment has turned a little, by more it has switched
FULL = (0, 3, 4, 3, 1, 5, 4, 5, 2)  # of COMPONENTS, a tensor row by row
SMOOTH = 0.25  # of a magnet's grains: where more have turned, all near fields of it are computed anew, and not theirs alone


@dataclass(eq=False)
class System:
    """Tensors of G grains with P points in S magnets; fields and magnetisation µ0·M in T, lengths in m, all fp64 but `near`.

    magnet: (G,) which each grain belongs to; grain: (P,) which each point belongs to; order: (G,) place of each in its magnet.
    """

    magnet: torch.Tensor
    order: torch.Tensor
    axis: torch.Tensor  # (3, G)
    J: torch.Tensor  # (G,) µ0·Ms
    HA: torch.Tensor  # (G,) anisotropy field; of grains with a law and without K, which do not rotate, their largest field
    exchange: torch.Tensor  # (G,) J/l²
    moment: torch.Tensor  # (G,) J·V
    volume: torch.Tensor  # (G,)
    centre: torch.Tensor  # (3, G)
    points: torch.Tensor  # (3, P)
    grain: torch.Tensor  # (P,)
    sources: list  # of rank k: (G_k,) the k-th source of the first G_k grains
    starts: torch.Tensor  # (G + 1,) of the grains' points
    near: list  # of rank k: (6, P_k), D of that source at the points of those grains; of rank 0 their own
    pairs: torch.Tensor  # (2, E) grain and its source, rank after rank
    means: torch.Tensor  # (6, E) D of the source, averaged over the grain; of the grain itself less its isotropic part −1/3
    targets: list  # of grain j: [(i, k), …], whose k-th source it is
    is_near: list  # of magnet s: (g, g) bool, [i, j]: whether j is a near source of i, both numbered within the magnet
    members: list  # of magnet s: (g,) its grains, in the order of its Grains
    rows: list  # of magnet s: its points, grain by grain
    rotating: torch.Tensor  # (G,) bool
    laws: Laws
    magnetostatics: bool

    @classmethod
    def of(cls, magnets, device="cpu", dtype=torch.float32, magnetostatics=True):
        """System of a list of Grains."""
        parts = [_Part.of(grains) for grains in magnets]
        lists = [near for part in parts for near in part.near]
        counts = np.array([len(near) for near in lists])
        order = np.argsort(-counts, kind="stable")  # of all grains, as they stand one magnet after the other
        place = np.argsort(order, kind="stable")
        first = np.cumsum([0, *(len(part.near) for part in parts)])
        magnet = np.repeat(np.arange(len(parts)), np.diff(first))
        points, laws = [p for part in parts for p in part.points], [law for grains in magnets for law in grains.law_of_each()]
        lengths = np.array([len(points[g]) for g in order])
        starts = np.cumsum([0, *lengths])
        ranks = [int((counts > k).sum()) for k in range(counts.max())]
        make = lambda a, kind=torch.float64: torch.as_tensor(np.ascontiguousarray(a), dtype=kind, device=device)  # noqa: E731
        every = lambda key: np.concatenate([getattr(part, key) for part in parts])[order]  # noqa: E731
        whole = torch.int64
        sources = [make([place[first[magnet[g]] + lists[g][k]] for g in order[:n]], whole) for k, n in enumerate(ranks)]
        system = cls(
            magnet=make(magnet[order], whole),
            order=make((np.arange(len(order)) - first[magnet])[order], whole),
            axis=make(every("axis").T),
            J=make(every("J")),
            HA=make(every("HA")),
            exchange=make(every("exchange")),
            moment=make(every("J") * every("volume")),
            volume=make(every("volume")),
            centre=make(every("centre").T),
            points=make(np.concatenate([points[g] for g in order]).T),
            grain=make(np.repeat(np.arange(len(order)), lengths), whole),
            sources=sources,
            starts=make(starts, whole),
            near=[torch.empty((6, int(starts[n])), dtype=dtype, device=device) for n in ranks],
            pairs=torch.stack([torch.cat([torch.arange(n, device=device) for n in ranks]), torch.cat(sources)]),
            means=torch.empty((6, sum(ranks)), dtype=torch.float64, device=device),
            targets=[[] for _ in order],
            is_near=[make(part.is_near, torch.bool) for part in parts],
            members=[make(place[first[s] : first[s + 1]], whole) for s in range(len(parts))],
            rows=[
                make(np.concatenate([np.arange(starts[g], starts[g + 1]) for g in place[first[s] : first[s + 1]]]), whole)
                for s in range(len(parts))
            ],
            rotating=make(every("rotating"), torch.bool),
            laws=Laws.of([laws[g] for g in order], make(every("HA"))),
            magnetostatics=magnetostatics,
        )
        for k, of_rank in enumerate(sources):
            for i, j in enumerate(of_rank.tolist()):
                system.targets[j].append((i, k))
        if magnetostatics:
            bodies = [body for grains in magnets for body in grains.bodies]
            system._fill([bodies[g] for g in order])
        return system

    def _fill(self, bodies):
        """Compute `near` and `means`, source by source."""
        by_law = (self.laws.law >= 0).tolist()
        starts, rank = self.starts.tolist(), np.cumsum([0, *(len(sources) for sources in self.sources)]).tolist()
        middles = [tuple(torch.as_tensor(a, device=self.J.device) for a in mean_points(body)) for body in bodies]
        for j, targets in enumerate(self.targets):
            at = [self.points[:, starts[i] : starts[i + 1]].T for i, _ in targets]
            found = field_tensors(bodies[j], torch.cat(at + [middles[i][0] for i, _ in targets]))
            begin, middle = 0, sum(len(points) for points in at)
            for (i, k), points in zip(targets, at, strict=True):
                self.near[k][:, starts[i] : starts[i + 1]] = found[begin : begin + len(points)].T
                begin += len(points)
                weights = middles[i][1]
                self.means[:, rank[k] + i] = weights @ found[middle : middle + len(weights)]
                if i == j and by_law[j]:  # the field of the grain itself is in its law
                    self.means[:, rank[k] + i] = 0
                elif i == j:  # the field −J/3 along the own moment neither turns it nor helps to reverse the grain as a whole
                    self.means[:3, rank[k] + i] += 1 / 3
                middle += len(weights)

    def mean_near(self, M):
        """Field of near sources, averaged over each grain: (3, G). M: magnetisation (3, G) in T."""
        total, rows = torch.zeros_like(M), self.pairs[0]
        fields = times(self.means, M[:, self.pairs[1]])
        if M.device.type == "cpu":  # where it adds one after the other, in the order of the ranks
            return total.scatter_add_(1, rows.expand(3, -1), fields)
        for of_rank in fields.split([len(sources) for sources in self.sources], 1):
            total[:, : of_rank.shape[1]] += of_rank
        return total

    def own(self, M):
        """Field of each grain at its own points: (3, P). M: magnetisation (3, G) in T."""
        if not self.magnetostatics:
            return torch.zeros_like(self.points)
        field = torch.zeros(self.points.shape, dtype=self.near[0].dtype, device=self.points.device)
        return _added(field, self.near[0], M.to(field.dtype)[:, self.grain])

    def add_near(self, field, change, turned):
        """Add what a change of magnetisation (3, G) does to the points of other, near grains to `field` (3, P). turned: (G,),
        where it counts."""
        if field.device.type != "cpu":
            self._add_all_near(field, torch.where(turned, change, 0))
            return
        of_magnet = torch.zeros(len(self.members)).index_add_(0, self.magnet, turned.float()).tolist()
        many = [s for s, n in enumerate(of_magnet) if n > SMOOTH * len(self.members[s])]
        if many:
            whole = torch.isin(self.magnet, torch.tensor(many))
            self._add_all_near(field, torch.where(turned & whole, change, 0))
            turned = turned & ~whole
        # Some thousand small blocks, for which numpy takes a tenth of torch's time.
        starts, near, rows = self.starts.tolist(), [t.numpy() for t in self.near], field.numpy()
        for j in torch.nonzero(turned).flatten().tolist():
            by = change[:, j].to(self.near[0].dtype).numpy()
            for i, k in self.targets[j]:
                if k > 0:
                    part = slice(starts[i], starts[i + 1])
                    rows[:, part] += (by @ near[k][FULL, part].reshape(3, -1)).reshape(3, -1)

    def _add_all_near(self, field, change):
        change = change.to(self.near[0].dtype)
        new = torch.zeros(field.shape, dtype=change.dtype, device=field.device)
        for sources, tensors in zip(self.sources[1:], self.near[1:], strict=True):
            n = tensors.shape[1]
            _added(new[:, :n], tensors, change[:, sources][:, self.grain[:n]])
        field += new

    def add_far(self, field, at_centres, change, turned):
        """Likewise for points and centres that are far from the grains that have turned: `field` (3, P), `at_centres` (3, G).

        Of grains that have turned little, the field is expanded to first order about the centres of the others.
        """
        little = change.square().sum(0) < (LITTLE * self.J) ** 2
        for members, rows, is_near in zip(self.members, self.rows, self.is_near, strict=True):
            if is_near.all():
                continue
            for some, expanded in ((turned & little, True), (turned & ~little, False)):
                own = torch.nonzero(some[members]).flatten()
                if not len(own):
                    continue
                sources, keep = members[own], ~is_near[:, own]
                dipoles = (change * self.volume)[:, sources] / (4 * pi)
                if expanded:
                    at, slope = self._dipole_fields(self.centre[:, members], sources, dipoles, keep, True)
                    local = self.order[self.grain[rows]]
                    away = self.points[:, rows] - self.centre[:, members][:, local]
                    field[:, rows] += at[:, local] + times(slope[:, local], away)
                else:
                    field[:, rows] += self._dipole_fields(
                        self.points[:, rows], sources, dipoles, keep[self.order[self.grain[rows]]]
                    )
                    at = self._dipole_fields(self.centre[:, members], sources, dipoles, keep)
                at_centres[:, members] += at

    def _dipole_fields(self, points, sources, dipoles, keep, with_slope=False):
        """Field at points (3, p) of dipoles (3, n) in the centres of sources (n,), where keep (p, n): (3, p), and its gradient
        (6, p)."""
        fields, slopes, centres = [], [], self.centre[:, sources]
        for part, counted in zip(points.split(size := max(1, PAIRS // len(sources)), 1), keep.split(size), strict=True):
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


def _added(field, tensors, vectors):
    """`field` (3, n), to which tensors (6, n) times vectors (3, n) are added in place."""
    for row, parts in zip(field, ((0, 3, 4), (3, 1, 5), (4, 5, 2)), strict=True):
        for part, component in zip(parts, vectors, strict=True):
            row.addcmul_(tensors[part], component)
    return field


def _near_of(centre, radius, near):
    """Of each grain the sources, the nearest, itself, first: list of (k,)."""
    # No point of grain i is nearer to the centre of j than their distance less the radius of i.
    found = scipy.spatial.cKDTree(centre).query_ball_point(centre, radius + (near - 1) * radius.max())
    lists = []
    for i, others in enumerate(found):
        others = np.sort(others)
        distance = np.linalg.norm(centre[others] - centre[i], axis=1)
        kept = distance <= radius[i] + (near - 1) * radius[others]
        lists.append(others[kept][np.argsort(distance[kept], kind="stable")])
    return lists


@dataclass(eq=False)
class _Part:
    """What of one magnet's Grains becomes tensors, in the order of its grains."""

    axis: np.ndarray
    J: np.ndarray
    HA: np.ndarray
    exchange: np.ndarray
    volume: np.ndarray
    centre: np.ndarray
    rotating: np.ndarray
    points: list
    near: list  # of each grain: sources, the nearest first
    is_near: np.ndarray

    @classmethod
    def of(cls, grains):
        reading, J = grains.reading, MU0 * grains.per_grain("Ms_A_per_m")
        centre = np.array([body.centroid for body in grains.bodies])
        radius = np.array([np.linalg.norm(b.corners - c, axis=1).max() for b, c in zip(grains.bodies, centre, strict=True)])
        near = _near_of(centre, radius, reading.near)
        is_near = np.zeros((len(J), len(J)), dtype=bool)
        for i, sources in enumerate(near):
            is_near[i, sources] = True
        asked = zip(grains.bodies, grains.exchange_lengths_m(), strict=True)
        laws = grains.law_of_each()
        points = [
            np.empty((0, 3)) if law else edge_points(b, reading.d * Lex, reading.per_edge, reading.distance_from)
            for (b, Lex), law in zip(asked, laws, strict=True)
        ]
        HA = 2 * grains.per_grain("Ku_J_per_m3") / grains.per_grain("Ms_A_per_m")
        return cls(
            axis=grains.axis,
            J=J,
            HA=np.where(HA > 0, HA, [max(law.mu0_H_sw_T) if law else 1.0 for law in laws]),
            exchange=J / reading.l**2,
            volume=grains.volumes,
            centre=centre,
            rotating=(HA > 0) & (reading.moments == "rotating"),
            points=points,
            near=near,
            is_near=is_near,
        )
