"""The compiled code: which module was built, and for which instruction set of this machine."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

from anncli.backends.names import BACKENDS
from anncli.errors import UsageError
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES

# What the package calls in the compiled module, beside the tables of names; one built from older sources lacks some of it.
CALLS = (
    "variants", "rules", "turns", "rule_layout", "plan", "forward", "loss_and_gradient", "batch_gradient", "epoch", "rprop_step", "add_fixed", "chunk_gradients",
    "parse_block", "parse_pairs", "fill_pairs", "parse_numbers", "parse_table", "format_rows", "count_bytes", "utf8_end",
    "steps", "step_layout", "chain", "run_chain", "lif_forward", "lif_backward", "peak_forward", "peak_backward", "run_spikes",
    "lexicon", "grow_lexicon", "find_words", "count_words", "word_counts", "spell_words", "learn_words",
)  # fmt: skip


# What use_variant() was called with last.
_settled = ""


def describe_backend() -> str:
    """The backend of this process in words, `native avx512` or `numpy (why)`."""
    native = native_module()
    if native is not None:
        return f"native {chosen_variant() or native.variants()[0]}"
    reason = "ANN_KERNELS=numpy" if _wanted() == "numpy" else f"no compiled code: {_import_native()[1]}"
    return f"numpy ({reason})"


def native_module() -> Any:
    """The compiled module, None where missing or not wanted; raises UsageError where ANN_KERNELS demands it and it is missing."""
    wanted = _wanted()
    if wanted == "numpy":
        return None
    module, reason = _import_native()
    if module is None and wanted == "native":
        raise UsageError(f"ANN_KERNELS=native, but there is no compiled code: {reason}", advice=install_advice())
    return module


def why_missing() -> str | None:
    """Why the compiled module is missing, or None where it is there or the variable ANN_KERNELS asks for numpy."""
    return None if _wanted() == "numpy" or native_module() is not None else _import_native()[1]


def install_advice() -> str:
    """How to get the compiled module."""
    return "install anncli with a C++ compiler present (pip install --force-reinstall --no-binary anncli anncli)"


def use_variant(name: str) -> None:
    """From now on this process uses the instruction set `name`, or 'numpy', whatever the environment asks for."""
    global _settled
    _settled = name


def chosen_variant() -> str | None:
    """The instruction set of use_variant() or of the variable ANN_KERNEL_VARIANT, or None for the best one."""
    variant = _settled or os.environ.get("ANN_KERNEL_VARIANT") or None
    known: tuple[str, ...] = _import_native()[0].variants()
    if variant is not None and variant not in known:
        raise UsageError(
            f"ANN_KERNEL_VARIANT={variant}, but this machine does not run that instruction set",
            advice="use one of " + ", ".join(known),
        )
    return variant


def _wanted() -> str:
    if _settled == "numpy":
        return "numpy"
    wanted = os.environ.get("ANN_KERNELS", "")
    if wanted and wanted not in BACKENDS:
        raise UsageError(f"unknown backend ANN_KERNELS={wanted}", advice=f"use {' or '.join(BACKENDS)}, or unset it")
    return wanted


@cache
def _import_native() -> tuple[Any, str]:
    """The compiled module, or None and why there is none."""
    try:
        module = import_module("anncli.compiled._native")
    except ModuleNotFoundError:
        return None, "not built"
    except ImportError as error:
        return None, str(error)
    return (module, "") if _knows_the_names(module) else (None, "built from other sources, build it anew")


def _knows_the_names(module: Any) -> bool:
    """Whether the compiled module has all that the package calls, and every code means the same to both; one built from older
    sources may have other numbers. Only Python knows names without a code.
    """
    if not all(hasattr(module, name) for name in CALLS):
        return False
    try:
        activations, losses = dict(enumerate(module.activations())), dict(enumerate(module.losses()))
    except AttributeError:
        return False
    named = {info.code: name for name, info in ACTIVATION_NAMES.items() if info.code is not None}
    known = {info.code: name for name, info in LOSS_NAMES.items() if info.code is not None}
    return named == activations and known == losses
