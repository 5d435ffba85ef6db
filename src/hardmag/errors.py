"""Mistakes that a user can mend: their exceptions, their reasons, and what may have been meant."""

from difflib import get_close_matches


class UserError(Exception):
    """Bad input. The message is one line that names the file, the key and what is allowed."""


def nearest(word, known):
    """The name that a mistyped word may have meant, or None where nothing known is near."""
    names = list(known)
    # Below 0.7 words of no kinship come out, as first of list; a unit or the like before a name costs more than that.
    near = get_close_matches(word, names, 1, cutoff=0.7) or [name for name in names if name.endswith(f"_{word}")]
    return near[0] if near else None


def meant(word, known):
    """'; did you mean …?', or nothing where nothing known is near."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""


def reason(error):
    """Why a file cannot be read or written, in words without its name, which the text of an OSError repeats."""
    return getattr(error, "strerror", None) or str(error)


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
