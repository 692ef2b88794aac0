"""What native sessions on one topology share: the working memory of the compiled code, and how many threads a call gets."""

from __future__ import annotations

import struct
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from anncli.backends.base import Problem, Shown
from anncli.backends.rules import SWEEP_RULES, UpdateRule
from anncli.backends.thread_trial import SHARED_WORK, ThreadTrial
from anncli.compiled import _native
from anncli.network.names import parse_loss

# About how many rows the compiled code works on between two synchronisations of its threads.
_BLOCK_ROWS = 240

# Multiplications per thread between two synchronisations below which waking a thread takes longer than its work.
_LEAST_WORK = 250_000

_RULE_FORMAT, _RULE_FIELDS = _native.rule_layout()

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
        work = self.work(min(batch_size, n_rows))
        if self.threads:
            number = max(1, min(self.threads, work // _LEAST_WORK))
            return _FIXED.setdefault(number, nullcontext(number))
        if work < 2 * SHARED_WORK:
            return _ALONE
        trial = self.trials.setdefault((kind, batch_size), ThreadTrial(work))
        return _ALONE if trial.gave_up else trial.measured(n_rows)

    def work(self, n_rows: int) -> int:
        """Multiplications between two synchronisations of the threads, of batches of n_rows."""
        return self.topology.n_parameters * min(n_rows, _BLOCK_ROWS)


class RulePacker:
    """Rules as the compiled code reads them."""

    def __init__(self) -> None:
        self._packed: tuple[UpdateRule | None, tuple[float, ...], bytes] = (None, (), b"")

    def pack(self, rule: UpdateRule, shown: Shown) -> bytes:
        """The compiled code's AnnRule. It is kept for the next call: packing takes as long as an online epoch of a few rows."""
        known, known_key, packed = self._packed
        # Without rows_seen, which changes with every sweep and is a separate argument of the calls.
        key = (shown.dropout, shown.input_dropout, shown.seed, shown.tolerance)
        if known is rule and known_key == key:
            return packed
        values = (
            rule._asdict()
            | shown._asdict()
            | {
                "code": SWEEP_RULES[rule.name],
                "seed": shown.seed & (2**64 - 1),
                # A unit is switched off when 24 random bits are below this.
                "drop_limit": round(shown.dropout * 2**24),
                "input_drop_limit": round(shown.input_dropout * 2**24),
            }
        )
        packed = struct.pack(_RULE_FORMAT, *(values[name] for name in _RULE_FIELDS))
        self._packed = (rule, key, packed)
        return packed
