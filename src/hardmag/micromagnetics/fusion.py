"""Chains of small operations as few kernels on a GPU."""

import functools
import warnings

import torch


def fused(function):
    """function of tensors, compiled by torch.compile where its first argument lies on a GPU; elsewhere as it is.

    Without a working compiler there (Triton needs a C compiler at run time) it runs as it is, and says so once.
    """
    chosen = None

    @functools.wraps(function)
    def run(*arguments):
        nonlocal chosen
        if arguments[0].device.type != "cuda":
            return function(*arguments)
        chosen = chosen or torch.compile(function, dynamic=True, fullgraph=True)
        try:
            return chosen(*arguments)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            first = str(error).strip().splitlines()[:1]
            warnings.warn(f"{function.__name__} is not compiled, the run is slower: {' '.join(first)}", stacklevel=2)
            chosen = function
            return function(*arguments)

    return run
