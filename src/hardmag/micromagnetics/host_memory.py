"""Freed memory of the host stays with the process: a pass frees and asks for the same large tensors over and over."""

import ctypes
import functools

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGE = 2**31 - 1


@functools.cache
def keep_freed_memory():
    """Tell glibc to reuse memory rather than to give it back and have the system clear new pages: a tenth of a pass on the
    CPU, or more. Elsewhere than on glibc nothing happens."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, LARGE)
        mallopt(M_MMAP_THRESHOLD, LARGE)
