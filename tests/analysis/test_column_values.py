"""The names of inputs: several of them stand for one column."""

from __future__ import annotations

from anncli.analysis.columns import ColumnInputs, input_names


def test_inputs_are_called_like_the_words_of_their_column() -> None:
    columns = [
        ColumnInputs("age", 0, 1),
        ColumnInputs("ward", 1, 4, "category", ("a", "b"), has_indicator=True),
        ColumnInputs("dose", 4, 6, has_indicator=True),
        ColumnInputs("two", 6, 8),
    ]
    assert input_names(columns) == [
        "age", "ward=a", "ward=b", "ward missing", "dose", "dose missing", "two 1", "two 2",
    ]  # fmt: skip
