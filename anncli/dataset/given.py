"""Arrays that are given to a dataset: what is no number is refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.errors import value_text


def float_array(given: Any, what: str, expected: str) -> Array:
    """A float32 array of what a user gave, in C order; numbers beyond float32 become infinite.

    Args: what: its name, and expected: what it has to be, for messages.
    Raises: TypeError for None, a text and other single values; ValueError for rows of different lengths, and for words.
    """
    if given is None or isinstance(given, (str, bytes, dict)):
        raise TypeError(f"{what}: expected {expected}, found {value_text(given)}")
    try:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(given, dtype=np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"{what}: expected {expected}, found {_what_is_wrong(given)}") from None


def has_several_rows(given: Any) -> bool:
    """Whether samples have several rows, or are tokens: Rows, Tokens, a list of arrays (rows, columns), an array of three dimensions."""
    if isinstance(given, list | tuple):
        return bool(len(given)) and isinstance(given[0], np.ndarray) and given[0].ndim == 2
    return isinstance(given, Rows | Tokens) or (isinstance(given, np.ndarray) and given.ndim == 3 and bool(len(given)))


def inputs_of(given: Any) -> Inputs:
    """Samples in float32: vectors (n, columns); or Rows, from a list of arrays (rows, columns), one for each sample, or from an
    array (n, rows, columns). Rows and Tokens stay what they are.

    Raises: TypeError, ValueError as float_array(), for arrays of different widths and for a sample without rows.
    """
    if isinstance(given, Rows | Tokens):
        return given.astype(np.float32, copy=False)
    if not has_several_rows(given):
        return float_array(given, "inputs", "numbers (n_samples, n_inputs)")
    expected = "numbers (rows, columns)"
    samples = [float_array(own, f"inputs: sample {k}", expected) for k, own in enumerate(given, 1)]
    for k, own in enumerate(samples, 1):
        if own.ndim != 2 or own.shape[1] != samples[0].shape[1]:
            raise ValueError(f"inputs: sample {k} has shape {own.shape}, the first has {samples[0].shape[1]} columns")
        if not len(own):
            raise ValueError(f"inputs: sample {k} has no rows")
    starts = np.cumsum([0, *map(len, samples)], dtype=np.int64)
    return Rows(np.concatenate(samples), starts)


def label_array(given: Any) -> Array:
    """The numbers of classes (n,) as whole numbers; raises TypeError, ValueError as float_array()."""
    expected = "the number of each row's class, counted from 0"
    if given is None or isinstance(given, (str, bytes, dict)):
        raise TypeError(f"labels: expected {expected}, found {value_text(given)}")
    try:
        labels = np.asarray(given)
        return labels if labels.dtype.kind in "iu" else labels.astype(np.int32)
    except (TypeError, ValueError):
        advice = "; anncli.train((X, y)) takes the names of classes"
        raise ValueError(f"labels: expected {expected}, found {_what_is_wrong(given)}{advice}") from None


def _what_is_wrong(given: Any) -> str:
    """The first item that is no number, or rows of different lengths."""
    try:
        items = np.asarray(given, dtype=object).reshape(-1).tolist()
    except ValueError:
        return "rows of different lengths"
    for item in items:
        if isinstance(item, (list, tuple)):
            return "rows of different lengths"
        try:
            float(item)
        except (TypeError, ValueError):
            return value_text(item)
    return value_text(given)
