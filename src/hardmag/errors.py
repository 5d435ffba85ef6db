"""Mistakes that a user can mend: their exceptions, and what may have been meant."""

from difflib import get_close_matches


class UserError(Exception):
    """Bad input. The message is one line that names the file, the key and what is allowed."""


def meant(word, known):
    """'; did you mean …?', or nothing where nothing known is near."""
    near = get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


class UnfitStructure(UserError):
    """What a realisation drew is no structure to be simulated. A campaign's sample fails by it, and is drawn anew."""

    failure = "UNFIT_STRUCTURE"  # its name among campaign.failures


class UnfitMesh(UnfitStructure):
    """A mesh that fails its checks. Of a mesh that was made for it, a campaign's sample fails, and is meshed again finer."""

    failure = "UNFIT_MESH"


class InvalidValue(UserError, ValueError):
    """What a phase or a body cannot have. A ValueError too, so that readers of files can put the file's name before it."""


class ImpossibleStructure(ValueError):
    """Parameters that contradict each other. reason: in words without numbers, by which designs count what they reject."""

    def __init__(self, reason, given):
        super().__init__(f"{reason}, but {given}")
        self.reason = reason
