"""Waiting for MPI without its blocking calls: those burn a core, and never return where the other rank is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# Seconds of polling without a pause: what is nearly there is not worth a sleep.
_SPIN = 0.001
# The same for a message that is on its way.
_ON_ITS_WAY = 0.5
# Part of the time waited so far that the next sleep may take, up to its longest: so waiting costs little of either kind.
_PART, _LONGEST = 0.05, 0.001
# After this long a wait, sleeps grow again, by a smaller part: ranks without work for hours cost nothing.
_LONG, _LONG_PART, _LONGEST_OF_ALL = 1.0, 0.001, 0.02


def pause(waited: float) -> float:
    """Seconds to sleep after `waited` seconds, 0 for none."""
    if waited < _SPIN:
        return 0.0
    return min(max(min(waited * _PART, _LONGEST), (waited - _LONG) * _LONG_PART), _LONGEST_OF_ALL)


def wait(request: Any, check: Callable[[], None], on_its_way: bool = False) -> None:
    """Return when the request of mpi4py is done; check() is called again and again and ends the waiting by an exception.

    Args: on_its_way: all ranks are there, and the message itself takes the time: MPI sends a long one in pieces, each only when
        it is asked, so that pauses would make it slower many times.
    """
    began = time.monotonic()
    while not request.Test():
        check()
        waited = time.monotonic() - began
        if on_its_way and _SPIN < waited < _ON_ITS_WAY:
            # Where there are more ranks than processors, another one has to work for the message to come.
            time.sleep(0)
        elif seconds := pause(waited):
            time.sleep(seconds)
