"""The answers that Python users give: words or numbers, one per row or several, as classes, numbers or labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.class_labels import classes_of
from anncli.dataset.dataset import label_type
from anncli.dataset.task import task_of
from anncli.errors import AnnError, DataError, UsageError, ValueFault, listed, quoted, value_text
from anncli.python.frames import as_array, column_names, column_of, is_missing, read_table
from anncli.tables import TableColumn, number_word


class Targets(NamedTuple):
    """The answers of n rows.

    task: 'classification', 'regression' or 'multi-label'; names: of the answers; labels (n,), classes: as in Dataset;
    levels: the different answers (K,) in their own type, ascending; places (K,): the number of each level among the classes;
    numbers: float64 (n, n_targets) of the other tasks; is_flat: whether there is one answer per row, (n,).
    """

    task: str
    names: tuple[str, ...]
    labels: Array | None = None
    classes: tuple[str, ...] = ()
    levels: Array | None = None
    places: Array | None = None
    numbers: Array | None = None
    is_flat: bool = True

    @property
    def n_rows(self) -> int:
        held = self.numbers if self.labels is None else self.labels
        return 0 if held is None else len(held)


class Asked(NamedTuple):
    """What a user says about answers.

    task: 'classification' (also for labels) or 'regression', None to find out; positive: of two classes, None for the rule of `ann
    train`; classes: the names of all classes in the order of a network that knows them; () where the answers decide.
    """

    task: str | None = None
    positive: Any = None
    classes: tuple[str, ...] = ()


ANYTHING = Asked()


def read_targets(given: Any, asked: Asked = ANYTHING) -> Targets:
    """The answers, by the rules of `ann train`: words and two different values are classes, fractions and many different
    numbers are numbers; an array (n, k) of 0 and 1 are k labels, otherwise k numbers.

    Args: given: an array (n,) or (n, k), a list, or a column or frame of pandas or polars.
    Raises: TypeError, ValueFault for answers that are none; UsageError where they can be classes or numbers; DataError for
        classes that are not among those asked for.
    """
    task = asked.task
    if given is None or isinstance(given, (str, bytes, int, float, Mapping)):
        raise ValueFault(f"y should be a 1d array of answers, one per row, found {value_text(given)}")
    if task not in (None, "classification", "regression"):
        raise UsageError(f"task: unknown task {value_text(task)}", advice="use classification or regression")
    if hasattr(given, "toarray"):
        raise TypeError("y: a sparse matrix was passed, and dense data are needed; give y.toarray()")
    array = _answers(given)
    if array.ndim == 2 and array.shape[1] > 1:
        return _several(given, array, task)
    name = getattr(given, "name", None)
    names = (name,) if isinstance(name, str) else column_names(given, "y") or ("y",)
    array = array.reshape(-1)
    if task is None:
        task = task_of([column_of(names[0], array, "y")], None, "", False, _in_python)
    if task == "regression":
        return Targets(task, names, numbers=_numbers(array.reshape(-1, 1), names))
    return _classes(array, names, asked)


def _answers(given: Any) -> Array:
    """The answers as an array (n,) or (n, k); n may not be 0."""
    array = as_array(given.to_numpy() if hasattr(given, "to_numpy") else given, "y")
    if array.ndim not in (1, 2) or not array.size:
        message = f"y should be a 1d array: expected answers (n,) or (n, k), found an array of shape {array.shape}"
        raise ValueFault(message, "give one answer per row")
    if array.dtype.kind in "mMV":
        raise TypeError(f"y holds items of type {array.dtype}; give words or numbers")
    return array


def _in_python(message: str, advice: str) -> AnnError:
    return UsageError(
        message, advice="say task='classification' or task='regression'" if "--task" in advice else advice
    )


def _several(given: Any, array: Array, task: str | None) -> Targets:
    """Several answers per row: labels where all are 0 or 1, otherwise numbers."""
    names = column_names(given, "y") or tuple(f"y{k}" for k in range(1, array.shape[1] + 1))
    table = read_table(array, "y")
    if any(column.numbers is None for column in table.columns):
        raise ValueFault(
            "y has several columns, and they hold words", "give one column of classes, or 0 and 1 for each label"
        )
    numbers = _numbers(
        np.column_stack([column.numbers for column in table.columns if column.numbers is not None]), names
    )
    flags = bool(np.isin(numbers, (0, 1)).all())
    if task == "classification" and not flags:
        raise ValueFault(
            f"Unknown label type: y has {array.shape[1]} columns with other values than 0 and 1",
            "give one column of classes, or for each label 1 where a row has it and 0 where not",
        )
    return Targets(
        "multi-label" if flags and task != "regression" else "regression", names, numbers=numbers, is_flat=False
    )


def _numbers(array: Array, names: tuple[str, ...]) -> Array:
    """Finite float64 (n, k)."""
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        wrong = next(item for item in array.reshape(-1).tolist() if not _is_number(item))
        raise ValueFault(f"y: expected numbers, found {value_text(wrong)}", "AnnClassifier learns classes") from None
    for place, what in (
        (np.isnan(numbers), "NaN"),
        (np.isinf(numbers), "infinity or a value too large for dtype('float64')"),
    ):
        if place.any():
            row = int(np.argmax(place.any(axis=1)))
            raise ValueFault(
                f"Input y contains {what}. Row {row} of {quoted(names[0])}", "leave out rows without an answer"
            )
    return numbers


def _is_number(item: Any) -> bool:
    try:
        float(item)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _classes(array: Array, names: tuple[str, ...], asked: Asked) -> Targets:
    """Classes of any type that has an order: integers, booleans, words, whole floating numbers."""
    if array.dtype.kind == "f":
        _numbers(array.reshape(-1, 1), names)
        _refuse_fractions(array)
    elif array.dtype.kind == "O":
        array = _plain_objects(array, names)
    levels, codes = np.unique(array, return_inverse=True)
    words = [level_word(level) for level in levels.tolist()]
    if not all(word.strip() for word in words):
        raise ValueFault("y holds an empty word", "leave out rows without an answer, or name the class")
    if len(set(words)) < len(words):
        raise ValueFault("y holds classes that are written alike", "write each class in one way")
    classes = asked.classes
    if not classes and len(words) < 2:
        raise ValueFault(f"y holds one class only, {quoted(words[0])}", "give rows of at least two classes")
    if not classes:
        column = TableColumn(names[0], codes=codes.astype(np.int32).reshape(-1), words=tuple(words))
        classes, _ = classes_of(column, None if asked.positive is None else level_word(asked.positive), _fault)
    elif strange := [word for word in words if word not in classes]:
        message = f"y: class {quoted(strange[0])} is not among the classes {listed(classes)}"
        raise DataError(message, advice="give rows of these classes only")
    number = {name: place for place, name in enumerate(classes)}
    places = np.array([number[word] for word in words])
    labels = places[codes.reshape(-1)].astype(label_type(len(classes)))
    return Targets("classification", names, labels, classes, levels, places)


def all_classes(given: Any, positive: Any = None) -> Targets:
    """The classes that rows to come may have, each given at least once; of two, which are then equally frequent, the positive one is
    that of `ann train`."""
    found = read_targets(given, Asked("classification", positive))
    return found if found.levels is None else read_targets(found.levels, Asked("classification", positive))


def _plain_objects(array: Array, names: tuple[str, ...]) -> Array:
    """Objects as an array of words, or of numbers; raises ValueFault for gaps and for mixtures that have no order."""
    items = array.tolist()
    if any(item is None or (is_missing(item) and not isinstance(item, str)) for item in items):
        raise ValueFault("Input y contains NaN. There are rows without an answer", "leave them out")
    if all(isinstance(item, (bool, np.bool_)) for item in items):
        return array.astype(bool)
    if not any(isinstance(item, str) for item in items):
        return _whole(array, names)
    try:
        np.unique(array)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            "y holds words and other items; write all classes as words: [str(name) for name in y]"
        ) from None
    return array


def _whole(array: Array, names: tuple[str, ...]) -> Array:
    numbers = _numbers(array.reshape(-1, 1), names).reshape(-1)
    _refuse_fractions(numbers)
    return numbers.astype(np.int64)


def _refuse_fractions(numbers: Array) -> None:
    if (numbers != np.round(numbers)).any():
        message = "Unknown label type: continuous: y holds fractions, which are no classes"
        raise ValueFault(message, "AnnRegressor learns numbers")


def level_word(level: Any) -> str:
    """The name that a class has in the network."""
    if isinstance(level, (bool, np.bool_)):
        return str(bool(level))
    return number_word(float(level)) if isinstance(level, (int, float, np.number)) else str(level)


def _fault(message: str, advice: str, line: int | None) -> AnnError:
    return DataError(message.replace("--positive: no", "positive: no"), advice=advice)
