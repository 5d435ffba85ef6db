"""The one exception for mistakes that a user can mend."""


class UserError(Exception):
    """Bad input. The message is one line that names the file, the key and what is allowed."""
