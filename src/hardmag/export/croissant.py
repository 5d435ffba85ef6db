"""A dataset's table, dataset.parquet, described in Croissant 1.0, by which libraries of machine learning load it."""

import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hardmag.dataset.loaded import load
from hardmag.errors import UserError
from hardmag.files import sha256, write_json

FORMAT = "application/x-parquet"  # the name that mlcroissant knows
TABLE, ROWS = "table", "samples"
# Short names and what they stand for, as the specification has them: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
# fmt: off
WORDS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes",
    "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace",
    "samplingRate", "separator", "source", "subField", "transform",
)
# fmt: on
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {word: f"cr:{word}" for word in WORDS}


def export_croissant(path, output, terms):
    """Write the Croissant description of the Parquet table beside a dataset; returns how many columns it tells of.

    The table is named as seen from the description's folder: the two go together. Raises UserError where there is no table.
    """
    path = Path(path)
    table = path.with_suffix(".parquet")
    if not table.is_file():
        raise UserError(f"{table}: no such table; a campaign writes it beside its dataset")
    data, schema = load(path), pq.read_schema(table)
    campaign, kind = data.attributes["campaign"], data.kind
    write_json(
        output,
        {
            "@context": CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": campaign,
            "description": f"Permanent magnets, nanostructures of kind {kind}, of the campaign {campaign}, one row for each, "
            f"with their coercivities; simulated by hardmag {data.attributes['hardmag_version']}, physics version "
            f"{data.attributes['physics_version']}.",
            "license": terms.licence,
            "creator": {"@type": "sc:Person", "name": terms.creator},
            "datePublished": datetime.now().date().isoformat(),
            "distribution": [_file(table, Path(output).parent)],
            "recordSet": [_rows(schema)],
        },
    )
    return len(schema)


def _file(table, folder):
    return {
        "@type": "cr:FileObject",
        "@id": TABLE,
        "name": table.name,
        "description": "one row per sample",
        "contentUrl": Path(os.path.relpath(table, folder)).as_posix(),
        "contentSize": f"{table.stat().st_size} B",
        "encodingFormat": FORMAT,
        "sha256": sha256(table),
    }


def _rows(schema):
    fields = [_field(field) for field in schema]
    return {"@type": "cr:RecordSet", "@id": ROWS, "name": ROWS, "key": {"@id": f"{ROWS}/id"}, "field": fields}


def _field(field):
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    unit = metadata.get("unit", "")
    text = metadata.get("description", "") + (f"; in {unit}" if unit not in ("", "1") else "")
    return {
        "@type": "cr:Field",
        "@id": f"{ROWS}/{field.name}",
        "name": field.name,
        "description": text,
        "dataType": _type(field.type),
        "source": {"fileObject": {"@id": TABLE}, "extract": {"column": field.name}},
    }


def _type(of):
    return "sc:Float" if pa.types.is_floating(of) else "sc:Integer" if pa.types.is_integer(of) else "sc:Text"
