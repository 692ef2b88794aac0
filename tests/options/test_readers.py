"""Readers: what each takes and what it says of anything else."""

from __future__ import annotations

import math
from typing import Any

import pytest

from anncli.errors import UsageError, ValueFault, asking
from anncli.limits import FLOAT32_MAX
from anncli.options import readers
from anncli.options.requirements import Requirement, requirements


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        (readers.number(0, example="1"), "1e-3", 0.001),
        (readers.number(0, example="1"), " .5 ", 0.5), (readers.number(0, example="1"), "0e-400", 0.0),
        (readers.integer(0, 2**63 - 1, example="1"), "9007199254740993", 9007199254740993),
        (readers.integer(1, example="1"), 10.0, 10),
        (readers.flag, "Yes", True), (readers.flag, "off", False), (readers.flag, 0, False), (readers.flag, 1.0, True),
        (readers.pair, "0.9,0.1", (0.9, 0.1)), (readers.pair, [1, -1], (1.0, -1.0)),
        (readers.class_weights, "none", None), (readers.class_weights, "2,1", (2.0, 1.0)),
        (readers.held_out, "0.25", 0.25), (readers.held_out, ["a", "b"], ("a", "b")), (readers.held_out, "a,b", ("a", "b")),
        (readers.validation, "auto", None), (readers.validation, ["auto"], None),
        (readers.threshold, FLOAT32_MAX, FLOAT32_MAX),
        (readers.threads, "auto", 0), (readers.threads, "3", 3),
        (readers.hidden, "16, 8", (16, 8)), (readers.hidden, 0, ()), (readers.hidden, "", ()), (readers.hidden, [4], (4,)),
        (readers.delimiter, "\\t", "\t"), (readers.delimiter, ";", ";"),
        (readers.file_list, "a,b", ("a", "b")), (readers.file_list, ["a"], ("a",)),
        (readers.named_values, ["beta-1=0.5", "x=a=b"], (("beta_1", "0.5"), ("x", "a=b"))),
        (readers.text, 5, "5"),
        (requirements, "acc>=0.9, MSE<1e-2", (Requirement("acc>=0.9", "accuracy", ">=", 0.9), Requirement("MSE<1e-2", "mse", "<", 0.01))),
    ],
)  # fmt: skip
def test_values(reader: readers.Reader, value: Any, read: Any) -> None:
    found = reader(value)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (readers.number(0, 1, open_low=True, open_high=True, example="0.5"), "1", "must be a number above 0 and below 1, found '1'; write for example 0.5"),
        (readers.number(example="1"), "nan", "must be a number, found 'nan'; write for example 1"),
        (readers.number(example="1"), "1_0", "must be a number, found '1_0'; write for example 1"),
        (readers.number(example="1"), "\u0663", "must be a number, found '\u0663'; write for example 1"),
        (readers.number(example="1"), "1\u00a0", "must be a number, found '1\u00a0'; write for example 1"),
        (readers.number(example="1"), "1e-400", "'1e-400' is too close to 0 for a number; write for example 1"),
        (readers.number(example="1"), "1e400", "must be a number, found '1e400'; write for example 1"),
        (readers.integer(1, example="2"), "1_0", "must be a whole number, at least 1, found '1_0'; write for example 2"),
        (readers.integer(0, example="2"), "1e-400", "'1e-400' is too close to 0 for a number; write for example 2"),
        (readers.flag, "1e-400", "must be true or false, found '1e-400'"),
        (readers.held_out, "0_0", "must be a fraction from 0 to 0.9 or files, found '0_0'; write for example 0.2"),
        (readers.held_out, "nan", "must be a fraction from 0 to 0.9 or files, found 'nan'; write for example 0.2"),
        (readers.held_out, "1e-400", "'1e-400' is too close to 0 for a number; write for example 0.2"),
        (readers.class_weights, "2_0,1", "must be 'none', 'balanced' or a number above 0 per class, found '2_0'; write for example balanced or 2,1"),
        (readers.average, "ema:0.9_0", "average ema needs a number at least 0 and below 1, found 'ema:0.9_0'; ema:D, exponential moving average: D times the average plus 1-D times the new weights (D = 0.9)"),
        (readers.average, "ema:1e-400", "average ema needs a number at least 0 and below 1, found 'ema:1e-400'; ema:D, exponential moving average: D times the average plus 1-D times the new weights (D = 0.9)"),
        (readers.hidden, "1_6", "must be a whole number, at least 1, found '1_6'; write for example 16"),
        (requirements, "acc>1e-400", "cannot read 'acc>1e-400'; write for example acc>=0.9"),
        (readers.number(example="1"), True, "must be a number, found 'True'; write for example 1"),
        (readers.number(example="1"), 10**400, f"must be a number, found '{10**400}'; write for example 1"),
        (readers.integer(1, example="2"), "1.5", "must be a whole number, at least 1, found '1.5'; write for example 2"),
        (readers.integer(1, example="2"), "1e30", "must be at most 2147483647, found '1e30'; write for example 2"),
        (readers.choice(("mse", "focal"), "loss"), "fokal", "unknown loss 'fokal'; did you mean 'focal'?"),
        (readers.flag, "maybe", "must be true or false, found 'maybe'"),
        (readers.pair, "0.1,0.9", "must name the higher value first, found '0.1,0.9'; write for example 0.9,0.1"),
        (readers.pair, "1", "must be two numbers, found '1'; write for example 0.9,0.1"),
        (readers.class_weights, "2,0", "must be 'none', 'balanced' or a number above 0 per class, found '2,0'; write for example balanced or 2,1"),
        (readers.held_out, "1.5", "must be a fraction from 0 to 0.9 or files, found '1.5'; write for example 0.2"),
        (readers.held_out, "a,", "must be a fraction from 0 to 0.9 or files, one per class, found 'a,'"),
        (readers.threshold, "1e39", "'1e39' is too large for a 32-bit number; write for example 0.5"),
        (readers.threads, "0", "must be a whole number, at least 1, found '0'; write for example 2"),
        (readers.hidden, "8,,4", "must be a whole number, at least 1, found ''; write for example 16"),
        (readers.delimiter, "-", "'-' cannot separate numbers; use for example , or ; or a blank"),
        (readers.text, ["a"], "expected one value, found ['a']"),
        (readers.text, None, "expected one value, found nothing"),
        (readers.named_values, "beta1", "expected NAME=VALUE, found 'beta1'"),
        (requirements, "acc", "cannot read 'acc'; write for example acc>=0.9"),
        (requirements, "acc>=1.2.3", "cannot read 'acc>=1.2.3'; write for example acc>=0.9"),
        (requirements, "acuracy>=1", "unknown metric 'acuracy'; did you mean 'accuracy'?"),
    ],
)  # fmt: skip
def test_refusals(reader: readers.Reader, value: Any, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        reader(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [("acc>=0.5", 0.5, True), ("acc>0.5", 0.5, False), ("mse<=0.5", 0.5, True), ("mse<0.5", 0.5, False), ("acc>=0", None, False)],
)  # fmt: skip
def test_requirements_hold_or_not(text: str, value: float | None, holds: bool) -> None:
    (requirement,) = requirements(text)
    assert requirement.holds(value) is holds
    assert str(requirement) == text


def test_asking_names_the_place_and_keeps_the_advice() -> None:
    with pytest.raises(UsageError) as caught, asking("--x"):
        raise ValueFault("is wrong", "say y")
    assert (caught.value.message, caught.value.advice) == ("--x: is wrong", "say y")
    with pytest.raises(ZeroDivisionError), asking("--x"):
        math.log(1) / 0
