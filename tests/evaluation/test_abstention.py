"""Rows that are not decided, and a threshold for each row: counts worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.abstention import undecided
from anncli.evaluation.evaluation import evaluate_outputs

SCORES = np.array([[0.9], [0.6], [0.5], [0.4], [0.1], [0.45]], dtype=np.float32)
LABELS = np.array([0, 0, 1, 1, 1, -1])


def test_scores_from_low_to_high_are_not_decided_and_both_ends_count() -> None:
    assert undecided(SCORES, (0.4, 0.6)).tolist() == [False, True, True, True, False, True]
    many = np.array([[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.6, 0.2, 0.2]], dtype=np.float32)
    assert undecided(many, (0.6,)).tolist() == [True, False, False]


def test_undecided_rows_are_counted_apart() -> None:
    e = evaluate_outputs(SCORES, LABELS, threshold=0.5, abstain=(0.45, 0.6))
    # 0.6 and 0.5 are left out; the row without a label is not among them.
    assert (e.n, e.n_undecided, e.n_unlabelled, e.coverage) == (3, 2, 1, 3 / 5)
    assert (e.tp, e.fn, e.tn, e.fp, e.sensitivity, e.specificity) == (1, 0, 2, 0, 1.0, 1.0)
    document = e.as_dict()
    assert (document["n_undecided"], document["coverage"]) == (2, 3 / 5)


def test_weights_count_in_coverage() -> None:
    weights = np.array([1, 2, 3, 4, 5, 6.0])
    e = evaluate_outputs(SCORES, LABELS, threshold=0.5, abstain=(0.45, 0.6), weights=weights)
    assert (e.n, e.n_undecided, e.coverage) == (10.0, 5.0, 10 / 15)


def test_all_or_no_rows_undecided() -> None:
    e = evaluate_outputs(SCORES, LABELS, threshold=0.5, abstain=(0.0, 1.0))
    assert (e.n, e.n_undecided, e.coverage, e.accuracy) == (0, 5, 0.0, None)
    assert evaluate_outputs(SCORES[:0], LABELS[:0], abstain=(0.0, 1.0)).coverage is None


def test_without_abstaining_there_is_no_word_of_it() -> None:
    e = evaluate_outputs(SCORES, LABELS)
    assert (e.n_undecided, e.coverage) == (None, None)
    assert not {"n_undecided", "coverage"} & e.as_dict().keys()


def test_several_classes() -> None:
    outputs = np.array([[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]], dtype=np.float32)
    e = evaluate_outputs(outputs, np.array([0, 1, 0]), abstain=(0.55,))
    assert (e.matrix.tolist(), e.n_undecided, e.coverage) == (
        [[0, 0, 1], [0, 1, 0], [0, 0, 0]],
        1,
        pytest.approx(2 / 3),
    )
    assert e.as_dict()["coverage"] == pytest.approx(2 / 3)


def test_every_row_may_have_its_own_threshold() -> None:
    thresholds = np.array([0.95, 0.5, 0.45, 0.5, 0.05, 0.0], dtype=np.float32)
    e = evaluate_outputs(SCORES, LABELS, threshold=thresholds)
    assert (e.tp, e.fn, e.tn, e.fp) == (1, 1, 1, 2)
    assert e.auc == evaluate_outputs(SCORES, LABELS).auc
