"""Every way of applying and inverting the local operator, and of what goes cell by cell, gives the same numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hardmag.micromagnetics import cellwise, fusion, half_cycle, local_terms, minimiser, quartic, stepping, system
from hardmag.micromagnetics.exchange import exchange_diagonal
from hardmag.micromagnetics.iterate import Iterate
from hardmag.micromagnetics.stepping import Stepping

GRIDS = [(1, 1, 1), (5, 1, 1), (1, 9, 3), (2, 2, 2), (7, 5, 4), (40, 33, 1), (1, 1, 6)]


def operands(n, batch, dtype, periodic):
    """(b, shift, two_K, u, faces, diagonal) at random; open boundaries have no last faces."""
    rng = np.random.default_rng(3)
    draw = lambda components: torch.as_tensor(rng.random((batch, components, *n)), dtype=dtype)  # noqa: E731
    faces = []
    for dim, count in enumerate(n):
        face = draw(1) if count > 1 else None
        if face is not None and not periodic:
            face.narrow(2 + dim, -1, 1).zero_()
        faces.append(face)
    b, u, shift, two_K = draw(3), draw(3), 4 + draw(1), draw(1)
    return b, shift, two_K, u, faces, exchange_diagonal(faces, two_K)


@pytest.mark.parametrize("n", GRIDS)
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3])
def test_compiled_is_plain(n, periodic, dtype, batch, monkeypatch):
    """numba against torch: 20 times the rounding of one operation, as a polynomial of degree 8 makes some tens of them."""
    b, shift, two_K, u, faces, diagonal = operands(n, batch, dtype, periodic)
    assert local_terms.cpu_kernels is not None
    compiled = (
        local_terms.local_operator(b, shift, two_K, u, faces),
        local_terms.local_solve(b, shift, two_K, u, faces, diagonal, 8, 80.0),
    )
    monkeypatch.setattr(local_terms, "cpu_kernels", None)
    plain = (
        local_terms.local_operator(b, shift, two_K, u, faces),
        local_terms.local_solve(b, shift, two_K, u, faces, diagonal, 8, 80.0),
    )
    for one, other in zip(compiled, plain, strict=True):
        assert (one - other).abs().max() < 20 * torch.finfo(dtype).eps * other.abs().max()


@pytest.mark.parametrize("n", GRIDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3])
def test_cell_by_cell_rounds_alike(n, dtype, batch, monkeypatch):
    """To the last bit: the same operations in the same order. Memory that is not contiguous, and NaN, included."""
    rng = np.random.default_rng(4)
    draw = lambda components: torch.as_tensor(rng.standard_normal((batch, components, *n)), dtype=dtype)  # noqa: E731
    a, b, c, d, e = (draw(3) for _ in range(5))
    one, two, number = draw(1), draw(1), draw(1).flatten(1)[:, 0]
    e[0, 1, 0, 0, 0] = float("nan")
    across = a.movedim(1, -1).contiguous().movedim(-1, 1)
    spectrum = torch.complex(draw(3), draw(3))
    spectra = {pair: draw(1)[0, 0] for pair in ("xx", "yy", "zz", "xy")}
    calls = (
        lambda: cellwise.tangent(across, b),
        lambda: cellwise.moved(across, b, number),
        lambda: cellwise.measured(across, b, c, d, one, e),
        lambda: cellwise.combined(across, b, c, number),
        lambda: cellwise.squares(across, one),
        lambda: cellwise.shift(e, one, two, number),
        lambda: cellwise.filtered(spectra, spectrum),
        lambda: cellwise.filtered(spectra, spectrum[:, :2]),
    )
    assert cellwise.cpu_cellwise is not None
    compiled = [call() for call in calls]
    monkeypatch.setattr(cellwise, "cpu_cellwise", None)
    for number_of_call, (result, call) in enumerate(zip(compiled, calls, strict=True)):
        plain = call()
        for got, wanted in zip(*((r if isinstance(r, tuple) else (r,)) for r in (result, plain)), strict=True):
            np.testing.assert_array_equal(got.numpy(), wanted.numpy(), err_msg=str(number_of_call))


def test_solution_solves():
    """What the polynomial leaves of b is at most 1/T_(k+1) of Chebyshev's bound in the norm that the diagonal makes
    symmetric; here the spectrum lies within the interval, as a large shift sees to."""
    b, shift, two_K, u, faces, diagonal = operands((7, 5, 4), 2, torch.float64, True)
    shift = shift + 5
    for degree in (4, 8, 16):
        x = local_terms.local_solve(b, shift, two_K, u, faces, diagonal, degree, 80.0)
        left = local_terms.local_operator(x, shift, two_K, u, faces) - b
        scale = (diagonal + shift).sqrt()
        bound = 1 / np.cosh((degree + 1) * np.arccosh(81 / 79))
        assert ((left / scale).norm() / (b / scale).norm()) < bound


@torch._dynamo.config.patch(disable=False)  # peer.py sets it for magnum.np; monkeypatch would delete the setting afterwards
def test_gpu_code_is_one_graph_and_gives_the_same(monkeypatch):
    """What a GPU runs compiled can be captured whole, and computes what it does as it stands: here captured,
    decomposed into elementary operations and run on the CPU. 1e-12 in fp64."""
    monkeypatch.setattr(cellwise, "cpu_cellwise", None)
    n, B = (5, 4, 3), 3
    b, shift, two_K, u, faces, diagonal = operands(n, B, torch.float64, False)
    rng = np.random.default_rng(5)
    vectors = [torch.as_tensor(rng.standard_normal((B, 3, *n))) for _ in range(4)]
    number = [torch.as_tensor(rng.random(B)) for _ in range(6)]
    fresh = torch.tensor([True, False, False])
    m, g, p, z = (v / v.norm(dim=1, keepdim=True) for v in vectors)
    here, there = (replace(Iterate.start(v), p=p, share=number[1], step=number[2]) for v in (m, g))
    step, running = fields_at(number), torch.zeros(B, dtype=torch.int64)
    Q, axes, tensor = b[:, :2], torch.cat([m, p], 1), quartic.outer(u.expand_as(m)) * two_K
    cases = {
        local_terms.plain_operator: (b, shift, two_K, u, faces),
        local_terms.plain_step: (b, m, p, shift, two_K, u, faces, 1 / (diagonal + shift), number[0][0], number[1][0]),
        system._axis_and_shift.__wrapped__: (m, -shift, two_K, u, 0.02),
        minimiser._measured.__wrapped__: (b, m, p, g, shift, z, -number[0], *number[1:5], fresh, two_K, None),
        minimiser._directed.__wrapped__: (z, m, g, p, b, number[0], fresh, two_K, shift),
        minimiser._moved.__wrapped__: (m, p, number[0]),
        system._dot.__wrapped__: (m, g),
        system._tangent.__wrapped__: (z, m),
        system._energy.__wrapped__: (m, shift, two_K, b[:, :, 0, 0, 0], Q[:, :1]),
        cellwise._filtered.__wrapped__: (torch.stack([b, p], -1), {"xx": b[0, 0], "xy": b[0, 1], "zz": b[0, 2]}),
        minimiser._first_step.__wrapped__: number[:3],
        minimiser._shortened.__wrapped__: (fresh, number[0], here, there),
        half_cycle._m_parallel.__wrapped__: (m, shift, b[:, :, 0, 0, 0], number[0]),
        half_cycle._facing.__wrapped__: (m, g, shift, number[0]),
        half_cycle._judged.__wrapped__: (number[0], step, running, ~fresh, *number[1:5]),
        half_cycle._verdict.__wrapped__: (running, step, *(fresh ^ (running > k) for k in range(8))),
        half_cycle._following.__wrapped__: (number[0], step, fresh, torch.tensor([2, 0])),
        half_cycle._beginning.__wrapped__: (m, g, p, z, b, fresh, ~fresh, fresh, *number[:2]),
        quartic.gradient.__wrapped__: (m, Q, axes),
        quartic.energy.__wrapped__: (m, Q, axes),
        quartic.beyond.__wrapped__: (m, g, Q, axes),
        quartic.split.__wrapped__: (m, tensor, Q, axes),
        quartic.direction_of.__wrapped__: (quartic.outer(z),),
    }
    for function, arguments in cases.items():
        captured = torch.compile(function, backend="aot_eager", dynamic=True, fullgraph=True)
        plain, compiled = numbers_in(function(*arguments)), numbers_in(captured(*arguments))
        for one, other in zip(plain, compiled, strict=True):
            assert torch.allclose(one.double(), other.double(), rtol=1e-12, atol=1e-12, equal_nan=True), function.__name__


@torch._dynamo.config.patch(disable=False, recompile_limit=8)
def test_one_function_for_many_grids(monkeypatch):
    """Twenty kinds of tensors, each of which is compiled anew: torch would give up at the ninth."""
    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda function, **how: compile_(function, backend="eager", **how))
    monkeypatch.setattr(fusion, "COMPILED_ON", {"cpu"})
    doubled = fusion.fused(lambda t: 2 * t)
    for dimensions in range(1, 21):
        assert doubled(torch.ones([2] * dimensions)).sum() == 2 ** (dimensions + 1)


def fields_at(number):
    """A Stepping of three samples: before the first equilibrium, on the branch, behind a jump that is to be located."""
    step = stepping.start(1.0, -9.0, 0.64, 0.04, "cpu")
    step = step.map(lambda _, t: t.expand(3).clone())
    stable_T = torch.tensor([float("inf"), 1.5, 1.6], dtype=torch.float64)
    blocked_T = torch.tensor([-float("inf"), -float("inf"), 0.8], dtype=torch.float64)
    return replace(step, stable_T=stable_T, stable_m=number[3], slope=number[4], width_T=number[5], blocked_T=blocked_T)


def numbers_in(result):
    """The tensors of what a function returns, in a Stepping or an Iterate, too."""
    found = []
    for part in result if isinstance(result, tuple) else (result,):
        part.map(lambda _, t: found.append(t)) if isinstance(part, (Stepping, Iterate)) else found.append(part)
    return found
