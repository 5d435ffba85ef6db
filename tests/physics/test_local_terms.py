"""Every way of applying and inverting the local operator gives the same numbers."""

import numpy as np
import pytest
import torch

from hardmag.micromagnetics import local_terms
from hardmag.micromagnetics.exchange import exchange_diagonal

GRIDS = [(1, 1, 1), (5, 1, 1), (1, 9, 3), (2, 2, 2), (7, 5, 4), (40, 33, 1), (1, 1, 6)]


def operands(n, batch, dtype, periodic):
    """(b, shift, K2, u, faces, diagonal) at random; open boundaries have no last faces."""
    rng = np.random.default_rng(3)
    draw = lambda components: torch.as_tensor(rng.random((batch, components, *n)), dtype=dtype)  # noqa: E731
    faces = []
    for dim, count in enumerate(n):
        face = draw(1) if count > 1 else None
        if face is not None and not periodic:
            face.narrow(2 + dim, -1, 1).zero_()
        faces.append(face)
    b, u, shift, K2 = draw(3), draw(3), 4 + draw(1), draw(1)
    return b, shift, K2, u, faces, exchange_diagonal(faces, K2)


@pytest.mark.parametrize("n", GRIDS)
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3])
def test_compiled_is_plain(n, periodic, dtype, batch, monkeypatch):
    """numba against torch: 20 times the rounding of one operation, as a polynomial of degree 8 makes some tens of them."""
    b, shift, K2, u, faces, diagonal = operands(n, batch, dtype, periodic)
    assert local_terms.cpu_kernels is not None
    compiled = (
        local_terms.local_operator(b, shift, K2, u, faces),
        local_terms.local_solve(b, shift, K2, u, faces, diagonal, 8, 80.0),
    )
    monkeypatch.setattr(local_terms, "cpu_kernels", None)
    plain = (
        local_terms.local_operator(b, shift, K2, u, faces),
        local_terms.local_solve(b, shift, K2, u, faces, diagonal, 8, 80.0),
    )
    for one, other in zip(compiled, plain, strict=True):
        assert (one - other).abs().max() < 20 * torch.finfo(dtype).eps * other.abs().max()


def test_solution_solves():
    """What the polynomial leaves of b is at most 1/T_(k+1) of Chebyshev's bound in the norm that the diagonal makes
    symmetric; here the spectrum lies within the interval, as a large shift sees to."""
    b, shift, K2, u, faces, diagonal = operands((7, 5, 4), 2, torch.float64, True)
    shift = shift + 5
    for degree in (4, 8, 16):
        x = local_terms.local_solve(b, shift, K2, u, faces, diagonal, degree, 80.0)
        left = local_terms.local_operator(x, shift, K2, u, faces) - b
        scale = (diagonal + shift).sqrt()
        bound = 1 / np.cosh((degree + 1) * np.arccosh(81 / 79))
        assert ((left / scale).norm() / (b / scale).norm()) < bound
