"""Networks as queries in DuckDB."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import N_PLAIN_SEEDS
from text_exports import assert_answers, hostile_network, hostile_table, random_case, small_network, table_rows

from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows
from anncli.formats.exports.registry import export_format
from anncli.formats.exports.sql import predicted_in
from anncli.network.network import Network

duckdb = pytest.importorskip("duckdb")


def in_duckdb(network: Network, rows: ProofRows) -> Predicted:
    query = export_format("sql").render(network, ExportRequest("net"))[""].decode()
    with duckdb.connect(":memory:") as database:
        return predicted_in(database, query, network, "net", rows)


@pytest.mark.parametrize("seed", range(N_PLAIN_SEEDS))
def test_duckdb_computes_the_same(seed: int) -> None:
    network, rows = random_case(seed)
    assert_answers(network, rows, in_duckdb(network, rows))


def test_duckdb_keeps_hostile_names() -> None:
    network = hostile_network()
    rows = table_rows(network, hostile_table())
    assert_answers(network, rows, in_duckdb(network, rows))


def test_missing_cells_give_null() -> None:
    query = export_format("sql").render(small_network(), ExportRequest("net"))[""].decode()
    with duckdb.connect(":memory:") as database:
        database.execute("create table net (id integer, a float, b varchar)")
        database.execute(
            "insert into net values (1, 3, '1'), (2, 'nan', '1'), (3, null, '1'), (4, 3, 'NA'), (5, 'inf', '1')"
        )
        found = database.execute(query).fetchall()
    assert [(row[0], *row[-2:]) for row in sorted(found)] == [(1, "yes", 3.5), *((k, None, None) for k in (2, 3, 4, 5))]


def test_many_rows_keep_their_answers() -> None:
    """DuckDB computes with several threads; every answer must stay at its row."""
    network, rows = random_case(5, 30_000)
    assert_answers(network, rows, in_duckdb(network, ProofRows(np.ascontiguousarray(rows.inputs), rows.table)))
