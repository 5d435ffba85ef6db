"""What a realisation of a polycrystal draws, and how it is handed to a solver: as grains, in cells, or as a mesh."""

from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from hardmag.errors import InvalidValue, UnfitStructure
from hardmag.grains import Grains, Reading
from hardmag.nanostructures.grain_files import cells_of_file
from hardmag.nanostructures.junctions import inclusions
from hardmag.nanostructures.packing import polycrystal_cells
from hardmag.nanostructures.polycrystal_mesh import mesh_of
from hardmag.nanostructures.polycrystal_parameters import TABLES, law_of_file
from hardmag.nanostructures.texture import cap, fisher
from hardmag.polyhedron import Polyhedron
from hardmag.voxels import Voxels

READING = {"d": "point_d", "l": "exchange_l", "distance_from": "point_from", "per_edge": "points_per_edge"}
READING |= {"moments": "moments", "reversal": "reversal", "near": "near_radii"}


@dataclass(frozen=True, eq=False)
class Drawn:
    """bodies: polyhedra in nm, apart by the boundary; phase: (n,) their names; axis: (n, 3) easy axes. The first `solid` are
    magnetic grains, the others of the first `grains` pores, the rest inclusions."""

    bodies: list[Polyhedron]
    phase: list[str]
    axis: np.ndarray
    solid: int
    grains: int


def drawn(magnet, rng):
    """Drawn of a Polycrystal, by the realisation's rng unless it has a seed of its own.

    Raises UnfitStructure where a grain is thinner than the boundary, or inclusions find no room.
    """
    rng = rng if magnet.structure_seed is None else np.random.default_rng(magnet.structure_seed)
    box, axes, pores, count = np.array(magnet.extension_nm), None, None, magnet.grains
    key = next((key for key in TABLES if getattr(magnet, key) is not None), None)
    if key is None:
        try:
            cells = polycrystal_cells(count, magnet.size_spread, magnet.aspect, box, (magnet.periodic,) * 3, rng)
        except ValueError as error:
            raise UnfitStructure(str(error)) from None
    else:
        cells, axes, own, pores = cells_of_file(key, getattr(magnet, key), getattr(magnet, f"{key}_sha256"), magnet.box_nm)
        cells = [cell.scaled(float(box[0] / own[0])) for cell in cells]
    if pores is not None:
        order = np.argsort(pores, kind="stable")
    else:
        order = rng.permutation(count) if magnet.pores else np.arange(count)
    if axes is None:
        axes = (cap if magnet.texture == "cap" else fisher)(count, magnet.misalignment_deg, rng)
    phase = ["grain"] * (count - magnet.pores) + ["pore"] * magnet.pores
    if magnet.seconds:
        for grain in rng.permutation(count - magnet.pores)[: magnet.seconds].tolist():
            phase[grain] = "second"
    gap, volume = magnet.boundary_nm, (magnet.inclusion_percent or 0.0) / 100 * float(np.prod(magnet.outline_nm))
    cuts, included = inclusions(cells, box, (magnet.periodic,) * 3, gap, volume)
    shrunk = [_shrunk(cells[g], gap / 2, cuts.get(g)) for g in order.tolist()]
    thin = sum(body is None for body in shrunk)
    if thin:
        raise UnfitStructure(f"{thin} of {count} grains are thinner than boundary_nm = {gap:g}")
    phase += ["inclusion"] * len(included)
    axes = np.concatenate([axes[order], np.tile(magnet.easy_axis, (len(included), 1))])
    return Drawn(shrunk + included, phase, axes, count - magnet.pores, count)


def _shrunk(cell, distance, cuts):
    """A cell behind the planes that cut inclusions off it, all faces moved inwards; None where nothing is left."""
    if cuts is None:
        return cell.moved(-distance)
    normals, offsets = (np.concatenate(both) for both in zip((cell.normals, cell.offsets), cuts, strict=True))
    return Polyhedron.behind(normals, offsets - distance, cell.centroid)


