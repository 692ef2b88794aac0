"""Fitting the encoder of tables: fills and levels worked by hand, from the training rows alone."""

from contextlib import closing

import numpy as np
import pytest

from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError
from anncli.network.encoders.table import InputColumn, TableInputs
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.options.layers import training_options
from anncli.tables import Roles, make_table
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare
from anncli.training.table_encoder import MOST_LEVELS, fit_encoder

ROWS = np.arange(8)
# Rows 8 and 9 are not for training: a number far away, and words of their own.
TABLE = make_table({
    "a": [1, 2, 4, None, 3, 10, 2, 2, 1e6, None],
    "b": [5, 5, 6, 6, 7, 7, 8, 8, None, 9],
    "c": ["x", "x", "x", "y", "y", "y", "z", None, "new", None],
    "y": ["p", "n"] * 5,
})  # fmt: skip
ROLES = Roles(TABLE.names, ("y",), ("a", "b", "c"))
KINDS = {"a": "number", "b": "number", "c": "category"}


@pytest.mark.parametrize(
    ("missing", "fills", "indicators"),
    [
        ("error", (None, None), (False, False, False)),
        ("mean", (3.4285715, 6.5), (False, False, False)),
        ("median", (2.0, 6.5), (False, False, False)),
        ("indicator", (3.4285715, 6.5), (True, False, True)),
        ("median+indicator", (2.0, 6.5), (True, False, True)),
    ],
)
def test_fills_are_those_of_the_training_rows(missing: str, fills: tuple, indicators: tuple) -> None:
    # a: 24 / 7 is the mean of 1 2 4 3 10 2 2, 2 their median; the number that is stored has its 32 bits.
    found = fit_encoder(TABLE, ROWS, ROLES, KINDS, missing)
    assert tuple(column.fill for column in found.columns[:2]) == fills
    assert tuple(column.indicator for column in found.columns) == indicators
    assert found.columns[2].levels == ("x", "y")
    assert found.columns[2].rare == ("z",)


def test_rows_outside_the_training_set_change_nothing() -> None:
    other = make_table({
        "a": [*TABLE.column("a").numbers[:8], None, -5], "b": [*TABLE.column("b").numbers[:8], 1, 1],
        "c": ["x", "x", "x", "y", "y", "y", "z", None, "q", "q"], "y": ["p", "n"] * 5,
    })  # fmt: skip
    for missing in ("mean", "median+indicator"):
        assert fit_encoder(TABLE, ROWS, ROLES, KINDS, missing) == fit_encoder(other, ROWS, ROLES, KINDS, missing)


def test_rows_decide_and_not_their_order() -> None:
    shuffled = fit_encoder(TABLE, ROWS[::-1].copy(), ROLES, KINDS, "median")
    assert shuffled == fit_encoder(TABLE, ROWS, ROLES, KINDS, "median")


def test_levels_stay_where_all_are_rare() -> None:
    table = make_table({"c": ["b", "a", "10", "9"]})
    roles = Roles(("c",), (), ("c",))
    assert fit_encoder(table, np.arange(4), roles, {"c": "category"}).columns == (
        InputColumn("c", "category", ("9", "10", "a", "b")),
    )


def test_the_most_frequent_levels_are_kept() -> None:
    cells = [f"w{k:03}" for k in range(MOST_LEVELS + 5) for _ in range(3 + (k % 7 == 0))]
    table = make_table({"c": cells})
    column = fit_encoder(table, np.arange(len(cells)), Roles(("c",), (), ("c",)), {"c": "category"}).columns[0]
    assert len(column.levels) == MOST_LEVELS
    assert len(column.rare) == 5
    assert not any(int(word[1:]) % 7 == 0 for word in column.rare)
    assert column.width == MOST_LEVELS + 1


def test_a_column_without_a_number_in_the_training_rows() -> None:
    table = make_table({"a": [None, None, 5.0]})
    roles = Roles(("a",), (), ("a",))
    assert fit_encoder(table, np.arange(2), roles, {"a": "number"}, "median").columns[0].fill == 0.0


