"""The readers' side of round_trips.py, in their environment: reads what lies in a folder, and prints what it found as JSON.

Of the state it leaves state.npy, M (nx, ny, nz, 3); of the dataset data.npz. rocrate-validator asks the web for the words of
RO-Crate; so that it needs no network they come from the file that the library rocrate has of them, by way of its cache.
"""

import io
import json
import sys
from importlib.metadata import version
from pathlib import Path

import discretisedfield
import netCDF4
import numpy as np
import requests
from requests_cache import CachedSession
from rocrate_validator import models, services
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.3/context"
PROFILE = "ro-crate-1.3"


class FromFile(requests.adapters.HTTPAdapter):
    """Answers every request with the words of RO-Crate."""

    def __init__(self, path):
        super().__init__()
        self.content = Path(path).read_bytes()

    def send(self, request, **_):
        headers = {"Content-Type": "application/ld+json"}
        raw = HTTPResponse(io.BytesIO(self.content), headers=headers, status=200, preload_content=False)
        return self.build_response(request, raw)


def filled_cache(folder, context):
    """A cache of the validator that holds the words."""
    path = str(Path(folder) / "cache")
    session = CachedSession(path, backend="sqlite", expire_after=-1)
    session.mount("https://", FromFile(context))
    session.get(CONTEXT, headers={"Accept": "application/ld+json, application/json"})
    return path


def judged(crate, cache):
    """What rocrate-validator says of a crate: whether all that is required is there, and what it would rather have."""
    settings = services.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier=PROFILE,
        requirement_severity=models.Severity.RECOMMENDED,
        offline=True,
        cache_path=cache,
    )
    result = services.validate(settings)
    issues = sorted((issue.severity.name.lower(), issue.message) for issue in result.get_issues())
    of = lambda severity: [message for found, message in issues if found == severity]  # noqa: E731
    return {"checks": len(result.executed_checks), "required": of("required"), "recommended": of("recommended")}


def main(folder, context):
    folder = Path(folder)
    field = discretisedfield.Field.from_file(folder / "state.ovf")
    np.save(folder / "state.npy", field.array)
    with netCDF4.Dataset(folder / "data.nc") as data:
        numbers = {name: variable[...] for name, variable in data.variables.items() if variable.dtype is not str}
        np.savez(folder / "data.npz", **{name: np.ma.filled(values) for name, values in numbers.items()})
    cache = filled_cache(folder, context)
    found = {
        "versions": {name: version(name) for name in ("discretisedfield", "netCDF4", "roc-validator")},
        "ovf": {"cell": list(map(float, field.mesh.cell)), "unit": str(field.unit)},
        "crates": {name: judged(folder / name, cache) for name in ("crate", "crate.zip")},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
