"""What all ranks must have in common, so that every number of them gives the same bytes."""

from __future__ import annotations

import platform
from typing import NamedTuple

import numpy as np

from anncli._version import __version__
from anncli.backends.blas import blas_name
from anncli.compiled import chosen_variant, native_module, use_variant
from anncli.errors import UsageError


class Member(NamedTuple):
    """What a rank says of itself. kernels: the instruction sets that it may use, best first; () for numpy; is_free: whether they are all that its processor has; fault: why it cannot take part."""

    host: str
    version: str
    processor: str
    numpy: str
    blas: str
    kernels: tuple[str, ...]
    is_free: bool
    fault: str = ""


def introduce() -> Member:
    """This rank."""
    kernels: tuple[str, ...] = ()
    is_free, fault = True, ""
    try:
        module = native_module()
        if module is not None:
            chosen, kernels = chosen_variant(), tuple(module.variants())
            is_free = chosen is None
            kernels = kernels if chosen is None else kernels[kernels.index(chosen) :]
    except UsageError as error:
        fault = str(error)
    return Member(
        platform.node(), __version__, platform.machine(), np.__version__, blas_name(), kernels, is_free, fault
    )  # fmt: skip


def agree(members: list[Member]) -> str | None:
    """Settle which kernels this rank uses, the same on all of them; returns what there is to say about it.

    Raises: UsageError for ranks that cannot give the same bytes.
    """
    first = members[0]
    for rank, member in enumerate(members):
        if member.fault:
            raise UsageError(f"rank {rank} on {member.host}: {member.fault}" if rank else member.fault)
        for what, own, other in (
            ("anncli", first.version, member.version),
            ("processor", first.processor, member.processor),
        ):
            if own != other:
                raise UsageError(
                    f"rank 0 has {what} {own}, rank {rank} on {member.host} has {other}",
                    advice="the ranks of a training need the same",
                )
    if all((member.kernels, member.is_free) == (first.kernels, first.is_free) for member in members):
        return None
    common = [name for name in first.kernels if all(name in member.kernels for member in members)]
    chosen = common[0] if common else "numpy"
    use_variant(chosen)
    rank, lacking = next((rank, member) for rank, member in enumerate(members) if _best(member) == chosen)
    return f"all ranks compute with {chosen}, because rank {rank} on {lacking.host} has nothing better"


def _best(member: Member) -> str:
    return member.kernels[0] if member.kernels else "numpy"


def check_numpy(members: list[Member], why: str) -> None:
    """Raises UsageError where the numpy of the ranks may round in different ways; why: what is computed with it."""
    first = members[0]
    for rank, member in enumerate(members):
        if (member.numpy, member.blas) != (first.numpy, first.blas):
            raise UsageError(
                f"{why}, and rank 0 has numpy {first.numpy} with {first.blas}, rank {rank} on {member.host} has {member.numpy} with {member.blas}",
                advice="the ranks need the same; OPENBLAS_CORETYPE=Haswell chooses the code of OpenBLAS",
            )
