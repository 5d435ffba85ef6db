"""What a user names on the command line: results/<campaign>, its campaign file, a case file or a dataset, told apart."""

from pathlib import Path

import h5py

from hardmag.campaign.config import load_campaign
from hardmag.campaign.ledger import plan_of
from hardmag.errors import UserError, nearest
from hardmag.files import read_yaml

USES = {
    "campaign": "that is a campaign file: hardmag run {}",
    "case": "that is a case file, of one simulation: hardmag simulate {} -o OUT.h5",
    "HDF5": "that is an HDF5 file; of a dataset: hardmag info {}",
    "folder": "that is a folder; of a campaign: hardmag status {}",
}


def campaign_file(path):
    """The campaign file, given it or results/<campaign>."""
    _refuse_others(path, "campaign", "folder")
    if not Path(path).is_dir():
        return path
    file = next(iter(plan_of(path)["sources"]))
    if not Path(file).is_file():
        raise UserError(f"{path}: its campaign file {file} is not there; name the file")
    return file


def results_folder(path):
    """results/<campaign>, given it or the campaign file."""
    _refuse_others(path, "campaign", "folder")
    return Path(path) if Path(path).is_dir() else Path("results") / load_campaign(path).name


def dataset_file(path):
    """A dataset, given it, results/<campaign> or the campaign file."""
    _refuse_others(path, "campaign", "folder", "HDF5")
    if h5py.is_hdf5(path):
        return Path(path)
    if not Path(path).is_dir() and kind_of(path) != "campaign":
        return Path(path)  # damaged, say: its reader tells what is wrong
    folder = results_folder(path)
    if not (folder / "dataset.h5").is_file():
        raise UserError(f"{folder}: no dataset.h5 there yet; where the campaign stands: hardmag status {folder}")
    return folder / "dataset.h5"


def case_file(path):
    """A case file; what is another kind of file is refused."""
    _refuse_others(path, "case")
    return path


def kind_of(path):
    """A key of USES, or None where the file says nothing: then its reader has to say what is wrong."""
    if Path(path).is_dir():
        return "folder"
    if h5py.is_hdf5(path):
        return "HDF5"
    try:
        keys = read_yaml(path).keys()
    except UserError:
        return None
    return "campaign" if keys & {"name", "design"} else "case" if "field" in keys else None


def _refuse_others(path, *kinds):
    if not Path(path).exists():
        raise UserError(f"{path}: no such {_wanted(kinds)}{_near(Path(path), kinds)}")
    kind = kind_of(path)
    if kind is not None and kind not in kinds:
        raise UserError(f"{path}: {USES[kind].format(path)}")


def _wanted(kinds):
    names = {"folder": "folder of results", "campaign": "campaign file", "HDF5": "dataset", "case": "case file"}
    words = [name for kind, name in names.items() if kind in kinds]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _near(path, kinds):
    """'; did you mean …?': something of such a name in its folder, or a campaign of that name; else what makes one."""
    if (Path("results") / path).is_dir():
        return f"; did you mean results/{path}?"
    found = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, found)  # of whole paths, what all have in common would make any two alike
    if near:
        return f"; did you mean {path.parent / near}?"
    return "; `hardmag run FILE` makes results/<campaign>" if "folder" in kinds and not path.suffix else ""
