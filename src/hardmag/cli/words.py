"""What the commands share: how they are added to the parser, and words that they read."""

import argparse

import shtab

from hardmag.errors import UserError


def add_command(commands, name, function, text):
    """Add a command, and return its parser. function: of the arguments; it returns an exit code, or None for 0."""
    sub = commands.add_parser(name, help=text, description=text)
    sub.set_defaults(command=function)
    return sub


def add_place(parser, name, text, **options):
    """An argument that names a file or a folder, which shells complete."""
    parser.add_argument(name, help=text, **options).complete = shtab.FILE


def named(assignments, example="L_nm=60"):
    """{name: value} of words NAME=VALUE; numbers where they can be read as such."""
    found = {}
    for word in assignments:
        name, separator, value = word.partition("=")
        if not (name and separator and value):
            raise UserError(f"{word}: must be NAME=VALUE, as in {example}")
        if name in found:
            raise UserError(f"{name}: is given twice")
        found[name] = _number_or_text(value)
    return found


def _number_or_text(text):
    try:
        return float(text)
    except ValueError:
        return text


def positive(text):
    """A whole number >= 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number >= 1")
    return int(text)
