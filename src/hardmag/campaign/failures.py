"""Named ways for a sample to fail. A failed sample is data: it keeps its code and its history."""

from enum import StrEnum

from hardmag.micromagnetics.outcome import Status


class Failure(StrEnum):
    """Why a sample was not accepted."""

    NOT_CONVERGED = "not_converged"
    NOT_A_NUMBER = "not_a_number"
    ENERGY_ROSE = "energy_rose"
    NOT_SATURATED = "not_saturated"
    NOT_REVERSED = "not_reversed"
    FLIPPED_BACK = "flipped_back"  # a grain of the reduced-order model finds no rest at one field
    MALFORMED_CURVE = "malformed_curve"  # empty, or its field does not fall
    MOMENT_EXCEEDED = "moment_exceeded"  # |m_parallel| > 1
    MOMENT_ROSE = "moment_rose"  # m_parallel grew as the field fell
    REALISATIONS_DISAGREE = "realisations_disagree"
    UNDER_RESOLVED_WALL = "under_resolved_wall"
    UNFIT_STRUCTURE = "unfit_structure"  # what was drawn at random is nothing to simulate
    OUTLIER = "outlier"  # far from its neighbours in the design
    UNFIT_MESH = "unfit_mesh"  # it could not be made, or failed its checks
    DEVICE_ERROR = "device_error"  # run alone, it ended its process or lost its GPU


def of_status(status):
    """Failure of a half-cycle's status name, or None if it ended well."""
    return None if status == Status.OK.name else Failure(status.lower())
