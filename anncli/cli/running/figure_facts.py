"""What `ann plot` and `ann report` draw: the network, and what it gives for the rows of files."""

from __future__ import annotations

from functools import partial

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.network_options import require_trained, threshold_of
from anncli.cli.asking.values import Values
from anncli.cli.running.reading import counted_rows, read_evaluated
from anncli.cli.running.seen_texts import seen_texts_line
from anncli.cli.showing.figures.facts import Facts, RowSet
from anncli.errors import count_of
from anncli.evaluation.interval import Confidence
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import check_data, evaluate_predictions, outputs_of, rows_seen
from anncli.network.network import Network


def load_trained(path: str) -> Network:
    """The network of a file; raises NetworkError for one that is not trained."""
    network = load(path)
    require_trained(network, path)
    return network


def facts_of(
    values: Values, words: tuple[str, ...], network: Network, remarks: Remarks, confidence: float | None = None
) -> Facts:
    """The outputs of the network for the rows with answers, in the data words, and those of them that are new to it.

    Args: confidence: of the intervals of the evaluations, None for none.
    Raises: DataError where no row has an answer.
    """
    threshold = threshold_of(network, values)
    if network.task != "regression" and network.n_outputs == 1 and threshold is None:
        threshold = network.decision_threshold
    data = read_evaluated(values, words, network, remarks)
    check_data(network, data)
    counted = counted_rows(data, words)
    facts = Facts(network, data, threshold, seed=values["seed"], threads=values["threads"])
    outputs = outputs_of(network, data.inputs, None, values["threads"])
    # The seed of `ann test`, so that both say the same.
    asked = None if confidence is None else Confidence(confidence)
    row_set = partial(_row_set, facts, outputs, asked)
    seen = rows_seen(network, data)
    if seen is None:
        return facts._replace(sets=(row_set("", counted),))
    n_seen, new = int(np.count_nonzero(seen & counted)), counted & ~seen
    if not n_seen:
        return facts._replace(sets=(row_set("", counted),), n_seen=0)
    title = f"all rows, of which {n_seen} trained it"
    sets = [row_set(title, counted, is_marked=True)]
    if new.any():
        sets.append(row_set("rows that are new to it", new))
    return facts._replace(sets=tuple(sets), n_seen=n_seen)


def _row_set(
    facts: Facts, outputs: Array, confidence: Confidence | None, title: str, mask: Array, is_marked: bool = False
) -> RowSet:
    data, numbers = facts.data, np.flatnonzero(mask)
    assert data is not None
    given = outputs[data.places(numbers)]
    evaluation = evaluate_predictions(facts.network, data, given, numbers, facts.threshold, None, confidence)
    weights, answers = data.weights_of(None), data.known_answers(numbers)
    own = None if weights is None else weights[answers].astype(np.float64)
    return RowSet(title, numbers, outputs[answers], own, evaluation, is_marked, answers)


def seen_words(facts: Facts) -> str:
    """How many of the rows trained the network, in a sentence."""
    if facts.network.predicts_next and facts.data is not None:
        return f"{seen_texts_line(facts.network, facts.data)}."
    n, noun = len(facts.sets[0].numbers), facts.network.topology.noun
    if facts.n_seen is None:
        return f"Whether these {noun}s trained the network is not known: its file holds no digests of the {noun}s that did."
    if not facts.n_seen:
        return f"None of these {noun}s trained the network."
    digests = facts.network.row_digests
    about = "" if digests is None or digests.is_exact else "About "
    text = f"{about}{facts.n_seen} of these {count_of(n, noun)} trained the network, so figures of all {noun}s are optimistic."
    return (
        f"{text} Trust those of the {noun}s that are new to it."
        if len(facts.sets) > 1
        else f"{text} No {noun} is new to it."
    )
