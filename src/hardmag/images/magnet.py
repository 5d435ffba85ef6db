"""A synthetic magnet: a periodic power diagram of grains with log-normal sizes, and inclusions where four grains meet."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import exp, inf, pi

import numpy as np
import scipy  # whose parts are loaded when they are used

from hardmag.errors import InvalidValue
from hardmag.nanostructures.packing import with_volumes
from hardmag.nanostructures.tessellation import PowerDiagram

FEWEST = 30  # grains: in a smaller periodic box a grain meets its own copies
INCLUSION_SPREAD = 0.3  # standard deviation of ln d of inclusions
DRAWS = 3  # of a magnet, before it is given up
APART = 0.5  # times their D_V: no two sites of inclusions are nearer to each other


@dataclass(frozen=True)
class MagnetParameters:
    """What a synthetic magnet looks like. Raises InvalidValue.

    D_V_um: diameter of the sphere of the mean volume of a grain; spread: standard deviation of ln d, d the diameter of the
    sphere of a grain's volume; boundary_um: width of the boundary phase as images show it, which blur and etching make wider
    than the layer that separates grains magnetically; inclusion_share: of the volume, the boundary phase shared out to both
    sides.
    """

    D_V_um: float
    spread: float = 0.35
    boundary_um: float = 0.0
    inclusion_share: float = 0.0
    inclusion_size: float = 0.45

    def __post_init__(self):
        if not 0 < self.D_V_um < inf:
            raise InvalidValue(f"D_V_um: must be > 0 and finite, got {self.D_V_um:g}")
        for key, least, most in (("spread", 0, 1), ("inclusion_share", 0, 0.2), ("inclusion_size", 0.1, 1)):
            if not least <= getattr(self, key) <= most:
                raise InvalidValue(f"{key}: must be {least:g} to {most:g}, got {getattr(self, key):g}")
        if not 0 <= self.boundary_um < self.D_V_um:
            raise InvalidValue(f"boundary_um: must be >= 0 and < D_V_um = {self.D_V_um:g}, got {self.boundary_um:g}")

    @property
    def D_number_um(self):
        """Number mean of the diameters d: of a log-normal, D_V exp(−spread²)."""
        return self.D_V_um * exp(-(self.spread**2))


@dataclass(frozen=True, eq=False)
class SyntheticMagnet:
    """A cubic periodic box in µm. diagram: the grains, then the inclusions; without_inclusions: the grains alone, from the same
    seeds, where they fill the box."""

    parameters: MagnetParameters
    diagram: PowerDiagram
    without_inclusions: PowerDiagram

    @property
    def grains(self):
        """How many of the diagram's cells are grains."""
        return len(self.without_inclusions.seeds)

    @property
    def box_um(self):
        """Edge of the box."""
        return float(self.diagram.box[0])

    @property
    def S_V_per_um(self):
        """Area of all faces between two cells over the volume."""
        return float(self.diagram.contacts[1].sum() / self.diagram.box.prod())

    @cached_property
    def in_open_box(self):
        """PowerDiagram of all cells, with the same volumes, in a box that does not go on beyond its faces."""
        main = self.diagram
        return _solved(main.seeds % main.box, main.volumes, main.box, periodic=False, rounds=0)

    @cached_property
    def shares(self):
        """Volume shares (main phase, boundary, inclusions), see phase_shares."""
        return phase_shares(self, self.parameters.boundary_um)


def synthetic_magnet(parameters, grains, rng):
    """SyntheticMagnet of so many grains, drawn by a numpy Generator.

    The logarithms of the diameters are the middles of equally likely classes of a normal distribution, scaled to the spread: of
    160 sizes drawn at random the mean alone would scatter by 3 %. Of some draws, about one in a hundred, the volumes are
    not reached: all is drawn anew. Raises InvalidValue where the grains are too few, or none of DRAWS succeeds.
    """
    if grains < FEWEST:
        raise InvalidValue(f"grains: must be >= {FEWEST}, got {grains}")
    for _ in range(DRAWS - 1):
        with suppress(InvalidValue):
            return _drawn(parameters, grains, rng)
    return _drawn(parameters, grains, rng)


def _drawn(parameters, grains, rng):
    """One draw of synthetic_magnet."""
    of_grain = pi / 6 * parameters.D_V_um**3
    volume = grains * of_grain / (1 - parameters.inclusion_share)
    box = np.full(3, volume ** (1 / 3))
    volumes = _volumes(grains, parameters.spread, grains * of_grain, rng)
    main = _solved(rng.random((grains, 3)) * box, volumes * (volume / volumes.sum()), box)
    if not parameters.inclusion_share:
        return SyntheticMagnet(parameters, main, main)
    filled, size = parameters.inclusion_share * volume, parameters.inclusion_size
    count = max(1, round(filled / (size**3 * of_grain)))
    sites = _sites(main, count, APART * size * parameters.D_V_um, rng)
    volumes = np.concatenate([volumes, _volumes(count, INCLUSION_SPREAD, filled, rng)])
    whole = _solved(np.concatenate([main.seeds, sites]), volumes, box, rounds=0)
    return SyntheticMagnet(parameters, whole, main)


def phase_shares(magnet, boundary_um):
    """Volume shares (main phase, boundary, inclusions) with a boundary of that thickness: what is left of the cells when all of
    their faces move inwards by half of it."""
    bodies = [cell.moved(-boundary_um / 2) if boundary_um else cell for cell in magnet.diagram.cells]
    left = np.array([0.0 if body is None else body.volume for body in bodies]) / magnet.diagram.box.prod()
    main, inclusions = left[: magnet.grains].sum(), left[magnet.grains :].sum()
    return float(main), float(1 - main - inclusions), float(inclusions)


def _solved(seeds, volumes, box, periodic=True, **rounds):
    """The diagram with these volumes, see with_volumes."""
    try:
        return with_volumes(seeds, volumes, box, (periodic,) * 3, **rounds)
    except ValueError as error:
        raise InvalidValue(f"spread, inclusion_share: no such magnet is found ({error})") from None


def _volumes(count, spread, total, rng):
    """Log-normal volumes (count,) that add up to a total, in random order."""
    logarithm = scipy.special.ndtri((rng.permutation(count) + 0.5) / count)
    volumes = np.exp(3 * spread * logarithm / (logarithm.std() or 1.0))
    return volumes * (total / volumes.sum())


def _sites(diagram, count, apart, rng):
    """Points (count, 3) in the box where four cells meet, drawn at random, none nearer to another than `apart`."""
    points = rng.permutation(diagram.corners[np.unique(diagram.corner)] % diagram.box)
    near = scipy.spatial.cKDTree(points, boxsize=diagram.box).query_ball_point(points, apart)
    free, taken = np.ones(len(points), bool), []
    for k, others in enumerate(near):
        if free[k] and len(taken) < count:
            taken.append(k)
            free[others] = False
    if len(taken) < count:
        raise InvalidValue(f"inclusion_share: {count} inclusions are asked for, and room is for {len(taken)} where grains meet")
    return points[taken]
