"""The choice of a backend: the compiled one where it was built and knows the problem, else the reference."""

from __future__ import annotations

from functools import cache

from anncli.backends.base import Backend, Problem
from anncli.backends.reproducible import VARIANT, is_reproducible
from anncli.compiled import chosen_variant, native_module
from anncli.errors import UsageError


def choose_backend(problem: Problem | None = None, threads: int = 1) -> Backend:
    """The backend for a problem: the preferred one of this process or, where that one refuses the problem, the reference,
    whose `note` then says why. Without a problem: the preferred one.

    Args: threads: per call of the compiled code, 0 = the fastest number; the results do not depend on it.
    Raises: UsageError when ANN_KERNELS or ANN_KERNEL_VARIANT asks for something this machine does not have.
    """
    if is_reproducible():
        return fall_back(_preferred(threads, VARIANT), problem)
    return fall_back(_preferred(threads), problem)


def fall_back(backend: Backend, problem: Problem | None) -> Backend:
    """`backend`, or the reference with a note where it refuses the problem."""
    reason = None if problem is None else backend.refusal(problem)
    if reason is None:
        return backend
    if is_reproducible():
        raise UsageError(f"--reproducible: {reason}", advice="train a network that the compiled kernels know")
    from anncli.backends.reference import ReferenceBackend

    topology = None if problem is None else problem.topology
    if topology is not None and (topology.is_spiking or all(layer.suits_numpy for layer in topology.layers)):
        # The event loops of spikes are in the layers, compiled or not.
        return ReferenceBackend()
    return ReferenceBackend(note=f"{reason}, so the slower numpy backend computes this network")


@cache
def _preferred(threads: int, variant: str | None = None) -> Backend:
    if native_module() is None:
        from anncli.backends.reference import ReferenceBackend

        return ReferenceBackend()
    from anncli.backends.native import NativeBackend

    return NativeBackend(threads, variant or chosen_variant())
