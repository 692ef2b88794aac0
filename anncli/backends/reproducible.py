"""`--reproducible`: the same bytes on every x86-64 processor, and what can be computed that way.

Inside the block of reproducible(True), the compiled kernels are those of the baseline variant, which use nothing but
operations that IEEE 754 defines to the last bit, in a fixed order; vectors are multiplied without BLAS, whose order of
adding depends on the processor. What needs BLAS for matrices, or numpy's exponential function, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from anncli.arrays import Array
from anncli.compiled import native_module
from anncli.errors import UsageError

VARIANT = "baseline"
# Trainers that multiply matrices in numpy, most of them also with its exponential function.
_NEED_BLAS = ("scg", "lm", "br")

_is_on = False


@contextmanager
def reproducible(wanted: bool) -> Iterator[None]:
    """Switches the whole process for the length of the block; raises UsageError without compiled kernels."""
    global _is_on
    if wanted and native_module() is None:
        raise UsageError("--reproducible needs the compiled kernels", advice="see ann --version -v")
    before, _is_on = _is_on, wanted
    try:
        yield
    finally:
        _is_on = before


def is_reproducible() -> bool:
    """Whether --reproducible is in force."""
    return _is_on


def inner_product(a: Array, b: Array) -> float:
    """The sum of a[k] * b[k] over two vectors (n,), in their dtype."""
    if _is_on:
        # The order of adding in numpy's own sums does not depend on the processor.
        return float(np.add.reduce(a * b))
    return float(np.dot(a, b))


def matrix_times_vector(matrix: Array, vector: Array) -> Array:
    """The product (m,) of a matrix (m, n) with a vector (n,)."""
    product: Array = np.add.reduce(matrix * vector, axis=1) if _is_on else matrix @ vector
    return product


def refuse_trainer(trainer: str, init: str | None) -> None:
    """Raises UsageError for a training whose bytes would depend on the processor although --reproducible is in force."""
    if _is_on and trainer in _NEED_BLAS:
        raise UsageError(
            f"--reproducible: trainer {trainer} multiplies matrices with BLAS, whose sums depend on the processor",
            advice="use lbfgs or bfgs, or leave --reproducible out",
        )
    if _is_on and init == "orthogonal":
        raise UsageError(
            "--reproducible: --init orthogonal needs LAPACK, whose results depend on the processor",
            advice="use another --init",
        )


def refuse_scaling(activation: str) -> None:
    """Raises UsageError for a scaling that ends with numpy's exponential function, if --reproducible is in force."""
    if _is_on and activation == "logistic":
        raise UsageError(
            "--reproducible: sigmoidal scaling needs numpy's exponential function, which depends on the processor",
            advice="train with another --scaling",
        )
