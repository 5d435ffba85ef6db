"""docs/configuration.md and config/campaign.schema.json, generated from the models that check a campaign file.

The other pages of reference are made by hardmag.reference, which makes these two as well.
"""

import json
import types
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hardmag.campaign.config import Campaign
from hardmag.magnitudes import MAGNITUDES
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import Kind

HEAD = """# Configuration of a campaign

Generated from the models that check it: `python -m hardmag.campaign.reference`. `config/campaign.schema.json` is the same as a
JSON schema. Keys that are not listed are refused.
"""


MAGNITUDES_HEAD = """## Magnitudes

What a key's name ends in is its unit. Numbers other than 0 that lie outside these ranges are refused, in campaign files, case
files and tables, for they are in another unit, or wrong; so are angles that are multiples of 15° in radians.
`any_magnitude: true` in the file, at the top, takes them as they are.

| end of the key | allowed | may have been meant in |
|---|---|---|
"""


def reference():
    """The Markdown text."""
    parts = [HEAD, "## Campaign\n", keys(Campaign)]
    for name, field in Campaign.model_fields.items():
        for depth, model in enumerate(models_in(field.annotation)):
            parts += [
                f"## `{name}`\n" if depth == 0 else f"### {model.__name__}, inside `{name}`\n",
                f"{' '.join((model.__doc__ or '').split())}\n",
                keys(model),
            ]
    for kind, model in KINDS.items():
        parts += [f"## `nanostructure` of kind `{kind}`\n", f"{' '.join(model.__doc__.split())}\n", keys(model)]
    ranges = [f"| `{end}` | {m.allowed} | {', '.join(m.others)} |" for end, m in MAGNITUDES.items()]
    return "\n".join([*parts, MAGNITUDES_HEAD + "\n".join(ranges) + "\n"])


def schema():
    """The JSON schema, for editors: parameters of each kind are known too; none is required, for a design may vary it."""
    found = Campaign.model_json_schema()
    nanostructure = {
        "description": Campaign.model_fields["nanostructure"].description,
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(KINDS)}},
        "allOf": [],
    }
    for name, model in KINDS.items():
        of_kind = model.model_json_schema()
        found["$defs"] |= of_kind.pop("$defs", {})
        properties = {key: each for key, each in of_kind["properties"].items() if not key.endswith("_sha256")}
        for key, each in properties.items():
            each["description"] = model.meaning(key)
        then = {"properties": properties, "additionalProperties": False}
        nanostructure["allOf"].append({"if": {"properties": {"kind": {"const": name}}}, "then": then})
    found["properties"]["nanostructure"] = nanostructure
    return found


def keys(model):
    """A table of the keys of a model: type, default and meaning."""
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else "`" + _plain(field) + "`"
        rows.append(f"| `{name}` | {type_in_words(field)} | {default} | {_meaning(model, name)} |")
    return "\n".join(rows) + "\n"


def _meaning(model, name):
    return model.meaning(name) if issubclass(model, Kind) else model.model_fields[name].description or ""


def _plain(field):
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return "see below"
    return json.dumps(value)


def type_in_words(field):
    """Type and limits of a model's field."""
    return " ".join([_type(field.annotation), *_bounds(field.metadata)])


def _bounds(metadata):
    """Limits in words, from pydantic's annotations."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "at least", "pattern": "matching"}
    return [f"{sign} {getattr(m, key)}" for m in metadata for key, sign in signs.items() if getattr(m, key, None) is not None]


def _type(annotation):
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return " ".join([_type(arguments[0]), *(b for a in arguments[1:] for b in _bounds(getattr(a, "metadata", [])))])
    if origin is Literal:
        return " / ".join(f"`{a}`" for a in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(a) for a in arguments if a is not type(None))
    if arguments:
        inner = ", ".join("…" if a is Ellipsis else _type(a) for a in arguments)
        return f"{getattr(origin, '__name__', origin)} of {inner}"
    return getattr(annotation, "__name__", str(annotation))


def models_in(annotation):
    """Configuration models inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation, *(m for f in annotation.model_fields.values() for m in models_in(f.annotation))]
    return [m for a in get_args(annotation) for m in models_in(a)]


def write(root):
    """Write both files below the repository's root."""
    (root / "docs" / "configuration.md").write_text(reference())
    (root / "config" / "campaign.schema.json").write_text(json.dumps(schema(), indent=1) + "\n")


if __name__ == "__main__":
    write(Path.cwd())
