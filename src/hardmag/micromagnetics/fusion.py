"""Chains of small operations as few kernels on a GPU."""

import functools
import warnings

import torch

COMPILED_ON = {"cuda"}  # kinds of devices
# Of one function, one for each kind of grid, precision, and number of samples where that is 1 or happens to be another length,
# too. Eight of them, which torch allows, are soon there: the ninth would end the run.
VARIANTS = 64


def fused(function):
    """function of tensors, compiled by torch.compile where its first argument lies on a GPU; elsewhere as it is, of numpy
    arrays, too.

    Without a working compiler there (Triton needs a C compiler at run time) it runs as it is, and says so once.
    """
    chosen = None

    @functools.wraps(function)
    def run(*arguments):
        nonlocal chosen
        first = arguments[0]
        if not isinstance(first, torch.Tensor) or first.device.type not in COMPILED_ON:
            return function(*arguments)
        if chosen is None:
            torch._dynamo.config.recompile_limit = max(VARIANTS, torch._dynamo.config.recompile_limit)
            chosen = torch.compile(function, dynamic=True, fullgraph=True)
        try:
            return chosen(*arguments)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            first_line = str(error).strip().splitlines()[:1]
            warnings.warn(f"{function.__name__} is not compiled, the run is slower: {' '.join(first_line)}", stacklevel=2)
            chosen = function
            return function(*arguments)

    return run
