"""What native sessions on one topology share: the working memory of the compiled code, and how many threads a call gets."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from anncli.backends.base import Problem
from anncli.backends.thread_trial import SHARED_WORK, ThreadTrial
from anncli.compiled import _native
from anncli.network.names import parse_loss

# About how many rows the compiled code works on between two synchronisations of its threads.
_BLOCK_ROWS = 240

# Multiplications per thread between two synchronisations below which waking a thread takes longer than its work.
_LEAST_WORK = 250_000

_FIXED: dict[int, AbstractContextManager[int]] = {}
_ALONE: AbstractContextManager[int] = nullcontext(1)


class Binding:
    """Two threads may use one plan at the same time: the second one then works on a copy.

    Args: threads, variant: as in NativeBackend.
    """

    def __init__(self, problem: Problem, threads: int, variant: str | None) -> None:
        topology = problem.topology
        self.topology, self.threads = topology, threads
        numbers = parse_loss(problem.loss).of_outputs(topology.n_outputs)
        self.plan: Any = _native.plan(topology.sizes, topology.activation_codes, variant, numbers)
        self.trials: dict[tuple[str, int], ThreadTrial] = {}

    def threads_for(self, kind: str, batch_size: int, n_rows: int) -> AbstractContextManager[int]:
        """How many threads a call may use; with threads=0 the call inside the context is timed."""
        if self.threads == 1 or batch_size == 1:
            return _ALONE
        work = self.topology.n_parameters * min(batch_size, n_rows, _BLOCK_ROWS)
        if self.threads:
            number = max(1, min(self.threads, work // _LEAST_WORK))
            return _FIXED.setdefault(number, nullcontext(number))
        if work < 2 * SHARED_WORK:
            return _ALONE
        trial = self.trials.setdefault((kind, batch_size), ThreadTrial(work))
        return _ALONE if trial.gave_up else trial.measured(n_rows)
