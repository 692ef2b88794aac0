"""The answers of several networks to the same rows, with classes, labels and targets in one order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.running.reading import counted_rows, read_evaluated
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, NetworkError, UsageError, printable
from anncli.evaluation.comparison import Answers, Truth
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.multilabel import evaluate_labels
from anncli.evaluation.regression import evaluate_numbers
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.remarks import Remarks
from anncli.inference.evaluate import check_data, outputs_of, rows_seen
from anncli.inference.predict import decide
from anncli.network.network import Network


class Entry(NamedTuple):
    """A network with what it says about all rows; path: its file.

    data: the rows as the network reads them; order (n,): the row of `data` that each common row is; outputs, predicted: of
    the common rows, in the common order of classes, labels and targets; wanted, weights: of the common rows; seen (n,):
    which of them trained it, None where that is not known.
    """

    path: str
    network: Network
    data: Dataset
    order: Array
    outputs: Array
    predicted: Array
    wanted: Array
    weights: Array | None
    seen: Array | None


class SameRows(NamedTuple):
    """entries; task and names (of classes, labels or targets) of all; counted (n,): rows with an answer and a weight."""

    entries: tuple[Entry, ...]
    task: str
    names: tuple[str, ...]
    counted: Array

    def truth(self, rows: Array) -> Truth:
        """Of the rows where a mask (n,) is true."""
        first = self.entries[0]
        weights = None if first.weights is None else first.weights[rows]
        return Truth(self.task, first.wanted[rows], len(self.names) if self.task == "classification" else 0, weights)

    def answers(self, entry: Entry, rows: Array) -> Answers:
        """What a network says about the rows where a mask (n,) is true, evaluated."""
        outputs, truth = entry.outputs[rows], self.truth(rows)
        if self.task == "regression":
            found = evaluate_numbers(
                outputs, truth.wanted, names=self.names, quantiles=entry.network.quantiles, weights=truth.weights
            )
            return Answers(outputs, entry.predicted[rows], found)
        if self.task == "multi-label":
            limit = entry.network.decision_threshold
            labels = evaluate_labels(outputs, truth.wanted, threshold=limit, names=self.names, weights=truth.weights)
            return Answers(outputs, entry.predicted[rows], labels)
        predicted = entry.predicted[rows]
        # By what the network decides: a score of a class that is second here may lie on its threshold.
        limits = np.where(predicted == 0, -np.inf, np.inf)
        classes = evaluate_outputs(
            outputs, truth.wanted, threshold=limits, targets=entry.network.score_targets, classes=self.names,
            weights=truth.weights,
        )  # fmt: skip
        return Answers(outputs, predicted, classes)


def check_networks(networks: Sequence[tuple[str, Network]]) -> None:
    """Raises UsageError or NetworkError for networks that cannot be compared: of other tasks, classes, labels or targets."""
    (first_path, first), *others = networks
    for path, network in others:
        if _task(network) != _task(first):
            message = f"{printable(path)} is for {_task(network)}, {printable(first_path)} for {_task(first)}"
            raise UsageError(message, advice="compare networks of one task")
        if _size(network) != _size(first):
            message = f"{_size(network)} {_what(network)}, and {printable(first_path)} has {_size(first)}"
            raise NetworkError(message, path=path, advice="compare networks that answer the same question")
        if network.topology.answers_rows != first.topology.answers_rows:
            other = first.topology.answers_text
            message = f"it has {network.topology.answers_text}, and {printable(first_path)} has {other}"
            raise NetworkError(message, path=path, advice="compare networks that answer the same question")
        mine, known = _names(network), _names(first)
        if mine and known and sorted(mine) != sorted(known):
            message = f"the {_what(network)} are {', '.join(mine)}, in {printable(first_path)} {', '.join(known)}"
            raise NetworkError(message, path=path, advice="compare networks that answer the same question")


def _task(network: Network) -> str:
    return network.task or "classification"


def _size(network: Network) -> int:
    return network.n_classes or network.n_targets


def _what(network: Network) -> str:
    return {"classification": "classes", "multi-label": "labels"}.get(_task(network), "targets")


def _names(network: Network) -> tuple[str, ...]:
    return network.classes if network.n_classes else network.target_names


def read_same_rows(
    values: Values, words: Sequence[str], networks: Sequence[tuple[str, Network]], remarks: Remarks
) -> SameRows:
    """The rows of the data, read once for each network: columns are matched by name, and class files given in its order.

    Raises: DataError where the networks read other answers from the data.
    """
    entries = []
    for number, (path, network) in enumerate(networks):
        entries.append(_entry(values, words, path, network, remarks if number == 0 else Remarks()))
    first = entries[0]
    names = _names(first.network) or first.data.classes or first.data.names_of_targets
    common = tuple(_in_order(entry, names) for entry in entries)
    for entry in common[1:]:
        same = entry.wanted.shape == common[0].wanted.shape
        if not same or not np.array_equal(entry.wanted, common[0].wanted, equal_nan=entry.wanted.dtype.kind == "f"):
            message = f"{printable(entry.path)} reads other answers than {printable(first.path)}"
            raise DataError(message, path=words[0], advice="name the column of the answers: --label NAME")
    counted = counted_rows(first.data, words, first.order)
    return SameRows(common, _task(first.network), names, counted)


def _entry(values: Values, words: Sequence[str], path: str, network: Network, remarks: Remarks) -> Entry:
    """A network with its outputs, still in its own order of classes, labels and targets."""
    given = list(words)
    names = names_of_files(given)
    # Class files stand in the order of the first network, which need not be that of another one.
    turned = len(given) > 1 and names != network.classes and sorted(names) == sorted(network.classes)
    if turned:
        given = [given[names.index(name)] for name in network.classes]
    data = read_evaluated(values, given, network, remarks)
    check_data(network, data)
    order = np.arange(data.n_samples)
    if turned:
        ends = np.cumsum([source.n_samples for source in data.sources])
        rows = dict(zip(given, np.split(order, ends[:-1]), strict=True))
        order = np.concatenate([rows[word] for word in words])
    outputs = outputs_of(network, data.inputs, None, values["threads"]).astype(np.float64)
    outputs = outputs if data.by_row else outputs[order]
    predicted = outputs if network.task == "regression" else decide(network, outputs, abstain=())
    seen = rows_seen(network, data)
    if data.by_row:
        seen = None if seen is None else np.repeat(seen, data.answer_counts)
        data, order = data.flat, np.arange(data.n_answers)
    return Entry(
        path, network, data, order, outputs, predicted,
        wanted=(data.labels.astype(np.int64) if data.targets is None else data.targets)[order],
        weights=None if data.weights is None else data.weights[order],
        seen=None if seen is None else seen[order],
    )  # fmt: skip


def _in_order(entry: Entry, names: Sequence[str]) -> Entry:
    """The entry with classes, labels or targets in the order of `names`; two classes have one score, that of the first."""
    own = _names(entry.network) or tuple(names)
    places = [own.index(name) for name in names]
    if entry.network.n_classes == 0:
        per = entry.outputs.shape[1] // len(names)
        columns = np.concatenate([np.arange(per) + per * place for place in places])
        outputs, predicted = entry.outputs[:, columns], entry.predicted[:, columns]
        return entry._replace(outputs=outputs, predicted=predicted, wanted=entry.wanted[:, places])
    number = np.argsort(places)
    predicted = number[entry.predicted]
    wanted = np.where(entry.wanted < 0, entry.wanted, number[entry.wanted])
    outputs = entry.outputs
    if outputs.shape[1] > 1:
        outputs = outputs[:, places]
        outputs = outputs[:, :1] if len(names) == 2 else outputs
    elif places[0] == 1:
        outputs = sum(entry.network.score_targets) - outputs
    return entry._replace(outputs=outputs, predicted=predicted, wanted=wanted)
