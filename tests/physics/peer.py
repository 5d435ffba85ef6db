"""The same half-cycle by magnum.np (PyPI: magnumnp), an independent finite-difference code."""

import magnumnp as mn
import numpy as np
import torch

torch.set_default_dtype(torch.float32)  # magnum.np changed it on import
torch.set_default_device(None)  # as here, where a default would slow down every call of torch
torch._dynamo.config.disable = True  # magnum.np compiles its terms; a plain run needs no C++ compiler, nor its minute


class CountedDemag(mn.DemagField):
    """The demagnetising field, counting its evaluations."""

    evaluations = 0

    def h(self, state):
        self.evaluations += 1
        return super().h(state)


def peer_curve(run, dtype=torch.float64):
    """(mu0_H_T, m_parallel, evaluations of the demagnetising field) by magnum.np's MinimizerBB for open boundaries.

    Starts uniform along the field and stops, as hardmag does, at the first value below −0.8 × the first one.
    """
    voxels, h = run.body, run.unit_direction
    fields_T = run.from_T - run.step_T * np.arange(round((run.from_T - run.to_T) / run.step_T) + 1)
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        state = mn.State(mn.Mesh(voxels.index.shape, voxels.cell_m))
        grid = lambda key: torch.as_tensor(voxels.per_cell(key), dtype=dtype)[..., None]  # noqa: E731
        axis = torch.as_tensor(np.moveaxis(voxels.easy_axis(), 0, -1).copy(), dtype=dtype)
        Ms = grid("Ms_A_per_m")
        K2, Kc = grid("K2_J_per_m3"), grid("Kc_J_per_m3")
        state.material = {"Ms": Ms, "A": grid("A_J_per_m"), "Ku": grid("Ku_J_per_m3") + 2 * K2, "Ku2": -K2, "Ku_axis": axis}
        first, second = np.moveaxis(voxels.per_cell("cubic_axes"), -2, 0)
        state.material |= {"Kc1": Kc, "Kc2": 0 * Kc, "Kc3": 0 * Kc}
        state.material |= {f"Kc_axis{k}": torch.as_tensor(a.copy(), dtype=dtype) for k, a in ((1, first), (2, second))}
        direction = torch.as_tensor(h, dtype=dtype)
        state.m = direction.expand(*voxels.index.shape, 3).clone()
        demag = CountedDemag()
        terms = [demag, mn.ExchangeField(), mn.UniaxialAnisotropyField()]
        if K2.any() or Kc.any():  # theirs is −K2 c⁴
            terms += [mn.UniaxialAnisotropyField2(), mn.CubicAnisotropyField2()]
        curve = []
        for field in fields_T:
            applied = mn.ExternalField(direction * (field / mn.constants.mu_0))
            mn.MinimizerBB([*terms, applied]).minimize(state, maxiter=20000, dm_tol=run.tolerance_T / mn.constants.mu_0)
            curve.append(float((Ms * state.m * direction).sum() / Ms.sum()))
            if curve[-1] <= -0.8 * curve[0]:
                break
        return fields_T[: len(curve)], np.array(curve), demag.evaluations
    finally:
        torch.set_default_dtype(previous)
        torch.set_default_device(None)
