"""NAME:NUMBER specs: one grammar for averages, stop rules and schedules, and the exact text of each refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anncli.errors import ValueFault
from anncli.options.specs import SpecNumber, parse_average, parse_schedule, parse_spec, parse_stop


def test_missing_numbers_are_filled_in_by_defaults() -> None:
    assert parse_schedule("step") == ("step", (100.0, 0.1))
    assert parse_schedule("step:50") == ("step", (50.0, 0.1))
    assert parse_schedule("step:50:0.5") == ("step", (50.0, 0.5))
    assert parse_average("ema") == ("ema", 0.9)
    assert parse_average(" swa:0.5 ") == ("swa", 0.5)
    assert parse_stop("gl, up:3,progress") == (("gl", 5.0), ("up", 3.0), ("progress", 0.1))
    assert parse_spec("plain", {"plain": parse_names()["constant"]}, "thing") == ("plain", ())


def parse_names() -> dict[str, Any]:
    from anncli.options.specs import SCHEDULE_NAMES

    return dict(SCHEDULE_NAMES)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_average, "mean", "unknown average 'mean'; use one of ema, swa"),
        (parse_average, "ema:1", "average ema needs a number at least 0 and below 1, found 'ema:1'; ema:D, exponential moving average: D times the average plus 1-D times the new weights (D = 0.9)"),
        (parse_average, "swa:x", "average swa needs a number at least 0 and below 1, found 'swa:x'; swa:S, mean of all epochs after the first fraction S of the run (S = 0.75)"),
        (parse_average, "ema:0.5:2", "average ema takes at most 1 number, found 'ema:0.5:2'; ema:D, exponential moving average: D times the average plus 1-D times the new weights (D = 0.9)"),
        (parse_stop, "lg:5", "unknown stop rule 'lg'; use one of gl, pq, up, progress"),
        (parse_stop, "gl:0", "stop rule gl needs a number above 0, found 'gl:0'; gl:A, validation loss more than A % above its lowest (A = 5)"),
        (parse_stop, "up:x", "stop rule up needs a whole number above 0, found 'up:x'; up:S, validation loss rose in S strips of 5 epochs in a row (S = 4)"),
        (parse_stop, "gl,up:1.5", "stop rule up needs a whole number above 0, found 'up:1.5'; up:S, validation loss rose in S strips of 5 epochs in a row (S = 4)"),
        (parse_schedule, "cosin", "unknown schedule 'cosin'; did you mean 'cosine'?"),
        (parse_schedule, "step:x", "schedule step needs a number at least 1, found 'step:x'; step:EVERY:FACTOR, times FACTOR every EVERY epochs"),
        (parse_schedule, "step:5:inf", "schedule step needs a number at least 0, found 'step:5:inf'; step:EVERY:FACTOR, times FACTOR every EVERY epochs"),
        (parse_schedule, "step:0", "schedule step needs a number at least 1, found 'step:0'; step:EVERY:FACTOR, times FACTOR every EVERY epochs"),
        (parse_schedule, "step:1:2:3", "schedule step takes at most 2 numbers, found 'step:1:2:3'; step:EVERY:FACTOR, times FACTOR every EVERY epochs"),
        (parse_schedule, "constant:1", "schedule constant takes no number, found 'constant:1'; constant learning rate"),
        (parse_schedule, "warm-up:-1", "schedule warm-up needs a number at least 0, found 'warm-up:-1'; warm-up:EPOCHS, linear rise over EPOCHS epochs, then 1"),
        (parse_schedule, "cosine:1", "schedule cosine needs a number at least 0 and below 1, found 'cosine:1'; cosine:WARM, (1+cos(pi t))/2 after a linear rise over the fraction WARM"),
    ],
)  # fmt: skip
def test_what_is_refused(parse: Callable[[str], Any], text: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        parse(text)
    assert str(caught.value) == message
    assert f"{caught.value.message}; {caught.value.advice}" == message


@pytest.mark.parametrize(
    ("number", "right", "wrong"),
    [
        (SpecNumber(1), [0, 1, 1e300], [-1e-9, float("nan"), float("inf")]),
        (SpecNumber(1, low=1, high=2, open_low=True, open_high=True), [1.5], [1, 2, 3]),
        (SpecNumber(1, whole=True), [0, 3], [0.5]),
    ],
)
def test_ranges(number: SpecNumber, right: list[float], wrong: list[float]) -> None:
    assert [x for x in right if number.refusal(x)] == []
    assert [x for x in wrong if not number.refusal(x)] == []
