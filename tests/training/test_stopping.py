"""Stop rules on scripted losses whose stop epochs are known."""

from __future__ import annotations

import json
import math

import pytest

from anncli.options.specs import parse_stop
from anncli.training.stopping import (
    Goal,
    StopRule,
    StripRule,
    TimeLimit,
    generalisation_loss,
    make_stop_rules,
    training_progress,
)


def stop_epoch(rule: StopRule, validation: list[float], training: list[float] | None = None) -> int | None:
    """The epoch, from 1, at which the rule fires."""
    for epoch, loss in enumerate(validation, 1):
        if rule.see(training[epoch - 1] if training else 1.0 / epoch, loss):
            return epoch
    return None


def strips(*ends: float) -> list[float]:
    """Validation losses whose strip ends have the values given; what lies between must not matter."""
    return [value for end in ends for value in (99.0, 0.01, 50.0, 0.5, end)]


ENDS = strips(10.0, 8.0, 8.3, 8.2, 8.5, 8.6, 8.7, 9.0, 9.5)


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("gl:2", 15),  # 8.3 / 8 - 1 = 3.75 %
        ("gl:3.8", 25),  # 8.5 / 8 is 6.25 %
        ("gl:5", 25),
        ("gl:10", 40),  # 9.0 / 8 = 12.5 %
        ("gl:20", None),
        ("up:1", 15),
        ("up:2", 30),  # rises at 15; falls at 20; rises at 25, 30
        ("up:3", 35),
        ("up:5", 45),
        ("up:6", None),
    ],
)
def test_stop_epochs(text: str, epoch: int | None) -> None:
    ((name, limit),) = parse_stop(text)
    assert stop_epoch(StripRule(name, limit), ENDS) == epoch


def test_up_counts_whole_strips_only() -> None:
    assert stop_epoch(StripRule("up", 1), strips(1.0, 2.0)[:9]) is None


def test_progress_of_a_strip() -> None:
    # mean 1.2, minimum 1.0: 200 per mille
    assert training_progress([1.4, 1.3, 1.2, 1.1, 1.0]) == pytest.approx(200)
    assert training_progress([0.0] * 5) == 0
    assert training_progress([1.0, 0, 0, 0, 0]) == math.inf


def test_quotient_weighs_generalisation_loss_against_progress() -> None:
    # GL 5 % at the second end. Progress 200 per mille: 0.025; progress 4 per mille: 1.25.
    fast = [1.4, 1.3, 1.2, 1.1, 1.0] * 2
    slow = [1.008, 1.006, 1.004, 1.002, 1.0] * 2
    ends = strips(1.0, 1.05)
    assert stop_epoch(StripRule("pq", 0.5), ends, fast) is None
    assert stop_epoch(StripRule("pq", 0.5), ends, slow) == 10
    assert stop_epoch(StripRule("pq", 1.3), ends, slow) is None


def test_quotient_without_progress_stops_at_any_loss_but_not_without_one() -> None:
    assert stop_epoch(StripRule("pq", 3.0), strips(1.0, 1.0, 1.001), [1.0] * 15) == 15


def test_progress_needs_no_validation_part() -> None:
    rule = StripRule("progress", 0.1)
    losses = [2.0, 1.9, 1.8, 1.7, 1.6, *[1.0] * 5]
    reasons = [rule.see(loss, None) for loss in losses]
    assert reasons[:9] == [None] * 9
    assert reasons[9] == "training progress 0 per mille (progress:0.1)"


def test_other_rules_need_one() -> None:
    for name in ("gl", "pq", "up"):
        rule = StripRule(name, 0.1)
        assert all(rule.see(1.0, None) is None for _ in range(50))


def test_generalisation_loss_in_percent() -> None:
    assert generalisation_loss(1.1, 1.0) == pytest.approx(10)
    assert generalisation_loss(0.0, 0.0) == 0
    assert generalisation_loss(1.0, 0.0) == math.inf


def test_goal() -> None:
    rule = Goal(0.25)
    assert rule.see(0.26, None) is None
    assert rule.see(0.25, None) == "training loss reached the goal of 0.25"


def test_time_limit_by_its_clock() -> None:
    now = [100.0]
    rule = TimeLimit(60, clock=lambda: now[0])
    now[0] = 159.9
    assert rule.see(1.0, None) is None
    now[0] = 160.0
    assert rule.see(1.0, None) == "reached the time limit of 60 s"


@pytest.mark.parametrize("cut", [3, 5, 17, 24])
@pytest.mark.parametrize("name", ["gl", "up"])
def test_a_rule_resumed_stops_where_the_uninterrupted_one_does(name: str, cut: int) -> None:
    limit = {"gl": 5.0, "up": 2.0}[name]
    wanted = stop_epoch(StripRule(name, limit), ENDS)
    rule = StripRule(name, limit)
    assert stop_epoch(rule, ENDS[:cut]) is None
    resumed = StripRule(name, limit)
    resumed.restore(json.loads(json.dumps(rule.state())))
    rest = stop_epoch(resumed, ENDS[cut:])
    assert rest is not None
    assert cut + rest == wanted


def test_reasons_in_words() -> None:
    rule = StripRule("up", 2)
    reasons = [rule.see(1.0, loss) for loss in strips(1.0, 2.0, 3.0)]
    assert reasons[-1] == "validation loss rose in 2 successive strips of 5 epochs (up:2)"
    rule = StripRule("gl", 5)
    reasons = [rule.see(1.0, loss) for loss in strips(1.0, 1.5)]
    assert reasons[-1] == "validation loss 50 % above its lowest (gl:5)"
    rule = StripRule("pq", 0.5)
    reasons = [rule.see(1.0, loss) for loss in strips(1.0, 1.5)]
    assert reasons[-1] == "validation loss 50 % above its lowest, training progress 0 per mille (pq:0.5)"


def test_several_rules_and_defaults() -> None:
    assert parse_stop("gl,progress:0.2") == (("gl", 5.0), ("progress", 0.2))
    kinds = [type(rule).__name__ for rule in make_stop_rules("gl:2,up:3", goal=0.1)]
    assert kinds == ["StripRule", "StripRule", "Goal"]
    assert make_stop_rules() == []
