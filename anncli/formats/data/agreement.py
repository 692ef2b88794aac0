"""Agreement: whether the files of a command, the labels in them and the classes of the network fit together.

Every command that reads classes asks here, so that there is one rule. For each set there is one file per class, in the
order of the classes, or a single file whose rows carry their classes. A class in a row wins over the class of its file.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.errors import DataError, UsageError, count_of, did_you_mean, listed, quoted
from anncli.formats.data.base import RowBatch
from anncli.formats.files.packers import without_packing
from anncli.formats.files.textfile import Path, shown_name
from anncli.network.network import Network

_SET_NAME = re.compile(r"(?:^|[._-])(?:train|training|valid|validation|val|dev|test|testing)$", re.IGNORECASE)


class Expected(NamedTuple):
    """What is known before the files are read: the number of classes, None for any, their names or (), and whether
    a network wants them."""

    n_classes: int | None = None
    classes: tuple[str, ...] = ()
    of_network: bool = False


ANY = Expected()


def expected_of(network: Network | None, class_names: Sequence[str] | None) -> Expected:
    """The classes that the caller named, or else those of the network."""
    if class_names:
        return Expected(len(class_names), tuple(class_names), network is not None)
    return Expected() if network is None else Expected(network.n_classes, network.classes, True)


def check_files(sets: Mapping[str, Sequence[Path]], expected: Expected) -> None:
    """Raises UsageError where a set has neither one file per class nor a single one, or class files in a wrong order."""
    n_classes = expected.n_classes or len(next(iter(sets.values())))
    for number, (name, paths) in enumerate(sets.items()):
        if len(paths) not in (1, n_classes):
            raise wrong_number(len(paths), n_classes, expected, "" if number == 0 else name)
        own = names_of_files(paths)
        if len(paths) > 1 and own != expected.classes:
            _refuse_sets(paths, own)
        if own != expected.classes and sorted(own) == sorted(expected.classes):
            raise UsageError(
                f"the class files are {', '.join(own)}, the network's classes are {', '.join(expected.classes)}",
                advice="give the files in the network's order",
            )


def _refuse_sets(paths: Sequence[Path], names: Sequence[str]) -> None:
    """Raises UsageError where files that are called as training and test set are given as classes."""
    first = _SET_NAME.search(names[0])
    for path, name in zip(paths[1:], names[1:], strict=True):
        found = _SET_NAME.search(name)
        # pos.test.txt and neg.test.txt are classes; iris-train.csv and iris-test.csv are sets.
        if found and (found.start() == 0 or (first and names[0][: first.start()] == name[: found.start()])):
            option = "--test" if "test" in found[0].lower() else "--validation"
            rest = "--validation" if option == "--test" else "--test"
            message = f"{len(paths)} files are {len(paths)} classes, but this one is called like a set"
            advice = f"say {option} {shlex.quote(os.fspath(path))} (or {rest}), and give one file per class; if it is a class, rename it"
            raise UsageError(message, path=shown_name(path), advice=advice)
    if [name.lower() for name in names] == ["x", "y"] and names[0] == "X":
        advice = f"say {shlex.quote(os.fspath(paths[0]))} --label file:{shlex.quote(os.fspath(paths[1]))}, or give one file per class"
        raise UsageError(
            "two files are two classes, not rows and their answers", path=shown_name(paths[1]), advice=advice
        )


def wrong_number(n_files: int, n_classes: int, expected: Expected, set_name: str = "") -> UsageError:
    """The error for a set of files that is neither one per class nor a single labelled one."""
    files = count_of(n_files, "class file")
    message = f"{files} for {'a network of ' if expected.of_network else ''}{n_classes} classes"
    return UsageError(f"{set_name}: {message}" if set_name else message, advice=_advice(expected))


def _advice(expected: Expected) -> str:
    order = f" in the order {', '.join(expected.classes)}" if 1 < len(expected.classes) <= 10 else ", positive first"
    order = order if expected.classes or expected.n_classes == 2 else ""
    return f"give one file per class{order}, or one file whose rows carry their classes"


def check_labels(
    data: Dataset, path: Path, expected: Expected = ANY, rows: Array | None = None, *, asked: bool = False
) -> None:
    """Raises an error if none of the rows (default: all) of the set that begins with file `path` has a class.

    asked: the set is the one file that a training was given: UsageError, as for any wrong number of files; else DataError.
    """
    labels = data.labels if rows is None else data.labels[rows]
    if (labels != UNLABELLED).any():
        return
    if asked:
        raise wrong_number(1, expected.n_classes or 2, expected)
    raise DataError("no row carries a class", path=shown_name(path), advice=_advice(expected))


def names_of_files(paths: Sequence[Path]) -> tuple[str, ...]:
    """File names without folder and ending; equal ones get a number."""
    names: list[str] = []
    for path in paths:
        stem = without_packing(os.path.basename(os.fspath(path)))
        stem = "stdin" if stem == "-" else os.path.splitext(stem)[0] or stem
        name, number = stem, 2
        while name in names:
            name, number = f"{stem}-{number}", number + 1
        names.append(name)
    return tuple(names)


def is_set_name(path: Path) -> bool:
    """Whether a file is called like a training, validation or test set."""
    return _SET_NAME.search(names_of_files([path])[0]) is not None


class ClassNumbers:
    """Gives every row of several files the number of its class, from a label in the row or from the order of the files.

    Where the names of the classes are not known, those in the files are numbered as they come, until settle().
    """

    def __init__(self, expected: Expected, first_files: Sequence[Path]) -> None:
        """first_files: of the set that decides what is not known; several of them are one class each."""
        self.classes = expected.classes
        self._n_classes = expected.n_classes
        self._of_files = names_of_files(first_files) if len(first_files) > 1 else ()
        # Labels by number cannot go beyond this; None for no limit.
        self._most = expected.n_classes or len(self._of_files) or None
        self._found = {name: k for k, name in enumerate(self.classes)}
        self._named_in = ""  # the first file that names its classes, where the names are not known
        self._counted_in = ""  # the first file with classes by number or by the order of the files
        self._largest = UNLABELLED
        self._unlabelled: tuple[str, int] | None = None  # file and line of the first row whose label is unknown

    def of_batch(self, batch: RowBatch, shown: str, file_class: int) -> Array | int:
        """The class of each row (n,), or one for all; shown: the file; file_class: for rows without a class of their own.

        Raises: DataError with the line of a row whose class does not exist.
        """
        if batch.labels is None:
            self._count(file_class, shown)
            return file_class
        own = np.asarray(batch.labels)
        if batch.classes:
            numbers = self._of_names(own, batch, shown)
        else:
            numbers = self._of_counts(own, batch, shown)
            self._count(int(own.max(initial=UNLABELLED)), shown)
        if (unlabelled := own == UNLABELLED).any():
            if file_class != UNLABELLED:
                self._count(file_class, shown)
                return np.where(unlabelled, file_class, numbers)
            self._unlabelled = self._unlabelled or (shown, batch.line_of(int(np.argmax(unlabelled))) or 0)
        return numbers

    def check_all_labelled(self) -> None:
        """Raises DataError, with its place, where a row read so far has no class although others are numbered."""
        if self._unlabelled and self._largest != UNLABELLED:
            shown, line = self._unlabelled
            message = "the row has no class: label 0, or none, means that it is unknown"
            advice = "labels count the classes from 1"
            raise DataError(message, path=shown, line=line or None, advice=advice)

    def _count(self, label: int, shown: str) -> None:
        if label == UNLABELLED:
            return
        self._largest, self._counted_in = max(self._largest, label), self._counted_in or shown
        self._refuse_both(shown)

    def _refuse_both(self, shown: str) -> None:
        """Numbers and names cannot be brought together before the names are known."""
        if not self.classes and self._named_in and self._counted_in:
            message = f"the rows of {self._named_in} name their classes, those of {self._counted_in} do not"
            raise DataError(message, path=shown, advice="give files of one kind")

    def _of_counts(self, own: Array, batch: RowBatch, shown: str) -> Array:
        if self._most is not None and (own >= self._most).any():
            row = int(np.argmax(own >= self._most))
            message = f"label {own[row] + 1}, but there are {self._most} classes"
            raise DataError(message, path=shown, line=batch.line_of(row), advice="labels count the classes from 1")
        return own

    def _of_names(self, own: Array, batch: RowBatch, shown: str) -> Array:
        if not self.classes:
            self._named_in = self._named_in or shown
            self._refuse_both(shown)
            table = [self._found.setdefault(name, len(self._found)) for name in batch.classes]
            return np.array([*table, UNLABELLED], dtype=np.int32)[own]
        table = [self._found.get(name, len(self.classes)) for name in batch.classes]
        numbers = np.array([*table, UNLABELLED], dtype=np.int32)[own]
        if (numbers == len(self.classes)).any():
            row = int(np.argmax(numbers == len(self.classes)))
            name = batch.classes[own[row]]
            message = f"class {quoted(name)} is not among {', '.join(map(quoted, self.classes[:10]))}"
            message = f"unknown class {quoted(name)}" if len(self.classes) > 10 else message
            advice = did_you_mean(name, self.classes)
            raise DataError(message, path=shown, line=batch.line_of(row), advice=advice)
        return numbers

    def settle(self) -> tuple[tuple[str, ...], Array | None]:
        """All classes, () where no row had one, and the new number of each class where the numbers of rows must change.

        Names that the files give are sorted, numbers among them by value. Raises: UsageError if their count is wrong.
        """
        if self.classes or not self._named_in:
            count = self._n_classes or self._largest + 1
            return self.classes or self._of_files or tuple(str(k) for k in range(1, count + 1)), None
        names = sorted(self._found, key=_sort_key)
        if self._n_classes is not None and len(names) != self._n_classes:
            message = f"{len(names)} class{'' if len(names) == 1 else 'es'} ({listed(names)}) for a network of {self._n_classes} classes"
            advice = "change the last layer of the network" if len(names) > 1 else "give rows of every class"
            raise UsageError(message, path=self._named_in, advice=advice)
        places = {name: k for k, name in enumerate(names)}
        return tuple(names), np.array([*(places[name] for name in self._found), UNLABELLED], dtype=np.int32)


def _sort_key(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name


class SeenFiles:
    """The files read so far and their classes: the same rows cannot belong to two classes."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[int, Path]] = {}
        self._digests: dict[str, tuple[int, Path]] = {}

    def check_path(self, path: Path, label: int) -> None:
        """Raises DataError for a file that was read for another class; call it before the file is read."""
        real = os.path.realpath(path) if os.fspath(path) != "-" else "-"
        self._check(self._paths.setdefault(real, (label, path)), path, label, "is the same file as")

    def check_bytes(self, path: Path, label: int, sha256: str) -> None:
        """The same for a file of another name with the same content."""
        self._check(self._digests.setdefault(sha256, (label, path)), path, label, "holds the same bytes as")

    def _check(self, before: tuple[int, Path], path: Path, label: int, how: str) -> None:
        other_label, other = before
        if UNLABELLED not in (label, other_label) and label != other_label:
            message = f"{how} {os.fspath(other)}, which is another class"
            raise DataError(message, path=path, advice="give one file per class")


def check_paths(sets: Mapping[str, Sequence[Path]]) -> None:
    """Raises UsageError where there is nothing to read, or stdin would be read twice."""
    if not sets or not all(sets.values()):
        raise UsageError("no data files", advice="give one file per class")
    if sum(os.fspath(path) == "-" for paths in sets.values() for path in paths) > 1:
        raise UsageError("stdin (-) can be read only once", advice="name files for the others")
