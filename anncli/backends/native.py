"""The native backend: compiled float32 code, chosen for this machine's instruction set."""

from __future__ import annotations

from itertools import pairwise

from anncli.backends.base import Problem, Samples, Session
from anncli.backends.bound_session import MOST_ROWS
from anncli.backends.native_binding import Binding
from anncli.backends.native_session import NativeSession
from anncli.compiled import _native
from anncli.network.names import LOSS_NAMES, parse_loss
from anncli.network.topology import Topology

# With a layer of this many weights and batches of this many rows, numpy's BLAS is as fast as the baseline variant, and
# up to twice as fast where it uses instructions that the variant was not built for.
_BLAS_WEIGHTS, _BLAS_ROWS = 16384, 32


class NativeBackend:
    """Args: threads per call, 0 = the fastest number, which is measured; variant: one of _native.variants(),
    None = the best one.

    Raises: ValueError for a variant that this machine does not run.
    """

    note = None

    def __init__(self, threads: int = 1, variant: str | None = None) -> None:
        if threads < 0:
            raise ValueError(f"{threads} threads")
        known = _native.variants()
        if variant is not None and variant not in known:
            raise ValueError(f"this machine has no kernel variant '{variant}'; use one of {', '.join(known)}")
        self.threads, self.variant = threads, variant
        self.best_variant = variant or known[0]

    @property
    def name(self) -> str:
        return f"native {self.best_variant}"

    def refusal(self, problem: Problem) -> str | None:
        if problem.topology.is_spiking:
            from anncli.backends.spikes import spikes_refusal

            return spikes_refusal(problem)
        if LOSS_NAMES[parse_loss(problem.loss).name].code is None:
            return f"loss {problem.loss} is not in the compiled code"
        if problem.topology.uncompiled is not None or problem.topology.is_plain:
            return problem.topology.uncompiled
        from anncli.backends.chain import chain_refusal

        return chain_refusal(problem, self.variant)

    def uses_blas(self, topology: Topology) -> bool:
        return topology.is_plain and self.numpy_from(topology) <= MOST_ROWS

    def open(self, problem: Problem, samples: Samples) -> Session:
        reason = self.refusal(problem)
        if reason is not None:
            raise ValueError(reason)
        if problem.topology.is_spiking:
            from anncli.backends.spikes import SpikeBinding, SpikeSession

            return SpikeSession(problem, samples, SpikeBinding(problem, self.threads))
        if not problem.topology.is_plain:
            from anncli.backends.chain import ChainBinding, ChainSession

            return ChainSession(
                problem, samples, ChainBinding(problem, samples.inputs, self.threads, self.variant), MOST_ROWS + 1
            )
        binding = Binding(problem, self.threads, self.variant)
        return NativeSession(problem, samples, binding, self.numpy_from(problem.topology))

    def numpy_from(self, topology: Topology) -> int:
        """The batch size from which numpy is used instead, because its BLAS is faster than the baseline variant."""
        if self.best_variant == "baseline" and self.variant is None:
            largest = max(a * b for a, b in pairwise(topology.sizes))
            if largest >= _BLAS_WEIGHTS:
                return _BLAS_ROWS
        return MOST_ROWS + 1
