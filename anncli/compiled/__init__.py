"""The compiled code: which module was built, and for which instruction set of this machine."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

from anncli.errors import UsageError


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
        raise UsageError(f"ANN_KERNELS=native, but there are no compiled kernels: {reason}", advice=install_advice())
    return module


def why_missing() -> str | None:
    """Why the compiled module is missing, or None where it is there or the variable ANN_KERNELS asks for numpy."""
    return None if _wanted() == "numpy" or native_module() is not None else _import_native()[1]


def install_advice() -> str:
    """How to get the compiled module."""
    return "install anncli with a C++ compiler present (pip install --force-reinstall --no-binary anncli anncli)"


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
        return import_module("anncli.compiled._native"), ""
    except ModuleNotFoundError:
        return None, "not built"
    except ImportError as error:
        return None, str(error)
