"""The moment of a grain in the mean field that it sees, and whether it is stable (Stoner and Wohlfarth 1948, Wood 2009)."""

import torch

ROUNDS = 60  # of Newton's method; next to the switching field it only halves the error in each
EXACT = 1e-9  # of x: by a smaller step it no longer moves, whatever the others do


def astroid(T, axis, HA):
    """How near a field is to switching moments that lie on the side of `axis`: (…), ≥ 1 beyond the switching field.

    T: field in T (3, …); axis: unit vectors (3, …) on whose side the moments lie; HA: anisotropy field in T (…). The field over
    H_sw = HA (sin^⅔ψ + cos^⅔ψ)^(−3/2), 0 where it does not oppose the moments: the formula, which has |cos ψ|, does not tell.
    """
    along = (T * axis).sum(0)
    across = (T.square().sum(0) - along.square()).clamp(min=0).sqrt()
    reduced = (across.pow(2 / 3) + along.abs().pow(2 / 3)).pow(1.5) / HA
    return torch.where(along < 0, reduced, 0)


def moments(T, axis, HA):
    """Unit vectors at rest in a field T, on the side of `axis`: (3, …). Shapes as in astroid; where no state on that side is
    stable, the last that is on the way there.

    With x = tan θ of the angle from the axis, rest is where x/√(1+x²) = a (sin ψ − x cos ψ), a = |T|/HA: a concave function
    of x, whose first zero Newton's method approaches from 0 on one side.
    """
    along = (T * axis).sum(0)
    aside = T - along * axis
    across = aside.square().sum(0).sqrt()
    p, q = across / HA, along / HA
    x = torch.zeros_like(p)
    for _ in range(ROUNDS):
        root = (1 + x * x).sqrt()
        slope = 1 / root**3 + q
        step = torch.where(slope > 0, (p - x * q - x / root) / slope.clamp(min=1e-12), 0)
        step = torch.where(step > EXACT * (1 + x), step, 0)
        if not step.any():
            break
        x = (x + step).clamp(max=1e6)
    direction = aside / across.clamp(min=1e-300)
    return (axis + x * direction) / (1 + x * x).sqrt()