def _others_m3(magnet, drawn):
    """{phase: volume} of what is not magnetic, within the outline of the magnet."""
    filled, cells, solid = (sum(body.volume for body in drawn.bodies[:n]) for n in (None, drawn.grains, drawn.solid))
    found = {"pore": (cells - solid) * 1e-27}
    if magnet.inclusion_percent:
        found["inclusion"] = (filled - cells) * 1e-27
    if magnet.boundary_mu0_Ms_T == 0:
        found = {"boundary": (float(np.prod(magnet.outline_nm)) - filled) * 1e-27} | found
    return found


def as_grains(magnet, drawn):
    """Grains for the reduced-order model."""
    phases = [phase for phase in magnet.phases if phase.name in ("grain", "second")]
    place = {phase.name: k for k, phase in enumerate(phases)}
    try:
        return Grains(
            bodies=tuple(body.scaled(1e-9) for body in drawn.bodies[: drawn.solid]),
            phase=np.array([place[name] for name in drawn.phase[: drawn.solid]], dtype=np.int64),
            phases=tuple(phases),
            axis=drawn.axis[: drawn.solid],
            others_m3=_others_m3(magnet, drawn),
            reading=Reading(**{key: getattr(magnet, name) for key, name in READING.items()}),
            laws={} if magnet.law is None else {place["grain"]: law_of_file(magnet.law, magnet.law_sha256)[0]},
        )
    except InvalidValue as error:
        raise UnfitStructure(str(error)) from None


def as_mesh(magnet, drawn):
    """A phase for each grain, or for its core and its shell, with its own easy axis, and one for a magnetic boundary."""
    phases = {phase.name: phase for phase in magnet.phases}

    def turned(bodies, names):
        named = zip(bodies, names, drawn.axis.tolist(), strict=False)
        return [(body, replace(phases[name], axis=tuple(own))) for body, name, own in named]

    names, cores = drawn.phase[: drawn.solid], _cores(magnet, drawn) if magnet.shell_nm else []
    grains = turned(drawn.bodies[: drawn.solid], ["shell"] * drawn.solid if cores else names)
    boundary = phases["boundary"] if magnet.boundary_mu0_Ms_T > 0 else None
    others_m3, holes = _others_m3(magnet, drawn), drawn.bodies[drawn.solid :]
    box_nm, lengths = magnet.extension_nm, (magnet.edge_nm, magnet.grid_nm)
    return mesh_of(grains, turned(cores, names), holes, boundary, box_nm, others_m3, *lengths)


def as_cells(magnet, drawn):
    """A cell has the phase and the axis of the grain that its centre lies in, or the shell's phase outside of its core."""
    place = {phase.name: k for k, phase in enumerate(magnet.phases)}
    n, box = magnet.shape, np.array(magnet.extension_nm)
    cell = box / n
    index, axis = np.full(n, place["boundary"], dtype=np.uint8), np.zeros((3, *n))
    axis[2] = 1.0
    cores = _cores(magnet, drawn) if magnet.shell_nm else []
    for body, core, name, own in zip_longest(drawn.bodies, cores, drawn.phase, drawn.axis):
        low = np.floor(body.corners.min(0) / cell - 0.5).astype(int)
        high = np.ceil(body.corners.max(0) / cell + 0.5).astype(int)
        if not magnet.periodic:
            low, high = np.maximum(low, 0), np.minimum(high, n)
        ranges = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
        centres = np.stack(np.meshgrid(*((r + 0.5) * c for r, c in zip(ranges, cell, strict=True)), indexing="ij"), -1)
        turn = np.meshgrid(*(r % k for r, k in zip(ranges, n, strict=True)), indexing="ij")
        inside = body.holds(centres)
        at = tuple(p[inside] for p in turn)
        index[at] = place[name] if core is None else np.where(core.holds(centres[inside]), place[name], place["shell"])
        axis[(slice(None), *at)] = own[:, None]
    return Voxels(index, magnet.phases, tuple((cell * 1e-9).tolist()), (magnet.periodic,) * 3, axis)


def _cores(magnet, drawn):
    """What lies within the shells of the magnetic grains."""
    cores = [body.moved(-magnet.shell_nm) for body in drawn.bodies[: drawn.solid]]
    thin = sum(core is None for core in cores)
    if thin:
        raise UnfitStructure(f"{thin} of {drawn.solid} grains have no core within shell_nm = {magnet.shell_nm:g}")
    return cores
