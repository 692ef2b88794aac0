"""Networks as queries: SQLite and PostgreSQL compute the same, every name stays a name, and what is missing stays missing."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest
from postgres_server import psql, running_server
from random_networks import N_PLAIN_SEEDS, random_network
from text_exports import (
    assert_answers,
    assert_same,
    hostile_network,
    hostile_table,
    random_case,
    small_network,
    table_rows,
)

from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows
from anncli.formats.exports.raw_rows import raw_rows
from anncli.formats.exports.registry import export_format, export_name_of
from anncli.formats.exports.sql import predicted_of_rows, table_statements
from anncli.inference.predict import predict
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network
from anncli.tables import Roles


def query(network: Network, table: str = "net") -> str:
    export = export_format("sql")
    assert export.refusal(network, ExportRequest(table)) is None
    return export.render(network, ExportRequest(table))[""].decode()


def refusal(network: Network, **rest: int) -> str | None:
    return export_format("sql").refusal(network, ExportRequest(**rest))


def selected(network: Network, *statements: str, table: str = "net") -> list[dict[str, object]]:
    """What the query selects in SQLite after these statements, by the names of the columns."""
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    try:
        for statement in statements:
            database.execute(statement)
        return [dict(row) for row in database.execute(query(network, table).rstrip().rstrip(";"))]
    finally:
        database.close()


def test_the_ending_means_it() -> None:
    assert export_name_of("net.sql") == "sql"


# SQLite


def test_all_columns_of_the_table_are_kept() -> None:
    rows = selected(
        small_network(),
        "create table net (id text, b real, a integer)",
        "insert into net values ('x', 1, 3), ('y', 2, 1)",
    )
    # 2 * 3 - 3 * 1 + 0.5 and 2 * 1 - 3 * 2 + 0.5
    assert rows == [
        {"id": "x", "b": 1.0, "a": 3, "ann_row": 1, "predicted": "yes", "score_yes": 3.5},
        {"id": "y", "b": 2.0, "a": 1, "ann_row": 2, "predicted": "no", "score_yes": -3.5},
    ]


def test_the_threshold_itself_is_not_above_it() -> None:
    rows = selected(small_network(), "create table net (a, b)", "insert into net values (1.75, 1), (1.7500001, 1)")
    assert [row["predicted"] for row in rows] == ["no", "yes"]


def test_equal_outputs_mean_the_first_class() -> None:
    network = Network.create(1, ["3 logistic"], columns=("x",), classes=("p", "q", "r"))
    network.set_parameters([0, 0, 0, -1, 1, 1])
    rows = selected(network, "create table net (x)", "insert into net values (-3), (3), (0), (90)")
    assert [row["predicted"] for row in rows] == ["p", "q", "p", "q"]


def test_answers_have_names_that_no_input_has() -> None:
    network = Network.create(2, ["2 softmax"], columns=("Predicted", "ann_row"), classes=("a", "A"))
    network.set_parameters([0, 0, 1, 0, 0, 1])
    rows = selected(network, "create table net (predicted, ann_row)", "insert into net values (3, 1)")
    assert [*rows[0]] == ["predicted", "ann_row", "ann_row_", "predicted_", "score_a", "score_A_"]
    assert rows[0]["predicted_"] == "a"


def test_the_table_is_named_once() -> None:
    lines = [line for line in query(small_network(), "ann").splitlines() if '"ann"' in line]
    assert lines == ['  FROM "ann" AS source -- the table']
    rows = selected(small_network(), "create table ann (a real, b real)", "insert into ann values (3, 1)", table="ann")
    assert rows[0]["predicted"] == "yes"


@pytest.mark.parametrize("cell", ["NULL", "''", "'NA'", "9e999", "1e39"])
def test_what_is_missing_or_no_number_of_32_bits_gives_null(cell: str) -> None:
    rows = selected(small_network(), "create table net (a, b)", f"insert into net values (3, {cell}), (3, 1)")
    assert [(row["predicted"], row["score_yes"]) for row in rows] == [(None, None), ("yes", 3.5)]


def test_a_column_that_the_table_lacks_is_no_text() -> None:
    """SQLite takes "b" for the text b where no table has a column of that name."""
    with pytest.raises(
        sqlite3.OperationalError, match=r"no such column: net\.b|no such column: source\.b|no such column: ann\.b"
    ):
        selected(small_network(), "create table net (a real)", "insert into net values (3)")


def test_missing_numbers_are_filled_and_words_have_every_spelling() -> None:
    columns = (InputColumn("n", fill=2.0, indicator=True), InputColumn("w", "category", ("1", "x"), ("y",)))
    encoder = TableEncoder(Roles(("n", "w", "t"), ("t",), ("n", "w")), columns, "median+indicator")
    network = Network.create(5, ["5 linear"], task="regression").with_encoder(encoder)
    network.set_parameters([0.0] * 5 + np.eye(5).ravel().tolist())
    statements = (
        "create table net (n, w)",
        "insert into net values (null, 1), (5, '1'), ('', 1.0), (7, 'y'), (8, 'z'), (9, null)",
    )
    rows = selected(network, *statements)
    assert [[row[f"predicted_{k}"] for k in range(1, 6)] for row in rows] == [
        [2, 1, 1, 0, 0], [5, 0, 1, 0, 0], [2, 1, 1, 0, 0], [7, 0, 0, 0, 1], [8, 0, 0, 0, 0], [9, 0, 0, 0, 0],
    ]  # fmt: skip


def test_undecided_rows_have_scores_and_no_class() -> None:
    network = small_network()
    network.abstain = (0.5, 1.5)
    rows = selected(network, "create table net (a, b)", "insert into net values (1.75, 1), (0, 0), (1.75, 0), (0, 1)")
    assert [(row["predicted"], row["score_yes"]) for row in rows] == [(None, 1), (None, 0.5), ("yes", 4), ("no", -2.5)]


def test_numbers_keep_their_32_bits() -> None:
    """A difference of large numbers: around 1.6e9 float32 numbers are 128 apart."""
    network = Network.create(1, ["1 linear"], task="regression")
    network.scaling.add = np.array([-1.6e9], dtype=np.float32)
    network.scaling.multiply = np.array([0.01], dtype=np.float32)
    network.set_parameters([0, 1])
    values = 1.6e9 + np.arange(200.0)
    rows = selected(
        network, 'create table net ("1" real)', f"insert into net values {','.join(f'({v})' for v in values)}"
    )
    found = [row["predicted"] for row in rows]
    assert found == predict(network, values[:, None])[:, 0].tolist()
    assert len(set(found)) == 3


def test_weights_of_zero_are_left_out() -> None:
    network = Network.create(3, ["2 tanh", "1 linear"], task="regression")
    network.set_parameters([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    text = query(network)
    assert "0e0 AS z1_1" in text
    assert "r_x1 *" not in text
    network.set_parameters([0.5, 0, 1, 0, 0, -2, 0, 0, 0, 3, 0])
    rows = ProofRows(np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32))
    assert_same("sql", network, rows)
    assert "0.5e0 + r_x1 *" not in query(network)
    assert "AS z1_1" in query(network)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_inputs", "layers"),
    [
        (1500, ["60 relu", "30 softmax"]),
        (2, ["1500 tanh", "1 logistic"]),
        (3, [*["3 tanh"] * 40, "2 softmax"]),
        (5, ["100 gelu", "1 logistic"]),
    ],
    ids=["inputs", "units", "layers", "functions"],
)
def test_wide_and_deep_networks_stay_within_the_limits(n_inputs: int, layers: list[str]) -> None:
    network = Network.create(n_inputs, layers)
    rng = np.random.default_rng(0)
    network.set_parameters(rng.normal(0, 0.1, network.topology.n_parameters))
    assert_same("sql", network, ProofRows(rng.normal(size=(3, n_inputs)).astype(np.float32)))


def test_many_rows_are_joined_by_an_index() -> None:
    """A loop over all pairs of 100,000 rows would take minutes."""
    network, database = random_network(0), sqlite3.connect(":memory:")
    for statement in table_statements(network, "net"):
        database.execute(statement)
    plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + query(network))]
    database.close()
    assert "USING AUTOMATIC COVERING INDEX (ann_row=?)" in plan[-1]


# What is refused


def test_what_sql_cannot_hold_is_named() -> None:
    def named(*columns: str, classes: tuple[str, str] = ("yes", "no")) -> Network:
        network = Network.create(2, ["1 logistic"], columns=columns, classes=classes)
        network.set_parameters([0, 1, 1])
        return network

    assert refusal(named("a", "A")) == "the columns 'a' and 'A' are one name in SQL; rename one of them"
    assert refusal(named("a", "")) == "SQL cannot hold the name ''; rename it, or export Python"
    assert (
        refusal(named("a", "b", classes=("x\0", "y")))
        == r"SQL cannot hold the name 'x\x00'; rename it, or export Python"
    )
    assert refusal(Network.create(2, ["1 linear"])) == "the network is untrained: an SQL query needs its weights"
    wide = Network.create(2, ["1000 gelu", "1 linear"], task="regression")
    wide.set_parameters(np.zeros(wide.topology.n_parameters))
    assert refusal(wide) == (
        "a step of the query would have 2000 columns (units in layer 1 of all members), and PostgreSQL takes 1600; export C or Python"
    )
    heavy = Network.create(400, ["300 tanh", "1 linear"], task="regression")
    heavy.set_parameters(np.ones(heavy.topology.n_parameters))
    assert refusal(heavy) == (
        "the query would have 120300 weights, and databases take minutes for more than 100000; export C or Python"
    )
    # Weights of 0 are left out.
    heavy.set_parameters(np.zeros(heavy.topology.n_parameters))
    assert refusal(heavy) is None


# PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as folder:
        yield folder


def copied(cell: float | str | None) -> str:
    """A cell as COPY reads it."""
    if cell is None:
        return "\\N"
    return str(cell).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def in_postgres(server: str, network: Network, rows: ProofRows) -> Predicted:
    """The answers of a real server to the query as it is written."""
    lines = ("\t".join(map(copied, row)) for row in raw_rows(network, rows))
    script = ";\n".join(['drop table if exists "net"', *table_statements(network, "net"), 'copy "net" from stdin'])
    psql(server, f"{script};\n" + "".join(f"{line}\n" for line in lines) + "\\.\n")
    printed = psql(server, query(network), "--csv", "-t", "-P", "null=<null>")
    found = [
        tuple(None if cell == "<null>" else cell for cell in row)
        for row in csv.reader(io.StringIO(printed, newline=""))
    ]
    return predicted_of_rows(network, found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(N_PLAIN_SEEDS))
def test_postgres_computes_the_same(server: str, seed: int) -> None:
    network, rows = random_case(seed)
    assert_answers(network, rows, in_postgres(server, network, rows))


@pytest.mark.slow
def test_postgres_keeps_hostile_names(server: str) -> None:
    network = hostile_network()
    rows = table_rows(network, hostile_table())
    assert_answers(network, rows, in_postgres(server, network, rows))


@pytest.mark.slow
def test_postgres_computes_with_floats(server: str) -> None:
    """A column of decimal numbers would make a query of 16,000 rows with words take 27 seconds instead of 2."""
    columns = (InputColumn("n", fill=2.0, indicator=True), InputColumn("w", "category", ("a", "b"), ("c",)))
    encoder = TableEncoder(Roles(("n", "w", "t"), ("t",), ("n", "w")), columns, "median+indicator")
    network = Network.create(5, ["2 tanh", "1 linear"], task="regression").with_encoder(encoder)
    network.set_parameters(np.ones(network.topology.n_parameters))
    network.scaling.add, network.scaling.multiply = np.ones((2, 5), dtype=np.float32)
    psql(
        server,
        'drop table if exists "net"; create table "net" (n integer, w text); insert into "net" values (1, \'a\')',
    )
    head = query(network).rsplit("\nSELECT ", 1)[0]
    for step, names in (("ann_2", ("x1", "x1_missing", "x2_1", "x2_3")), ("ann_4", ("s1", "s2", "s5"))):
        types = ", ".join(f"pg_typeof({name})" for name in names)
        found = psql(server, f"{head} SELECT {types} FROM {step}", "--csv", "-t").strip()
        assert found == ",".join(["double precision"] * len(names)), step


@pytest.mark.slow
def test_postgres_neither_overflows_nor_underflows(server: str) -> None:
    """Inputs from nearly nothing to nearly infinite, through every activation."""
    sizes = [0, 1e-45, -1e-38, 1e-30, 1e-10, 1, -40, 89, -89, 700, -800, 1e4, -1e10, 1e20, -1e30, 1e37]
    rows = ProofRows(np.array(sizes, dtype=np.float32)[:, None])
    from random_networks import HIDDEN

    for activation in (*HIDDEN, "exp", "softmax"):
        output = f"{2 if activation == 'softmax' else 1} {activation}"
        network = Network.create(1, [output], task="regression" if activation != "softmax" else None)
        network.set_parameters([0, 1] if activation != "softmax" else [0, 0, 1, -1])
        found, expected = in_postgres(server, network, rows).outputs, predict(network, rows.inputs).astype(np.float64)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=activation)


@pytest.mark.slow
def test_the_query_is_a_view_in_postgres(server: str) -> None:
    network = small_network()
    psql(
        server,
        "create table seen (id text, a real, b numeric); insert into seen values ('x', 3, 1), ('y', null, 2);",
    )
    psql(server, "create view scored as\n" + query(network, "seen"))
    assert psql(server, "select id, predicted, score_yes from scored order by id", "--csv", "-t") == "x,yes,3.5\ny,,\n"
