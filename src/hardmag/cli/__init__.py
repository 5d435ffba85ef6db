"""The command line. Exit codes: 0 with a result, 1 when a simulation or campaign failed, 2 for bad input."""

import os
import sys
import warnings

import shtab

from hardmag import __version__
from hardmag.cli.campaigns import add_campaigns
from hardmag.cli.compositions import add_compositions
from hardmag.cli.designs import add_designs
from hardmag.cli.simulations import add_simulations
from hardmag.cli.words import add_command
from hardmag.errors import UserError
from hardmag.export.commands import add_exports
from hardmag.parser import Parser


def main(argv=None):
    """Run one command; returns its exit code."""
    arguments = _parse(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            return arguments.command(arguments) or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _warn(message, *_, **__):
    """A warning on one line, without the place in the code that it came from."""
    print(f"warning: {message}", file=sys.stderr)


def _parse(argv):
    """Options may stand between words of one list, `run FILE --profile P dataset`, which argparse by itself refuses."""
    argv = sys.argv[1:] if argv is None else argv
    arguments, rest = _parser().parse_known_args(argv)
    words = next((name for name in ("targets", "values") if hasattr(arguments, name)), None)
    if rest and words and not any(word.startswith("-") for word in rest):
        setattr(arguments, words, [*getattr(arguments, words), *rest])
        return arguments
    return _parser().parse_args(argv)


def _parser():
    parser = Parser(prog="hardmag", description="Campaigns of batched micromagnetic half-cycles.")
    parser.add_argument("--version", action="version", version=f"hardmag {__version__}")
    shtab.add_argument_to(parser, "--print-completion", help="print what completes commands and options in a shell")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_campaigns(commands)
    add_simulations(commands)
    add_exports(
        add_command(commands, "export", None, "results for others: states, curves, datasets, descriptions for archives")
    )
    add_designs(commands)
    add_compositions(commands)
    return parser
