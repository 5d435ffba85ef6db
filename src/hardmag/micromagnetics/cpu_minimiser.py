"""minimiser.advance on the CPU: the same pass in a dozen compiled loops, where a sample refused or swept costs itself alone.

To the bit what minimiser.py does in torch (tests/physics/test_compiled_pass.py): the loops of cpu_pass do its operations in its
order; sums over cells, whose order is torch's, and roots, which its libraries round, are torch's own. Iterates are of
numpy arrays here, fields (B, components, cells).
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from hardmag.materials import MU0
from hardmag.micromagnetics import cpu_cellwise, cpu_pass
from hardmag.micromagnetics.cpu_kernels import flat, parallel_loop
from hardmag.micromagnetics.iterate import ARMIJO, DEGREE, MAX_ROTATION, SWEEP_DEGREE, SWEEP_T, SWEEPS, Iterate
from hardmag.micromagnetics.local_terms import inverted, recurrence
from hardmag.micromagnetics.system import LocalHessian
from hardmag.micromagnetics.zeeman import zeeman_gradient

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Body:
    """Materials on a grid as numpy arrays: (B, cells), axis (B, 3, cells)."""

    grid: tuple  # nx, ny, nz, and the faces along each, (B, 0) where there are none
    two_K: np.ndarray
    axis: np.ndarray
    diagonal: np.ndarray
    Ms: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, materials):
        shape, none = materials.Ms.shape[2:], np.empty((len(materials.Ms), 0), materials.Ms.numpy().dtype)
        one = lambda t: flat(t)[:, 0]  # noqa: E731
        return cls(
            grid=(*shape, *(none if face is None else one(face) for face in materials.faces)),
            two_K=one(materials.two_K),
            axis=flat(materials.axis.expand(-1, -1, *shape)),
            diagonal=one(materials.diagonal),
            Ms=one(materials.Ms),
            weight=one(materials.weight),
        )


def advance(system, materials, it, field_T):
    """See minimiser.advance."""
    shape, fresh = it.m.shape, it.fresh.numpy()
    zeeman, demag = flat(zeeman_gradient(materials.weight, field_T)), flat(it.m)[:0]
    if system.demag is not None:
        demag = flat(system.demag.gradient(it.trial, materials.Ms, materials.weight))
    body, samples = Body.of(materials), np.arange(len(it.m))
    it, accepted, square = _pass(body, samples, it.map(lambda _, t: flat(t)), zeeman, demag, DEGREE)
    torque = (torch.from_numpy(square).sqrt_() * torch.from_numpy(flat(materials.inv_weight))).flatten(1).amax(1)
    if system.demag is not None:
        sweeping = np.flatnonzero(accepted & ~fresh & (it.limited | (torque.numpy() > SWEEP_T)))
        if len(sweeping):
            _sweep(body, sweeping, it)
    in_torch = lambda _, a: torch.from_numpy(a if a.ndim == 1 else a.reshape(*a.shape[:2], *shape[2:]))  # noqa: E731
    return it.map(in_torch), torch.from_numpy(accepted), torque


def _sweep(body, samples, it):
    """See minimiser._swept: the trial points of `it`, in place."""
    inner = it.map(lambda _, a: a[samples])
    constant, reduced = np.empty_like(inner.m), np.empty_like(inner.radial)
    _run(
        cpu_pass.FREEZE, samples, body.grid, body.two_K, body.axis, inner.m, body.Ms, body.weight, _scalar(it, MU0),
        inner.g, inner.radial, reduced, constant,
    )  # fmt: skip
    inner = replace(inner, radial=reduced, share=np.zeros_like(inner.share))
    for _ in range(SWEEPS):
        inner, _, _ = _pass(body, samples, inner, constant, constant[:0], SWEEP_DEGREE)
    it.trial[samples], it.gz[samples], it.bound[samples] = inner.m, 0, 0


def _pass(body, samples, it, added, more, degree):
    """One pass from the trial points of `it`, where the gradient is local + added + more; `more` may be empty.

    samples: (B,) where each of `it` stands in the body. Returns (iterate, accepted (B,) bool, |gradient|² (B, 1, cells)).
    """
    g, radial, square = np.empty_like(it.m), np.empty_like(it.radial), np.empty_like(it.radial)
    sums = _summed(
        cpu_pass.MEASURE, 7, samples, body.grid, body.two_K, body.axis, it.trial, added, more,
        it.m, it.g, it.radial, it.p, g, radial, square,
    )  # fmt: skip
    change, accepted, share = np.empty_like(it.step), np.empty_like(it.fresh), it.share.copy()
    cpu_pass.JUDGE(sums, _scalar(it, ARMIJO), it.slope, it.step, it.curvature, it.bound, it.fresh, change, accepted, share)
    new = Iterate(
        m=np.empty_like(it.m),
        trial=np.empty_like(it.m),
        g=g,
        radial=radial,
        p=np.empty_like(it.m),
        **{name: np.empty_like(it.step) for name in ("step", "slope", "gz", "curvature", "bound")},
        share=share,
        fresh=it.fresh & ~accepted,
        limited=np.empty_like(it.limited),
        backtracks=np.where(accepted, 0, it.backtracks + 1).astype(it.backtracks.dtype),
    )
    largest, length = np.empty_like(it.step), np.empty_like(it.radial)
    if accepted.any():
        sums = _direct(body, samples, it, new, accepted, largest, degree)
    old = (it.m, it.g, it.radial, it.p, it.gz, it.slope, it.curvature, it.bound, it.step)
    _run(
        cpu_pass.STEP, samples, accepted, _scalar(it, MAX_ROTATION), _scalar(it, MU0), sums, largest, change, share, old,
        it.trial, g, radial, new.p, new.gz, new.slope, new.curvature, new.bound, new.step, new.limited,
        new.m, new.trial, length,
    )  # fmt: skip
    _run(cpu_cellwise.DIVIDED, new.trial, torch.from_numpy(length).sqrt_().numpy())
    return new, accepted, square


def _direct(body, samples, it, new, accepted, largest, degree):
    """Put the direction at the trial points of `it` that are accepted into `new`, with its slope, and its largest |p| into
    `largest`. Returns the sums of cpu_pass.BEND's rows."""
    u, shift, diagonal, z = np.empty_like(it.m), np.empty_like(it.radial), np.empty_like(it.radial), np.empty_like(it.m)
    sums = _summed(cpu_pass.ACROSS, 1, samples, accepted, body.two_K, body.axis, it.trial, new.radial, u)
    floor = _scalar(it, LocalHessian.FLOOR) * (sums[:, 0] / _scalar(it, it.m.shape[2]))
    _run(cpu_pass.STIFFEN, samples, accepted, body.two_K, u, new.radial, floor, body.diagonal, shift, diagonal)
    all_held = (diagonal > 0).all()
    inverse = 1 / diagonal if all_held else inverted(torch.from_numpy(diagonal)[..., None, None]).numpy()[..., 0, 0]
    weights = recurrence(degree, LocalHessian.CONDITION, torch.from_numpy(diagonal).dtype, CPU).numpy()
    sums = _summed(
        cpu_pass.SOLVE, 6, samples, accepted, body.grid, body.two_K, u, shift, inverse, weights, it.trial, new.g, it.g, z
    )  # fmt: skip
    sums = _summed(cpu_pass.DIRECT, 3, samples, accepted, sums, it.fresh, it.gz, z, it.p, it.trial, new.g, new.gz, new.p)
    sums = _summed(
        cpu_pass.BEND, 4, samples, accepted, body.grid, body.two_K, u, new.radial, body.Ms, body.weight,
        sums, new.gz, new.slope, largest, z, new.p,
    )  # fmt: skip
    torch.from_numpy(largest).sqrt_()
    return sums


def _run(loops, *arrays):
    """One of cpu_pass's loops over samples."""
    parallel_loop(len(arrays[0]), *loops)(*arrays)


def _summed(loops, count, samples, *arrays):
    """Run a loop that leaves `count` rows to be summed: (B, count), as system.sample_sum would."""
    rows = np.empty((len(samples), count, arrays[-1].shape[-1]), arrays[-1].dtype)
    _run(loops, samples, *arrays, rows)
    return torch.from_numpy(rows).sum(2).numpy()


def _scalar(it, value):
    """value in the iterate's precision."""
    return it.m.dtype.type(value)
