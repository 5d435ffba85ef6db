"""HDF5 files under a seal: published whole by rename, the SHA-256 of everything in them verified before HDF5 reads a byte.

The seal stands in the file's user block, which HDF5 leaves to the application; other programs read such files as any
other. Verifying first matters: a single flipped bit can make the HDF5 library return other numbers, or hang.
"""

import hashlib
from contextlib import contextmanager
from pathlib import Path

import h5py

from hardmag.errors import UserError
from hardmag.files import atomic_path

BLOCK = 512  # bytes, the smallest user block


@contextmanager
def written(path, kind):
    """A new HDF5 file to fill; sealed and renamed to `path` when all went well. kind: what it is, e.g. 'dataset'."""
    with atomic_path(path) as temporary:
        with h5py.File(temporary, "w", userblock_size=BLOCK) as file:
            yield file
        seal(temporary, kind)


@contextmanager
def opened(path, kind):
    """The HDF5 file, found to be a whole file of this kind. Raises UserError, one line, if it is not."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: not a readable {kind} ({error.strerror})") from None
    header = content[:BLOCK].rstrip(b"\0")
    if not header.startswith(_label(kind)):
        raise UserError(f"{path}: not a readable {kind} (it does not begin as one)")
    if header != _header(kind, content):
        raise UserError(f"{path}: checksum does not match its contents: the file is damaged")
    with h5py.File(path, "r") as file:
        yield file


def seal(path, kind):
    """Write the seal of what the file holds into its user block."""
    content = Path(path).read_bytes()
    with open(path, "r+b") as file:
        file.write(_header(kind, content))


def _label(kind):
    return f"hardmag {kind}, sha256 ".encode()


def _header(kind, content):
    return _label(kind) + hashlib.sha256(content[BLOCK:]).hexdigest().encode()
