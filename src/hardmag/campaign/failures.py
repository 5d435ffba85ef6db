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
    FLIPPED_BACK = "flipped_back"
    MALFORMED_CURVE = "malformed_curve"
    MOMENT_EXCEEDED = "moment_exceeded"
    MOMENT_ROSE = "moment_rose"
    REALISATIONS_DISAGREE = "realisations_disagree"
    UNDER_RESOLVED_WALL = "under_resolved_wall"
    UNFIT_STRUCTURE = "unfit_structure"
    OUTLIER = "outlier"
    UNFIT_MESH = "unfit_mesh"
    DEVICE_ERROR = "device_error"


SEEN_BY = {
    Failure.NOT_CONVERGED: "the iteration cap or the line search ran out at one field",
    Failure.NOT_A_NUMBER: "the torque or the energy is not finite",
    Failure.ENERGY_ROSE: "the energy rose between entering a field and coming to rest there",
    Failure.NOT_SATURATED: "the first m_parallel is ≤ 0, or far below what the reversed end of the curve asks for",
    Failure.NOT_REVERSED: "the last field is reached, and m_parallel is still > −0.8 × its first value",
    Failure.FLIPPED_BACK: "a grain of the reduced-order model reverses and turns back at one field, and finds no rest",
    Failure.MALFORMED_CURVE: "the curve is empty, or its field does not fall strictly",
    Failure.MOMENT_EXCEEDED: "|m_parallel| > 1",
    Failure.MOMENT_ROSE: "m_parallel rises as the field falls, before the first discontinuity or above its first value",
    Failure.REALISATIONS_DISAGREE: "the standard deviation of Hc over the realisations is > `quality.max_spread_T`",
    Failure.UNDER_RESOLVED_WALL: (
        "an edge of a cell, but along z where the structure is the same all along, is > `quality.max_cell_over_delta0` × √(A/K)"
        " of a phase that is present; of a mesh, the mean edge at its surface and interfaces"
    ),
    Failure.UNFIT_STRUCTURE: "what was drawn at random is nothing to simulate: a grain is thinner than the boundary",
    Failure.OUTLIER: "Hc lies far from those of the nearest neighbours in the design",
    Failure.UNFIT_MESH: "the mesh cannot be made, or it fails its checks",
    Failure.DEVICE_ERROR: "run alone, it ended its process or lost its GPU",
}


def of_status(status):
    """Failure of a half-cycle's status name, or None if it ended well."""
    return None if status == Status.OK.name else Failure(status.lower())
