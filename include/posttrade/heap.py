"""The C library's heap of this process."""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8  # malloc.h of the GNU C library


def use_one_heap() -> None:
    """Let all threads take memory from one heap.

    Otherwise what one thread asks for and another one frees stays with the first one's heap: the
    broker's client has several threads for each topic, and a long drain grew by each of them. It
    holds for the process from now on; a C library that has no such setting is left as it is.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_ARENA_MAX, 1)
