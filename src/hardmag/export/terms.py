"""What those who publish say of their data: its licence and its creator."""

from dataclasses import dataclass

from hardmag.errors import UserError


@dataclass(frozen=True)
class Terms:
    """licence: address of its text. creator: name of a person."""

    licence: str
    creator: str

    def __post_init__(self):
        if not self.licence.startswith(("https://", "http://")):
            example = "https://creativecommons.org/licenses/by/4.0/"
            raise UserError(f"--license {self.licence}: must be the address of a licence, as {example}")
        if not self.creator.strip():
            raise UserError("--creator: must be a name")
