"""OVF files: a reader of 1.0 and 2.0, text and binary, such as the numbers of regions; and a writer of states, as 2.0.

OOMMF and MuMax3 write and read them.
"""

import re
from pathlib import Path

import numpy as np

from hardmag.files import atomic_path

SUFFIXES = (".ovf", ".omf", ".ohf", ".obf")
SIGNATURE = b"# OOMMF"
# The numbers that binary data begin with, by their bytes each.
CHECKS = {4: 1234567.0, 8: 123456789012345.0}
UNITS_NM = {"m": 1e9, "mm": 1e6, "um": 1e3, "nm": 1.0}
DATA = re.compile(rb"^#\s*begin:\s*data\s+(text|binary[ \t]+[48])[ \t]*\r?\n", re.IGNORECASE | re.MULTILINE)
END = re.compile(rb"^#\s*end:\s*data", re.IGNORECASE | re.MULTILINE)
HEADER = """# OOMMF OVF 2.0
# Segment count: 1
# Begin: Segment
# Begin: Header
# Title: M
{remarks}# meshtype: rectangular
# meshunit: m
# valuedim: 3
# valuelabels: M_x M_y M_z
# valueunits: A/m A/m A/m
{grid}# End: Header
# Begin: Data Binary 4
"""
FOOTER = "\n# End: Data Binary 4\n# End: Segment\n"


def is_ovf(path):
    """Whether a file begins as one."""
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)).upper() == SIGNATURE


def read_ovf(path):
    """(values (nx, ny, nz), cell_nm) of a file of one number for each cell.

    OVF 1.0 knows vectors alone: there the y and z components must be 0. Raises ValueError in words for anything else.
    """
    content = Path(path).read_bytes()
    begin = DATA.search(content)
    if begin is None:
        raise ValueError("no section '# Begin: Data Text', 'Data Binary 4' or 'Data Binary 8'")
    header = _header(content[: begin.start()])
    version = 2 if header["oommf ovf"] == "2.0" else 1
    nodes, cell_nm = _grid(header)
    components = 3 if version == 1 else _count(header, "valuedim")
    needed = components * int(np.prod(nodes, dtype=object))
    form, data = begin[1].lower().split(), content[begin.end() :]
    values = _text(data) if form == [b"text"] else _binary(data, int(form[1]), needed, "<" if version == 2 else ">")
    if len(values) != needed:
        raise ValueError(f"holds {len(values)} numbers, its header promises {needed}")
    values = values.reshape(*nodes[::-1], components).transpose(2, 1, 0, 3)
    if components != 1 and not (version == 1 and not values[..., 1:].any()):
        raise ValueError(f"holds {components} numbers for each cell; one is taken, the phase's index")
    return np.ascontiguousarray(values[..., 0]), cell_nm


def _header(content):
    """{key in lower case: value} of the lines '# key: value'; the first line's under 'oommf ovf'."""
    first, *lines = content.decode("utf-8", "replace").splitlines()
    version = {"# oommf: rectangular mesh v1.0": "1.0", "# oommf ovf 2.0": "2.0"}.get(" ".join(first.split()).lower())
    if version is None:
        raise ValueError(f"begins with {first.strip()!r}; OVF 1.0 and 2.0 of rectangular meshes are read")
    found = {}
    for line in lines:
        key, _, value = line.split("##")[0].lstrip("#").partition(":")
        found.setdefault(key.strip().lower(), value.strip())
    return found | {"oommf ovf": version}


def _grid(header):
    """((nx, ny, nz), cell_nm)."""
    if header.get("meshtype", "rectangular").lower() != "rectangular":
        raise ValueError(f"its mesh is {header['meshtype']}; rectangular ones are read")
    if header.get("segment count", "1") != "1":
        raise ValueError(f"has {header['segment count']} segments; files of one are read")
    unit = header.get("meshunit", "m")
    if unit not in UNITS_NM:
        raise ValueError(f"meshunit is {unit!r}; known are {', '.join(UNITS_NM)}")
    try:
        steps = [abs(float(header[f"{x}stepsize"])) for x in "xyz"]
    except (KeyError, ValueError):
        steps = [np.nan]
    if not np.isfinite(steps).all():
        raise ValueError("its header gives no xstepsize, ystepsize and zstepsize as numbers")
    return tuple(_count(header, f"{x}nodes") for x in "xyz"), tuple(round(s * UNITS_NM[unit], 12) for s in steps)


def _count(header, key):
    text = header.get(key, "")
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"its header gives no whole number >= 1 for {key}")
    return int(text)


def _text(data):
    end = END.search(data)
    if end is None:
        raise ValueError("is cut short: it has no '# End: Data'")
    try:
        return np.array(data[: end.start()].split(), dtype=np.float64)
    except ValueError:
        raise ValueError("its data hold something that is no number") from None


def _binary(data, size, needed, order):
    if len(data) < size * (needed + 1):
        raise ValueError(f"is cut short: {len(data)} bytes of data, its header promises {size * (needed + 1)}")
    check, *_ = np.frombuffer(data, f"{order}f{size}", 1)
    if check != CHECKS[size]:
        raise ValueError(f"its data begin with {check:g}, not with the check value {CHECKS[size]:.0f}")
    return np.frombuffer(data, f"{order}f{size}", needed, offset=size)


def write_ovf(path, voxels, m, remarks):
    """Write the magnetisation of Voxels as OVF 2.0: M in A/m in single precision, lengths in m, the grid beginning at 0.

    m: (3, nx, ny, nz) unit vectors; M is 0 where nothing is magnetic. remarks: {name: value}, which stand in the header as
    lines of its description, for OVF has no other place for them.
    """
    of_axes = zip("xyz", voxels.shape, voxels.cell_m, strict=True)
    each = [
        {f"{x}base": edge / 2, f"{x}nodes": n, f"{x}stepsize": edge, f"{x}min": 0.0, f"{x}max": n * edge}
        for x, n, edge in of_axes
    ]
    grid = "".join(f"# {key}: {value!r}\n" for axis in each for key, value in axis.items())
    header = HEADER.format(remarks="".join(f"# Desc: {name}: {value}\n" for name, value in remarks.items()), grid=grid)
    Ms = voxels.per_cell("Ms_A_per_m")
    M = np.where(Ms > 0, m * Ms, 0)
    values = np.concatenate([[CHECKS[4]], M.transpose(3, 2, 1, 0).ravel()]).astype("<f4")
    with atomic_path(path) as temporary:
        temporary.write_bytes(header.encode() + values.tobytes() + FOOTER.encode())
