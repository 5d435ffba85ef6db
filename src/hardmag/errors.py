"""Exceptions for mistakes that a user can mend."""


class UserError(Exception):
    """Bad input. The message is one line that names the file, the key and what is allowed."""


class UnfitMesh(UserError):
    """A mesh that fails its checks. Of a mesh that was made for it, a campaign's sample fails, and is meshed again finer."""


class ImpossibleStructure(ValueError):
    """Parameters that contradict each other. reason: in words without numbers, by which designs count what they reject."""

    def __init__(self, reason, given):
        super().__init__(f"{reason}, but {given}")
        self.reason = reason
