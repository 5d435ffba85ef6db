"""How a half-cycle may end. By itself, without torch: whoever only judges results need not wait for its import."""

from enum import IntEnum

REVERSED_AT = 0.8  # a half-cycle has reversed when m_parallel ≤ −this × its first value


class Status(IntEnum):
    """How a half-cycle ended; RUNNING while it has not."""

    RUNNING = 0
    OK = 1
    NOT_CONVERGED = 2  # the iteration cap or the line search ran out at one field
    NOT_A_NUMBER = 3
    ENERGY_ROSE = 4  # between entering a field and coming to rest there
    NOT_SATURATED = 5  # at the first field
    NOT_REVERSED = 6  # at the last field
    FLIPPED_BACK = 7  # a grain of the reduced-order model finds no rest at one field
