"""Kernels: the same forward, backward and update in numpy and compiled; one of them is chosen once per process."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from anncli.errors import UsageError

if TYPE_CHECKING:
    # For types only: `ann --version -v` names the kernel without paying for numpy.
    import numpy.typing as npt

    from anncli.kernels.rules import RpropRule, UpdateRule, UpdateState
    from anncli.network.network import Topology

    Array = npt.NDArray[Any]


class Kernel(Protocol):
    """What training and prediction ask of a kernel; numpy_kernel.py is the reference and says what each method does."""

    @property
    def name(self) -> str: ...

    def forward(self, topology: Topology, parameters: Array, inputs: Array, rows: Array | None = None) -> Array: ...

    def loss_and_gradient(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array | None,
        gradient: Array | None,
        l2: float = 0.0,
    ) -> float: ...

    def epoch(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        rule: UpdateRule,
        state: UpdateState,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array,
        batch_size: int,
        outputs: Array | None = None,
    ) -> float: ...

    def rprop_step(
        self,
        rule: RpropRule,
        turn: str,
        parameters: Array,
        gradient: Array,
        previous_gradient: Array,
        step: Array,
        move: Array,
    ) -> None: ...


@cache
def active_kernel(threads: int = 1) -> Kernel:
    """The kernel of this process: the compiled one where it was built, unless the variable ANN_KERNELS says `numpy`.

    threads: how many share a call of the compiled kernel, 0 = as many as pay; the results do not depend on it.
    Raises: UsageError when ANN_KERNELS or ANN_KERNEL_VARIANT asks for what there is not.
    """
    if native_module() is None:
        from anncli.kernels.numpy_kernel import NumpyKernel

        return NumpyKernel()
    from anncli.kernels.native_kernel import NativeKernel

    return NativeKernel(threads, chosen_variant())


def describe_kernel() -> str:
    """The kernel of this process in words, `native avx512` or `numpy (why)`."""
    native = native_module()
    if native is not None:
        return f"native {chosen_variant() or native.variants()[0]}"
    reason = "ANN_KERNELS=numpy" if _wanted() == "numpy" else f"no compiled kernels: {_import_native()[1]}"
    return f"numpy ({reason})"


def native_module() -> Any:
    """The compiled module, None where missing or not wanted; raises UsageError where it is demanded and missing."""
    wanted = _wanted()
    if wanted == "numpy":
        return None
    module, reason = _import_native()
    if module is None and wanted == "native":
        advice = "install anncli with a C++ compiler present (pip install --force-reinstall --no-binary anncli anncli)"
        raise UsageError(f"ANN_KERNELS=native, but there are no compiled kernels: {reason}", advice=advice)
    return module


def chosen_variant() -> str | None:
    """The instruction set the variable ANN_KERNEL_VARIANT asks for, or None for the best one."""
    variant = os.environ.get("ANN_KERNEL_VARIANT") or None
    known: tuple[str, ...] = _import_native()[0].variants()
    if variant is not None and variant not in known:
        raise UsageError(
            f"ANN_KERNEL_VARIANT={variant}, but this machine has no such kernels",
            advice="use one of " + ", ".join(known),
        )
    return variant


def _wanted() -> str:
    wanted = os.environ.get("ANN_KERNELS", "")
    if wanted not in ("", "native", "numpy"):
        raise UsageError(f"unknown kernels ANN_KERNELS={wanted}", advice="use numpy or native, or unset it")
    return wanted


@cache
def _import_native() -> tuple[Any, str]:
    """The compiled module, or None and why there is none."""
    try:
        return import_module("anncli.kernels._native"), ""
    except ModuleNotFoundError:
        return None, "not built"
    except ImportError as error:
        return None, str(error)
