"""The choice of a backend: the compiled one where it was built, else the reference."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from anncli.compiled import chosen_variant, native_module

if TYPE_CHECKING:
    from anncli.backends.base import Kernel


@cache
def active_kernel(threads: int = 1) -> Kernel:
    """The kernel of this process: the compiled one where it was built, unless the variable ANN_KERNELS says `numpy`.

    threads: how many share a call of the compiled kernel, 0 = as many as pay; the results do not depend on it.
    Raises: UsageError when ANN_KERNELS or ANN_KERNEL_VARIANT asks for what there is not.
    """
    if native_module() is None:
        from anncli.backends.reference import NumpyKernel

        return NumpyKernel()
    from anncli.backends.native import NativeKernel

    return NativeKernel(threads, chosen_variant())
