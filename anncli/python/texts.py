"""Texts and their classes that a Python user gives: what a network for texts is trained and evaluated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anncli.arrays import row_range
from anncli.dataset.text_data import TextData
from anncli.errors import UsageError, ValueFault, count_of, value_text
from anncli.network.network import Network
from anncli.python.sets import Sets
from anncli.python.targets import Asked, read_targets


def texts_of(given: Any) -> list[str]:
    """The texts of a list, a tuple, an array or a column of them; raises TypeError for anything else."""
    found = given.tolist() if hasattr(given, "tolist") else given
    if (
        isinstance(found, str)
        or not isinstance(found, (list, tuple))
        or not all(isinstance(text, str) for text in found)
    ):
        raise TypeError(f"expected a list of texts, found {value_text(given)}")
    return [str(text) for text in found]


def read_texts(network: Network, given: Sequence[Any], classes: tuple[str, ...] = ()) -> TextData:
    """The samples (texts, y) of a network for texts; y: the class of each, None where the next symbol is predicted.

    Args: classes: those that are known, () where y decides. Raises: TypeError for what is no list of texts; ValueFault for another number of
        answers; UsageError for weights, and for a network that has an answer for each word; DataError for other classes.
    """
    if len(given) == 3 and given[2] is not None:
        raise UsageError("texts have no weights", advice="leave them out")
    texts = tuple(texts_of(given[0]))
    if network.predicts_next:
        if given[1] is not None:
            raise UsageError("the next symbol of a text is its answer", advice="give (texts, None)")
        return TextData(texts)
    if network.text_use != "classes":
        raise UsageError("such a network is trained on files", advice="use ann train")
    if given[1] is None:
        raise ValueFault("training requires y to be passed, but the target y is None", "give (texts, y)")
    targets = read_targets(given[1], Asked("classification", classes=classes))
    if targets.n_rows != len(texts):
        raise ValueFault(
            f"{count_of(len(texts), 'text')}, and {count_of(targets.n_rows, 'answer')}", "give one answer per text"
        )
    assert targets.labels is not None
    return TextData(texts, targets.labels.astype(np.int32), targets.classes)


def text_sets(network: Network, training: Sequence[Any], others: Mapping[str, Sequence[Any]]) -> Sets:
    """The texts of all sets, one after the other; raises as read_texts()."""
    own = read_texts(network, training, network.classes)
    if not others:
        return Sets(own, {})
    every = [own, *(read_texts(network, given, own.classes) for given in others.values())]
    rows, start = {}, 0
    for name, found in zip(("training", *others), every, strict=True):
        rows[name] = row_range(start, start + found.n_samples)
        start += found.n_samples
    labels = np.concatenate([found.labels for found in every])
    return Sets(TextData(tuple(text for found in every for text in found.texts), labels, own.classes), rows)
