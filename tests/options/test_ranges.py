"""Ranges and alternatives of `ann search`: what they say, how numbers of them are typed, and what is refused."""

from __future__ import annotations

import pytest

from anncli.errors import ValueFault
from anncli.options.ranges import Range, Searched, is_searchable, range_between, read_searched
from anncli.options.table import OPTIONS, read_option


def read(name: str, text: object) -> object:
    return read_searched(name, text, OPTIONS[name].read if name in OPTIONS else lambda word: read_option(name, word))


@pytest.mark.parametrize(
    ("name", "text", "alternatives"),
    [
        ("hidden", "2..64", ((Range(2, 64, True),),)),
        ("hidden", "0/8/32,16", (("0",), ("8",), ("32,16",))),
        ("hidden", "8..64,4/5..6", ((Range(8, 64, True), "4"), (Range(5, 6, True),))),
        ("learning_rate", "1e-4..0.1", ((Range(1e-4, 0.1, False),),)),
        ("l2", "auto/0..1e-2", (("auto",), (Range(0.0, 0.01, False),))),
        ("activation", "tanh/relu", (("tanh",), ("relu",))),
        ("targets", "1,0/0.9,0.1", (("1,0",), ("0.9,0.1",))),
        ("class_weight", "none/1..3,1", (("none",), (Range(1.0, 3.0, False), "1"))),
        ("beta1", "0.8..0.99", ((Range(0.8, 0.99, False),),)),
    ],
)
def test_alternatives_and_ranges_are_read(name: str, text: str, alternatives: object) -> None:
    assert read(name, text) == Searched(name, text, alternatives)


@pytest.mark.parametrize(("name", "text", "value"), [("hidden", "32,16", (32, 16)), ("learning_rate", 0.1, 0.1), ("l2", "auto", None)])  # fmt: skip
def test_other_values_are_what_they_always_were(name: str, text: object, value: object) -> None:
    assert read(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("hidden", "64..2", "a range begins with its lower end, found '64..2'; write 2..64"),
        ("hidden", "8..8", "the ends of a range differ, found '8..8'; write 8"),
        ("hidden", "2..", "a range is LOW..HIGH, found '2..'; write for example 2..64"),
        ("hidden", "2..64..9", "a range is LOW..HIGH, found '2..64..9'; write for example 2..64"),
        ("hidden", "2..auto", "a range is between numbers, found '2..auto'; separate names by slashes: tanh/relu"),
        ("hidden", "2..6.5", "must be a whole number, at least 1, found '6.5'; write for example 16"),
        ("hidden", "8//9", "a value is empty in '8//9'; separate values by single slashes, for example 8/16"),
        ("learning_rate", "0..1", "must be a number above 0, found '0'; write for example 0.01"),
        ("learning_rate", "1e-4...", "a range is LOW..HIGH, found '1e-4...'; write for example 2..64"),
        ("activation", "tanh/rellu", "unknown activation 'rellu'; did you mean 'relu'?"),
        ("scaling", "zscore..minmax", "a range is between numbers, found 'zscore..minmax'; separate names by slashes: tanh/relu"),
        ("seed", "1..3", "must be a whole number, at least 0, found '1..3'; write for example 1"),
    ],
)  # fmt: skip
def test_bad_ranges_are_refused_in_words(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        read(name, text)
    assert f"{caught.value.message}; {caught.value.advice}" == message


def test_a_scale_is_logarithmic_from_a_decade_on() -> None:
    assert Range(2, 64, True).is_log
    assert Range(0.01, 0.1, False).is_log
    assert not Range(0.02, 0.1, False).is_log
    assert not Range(0, 1, False).is_log


def test_numbers_are_typed_with_three_digits_and_stay_in_the_range() -> None:
    assert Range(1e-4, 0.1, False).text(0.0123456) == "0.0123"
    assert Range(0.12345, 0.2, False).text(0.1234501) == "0.1234501"
    assert Range(2, 64, True).text(64.9) == "64"
    assert float(Range(1e-7, 1, False).text(1.2345e-7)) == 1.23e-7
    assert range_between("hidden", 16 / 4, 64, whole=True).text == "4..64"


def test_files_and_what_trials_share_are_not_searched() -> None:
    assert not any(map(is_searchable, ("validation", "test", "seed", "metric", "time_limit", "data", "output")))
    assert all(map(is_searchable, ("hidden", "activation", "epochs", "trainer", "learning_rate", "beta1", "patience")))
