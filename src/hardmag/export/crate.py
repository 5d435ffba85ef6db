"""A campaign as an RO-Crate: its results with a description that archives and programs read (https://www.researchobject.org)."""

import hashlib
import io
import mimetypes
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hardmag.control.places import dataset_file
from hardmag.dataset.loaded import load
from hardmag.errors import UserError
from hardmag.export.library import load as load_library
from hardmag.files import atomic_path, sha256

CONFIGURATION = "campaign.yaml"
# Folders that a campaign works in: what their files say is in the dataset, or of the machine alone.
WORKING = {"journal", "batches", "ledger", "rounds", "verdicts", "logs", "benchmarks"}
FORMATS = {
    ".h5": "application/x-hdf5",
    ".md": "text/markdown",
    ".npz": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
    ".yaml": "application/yaml",
}
DESCRIPTIONS = {
    CONFIGURATION: "the campaign file, as it was when the dataset was made",
    "dataset.h5": "parameters, results, curves, status and history of each sample",
    "dataset.parquet": "the dataset's table, without its curves",
    "joined.h5": "these samples and those of the finished datasets that the campaign names",
    "quality.json": "how many samples were accepted, rescued and quarantined, and why",
    "plan.json": "the samples that were wanted, and the checksums of the files that they follow from",
    "models.md": "forward models compared",
    "models.json": "forward models compared, for programs",
    "analysis.json": "correlations, clusters, importance of the features",
    "findings.json": "what a paper says, held against these data",
    "explore.html": "a page that computes with the forward model",
}


def export_crate(folder, output, terms):
    """Write results/<campaign> as an RO-Crate, a new folder or a .zip; returns how many files it holds.

    In it: all files of the campaign but those of its WORKING folders, and the campaign file. Raises UserError where there is no
    dataset yet, where the folder is there already, where the crate would lie in what it holds, and where rocrate is missing.
    """
    folder, output = Path(folder), Path(output)
    data = load(dataset_file(folder))
    if folder.resolve() in output.resolve().parents:
        raise UserError(f"{output}: must lie outside of {folder}, which the crate holds")
    zipped = output.suffix == ".zip"
    if not zipped and output.exists():
        raise UserError(f"{output}: is there already; a crate is written as a new folder, or as a .zip")
    crate, count = _described(load_library("rocrate.rocrate", "export").ROCrate(), folder, data, terms)
    if zipped:
        with atomic_path(output) as temporary:
            crate.write_zip(temporary)
        return count
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as temporary:
            crate.write(Path(temporary) / "crate")
            os.rename(Path(temporary) / "crate", output)
    except OSError as error:
        raise UserError(f"{output}: cannot be written ({error.strerror})") from None
    return count


def _described(crate, folder, data, terms):
    """(crate with all files and what is said of them, number of the files)."""
    add = lambda of, identifier, **values: crate.add_jsonld({"@id": identifier, "@type": of} | values)  # noqa: E731
    campaign, attributes = data.attributes["campaign"], data.attributes
    crate.name = f"hardmag campaign {campaign}"
    crate.description = f"Permanent magnets, nanostructures of kind {data.kind}: {len(data)} simulated demagnetisation curves."
    crate.license = add("CreativeWork", terms.licence, name=f"licence {terms.licence}", description="licence of this crate")
    crate.creator = crate.publisher = add("Person", "#creator", name=terms.creator)
    text = attributes["configuration"].encode()
    configuration = _added(crate, io.BytesIO(text), CONFIGURATION, len(text), hashlib.sha256(text).hexdigest())
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not WORKING & set(path.relative_to(folder).parts) and "/." not in f"/{path.relative_to(folder)}"
    }
    held = {name: _added(crate, path, name, path.stat().st_size, sha256(path)) for name, path in files.items()}
    software = add(
        "CreativeWork",  # a SoftwareApplication must have an address on the web, which CITATION.cff does not give
        "#hardmag",
        name="hardmag",
        version=attributes["hardmag_version"],
        description=f"physics version {attributes['physics_version']}, commit {attributes['git_commit']}",
    )
    crate.root_dataset["mentions"] = crate.add_action(
        software,
        identifier="#simulation",
        object=configuration,
        result=held["dataset.h5"],
        properties={"name": f"simulation of the campaign {campaign}", "description": "see the campaign file"},
    )
    return crate, len(files) + 1


def _added(crate, source, name, size, digest):
    form = FORMATS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    properties = {
        "name": name,
        "description": DESCRIPTIONS.get(name, "a result of the campaign"),
        "encodingFormat": form,
        "contentSize": str(size),
        "sha256": digest,
    }
    return crate.add_file(source, dest_path=name, properties=properties)
