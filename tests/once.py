"""What several processes of one test run need, made by the first that asks."""

import os
import shutil

from filelock import FileLock


def made_once(tmp_path_factory, name, make):
    """Folder `name` of this test run, filled by make(folder); other processes wait for it. Tests must leave it as it is."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # a worker has a folder of its own below
    folder, complete = base / name, base / f"{name}.complete"
    with FileLock(base / f"{name}.lock"):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            complete.touch()
    return folder
