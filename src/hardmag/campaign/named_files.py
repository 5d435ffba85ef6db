"""The files that the workflow is told of: the campaign file, a dataset and a verification that are given.

The Snakefile imports it, and every job parses that again: standard library only.
"""

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from hardmag.errors import UserError, meant

KEYS = ("campaign", "dataset", "verification")  # of Snakemake's --config
SECTIONS = ("nanostructure", "design")  # by which a campaign file is known
# Names that arrive as they are: YAML, the shell, and SLURM's --wrap="…" have no other meaning for them.
PLAIN = re.compile(r"[\w./@+-]+", re.ASCII)
ENCODED = "file:"


def encoded(name):
    """A file's name for `--config KEY=…` that comes through Snakemake, shells and SLURM: as it is, or as a file: URL.

    Snakemake reads the values of --config as YAML, where ` #` begins a comment, and passes them on to its jobs through a shell
    or two.
    """
    return name if PLAIN.fullmatch(name) else ENCODED + quote(os.fsencode(name))


def decoded(text):
    """The file's name that a value of --config stands for, as typed or as `encoded` wrote it."""
    if Path(text).exists():
        return text
    if text.startswith(ENCODED):
        return os.fsdecode(unquote_to_bytes(text.removeprefix(ENCODED)))
    return text.strip("'\"")  # as Snakemake does; a profile writes quotes around numbers


def named_files(arguments, configfiles, config):
    """{key of KEYS: the file's name} of what Snakemake was given, without those that it was not.

    arguments: of --config, `key=value` as typed; configfiles: of --configfile, one campaign file, or files with KEYS; config:
    what Snakemake made of both. Raises UserError for an unknown key, for two answers, and for names that rules cannot take.
    """
    typed = {}
    for key, _, text in (argument.partition("=") for argument in arguments):
        _refuse_unknown(key, "--config")
        name = decoded(text)
        if not name:
            raise UserError(f"--config {key}= names no file")
        if typed.setdefault(key, name) != name:
            raise UserError(f"--config {key}: given twice, as {typed[key]} and as {name}")
    found = _of_configfiles([Path(path) for path in configfiles], config, typed)
    for key, name in found.items():
        if re.search(r"[\x00-\x1f\x7f]", name):
            raise UserError(f"{name!r}: a file's name with a control character; rename it")
        if key != "campaign" and re.search("[{}]", name):
            raise UserError(f"{name}: a {key} whose name has braces, which are Snakemake's wildcards; rename it")
    return {key: str(Path(name)) for key, name in found.items()}


def _of_configfiles(paths, config, typed):
    if not paths:
        return typed
    if not any(section in config for section in SECTIONS):
        for key in config:
            _refuse_unknown(key, "--configfile")
        return {key: str(value) for key, value in config.items() if key not in typed} | typed
    if len(paths) > 1:
        names = ", ".join(map(_near, paths))
        raise UserError(f"--configfile: one campaign file, got {names}; or give --config campaign=FILE")
    other = typed.get("campaign", paths[0])
    if not (Path(other).exists() and paths[0].samefile(other)):
        raise UserError(f"two campaign files, --configfile {_near(paths[0])} and --config campaign={other}: give one")
    return {"campaign": _near(paths[0])} | typed


def _near(path):
    """As a user would write it: Snakemake makes these paths absolute."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _refuse_unknown(key, place):
    if key not in KEYS:
        raise UserError(f"{place}: unknown key {key!r}; allowed are {', '.join(KEYS)}{meant(key, KEYS)}")
