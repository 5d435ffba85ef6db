"""Products of a batch of sparse matrices that share their pattern, and the local operator of the finite elements.

Compiled by numba on the CPU, by torch.compile on a GPU, plain torch where neither is there, as in local_terms. Rows are summed
entry by entry in the order of the pattern: a sample's result does not depend on its neighbours in the batch.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from hardmag.micromagnetics.fusion import fused

try:
    from hardmag.micromagnetics import cpu_sparse
except ImportError:  # numba is missing, as on a bare GPU node
    cpu_sparse = None


@dataclass(frozen=True, eq=False)
class Pattern:
    """Compressed rows: entries start[i] … start[i+1] of `index` are the columns of row i. Values are tensors (B, entries)."""

    start: np.ndarray
    index: np.ndarray
    _padded: dict = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, rows, columns, count):
        """(pattern, order) of entries given by their rows (`count` of them) and columns; values[order] go with it."""
        order = np.lexsort((columns, rows))
        start = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))])
        return cls(start.astype(np.int32), columns[order].astype(np.int32)), order

    def row_sums(self, values):
        """Σ_j a_ij in numpy: values (entries,) → (rows,)."""
        return np.bincount(
            np.repeat(np.arange(len(self.start) - 1), np.diff(self.start)), values, minlength=len(self.start) - 1
        )

    def padded(self, device):
        """(columns, entries, gaps) as tensors (longest row, rows), for torch: the rows' own, and where there is none."""
        if device not in self._padded:
            self._padded[device] = self._rows(device)
        return self._padded[device]

    def _rows(self, device):
        length = np.diff(self.start)
        k = np.arange(length.max())[:, None]
        gaps = k >= length
        entries = np.where(gaps, 0, self.start[:-1] + k)
        put = lambda a: torch.as_tensor(a, device=device)  # noqa: E731
        return put(self.index[entries].astype(np.int64)), put(entries.astype(np.int64)), put(gaps)

    def rows_of(self, values):
        """values (B, entries) as (B, 1, longest row, rows), zeros in the gaps."""
        _, entries, gaps = self.padded(values.device)
        return torch.where(gaps, 0, values[:, entries])[:, None]


def product(pattern, values, v):
    """Σ_j a_ij v_j. v: (B, C, columns) → (B, C, rows)."""
    if v.device.type == "cpu" and cpu_sparse is not None:
        return cpu_sparse.product(pattern, values, v)
    return _fused_product(pattern.rows_of(values), v, pattern.padded(v.device)[0])


def nodal_operator(pattern, stiffness, v, shift, tensor):
    """s·v − T v + Σ_j c_ij (v_i − v_j) at each node.

    v: (B, 3, n, 1, 1); stiffness c: (B, entries); shift s: (B, 1, n, 1, 1); tensor T: (B, 6, n, 1, 1), xx yy zz yz xz xy.
    """
    if v.device.type == "cpu" and cpu_sparse is not None:
        return cpu_sparse.nodal_operator(pattern, stiffness, v, shift, tensor)
    return _fused_operator(v, shift, tensor, pattern.rows_of(stiffness), pattern.padded(v.device)[0])


def nodal_solve(pattern, stiffness, b, shift, tensor, inverse, weights):
    """Approximate solution of nodal_operator(x) = b by the recurrence of local_terms.local_solve, like b.

    inverse: 1/(diagonal + shift), like shift; weights: (degree + 1, 2).
    """
    if b.device.type == "cpu" and cpu_sparse is not None:
        return cpu_sparse.nodal_solve(pattern, stiffness, b, shift, tensor, inverse, weights)
    rows, columns = pattern.rows_of(stiffness), pattern.padded(b.device)[0]
    d = b * (weights[0, 1] * inverse)
    residual, x = b, d
    for k in range(1, len(weights)):
        residual, d, x = _fused_step(residual, d, x, shift, tensor, rows, columns, inverse, weights[k, 0], weights[k, 1])
    return x


def symmetric(tensor, v):
    """T v. tensor: (B, 6, …), xx yy zz yz xz xy; v: (B, 3, …)."""
    xx, yy, zz, yz, xz, xy = tensor.unbind(1)
    x, y, z = v.unbind(1)
    return torch.stack([xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z], 1)


def _plain_product(rows, v, columns):
    return (rows * v[:, :, columns]).sum(2)


def _plain_operator(v, shift, tensor, rows, columns):
    flat = v.flatten(2)
    exchange = (rows * (flat[:, :, None] - flat[:, :, columns])).sum(2)
    return shift * v - symmetric(tensor, v) + exchange.view_as(v)


def _plain_step(residual, d, x, shift, tensor, rows, columns, inverse, old, new):
    """One step of the recurrence: (residual, direction, solution)."""
    residual = residual - _plain_operator(d, shift, tensor, rows, columns)
    d = old * d + new * (residual * inverse)
    return residual, d, x + d


_fused_product, _fused_operator, _fused_step = fused(_plain_product), fused(_plain_operator), fused(_plain_step)
