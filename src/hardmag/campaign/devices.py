"""Several devices for one batch: each has a worker process, a share of the half-cycles, and a journal file of its own."""

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context, parent_process

import torch

from hardmag.errors import UserError


def visible_devices():
    """All GPUs that this process may use, else the CPU."""
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    return [f"cuda:{number}" for number in gpus] or ["cpu"]


def on_each(devices, work, items):
    """Call work(share, device) with each device's share of items, dealt out in turn; in this process if one will do.

    work must be picklable. Where it fails or its process dies, the others go on to their end; then RuntimeError is raised.
    """
    shares = [(items[number :: len(devices)], device) for number, device in enumerate(devices)]
    shares = [(share, device) for share, device in shares if share]
    if len(shares) == 1:
        work(*shares[0])
    if len(shares) <= 1:
        return
    with ExitStack() as stack:
        futures = []
        for share, device in shares:  # a pool each: a process that dies breaks no other's
            pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_end_with_parent)
            futures.append(stack.enter_context(pool).submit(work, share, device))
        errors = [future.exception() for future in futures]
    for error in errors:
        if isinstance(error, UserError):
            raise error
    failed = [f"{device}: {error}" for (_, device), error in zip(shares, errors, strict=True) if error is not None]
    if failed:
        raise RuntimeError(
            f"{len(failed)} of {len(shares)} workers failed ({'; '.join(failed)}); what was finished is in the journal, "
            "and the next run of this batch goes on from there"
        ) from next(error for error in errors if error is not None)


def _end_with_parent():
    """Let no worker go on unseen when the process that collects its results was killed."""
    threading.Thread(target=lambda: (parent_process().join(), os._exit(1)), daemon=True).start()
