"""A first campaign file of a kind: small, with every other key as a comment, its default, meaning and type beside it.

All is taken from the models that check a campaign file, so that no comment can be out of date.
"""

import json
import re
import shlex
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel

from hardmag.campaign.config import Campaign
from hardmag.campaign.reference import type_in_words
from hardmag.errors import UserError, meant
from hardmag.files import atomic_path
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import Kind
from hardmag.shipped import home

WIDTH = 128
PLAIN = re.compile(r"[\w.+-]+")  # texts that may stand without quotes, unless YAML takes them for something else
SCHEMA = "config/campaign.schema.json"
EDITORS = "# yaml-language-server: $schema="  # by which editors complete and check keys as they are typed


def write_first(kind, path):
    """Write the first campaign of a kind; returns what to do with it. Raises UserError where the file is there already."""
    path, known = Path(path), [name for name, each in KINDS.items() if each.first]
    if kind not in known:
        raise UserError(f"{kind}: no kind that has a first campaign; there are {', '.join(known)}{meant(kind, known)}")
    if path.exists():
        raise UserError(f"{path}: is there already; -o names another file")
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).lstrip("-_") or kind
    with atomic_path(path) as temporary:
        temporary.write_text(first_campaign(kind, name), encoding="utf-8")
    named = shlex.quote(str(path))
    return f"{path} is written; next: hardmag validate {named}, hardmag run {named}"


def first_campaign(kind, name):
    """The text of a campaign file called `name`."""
    model = KINDS[kind]
    given = {"name": name, **model.first}
    given["nanostructure"] = {"kind": kind, **given.get("nanostructure", {})}
    lines = [
        f"{EDITORS}{home() / SCHEMA}",
        "# A small campaign to begin with. What stands behind # is a default: take the # away to change it; ## explains.",
        "",
    ]
    in_section = False
    for key, field in Campaign.model_fields.items():
        section = model if key == "nanostructure" else _model_of(field.annotation)
        if section is None:
            lines += ([""] if in_section else []) + _entry(key, field, field.description, given, "", "")
            in_section = False
            continue
        in_section = True
        mark = "" if key in given else "# "
        lines += ["", *_comment(" ".join((section.__doc__ or "").split()), ""), f"{mark}{key}:"]
        taken = given["design"]["parameters"] if key == "nanostructure" else {}
        lines += _keys(section, given.get(key, {}), taken, mark)
    return "\n".join(lines) + "\n"


def _keys(model, given, taken, mark):
    """Lines of a section's keys, without those that the design varies and the checksums that a plan sets.

    mark: '# ' where the whole section is left out.
    """
    lines = []
    for key, field in model.model_fields.items():
        of_kind = issubclass(model, Kind)
        if of_kind and key == "kind":
            lines.append(f"  kind: {given[key]}")
        elif key not in taken and not key.endswith("_sha256"):
            lines += _entry(key, field, model.meaning(key) if of_kind else field.description, given, mark, "  ")
    return lines


def _entry(key, field, meaning, given, mark, indent):
    """A key's line, with its comment, which stands before it where the line would be too long."""
    words = [meaning or "", type_in_words(field)]
    comment = "; ".join(word for word in words if word).replace("`", "")
    if key in given and isinstance(given[key], dict):
        inside = [f"{indent}  {name}: {_flow(value)}" for name, value in given[key].items()]
        return [*_comment(comment, indent), f"{indent}{key}:", *inside]
    if key in given:
        line = f"{indent}{key}: {_flow(given[key])}"
    else:
        value = "" if field.is_required() else " " + _flow(field.get_default(call_default_factory=True))
        line = f"{mark}{indent}{key}:{value}" if mark else f"{indent}# {key}:{value}"
    if len(whole := f"{line:<36} # {comment}") <= WIDTH:
        return [whole]
    return [*_comment(comment, "" if mark else indent), line]


def _comment(text, indent):
    """Whole-line comments, broken between words."""
    lines, line = [], f"{indent}##"
    for word in text.split():
        if len(line) + len(word) >= WIDTH:
            lines, line = [*lines, line], f"{indent}##"
        line += f" {word}"
    return [*lines, line]


def _flow(value):
    """A value on one line of YAML, which JSON is, but for keys without quotes."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _model_of(annotation):
    """The model that a section is, also where it may be left out; None of a plain key."""
    found = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type) and issubclass(each, BaseModel)]
    return found[0] if found and not str(annotation).startswith(("list", "dict")) else None
