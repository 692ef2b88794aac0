"""The tables of evaluations whose samples have weights."""

from __future__ import annotations

import numpy as np

from anncli.cli.showing.report import evaluation_text
from anncli.evaluation.evaluation import evaluate_outputs


def test_weighted_counts_are_shown_with_six_digits() -> None:
    weights = np.array([1 / 3, 2.0, 0.5, 1000000.0])
    found = evaluate_outputs(np.array([[0.9], [0.2], [0.7], [0.1]]), np.array([0, 0, 1, 1]), weights=weights)
    assert evaluation_text({"test": found}).splitlines()[1].split()[:6] == [
        "test",
        "1e+06",
        "0.333333",
        "2",
        "1e+06",
        "0.5",
    ]


def test_a_weighted_confusion_matrix_is_not_cut_to_whole_numbers() -> None:
    outputs = np.eye(3)[[0, 1, 1]]
    found = evaluate_outputs(outputs, np.array([0, 1, 2]), weights=np.array([0.5, 1.5, 2.25]))
    lines = [line.split()[:6] for line in evaluation_text({"test": found}).splitlines() if line.startswith("class")]
    assert lines == [
        ["class", "1", "0.5", "0", "0", "100.00"],
        ["class", "2", "0", "1.5", "0", "100.00"],
        ["class", "3", "0", "2.25", "0", "0.00"],
    ]


def test_counts_without_weights_keep_all_their_digits() -> None:
    found = evaluate_outputs(np.full((1234567, 1), 0.9), np.zeros(1234567, dtype=np.int8))
    assert evaluation_text({"test": found}).splitlines()[1].split()[:3] == ["test", "1234567", "1234567"]
