"""What several physics tests need: batches of Materials, and minimisation from a state of one's own choosing."""

from dataclasses import fields

import torch

from hardmag.micromagnetics.minimiser import Iterate, advance
from hardmag.micromagnetics.system import Materials, System


def system_of(voxels, demag=True, dtype=torch.float64):
    """The System of the voxels' grid, on the CPU."""
    return System(voxels.index.shape, voxels.cell_m, voxels.periodic, "cpu", dtype, demag)


def materials_of(*samples, dtype=torch.float64):
    """Materials with one sample per Voxels."""
    parts = [Materials.of(voxels, "cpu", dtype) for voxels in samples]
    columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(Materials)}
    return Materials(**{name: None if column[0] is None else torch.cat(column) for name, column in columns.items()})


def energy_of(system, materials, m, field_T):
    """Energy (B,) of a state, in J/m³ summed over cells, less ΣK."""
    radial = (system.gradient(materials, m, field_T) * m).sum(1, keepdim=True)
    return system.energy(materials, m, radial, field_T)


def relaxed(system, materials, m, field_T, tolerance_T, max_passes=5000):
    """m of each sample where its torque first falls below tolerance_T; fails after max_passes."""
    it, rest, waiting = Iterate.start(m), m.clone(), torch.ones(len(m), dtype=torch.bool)
    for _ in range(max_passes):
        it, accepted, torque = advance(system, materials, it, field_T)
        arrived = waiting & accepted & (torque < tolerance_T)
        rest[arrived] = it.m[arrived]
        waiting &= ~arrived
        if not waiting.any():
            return rest
    raise AssertionError(f"not at rest after {max_passes} passes: samples {waiting.nonzero().flatten().tolist()}")
