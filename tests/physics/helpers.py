"""What several physics tests need: batches of Materials, and minimisation from a state of one's own choosing."""

from itertools import islice

import numpy as np
import torch

from hardmag.micromagnetics.iterate import Iterate
from hardmag.micromagnetics.minimiser import advance
from hardmag.micromagnetics.scheduler import joined
from hardmag.micromagnetics.system import Materials, System


def system_of(voxels, demag=True, dtype=torch.float64):
    """The System of the voxels' grid, on the CPU."""
    return System(voxels.index.shape, voxels.cell_m, voxels.periodic, "cpu", dtype, demag)


def materials_of(*samples, dtype=torch.float64):
    """Materials with one sample per Voxels."""
    return joined([Materials.of(voxels, "cpu", dtype) for voxels in samples])


def energy_of(system, materials, m, field_T):
    """Energy (B,) of a state, in J/m³ summed over cells, less ΣK."""
    radial = (system.gradient(materials, m, field_T) * m).sum(1, keepdim=True)
    return system.energy(materials, m, radial, field_T)


def wall(x, width):
    """Bloch wall at x = 0 of a chain along x, m_y from −1 to +1: (1, 3, n, 1, 1). Along z in its middle."""
    m = torch.zeros(1, 3, len(x), 1, 1, dtype=torch.float64)
    m[0, 1, :, 0, 0] = torch.as_tensor(np.tanh(x / width))
    m[0, 2, :, 0, 0] = torch.as_tensor(1 / np.cosh(x / width))
    return m


def iterates(system, materials, m, field_T):
    """Descent from m without end: (m, which samples' trial point was accepted, torque there) after each pass."""
    it = Iterate.start(m)
    while True:
        it, accepted, torque = advance(system, materials, it, field_T)
        yield it.m, accepted, torque


def relaxed(system, materials, m, field_T, tolerance_T, max_passes=5000):
    """m of each sample where its torque first falls below tolerance_T; fails after max_passes."""
    rest, waiting = m.clone(), torch.ones(len(m), dtype=torch.bool)
    for now, accepted, torque in islice(iterates(system, materials, m, field_T), max_passes):
        arrived = waiting & accepted & (torque < tolerance_T)
        rest[arrived] = now[arrived]
        waiting &= ~arrived
        if not waiting.any():
            return rest
    raise AssertionError(f"not at rest after {max_passes} passes: samples {waiting.nonzero().flatten().tolist()}")
