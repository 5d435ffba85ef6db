"""What counts as a jump of M along a half-cycle: one criterion for the curves and for the field steps that look for it.

Plain arithmetic, for numbers and for tensors alike.
"""

JUMP = 0.02  # of Ms: a step that drops by more than this beyond twice its forecast is a discontinuity


def beyond_forecast(drop, step, slope, bend, width):
    """drop of M/Ms over a field step, less twice what the curve before it foretells.

    slope: −dm/dH over the last step, whose length was width; bend: growth of the slope per T; each counts if it is
    positive. Twice, because a reversible branch steepens like a square root towards the field at which it ends, and there
    its last step is up to 1.96 times the linear forecast; an avalanche from a flat branch does not announce itself.
    """
    return drop - 2 * (_positive(slope) + _positive(bend) * (step + width) / 2) * step


def _positive(x):
    return (x + abs(x)) / 2