def data(missing: str = "median+indicator", n: int = 40) -> TableData:
    rng = np.random.default_rng(5)
    cells = rng.normal(size=n)
    columns = {
        "a": [None if k % 5 == 0 else float(x) for k, x in enumerate(cells)],
        "c": ["uvw"[k % 3] for k in range(n)],
        "y": ["pos" if x > 0 else "neg" for x in cells],
    }
    labels = np.array([x <= 0 for x in cells], dtype=np.int8)
    roles = Roles(("a", "c", "y"), ("y",), ("a", "c"))
    return TableData(
        make_table(columns), roles, {"a": "number", "c": "category"}, labels, ("pos", "neg"), missing=missing
    )


def network(**rest: object) -> Network:
    return Network.create(1, ["3 tanh", "1 logistic"], table=TableInputs(), **rest)


def options(**changes: object):
    return training_options([], "ann")._replace(**changes)


def test_prepare_fits_on_the_rows_that_it_draws() -> None:
    given = data()
    setup = prepare(network(), given, options(test=0.25, seed=3))
    training = setup.rows["training"]
    expected = fit_encoder(given.table, training, given.roles, given.kinds, "median+indicator")
    assert setup.network.encoder == expected
    assert 0 < len(training) < given.n_samples
    assert setup.network.n_inputs == expected.width == 5
    assert setup.data.columns == ("a", "a (missing)", "c=u", "c=v", "c=w")
    np.testing.assert_array_equal(setup.data.inputs, expected.encode(given.table).inputs)
    # All rows would give another median.
    everything = fit_encoder(given.table, np.arange(given.n_samples), given.roles, given.kinds, "median+indicator")
    assert everything.columns[0].fill != expected.columns[0].fill


def test_prepare_fits_on_the_rows_that_it_is_given() -> None:
    given, rows = data(), np.arange(0, 40, 2)
    setup = prepare(network(), given, options(), sets={"training": rows, "validation": np.arange(1, 40, 2)})
    assert setup.network.encoder == fit_encoder(given.table, rows, given.roles, given.kinds, "median+indicator")


def test_a_trained_network_keeps_its_encoder() -> None:
    with closing(TrainingRun(prepare(network(), data(), options()))) as run:
        list(run.epochs(2))
        first = run.finish().network
    other = data()
    setup = prepare(first, other, options(seed=9, validation=0.0))
    assert setup.is_continued
    assert setup.network.encoder == first.encoder


def test_a_network_for_numbers_takes_a_table_of_numbers() -> None:
    given = data()
    numbers = TableData(
        make_table({"a": [1.0, 2, 3, 4, 5, 6], "b": [1.0, 1, 2, 2, 3, 3], "y": ["p", "n"] * 3}),
        Roles(("a", "b", "y"), ("y",), ("a", "b")), {"a": "number", "b": "number"},
        np.array([0, 1] * 3, np.int8), ("p", "n"),
    )  # fmt: skip
    setup = prepare(Network.create(2, ["2 tanh", "1 logistic"]), numbers, options())
    assert setup.network.encoder.columns == (InputColumn("a"), InputColumn("b"))
    assert setup.data.inputs.tolist() == [[1, 1], [2, 1], [3, 2], [4, 2], [5, 3], [6, 3]]
    with pytest.raises(DataError) as caught:
        prepare(Network.create(2, ["2 tanh", "1 logistic"]), given, options())
    assert str(caught.value) == (
        "`inputs: 2` is for numbers only, and columns of the table are categories: 'c'; write `inputs: {table: auto}`"
    )
    with pytest.raises(DataError) as caught:
        prepare(Network.create(Shape(2, 1, (2, 1, 1)), ["1 logistic"]), given, options())
    assert str(caught.value) == (
        "`inputs: 2x1` is for numbers only, and columns of the table are categories: 'c'; "
        "leave them out with --ignore c, or write numbers in their place"
    )
    with pytest.raises(DataError) as caught:
        prepare(Network.create(3, ["2 tanh", "1 logistic"]), numbers, options())
    assert str(caught.value) == (
        "the table has 2 input columns, the network 3 inputs; write `inputs: {table: auto}`, or leave columns out with --ignore"
    )


def test_a_network_for_tables_needs_one() -> None:
    with pytest.raises(UsageError) as caught:
        prepare(network(), data().bare(), options())
    assert str(caught.value) == (
        "this network takes a table (`inputs: {table: ...}`), and the data have no named columns; "
        "write `inputs: 0` in the network file"
    )


def test_gaps_are_refused_with_file_and_line() -> None:
    with pytest.raises(DataError, match=r"cells are missing in 'a' \(8\); say how to fill them: --missing median"):
        prepare(network(), data("error"), options())
