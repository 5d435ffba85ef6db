"""A batch on the devices of a job: a worker process for each, a fresh one when it dies, and the items that kill it found.

The error of one half-cycle can leave a GPU's context unusable for all that follow in the same process; a GPU itself can be
lost. So GPUs are worked on in processes of their own. What a process that died left undone is tried in fresh ones, by
halves, until the half-cycle that alone ends a process is known.
"""

import os
import signal
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context, parent_process

import torch

from hardmag.errors import UserError
from hardmag.jobs.stopping import stop_heard

LOOK_S = 0.5


def on_each(devices, work, items, finished, stop):
    """Call work(share, device, stop) with each device's share of items, dealt out in turn; on one CPU in this process.

    work must be picklable, and end early once stop(). finished(): the items done so far, by whomever.
    Returns the items that end a process which runs them alone. Raises UserError as work does, RuntimeError for its other
    exceptions and for a device that does not answer; the other devices go on to their end first.
    """
    if devices == ["cpu"]:
        work(items, "cpu", stop)
        return []
    shares = [(items[number :: len(devices)], device) for number, device in enumerate(devices)]
    with ThreadPoolExecutor(len(devices)) as pool:
        futures = [pool.submit(_serve, work, share, device, finished, stop) for share, device in shares if share]
        errors = [error for future in futures if (error := future.exception()) is not None]
    for error in errors:
        raise error
    return [item for future in futures for item in future.result()]


def _serve(work, share, device, finished, stop):
    """One device's share to its end; returns the items that cannot be done on it."""
    queue, fatal = [share], []
    while queue and not stop():
        items = queue.pop()
        if _in_process(work, items, device, stop):
            continue
        done = finished()
        left = [item for item in items if item not in done]
        if not _in_process(_probe, None, device, stop):
            raise RuntimeError(f"{device} does not answer any more; what was finished is in the journal")
        print(f"{device}: its process died with {len(left)} half-cycles to go; on in a fresh one", flush=True)
        if len(left) == 1 and items == left:
            fatal += left
        elif left:
            half = (len(left) + 1) // 2
            queue += [part for part in (left[half:], left[:half]) if part]
    return fatal


def _probe(_, device, __):
    torch.zeros(1, device=device).sum().item()


def _in_process(work, items, device, stop):
    """work(items, device, its own stop) in a fresh process; False if it died or lost its device."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(work, items, device, theirs))
    process.start()
    theirs.close()
    told = False
    while process.exitcode is None:
        process.join(LOOK_S)
        if stop() and not told:
            told = True
            process.terminate()
    try:
        error = ours.recv()
    except EOFError:  # it died before it could say anything
        return told
    if isinstance(error, str):
        raise RuntimeError(f"{device}: {error}")
    if error is not None:
        raise error
    return process.exitcode == 0


def _child(work, items, device, pipe):
    threading.Thread(target=lambda: (parent_process().join(), os._exit(1)), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which says when to stop
    error = None
    with stop_heard() as stop:
        try:
            work(items, device, stop)
        except UserError as complaint:
            error = complaint
        except torch.AcceleratorError:  # its context is lost, and this process with it
            traceback.print_exc()
            os._exit(1)
        except Exception:  # noqa: BLE001 — any other is raised again by the parent
            error = traceback.format_exc()
    pipe.send(error)
