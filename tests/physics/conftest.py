"""Every test here: one thread, torch's own default dtype, and demagnetising kernels kept in a folder of this run."""

import pytest
import torch
from once import made_once

torch.set_num_threads(1)  # also for fixtures of whole modules, which come before those below


@pytest.fixture(autouse=True)
def torch_as_it_comes():
    """Importing magnum.np sets fp64 as torch's default, which would hide what the package leaves to the default."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)


@pytest.fixture(autouse=True, scope="session")
def kernel_cache(tmp_path_factory):
    """The tests neither read nor leave kernels in the user's cache, yet share those that several of them need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARDMAG_CACHE", str(made_once(tmp_path_factory, "kernels", lambda empty: None)))
        yield
