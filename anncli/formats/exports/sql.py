"""Export as one query that PostgreSQL, SQLite and DuckDB understand alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.errors import quoted
from anncli.formats.exports import sql_parts as parts
from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows, ToolMissingError
from anncli.formats.exports.needs import decision_kind, decision_limits
from anncli.formats.exports.raw_rows import predicted_of, raw_rows
from anncli.formats.exports.sql_query import Chain, outputs
from anncli.formats.exports.steps import dense_steps, layer_refusal
from anncli.network.class_names import class_names, column_names, prediction_columns
from anncli.network.network import Network

if TYPE_CHECKING:
    import sqlite3

# PostgreSQL takes 1,664 expressions in a SELECT, SQLite 2,000 columns.
_MOST_COLUMNS = 1600
# DuckDB takes 20 seconds to prepare so many, PostgreSQL less.
_MOST_WEIGHTS = 100_000
# The columns that a step may need besides those of a layer.
_OTHERS = 4

_ACTIVATIONS = (*parts.ACTIVATIONS, *parts.OTHER_ACTIVATIONS)


class SqlExport:
    """See base.ExportFormat."""

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        return layer_refusal(network, "an SQL query", _ACTIVATIONS) or _name_refusal(network) or _size_refusal(network)

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        rows, key = _own_names(network, request)
        chain = Chain(rows, key)
        scores = outputs(chain, network)
        answers = _unique(
            [*_decisions(chain, network, scores), *_scores(network, scores)], [key, *column_names(network)]
        )
        expressions = ",\n".join(chain.texts)
        columns = ",\n  ".join(f"{chain.last}.{column} AS {parts.identifier(name)}" for name, column in answers)
        return {
            "": (
                f"{_head(network)}WITH {rows} AS MATERIALIZED (\n"
                f"  SELECT source.*, row_number() OVER () AS {key}\n"
                f"  FROM {parts.identifier(request.name)} AS source -- the table\n),\n{expressions}\n"
                f"SELECT {rows}.*,\n  {columns}\nFROM {rows} LEFT JOIN {chain.last} ON {chain.last}.{key} = {rows}.{key};\n"
            ).encode()
        }

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        with closing(_database()) as database:
            import sqlite3

            try:
                found = predicted_in(database, files[""].decode(), network, request.name, rows)
            except sqlite3.Error as fault:
                raise RuntimeError(f"SQLite {sqlite3.sqlite_version}: {fault}") from None
        return found._replace(tool=f"SQLite {sqlite3.sqlite_version}")


def predicted_in(database: sqlite3.Connection, query: str, network: Network, table: str, rows: ProofRows) -> Predicted:
    """Run the query on a table of these rows in an open and empty database, whose execute() is that of sqlite3."""
    cells = raw_rows(network, rows)
    for statement in table_statements(network, table):
        database.execute(statement)
    marks = ", ".join("?" * len(cells[0]))
    database.executemany(f"INSERT INTO {parts.identifier(table)} VALUES ({marks})", cells)
    found = database.execute(query.rstrip().rstrip(";")).fetchall()
    return predicted_of_rows(network, found)


def table_statements(network: Network, table: str) -> Iterator[str]:
    """What makes the table that the query reads."""
    words = {c.name for c in network.encoder.columns if c.kind == "category"} if network.encoder else set()
    kinds = (
        f"{parts.identifier(name)} {'TEXT' if name in words else 'DOUBLE PRECISION'}" for name in column_names(network)
    )
    yield f"CREATE TABLE {parts.identifier(table)} ({', '.join(kinds)})"


def predicted_of_rows(network: Network, found: list[tuple[Any, ...]]) -> Predicted:
    """Predicted of the rows of the result."""
    first, names = len(column_names(network)), class_names(network)
    ordered = [row[first + 1 :] for row in sorted(found, key=lambda row: int(row[first]))]
    n_scores = network.n_outputs
    scores = [[float("nan") if cell is None else float(cell) for cell in row[-n_scores:]] for row in ordered]
    decided: list[Any] = [row[0] for row in ordered]
    if decision_kind(network) == "labels":
        decided = [[name for name, given in zip(names, row, strict=False) if int(given)] for row in ordered]
    return predicted_of(network, scores, decided, "")


def _database() -> sqlite3.Connection:
    """An empty database in memory; raises ToolMissingError where SQLite is too old, or made without mathematical functions."""
    try:
        import sqlite3
    except ImportError:
        raise ToolMissingError("this Python was made without SQLite; install one with the module sqlite3") from None
    database = sqlite3.connect(":memory:")
    try:
        database.execute("WITH t AS MATERIALIZED (SELECT exp(1e0) AS a) SELECT ln(a), sqrt(a) FROM t")
    except sqlite3.Error as fault:
        database.close()
        message = f"SQLite {sqlite3.sqlite_version} cannot run it ({fault}); install 3.35 or newer with mathematical functions"
        raise ToolMissingError(message) from None
    return database


def _head(network: Network) -> str:
    return (
        f"-- A neural network, {network.topology} ({network.layers_text}), written by ann.\n"
        "-- The query runs in PostgreSQL 12, SQLite 3.35 (with mathematical functions) and DuckDB 1.0, or newer.\n"
        "-- It reads one table, which is named once, in the line that ends in `-- the table`, and gives all of its\n"
        "-- columns, the number of the row, and what the network says. Where a value is missing, this is NULL.\n"
    )


def _own_names(network: Network, request: ExportRequest) -> tuple[str, str]:
    """Names for the rows of the table and for their number, that neither the table nor its columns have."""
    rows, key = "ann", "ann_row"
    while request.name.lower().startswith(rows):
        rows += "n"
    while key in {name.lower() for name in column_names(network)}:
        key += "_"
    return rows, key


def _scores(network: Network, scores: list[str]) -> list[tuple[str, str]]:
    """The outputs by the names that `ann predict` gives them."""
    _, names = prediction_columns(class_names(network), network.task, network.n_outputs)
    return list(zip(names, scores, strict=True))


def _unique(answers: list[tuple[str, str]], taken: list[str]) -> list[tuple[str, str]]:
    """The same with `_` after a name that a column before it has, capitals or not: a view would be refused."""
    known, found = {name.lower() for name in taken}, []
    for name, column in answers:
        while name.lower() in known:
            name += "_"
        known.add(name.lower())
        found.append((name, column))
    return found


def _decisions(chain: Chain, network: Network, scores: list[str]) -> list[tuple[str, str]]:
    """Add the decisions; returns their names, as `ann predict` gives them, and columns."""
    names, kind = class_names(network), decision_kind(network)
    called, _ = prediction_columns(names, network.task, network.n_outputs)
    threshold, abstain = decision_limits(network)
    if kind == "labels":
        given = {
            f"given{k}": f"CASE WHEN {x} > {parts.number(threshold)} THEN 1 ELSE 0 END" for k, x in enumerate(scores, 1)
        }
        chain.end(given, scores)
        return list(zip(called, given, strict=True))
    if not kind:
        chain.end({}, scores)
        return []
    words = [parts.text(name) for name in names]
    if kind == "one":
        (x,), cases = scores, []
        if abstain:
            cases.append(f"WHEN {x} BETWEEN {parts.number(abstain[0])} AND {parts.number(abstain[1])} THEN NULL")
        cases += [f"WHEN {x} > {parts.number(threshold)} THEN {words[0]}", f"ELSE {words[1]}"]
    else:
        top = chain.largest(scores, "highest")
        cases = [f"WHEN {top} < {parts.number(abstain[0])} THEN NULL"] if abstain else []
        cases += [f"WHEN {x} >= {top} THEN {word}" for x, word in zip(scores, words, strict=True)]
    chain.end({"decided": f"CASE {' '.join(cases)} END"}, scores)
    return [(called[0], "decided")]


def _name_refusal(network: Network) -> str | None:
    names = column_names(network)
    for name in (*names, *class_names(network)):
        if not name or "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
            return f"SQL cannot hold the name {quoted(name)}; rename it, or export Python"
    twice = [name for name, n in Counter(name.lower() for name in names).items() if n > 1]
    if twice:
        both = " and ".join(quoted(name) for name in names if name.lower() == twice[0])
        return f"the columns {both} are one name in SQL; rename one of them"
    return None


def _size_refusal(network: Network) -> str | None:
    """What is wider than databases take."""
    most = _MOST_COLUMNS - _OTHERS
    widths = {"inputs": network.n_inputs, "columns": len(column_names(network))}
    sizes = network.topology.sizes
    members, activations = max(1, len(network.members)), [layer.activation for layer in network.layers]
    for number, (size, activation) in enumerate(zip(sizes[1:], activations, strict=True), 1):
        # The steps of these need two columns for a unit.
        widths[f"units in layer {number} of all members"] = (
            size * members * (2 if activation in ("gelu", "softmax") else 1)
        )
    n_weights = sum(np.count_nonzero(step.weights) for steps in dense_steps(network) for step in steps)
    if n_weights > _MOST_WEIGHTS:
        return f"the query would have {n_weights} weights, and databases take minutes for more than {_MOST_WEIGHTS}; export C or Python"
    for what, width in widths.items():
        if width > most:
            return f"a step of the query would have {width} columns ({what}), and PostgreSQL takes {_MOST_COLUMNS}; export C or Python"
    return None


EXPORT = SqlExport()
