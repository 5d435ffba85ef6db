"""Which discretisation a structure asks for: voxels are solved by finite differences, a mesh by finite elements."""

from dataclasses import replace

from hardmag.mesh import Mesh
from hardmag.micromagnetics.elements import elements_of
from hardmag.micromagnetics.nodal import NodalMaterials, NodalSystem
from hardmag.micromagnetics.quartic import terms_of, used
from hardmag.micromagnetics.system import Materials, System


def group_of(body):
    """Structures of which this is equal can share a batch."""
    if isinstance(body, Mesh):
        return body.geometry, len(terms_of(body.phases))
    return body.index.shape, body.cell_m, body.periodic, body.one_axis, used(body.phases)


def system_of(body, device, dtype, demag):
    """The System or NodalSystem of all structures of one group."""
    if isinstance(body, Mesh):
        return NodalSystem(body, device, dtype, demag)
    return System(body.index.shape, body.cell_m, body.periodic, device, dtype, demag)


def materials_of(run, device, dtype):
    """The Materials or NodalMaterials (B = 1) of a HalfCycle."""
    if not isinstance(run.body, Mesh):
        return Materials.of(run.body, device, dtype, run.interface_strength, run.exchange)
    if run.exchange != "variational" or run.interface_strength != 1.0:
        raise ValueError("a mesh is solved with exchange = 'variational' and interface_strength = 1 only")
    return NodalMaterials.of(run.body, device, dtype)


def completed(materials, body):
    """Materials of a body as they come back from a disk, with what follows from the body alone; None if they are of another
    mesh: one that another version of the mesher has made, say."""
    if not isinstance(body, Mesh):
        return materials
    return replace(materials, elements=elements_of(body)) if materials.elements.geometry == body.geometry else None
