"""Thresholds: every rule against a search over all cuts, ties, ends, and texts of rules."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.evaluation.names import Rule, parse_rule
from anncli.evaluation.thresholds import choose_cut

RULES = [
    "youden",
    "f1",
    "fbeta:2",
    "fbeta:0.5",
    "mcc",
    "cost:1,5",
    "cost:4,1",
    "se>=0.9",
    "sp>=0.75",
    "ppv>=0.8",
    "npv>=0.9",
]


def counts_above(scores, positive, weights, threshold):
    predicted = scores > np.float32(threshold)
    return tuple(
        float(weights[mask].sum())
        for mask in (predicted & positive, predicted & ~positive, ~predicted & positive, ~predicted & ~positive)
    )


def by_hand(rule: Rule, tp, fp, fn, tn) -> tuple[float, ...]:
    """What the best cut has the most of, in order, with the plain formulas."""
    se, sp = tp / (tp + fn), tn / (tn + fp)
    ppv, npv = tp / (tp + fp) if tp + fp else -1.0, tn / (tn + fn) if tn + fn else -1.0
    if rule.is_floor:
        value = {"se": se, "sp": sp, "ppv": ppv, "npv": npv}[rule.name]
        other = sp if rule.name in ("se", "npv") else se
        is_met = value >= rule.numbers[0] - 1e-12
        return (1.0, other, value) if is_met else (0.0, value, other)
    if rule.name == "youden":
        return 1.0, se + sp - 1, 0.0
    if rule.name == "mcc":
        product_ = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return 1.0, (tp * tn - fp * fn) / product_ if product_ else 0.0, 0.0
    if rule.name == "cost":
        return 1.0, -(rule.numbers[0] * fp + rule.numbers[1] * fn) / (tp + fp + fn + tn), 0.0
    b = rule.numbers[0] if rule.numbers else 1.0
    recall_and_precision = 0.0 if not tp else (1 + b * b) * ppv * se / (b * b * ppv + se)
    return 1.0, recall_and_precision, 0.0


@pytest.mark.parametrize("text", RULES)
def test_a_rule_finds_what_a_search_over_all_cuts_finds(text: str) -> None:
    rule, rng = parse_rule(text), np.random.default_rng(7)
    for n, digits, weighted in product((2, 3, 10, 60), (1, 6), (False, True)):
        for _ in range(8):
            positive = rng.random(n) < 0.4
            positive[:2] = True, False
            scores = (rng.random(n) * 0.6 + positive * 0.3).round(digits).astype(np.float32)
            weights = rng.integers(1, 5, n).astype(float) if weighted else np.ones(n)
            cut = choose_cut(scores, positive, rule, weights if weighted else None, (0.0, 1.0))
            levels = np.unique(scores).astype(float)
            tried = [-1.0, *((levels[1:] + levels[:-1]) / 2), 2.0]
            best = max(
                tuple(round(x, 9) for x in (*by_hand(rule, *c), -(c[1] + c[2])))
                for c in (counts_above(scores, positive, weights, t) for t in tried)
            )
            own = counts_above(scores, positive, weights, cut.threshold)
            assert tuple(round(x, 9) for x in (*by_hand(rule, *own), -(own[1] + own[2]))) == best
            assert cut.is_met == bool(best[0])
            assert cut.sensitivity == pytest.approx(own[0] / (own[0] + own[2]))
            assert cut.specificity == pytest.approx(own[3] / (own[3] + own[1]))


def cut_of(scores, labels, text, limits=(0.0, 1.0)):
    return choose_cut(np.array(scores, dtype=np.float32), np.array(labels) == 1, parse_rule(text), None, limits)


def test_the_threshold_is_the_middle_between_two_scores() -> None:
    cut = cut_of([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1], "youden")
    assert (cut.threshold, cut.value, cut.ppv) == (0.4, 1.0, 1.0)


def test_at_the_ends_it_is_the_middle_to_the_end_of_the_range_or_a_half_further() -> None:
    # Everything positive: half of 0.2; where scores have no range, or it is reached, 0.5 below the lowest.
    assert cut_of([0.8, 0.2], [0, 1], "se>=1").threshold == 0.1
    assert cut_of([0.8, 0.0], [0, 1], "se>=1").threshold == -0.5
    assert cut_of([8, 2], [0, 1], "se>=1", (-math.inf, math.inf)).threshold == 1.5
    # Nothing positive.
    assert cut_of([0.8, 0.2], [0, 1], "sp>=1").threshold == pytest.approx(0.9)
    assert cut_of([1.0, 0.2], [0, 1], "sp>=1").threshold == 1.5


def test_between_neighbouring_floats_the_upper_one_is_still_above() -> None:
    low, high = np.float32(0.3), np.nextafter(np.float32(0.3), np.float32(1))
    cut = cut_of([low, high], [0, 1], "youden")
    assert low <= np.float32(cut.threshold) < high


def test_equal_scores_are_never_separated() -> None:
    cut = cut_of([0.5, 0.5, 0.5, 0.5], [1, 1, 0, 0], "youden")
    assert (cut.threshold, cut.value) == (0.75, 0.0)


def test_a_limit_that_no_cut_reaches_gives_the_nearest_and_says_so() -> None:
    # The best PPV is 2 of 3, at the three highest scores.
    cut = cut_of([0.9, 0.8, 0.7, 0.6, 0.5], [0, 1, 1, 0, 0], "ppv>=0.9")
    assert (cut.is_met, cut.threshold) == (False, 0.65)
    assert (cut.value, cut.ppv) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_19_of_20_are_95_percent() -> None:
    scores, labels = np.linspace(0, 1, 40), [0] * 20 + [1] * 20
    labels[0], labels[39] = 1, 0
    assert cut_of(scores, labels, "se>=95%").sensitivity == 0.95


def test_one_class_and_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="both classes"):
        cut_of([0.1, 0.2], [1, 1], "f1")
    with pytest.raises(ValueError, match="not finite"):
        cut_of([0.1, math.nan], [1, 0], "f1")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Youden", "youden"), ("f1", "f1"), ("fbeta:2.0", "fbeta:2"), ("cost:1,5", "cost:1,5"), ("mcc", "mcc"),
        ("se>=0.95", "se>=0.95"), ("sensitivity >= 95%", "se>=0.95"), ("recall>=99.9%", "se>=0.999"), ("precision>=.5", "ppv>=0.5"),
        ("tnr>=1", "sp>=1"), ("npv>=0.123456789", "npv>=0.123456789"),
    ],
)  # fmt: skip
def test_texts_of_rules(text: str, canonical: str) -> None:
    assert str(parse_rule(text)) == canonical
    assert parse_rule(canonical) == parse_rule(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("best", "must be a number or a rule, found 'best'"),
        ("auc>=0.9", "must be a number or a rule, found 'auc>=0.9'"),
        ("f1:2", "must be a number or a rule, found 'f1:2'"),
        ("se>=95", "the limit of se must be above 0 and at most 1, found 'se>=95'"),
        ("se>=0", "the limit of se must be above 0 and at most 1, found 'se>=0'"),
        ("se>=high", "the limit of se must be above 0 and at most 1, found 'se>=high'"),
        ("fbeta", "fbeta needs a number above 0 and at most 1000, found 'fbeta'"),
        ("fbeta:0", "fbeta needs a number above 0 and at most 1000, found 'fbeta:0'"),
        ("cost:1", "cost needs two numbers above 0, found 'cost:1'"),
        ("cost:0,1", "cost needs two numbers above 0, found 'cost:0,1'"),
    ],
)
def test_texts_that_are_no_rules(text: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        parse_rule(text)
    assert caught.value.message == message
