"""argparse that answers what is mistyped on one line, with the nearest there is."""

import argparse

from hardmag.errors import meant


class Parser(argparse.ArgumentParser):
    """Its messages on a wrong choice and on an unknown option name the nearest. argparse has no public place for either
    before Python 3.14, and for options none at all: hence its underscored names."""

    def error(self, message):
        """One line; the usage, which argparse has before it, is in --help."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def _check_value(self, action, value):
        if action.choices is not None and value not in action.choices:
            known = ", ".join(map(str, action.choices))
            raise argparse.ArgumentError(action, f"{value!r} is not one of {known}{meant(str(value), action.choices)}")

    def parse_known_args(self, args=None, namespace=None):
        """As argparse has it; an unknown long option is refused at once: before one that is missing for it is."""
        for word in args if args is not None else []:
            if word == "--" or (self._subparsers and not word.startswith("-")):
                break  # what follows a command is its own parser's to judge
            option = word.split("=")[0]
            if word.startswith("--") and not any(known.startswith(option) for known in self._option_string_actions):
                self.error(f"{option}: no such option{meant(option, self._option_string_actions)}")
        return super().parse_known_args(args, namespace)
