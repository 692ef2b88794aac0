"""Files of several arrays: which of them holds the inputs and which the label, by their names and sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from anncli.errors import DataError, printable

# In the order in which they are looked for; a name in small letters is looked for in any case after all exact ones.
_INPUTS = ("X", "x", "data", "inputs", "input", "features", "images", "samples", "p")
_LABELS = ("y", "Y", "labels", "label", "targets", "target", "classes", "class", "outputs", "output", "t")
_MOST_SHOWN = 12


class Chosen(NamedTuple):
    """inputs: the name of an array of rows; label: that of an array of as many answers, or ''; columns: instead of both,
    arrays that are one column each; is_transposed: the samples are the columns of the arrays."""

    inputs: str = ""
    label: str = ""
    columns: tuple[str, ...] = ()
    is_transposed: bool = False


def choose_arrays(shapes: Mapping[str, tuple[int, ...]], shown: str) -> Chosen:
    """The arrays to read of those with these shapes.

    Raises: DataError that names the arrays, where names and shapes do not decide.
    """
    inputs, label = _find(_INPUTS, shapes), _find(_LABELS, shapes)
    if inputs and label and shapes[inputs][:1] == (1,) and _size(shapes[label]) == 1:
        return Chosen(inputs, label)
    # Single numbers are settings of a program, unless there is only one sample.
    many = {name: shape for name, shape in shapes.items() if _size(shape) > 1}
    if len(many) == 1 or len(shapes) == 1:
        return Chosen(next(iter(many or shapes)))
    inputs, label = _find(_INPUTS, many), _find(_LABELS, many)
    if inputs and label:
        return _paired(inputs, label, many, shown)
    lengths = {shape[0] for shape in many.values() if len(shape) == 1}
    if many and len(lengths) == 1 and all(len(shape) == 1 for shape in many.values()):
        return Chosen(columns=tuple(many))
    found = [f"{printable(name)} ({_shown(shape)})" for name, shape in shapes.items()]
    listed = ", ".join(found[:_MOST_SHOWN]) + (", ..." if len(found) > _MOST_SHOWN else "") or "none"
    advice = "save two arrays named X and y: a row per sample, and its label"
    raise DataError(f"which array holds the inputs is not clear: {listed}", path=shown, advice=advice)


def missed_array(chosen: Chosen, unusable: Iterable[str]) -> str:
    """The name of an array of which no table can be made, and which is called like the inputs or the label that was not
    found among the others; '' where there is none."""
    if chosen.inputs and chosen.label:
        return ""
    unusable = dict.fromkeys(unusable, ())
    return _find(_INPUTS, unusable) or _find(_LABELS, unusable)


def _paired(inputs: str, label: str, shapes: Mapping[str, tuple[int, ...]], shown: str) -> Chosen:
    rows, answers = shapes[inputs], shapes[label]
    n = _size(answers) if _is_vector(answers) else answers[0]
    if rows[0] == n:
        return Chosen(inputs, label)
    # Samples in columns, as MATLAB's neural networks take them.
    n = _size(answers) if _is_vector(answers) else answers[-1]
    if len(rows) == 2 and rows[1] == n:
        return Chosen(inputs, label, is_transposed=True)
    message = f"{printable(inputs)} ({_shown(rows)}) and {printable(label)} ({_shown(answers)}) have different numbers of samples"
    raise DataError(message, path=shown, advice="give every row of the inputs one answer")


def _find(known: tuple[str, ...], shapes: Mapping[str, tuple[int, ...]]) -> str:
    lower = {name.lower(): name for name in reversed(list(shapes))}
    return next((name for name in known if name in shapes), "") or next(
        (lower[name] for name in known if name in lower), ""
    )


def _is_vector(shape: tuple[int, ...]) -> bool:
    return sum(n > 1 for n in shape) <= 1


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"
