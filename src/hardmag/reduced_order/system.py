"""The grains of one or several magnets as tensors, and what each grain's moment does to the points of the others.

Grains are sorted by how many others are near to them, so that the sources of rank k of all grains that have one are the first
rows of every list. Sums over sources then add one rank after the other: what a magnet gives does not depend on those beside it.
"""

from dataclasses import dataclass
from math import pi

import numpy as np
import scipy
import torch

from hardmag.materials import MU0
from hardmag.reduced_order.dipoles import add_dipoles
from hardmag.reduced_order.field import field_tensors, times
from hardmag.reduced_order.laws import Laws
from hardmag.reduced_order.points import edge_points, mean_points
from hardmag.reduced_order.stoner_wohlfarth import astroid

try:
    from hardmag.reduced_order import cpu_loops
except ImportError:  # numba is missing, as on a bare GPU node
    cpu_loops = None

LITTLE = 0.3  # of Ms: by less a moment has turned a little, by more it has switched
ROUNDING = 1e-5  # of norms, of tensors in fp32
KEPT = (0, 1, 3, 4, 5)  # of field.COMPONENTS: zz follows, as the trace is −1 within a grain and 0 outside
AFAR = 16.0  # radii of a grain: the field of a dipole further away is 0.01 mT off where it is expanded about the grain's centre


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
    radius: torch.Tensor  # (G,)
    points: torch.Tensor  # (3, P)
    grain: torch.Tensor  # (P,)
    sources: list  # of rank k: (G_k,) the k-th source of the first G_k grains
    starts: torch.Tensor  # (G + 1,) of the grains' points
    ranks: torch.Tensor  # (G, K) the sources of each grain, −1 where it has no k-th
    tensors: torch.Tensor  # those of `near`, one after the other
    blocks: torch.Tensor  # (K + 1,) where they begin there
    near: list  # of rank k: (5, P_k), KEPT of D of that source at the points of those grains; of rank 0 their own
    pairs: torch.Tensor  # (2, E) grain and its source, rank after rank
    norms: torch.Tensor  # (G, K) the largest norm of D of the k-th source at a point of the grain
    means: torch.Tensor  # (6, E) D of the source, averaged over the grain; of the grain itself less its isotropic part −1/3
    all_near: list  # of magnet s: whether there is no other source
    is_near: list  # of magnet s: (g, g) bool, [i, j]: whether j is a near source of i, both numbered within the magnet
    members: list  # of magnet s: (g,) its grains, in the order of its Grains
    rows: list  # of magnet s: its points, grain by grain
    rotating: torch.Tensor  # (G,) bool
    downhill: torch.Tensor  # (G,) bool, see Reading.reversal
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
        blocks = np.cumsum([0, *(len(KEPT) * int(starts[n]) for n in ranks)])
        tensors = torch.zeros(int(blocks[-1]), dtype=dtype, device=device)  # without magnetostatics they stay so
        table = np.full((len(order), len(ranks)), -1)
        for k, of_rank in enumerate(sources):
            table[: len(of_rank), k] = of_rank.tolist()
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
            radius=make(every("radius")),
            points=make(np.concatenate([points[g] for g in order]).T),
            grain=make(np.repeat(np.arange(len(order)), lengths), whole),
            sources=sources,
            starts=make(starts, whole),
            ranks=make(table, whole),
            tensors=tensors,
            blocks=make(blocks, whole),
            near=[tensors[b:end].view(len(KEPT), -1) for b, end in zip(blocks.tolist(), blocks[1:].tolist(), strict=False)],
            pairs=torch.stack([torch.cat([torch.arange(n, device=device) for n in ranks]), torch.cat(sources)]),
            norms=torch.zeros((len(order), len(ranks)), dtype=torch.float64, device=device),
            means=torch.empty((6, sum(ranks)), dtype=torch.float64, device=device),
            all_near=[bool(part.is_near.all()) for part in parts],
            is_near=[make(part.is_near, torch.bool) for part in parts],
            members=[make(place[first[s] : first[s + 1]], whole) for s in range(len(parts))],
            rows=[
                make(np.concatenate([np.arange(starts[g], starts[g + 1]) for g in place[first[s] : first[s + 1]]]), whole)
                for s in range(len(parts))
            ],
            rotating=make(every("rotating"), torch.bool),
            downhill=make(every("downhill"), torch.bool),
            laws=Laws.of([laws[g] for g in order], make(every("HA"))),
            magnetostatics=magnetostatics,
        )
        if magnetostatics:
            bodies = [body for grains in magnets for body in grains.bodies]
            system._fill([bodies[g] for g in order])
        return system

    def _fill(self, bodies):
        """Compute `near` and `means`, source by source."""
        by_law = (self.laws.law >= 0).tolist()
        of_source = [[] for _ in bodies]  # [(i, k), …], whose k-th source it is
        for k, of_rank in enumerate(self.sources):
            for i, j in enumerate(of_rank.tolist()):
                of_source[j].append((i, k))
        starts, rank = self.starts.tolist(), np.cumsum([0, *(len(sources) for sources in self.sources)]).tolist()
        middles = [tuple(torch.as_tensor(a, device=self.J.device) for a in mean_points(body)) for body in bodies]
        for j, targets in enumerate(of_source):
            at = [self.points[:, starts[i] : starts[i + 1]].T for i, _ in targets]
            found = field_tensors(bodies[j], torch.cat(at + [middles[i][0] for i, _ in targets]))
            begin, middle = 0, sum(len(points) for points in at)
            for (i, k), points in zip(targets, at, strict=True):
                self.near[k][:, starts[i] : starts[i + 1]] = found[begin : begin + len(points), KEPT].T
                begin += len(points)
                weights = middles[i][1]
                self.means[:, rank[k] + i] = weights @ found[middle : middle + len(weights)]
                if i == j and by_law[j]:  # the field of the grain itself is in its law
                    self.means[:, rank[k] + i] = 0
                elif i == j:  # the field −J/3 along the own moment neither turns it nor helps to reverse the grain as a whole
                    self.means[:3, rank[k] + i] += 1 / 3
                middle += len(weights)
        for k, tensors in enumerate(self.near):
            xx, yy, xy, xz, yz = tensors
            squares = xx**2 + yy**2 + (xx + yy + (k == 0)) ** 2 + 2 * (xy**2 + xz**2 + yz**2)
            largest = torch.zeros_like(self.J).scatter_reduce(0, self.grain[: len(squares)], squares.double(), "amax")
            self.norms[:, k] = (1 + ROUNDING) * largest.sqrt()

    @property
    def compiled(self):
        """Whether loops are compiled by numba."""
        return self.J.device.type == "cpu" and cpu_loops is not None

    def mean_near(self, M):
        """Field of near sources, averaged over each grain: (3, G). M: magnetisation (3, G) in T."""
        if self.compiled:
            return cpu_loops.mean_near(self, M)
        fields = times(self.means, M[:, self.pairs[1]])
        total = torch.zeros_like(M)
        for of_rank in fields.split([len(sources) for sources in self.sources], 1):
            total[:, : of_rank.shape[1]] += of_rank
        return total

    def own_mean(self, M):
        """Of mean_near the field of each grain itself: (3, G)."""
        return times(self.means[:, : len(self.J)], M)

    def at_points(self, points, field, expansion, M, uniform):
        """Fields at some points (p,): (3, p).

        field: of other grains, (3, P); expansion: what is added to it, (9, G), see add_far; M: magnetisation, (3, G), of the
        grains themselves; uniform: (3, G), whatever else is in each grain.
        """
        grain = self.grain[points]
        away = self.points[:, points] - self.centre[:, grain]
        found = field[:, points] + (uniform + expansion[:3])[:, grain] + times(expansion[3:, grain], away)
        return _added(found, self.near[0][:, points], M[:, grain], trace=-1) if self.magnetostatics else found

    def excess(self, field, expansion, M, uniform, axis, among):
        """How near the field at any point of each grain is to switching it: (G,), see astroid; 0 where there is none. And the
        least part of it along the moment, in T, over the points where it has one: (G,), inf where it has nowhere.

        axis: (3, G), on whose side the moments lie; among: (G,), of the others it is 0; the rest as in at_points.
        """
        if self.compiled:
            return cpu_loops.excess(self, field, expansion, M, uniform, axis, among)
        every = torch.arange(len(self.grain), device=field.device)
        T = self.at_points(every, field, expansion, M, uniform)
        found, along = astroid(T, axis[:, self.grain], self.HA[self.grain]), (T * axis[:, self.grain]).sum(0)
        largest = torch.zeros_like(self.HA).scatter_reduce(0, self.grain, found, "amax")
        none = torch.full_like(self.HA, torch.inf)
        least = none.scatter_reduce(0, self.grain, torch.where(along >= 0, along, torch.inf), "amin")
        return torch.where(among, largest, 0), torch.where(among, least, 0)

    def add_near(self, field, drift, change, turned):
        """Add what a change of magnetisation (3, G) does to the points of other, near grains to `field` (3, P), and a bound of
        it to `drift` (G,). turned: (G,), where it counts."""
        if self.compiled:
            cpu_loops.add_near(self, field, drift, change, turned)
            return
        drift.fill_(torch.inf)  # all grains are looked at at once: a bound would save nothing
        change = torch.where(turned, change, 0)
        for sources, tensors in zip(self.sources[1:], self.near[1:], strict=True):
            n = tensors.shape[1]
            _added(field[:, :n], tensors, change[:, sources][:, self.grain[:n]], trace=0)

    def add_far(self, field, drift, at_centres, expansion, change, turned):
        """Likewise for what is far from the grains that have turned: at_centres (3, G), field (3, P) and expansion (9, G), of
        which drift has nothing.

        Of grains that have turned little, and of all that are AFAR, the field at the points of a grain is expanded to first
        order about its centre: the field there and its gradient.
        """
        little = change.square().sum(0) < (LITTLE * self.J) ** 2
        for s, members in enumerate(self.members):
            if self.all_near[s]:
                continue
            for some, beyond in ((turned & little, 0.0), (turned & ~little, AFAR)):
                own = torch.nonzero(some[members]).flatten()
                if len(own):
                    dipoles = (change[:, members[own]] * self.volume[members[own]]) / (4 * pi)
                    add = cpu_loops.add_dipoles if self.compiled else add_dipoles
                    add(self, s, field, drift, at_centres, expansion, dipoles, own, beyond)


def _added(field, tensors, vectors, trace):
    """`field` (3, n), to which tensors, given by their components KEPT, (5, n), times vectors (3, n) are added in place."""
    xx, yy, xy, xz, yz = tensors
    zz = trace - xx.double() - yy.double()
    for row, parts in zip(field, ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz)), strict=True):
        for part, component in zip(parts, vectors, strict=True):
            row.addcmul_(part, component)
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
    radius: np.ndarray
    rotating: np.ndarray
    downhill: np.ndarray
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
            radius=radius,
            rotating=(HA > 0) & (reading.moments == "rotating"),
            downhill=np.full(len(J), reading.reversal == "downhill"),
            points=points,
            near=near,
            is_near=is_near,
        )
