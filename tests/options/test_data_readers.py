"""Readers of options about data: names, labels, sizes of pictures, amounts of memory."""

from __future__ import annotations

from typing import Any

import pytest

from anncli.errors import ValueFault
from anncli.options import readers
from anncli.options.data_readers import byte_count, label, name, names, picture_size
from anncli.options.table import OPTIONS, canonical_option


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ("a",)),
        ("a, b", ("a", "b")),
        (["a,b", "c"], ("a", "b", "c")),
        ('"a,b",c', ("a,b", "c")),
        ('"say ""x"""', ('say "x"',)),
        ('a"b', ('a"b',)),
        ([1, 2], ("1", "2")),
        (5, ("5",)),
    ],
)
def test_names(value: Any, expected: tuple[str, ...]) -> None:
    assert names(value) == expected


@pytest.mark.parametrize("value", ["", ",", "a,,b", "a,", ["a", ""], None, [None]])
def test_empty_names_are_refused(value: Any) -> None:
    with pytest.raises(ValueFault):
        names(value)


def test_one_name_is_taken_as_it_is() -> None:
    assert name("a, b") == "a, b"
    with pytest.raises(ValueFault, match="the name is empty"):
        name("")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("species", ("species",)),
        ("a,b", ("a", "b")),
        ("last:3", ("last:3",)),
        ('"file:y, all.txt"', ("file:y, all.txt",)),
        ("file:y1.txt,file:y2.txt", ("file:y1.txt", "file:y2.txt")),
        (["file:y.txt"], ("file:y.txt",)),
        (["a", "b"], ("a", "b")),
    ],
)
def test_labels(value: Any, expected: tuple[str, ...]) -> None:
    assert label(value) == expected


@pytest.mark.parametrize("value", ["file:", "last:0", ["file:y.txt", "a"], ["a", "file:y.txt"], "a,,b"])
def test_bad_labels(value: Any) -> None:
    with pytest.raises(ValueFault):
        label(value)


@pytest.mark.parametrize(("value", "expected"), [("28x28", (28, 28)), ("3X5", (3, 5)), (" 10x1 ", (10, 1))])
def test_picture_sizes(value: str, expected: tuple[int, int]) -> None:
    assert picture_size(value) == expected


@pytest.mark.parametrize("value", ["28", "28x", "0x5", "-1x5", "2.5x3", "100000x1", 28])
def test_bad_picture_sizes(value: Any) -> None:
    with pytest.raises(ValueFault, match="must be HEIGHTxWIDTH in pixels, found "):
        picture_size(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1G", 1 << 30), ("1.5 GB", 3 << 29), ("500m", 500 << 20), ("2KiB", 2048), (1000, 1000), ("1T", 1 << 40)],
)
def test_amounts_of_memory(value: Any, expected: int) -> None:
    assert byte_count(value) == expected


@pytest.mark.parametrize("value", ["", "0", "-1G", "1P", "much", "1e3", None, "9" * 400])
def test_bad_amounts_of_memory(value: Any) -> None:
    with pytest.raises(ValueFault, match="must be an amount of memory above 0"):
        byte_count(value)


def test_lists_of_files_keep_the_commas_of_a_query() -> None:
    assert readers.file_list(["a.csv,b.csv", "c.csv"]) == ("a.csv", "b.csv", "c.csv")
    assert readers.file_list("x.db::SELECT a, b FROM t") == ("x.db::SELECT a, b FROM t",)
    with pytest.raises(ValueFault, match="a file name is empty"):
        readers.file_list("a.csv,,b.csv")


@pytest.mark.parametrize(("value", "expected"), [("20%", 0.2), (" 12.5 %", 0.125), ("0%", 0.0), ("90%", 0.9)])
def test_percentages_of_held_out_rows(value: str, expected: float) -> None:
    assert readers.held_out(value) == expected
    with pytest.raises(ValueFault):
        readers.held_out("95%")


def test_aliases_lead_to_one_option_and_never_hide_another() -> None:
    aliases = [alias for info in OPTIONS.values() for alias in info.aliases]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & OPTIONS.keys()
    assert canonical_option("lr") == canonical_option("learning-rate") == "learning_rate"
    assert canonical_option("data-format") == "format"
    # The option of a trainer in config files and variables.
    assert canonical_option("memory") == "memory"
    assert canonical_option("nonsense") == "nonsense"
