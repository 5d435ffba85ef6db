"""Reading and writing that does not lose data: atomic renames, checksums, errors in one line."""

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import ValidationError

from hardmag.errors import UserError


@contextmanager
def atomic_path(path):
    """A temporary name beside `path` to write to; renamed to `path` on success, removed on failure."""
    path = Path(path)
    try:
        if path.is_dir():
            raise UserError(f"{path}: cannot be written (it is a folder)")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
    os.close(handle)
    os.chmod(name, 0o644)
    try:
        yield Path(name)
        with open(name, "rb") as file:
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path, data):
    """Write JSON atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(data, indent=1) + "\n")


def read_json(path):
    """Read JSON written by this package."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from None


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key may stand once only: of two, one would be lost in silence."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for n, key in enumerate(keys) if key in keys[:n]), None)
        if twice is not None:
            raise yaml.YAMLError(f"key {twice!r} stands twice in the mapping that begins in line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def read_yaml(path):
    """Read a YAML mapping."""
    try:
        data = yaml.load(Path(path).read_text(), UniqueKeys)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if not isinstance(data, dict):
        raise UserError(f"{path}: must hold a mapping of keys to values")
    return data


def validated(model, data, path, prefix=""):
    """model(**data), with pydantic's complaints turned into one line that names file, key and what is allowed."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{path}: {complaint(error, prefix)}") from None


def complaint(error, prefix=""):
    """The complaints of a pydantic ValidationError on one line: key: what is wrong (got value); …"""
    return "; ".join(said(item, prefix) for item in error.errors())


def said(item, prefix=""):
    """One of the complaints of a ValidationError, an item of its `errors()`."""
    # Tags of the forms of a value, in angle brackets, and the types tried for it say nothing to a reader.
    types = ("<", "constrained-", "literal[")
    names = [str(k) for k in item["loc"] if not str(k).startswith(types) and k not in ("int", "str")]
    key = ".".join([*([prefix] if prefix else []), *names])
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        message = "unknown key"
    elif item["type"] == "missing":
        message = "required key is missing"
    elif item["type"] != "value_error":
        message += f" (got {item['input']!r})"
    return f"{key}: {message}" if key else message


def sha256(path):
    """Hex digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
